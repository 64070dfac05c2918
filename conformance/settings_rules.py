"""What the files that people write have in common: usable addresses, and how they tell
that values do not go together."""

from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

INCONSISTENT = "inconsistent"


def inconsistent(key: str, reason: str, fix: str) -> PydanticCustomError:
    """The error of a model validator: values that do not go together.

    Args:
        key: The key to change, from the model that is validated.
        reason: What does not go together, in one line.
        fix: What to write.
    """
    told = {"key": key, "reason": reason, "fix": fix}
    return PydanticCustomError(INCONSISTENT, "{reason}", told)


def refuse_repetition(values: Iterable[tuple[str, object]], needed: str) -> None:
    """See to it that no value is there twice.

    Args:
        values: Each with its key, in the order of the file.
        needed: Why it may not be there twice.

    Raises:
        PydanticCustomError: It is, with the key of the second.
    """
    seen: dict[object, str] = {}
    for key, value in values:
        if value in seen:
            raise inconsistent(
                key,
                f"{value} is there already, in {seen[value]}: {needed}",
                "write another",
            )
        seen[value] = key


def numbered(pattern: str, count: int) -> list[str]:
    """Identifiers of nodes: a pattern with the numbers from 1 on for its `*`, or itself."""
    numbers = range(1, count + 1) if "*" in pattern else (0,)
    return [pattern.replace("*", str(number)) for number in numbers]


def refuse_pattern(identifier: str, count: int | None) -> None:
    """See to it that an identifier of several nodes says where their numbers stand.

    Raises:
        PydanticCustomError: It has a `*` and no count, or a count and no `*`.
    """
    if ("*" in identifier) is (count is None):
        raise inconsistent(
            "count" if count is None else "identifier",
            f"{identifier} {'stands for several nodes' if count is None else 'is one'}",
            "write count = 100" if count is None else "write mn*@example.org",
        )


def kind_of(address: IPv6Address) -> str:
    """What an address is that no node has as its global unicast one; else empty."""
    kinds = {
        "the unspecified address": address.is_unspecified,
        "the loopback address": address.is_loopback,
        "a multicast address": address.is_multicast,
        "a link-local address": address.is_link_local,
        "a site-local address": address.is_site_local,
        "an IPv4 address in IPv6 form": address.ipv4_mapped is not None,
    }
    return next((name for name, is_it in kinds.items() if is_it), "")


def _is_global(address: IPv6Address) -> IPv6Address:
    return _refused(address, kind_of(address), "a global unicast address is needed")


def _is_unicast(address: IPv6Address) -> IPv6Address:
    kind = "" if address.is_link_local else kind_of(address)
    return _refused(address, kind, "the address of a neighbour is needed")


def _refused(address: IPv6Address, kind: str, needed: str) -> IPv6Address:
    if kind:
        told = {"kind": kind, "needed": needed}
        raise PydanticCustomError("unusable", "it is {kind}, and {needed}", told)
    return address


GlobalAddress = Annotated[IPv6Address, AfterValidator(_is_global)]
"""The address of a node that packets from elsewhere reach, unique local ones included."""

NeighbourAddress = Annotated[IPv6Address, AfterValidator(_is_unicast)]
"""The address of a node on the same link."""
