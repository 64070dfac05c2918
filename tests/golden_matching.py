"""What an expectation of a golden exchange says of one value, and where the value is."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Network
from typing import Any, cast

from golden_messages import Variables

from pmip6.model.wire.ipv6 import Ipv6Packet
from pmip6.model.wire.messages import (
    BindingError,
    MobilityMessage,
    ProxyBindingAcknowledgement,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)

PER_SECOND = 65536

OPTIONS: dict[str, type[MobilityOption]] = {
    "MN-ID": MobileNodeIdentifier,
    "HNP": HomeNetworkPrefix,
    "Handoff Indicator": HandoffIndicatorOption,
    "Access Technology Type": AccessTechnologyTypeOption,
    "MN-LL-ID": MobileNodeLinkLayerIdentifier,
    "Link-local Address": LinkLocalAddress,
    "Timestamp": Timestamp,
}


class Disagreement(Exception):
    """What came is not what the exchange expects."""


@dataclass
class Received:
    """A packet that has come, and what it is: PBA, BA, BE or ICMPv6."""

    at_ms: int
    time_of_day: int
    packet: Ipv6Packet
    kind: str
    message: MobilityMessage | None


def match_value(
    name: str, wanted: Any, seen: Any, variables: Variables, received: Received
) -> None:
    """Compare one value; a condition object may hold several conditions.

    Raises:
        Disagreement: The value is not as wanted.
    """
    conditions: Mapping[str, Any] = {"is": wanted}
    if isinstance(wanted, dict):
        conditions = cast("Mapping[str, Any]", wanted)
    for condition, value in conditions.items():
        if not _holds(condition, value, seen, variables, received):
            raise Disagreement(f"{name} is {seen}, wanted {wanted}")


def _holds(
    condition: str, value: Any, seen: Any, variables: Variables, received: Received
) -> bool:
    match condition:
        case "is":
            return bool(seen == _resolved(value, variables))
        case "learn":
            variables[value] = seen
            return True
        case "not":
            others = cast("list[Any]", value if isinstance(value, list) else [value])
            return seen not in [_resolved(other, variables) for other in others]
        case "one_of":
            return seen in [_resolved(other, variables) for other in value]
        case "ge":
            return bool(seen >= _resolved(value, variables))
        case "le":
            return bool(seen <= _resolved(value, variables))
        case "within":
            return IPv6Network(seen).subnet_of(IPv6Network(value))
        case "near_now_ms":
            return abs(seen - received.time_of_day) * 1000 <= value * PER_SECOND
        case _:
            raise ValueError(f"unknown condition {condition}")


def _resolved(value: Any, variables: Variables) -> Any:
    if isinstance(value, str) and value.startswith("var:"):
        name, _, added = value.removeprefix("var:").partition("+")
        return variables[name] + int(added) if added else variables[name]
    return value


def value_of(option: MobilityOption) -> tuple[str, Any]:
    """An option's name and value as the exchanges write them."""
    match option:
        case MobileNodeIdentifier():
            return "MN-ID", option.identifier.decode()
        case HomeNetworkPrefix():
            text = f"{option.prefix}/{option.prefix_length}"
            return "HNP", "::/0" if option.is_all_zero else text
        case MobileNodeLinkLayerIdentifier():
            return "MN-LL-ID", option.identifier.hex(":")
        case LinkLocalAddress():
            return "Link-local Address", str(option.address)
        case HandoffIndicatorOption() | AccessTechnologyTypeOption() | Timestamp():
            return type(option).__name__, int(option.value)
        case _:
            raise ValueError(f"{option} has no name in the exchanges")


def fields_of(received: Received) -> dict[str, Any]:
    """What an exchange can say of a packet and its message, but for the options."""
    packet, message = received.packet, received.message
    fields: dict[str, Any] = {
        "src": str(packet.source),
        "dst": str(packet.destination),
        "routing_header_type_2": packet.routed_home_address,
    }
    match message:
        case ProxyBindingAcknowledgement():
            fields |= {
                "status": int(message.status),
                "sequence": message.sequence,
                "lifetime_units": message.lifetime,
                "P": int(message.proxy),
            }
        case BindingError():
            fields |= {
                "status": int(message.status),
                "home_address": str(message.home_address),
            }
        case _:
            payload = packet.payload
            fields |= {
                "type": payload[0],
                "code": payload[1],
                "pointer": int.from_bytes(payload[4:8]),
            }
    return fields
