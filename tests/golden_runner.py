"""Runs a golden exchange of an anchor over a link and tells what disagrees."""

import itertools
import json
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

from golden_matching import (
    OPTIONS,
    Disagreement,
    Received,
    fields_of,
    match_value,
    value_of,
)
from golden_messages import Variables, message_of

from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.wire.link import Link
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    BindingError,
    MobilityMessage,
    ProxyBindingAcknowledgement,
)
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
)

GOLDEN = Path(__file__).parent / "golden"
LMA = IPv6Address("2001:db8:1::1")
GATEWAYS = {
    "MAG1": IPv6Address("2001:db8:1::11"),
    "MAG2": IPv6Address("2001:db8:1::12"),
    "MAG9": IPv6Address("2001:db8:1::99"),
}
Exchange = Mapping[str, Any]
NOT_COVERED: dict[str, str] = tomllib.loads(
    (GOLDEN.parent / "golden_not_covered.toml").read_text()
)
SWITCHES = {
    "GX-LMA-113": ("timestamp_ends_with_binding",),
    "GX-LMA-179": ("waits_for_deregistration",),
    "GX-LMA-182": ("waits_for_deregistration",),
    "GX-LMA-187": ("waits_for_deregistration",),
}
"""Exchanges that are uncertain and take the reading that is not the model's default."""


def load(name: str) -> Exchange:
    """The exchange of this id."""
    content: Exchange = json.loads((GOLDEN / f"{name}.json").read_text())
    return content


def duration_ms(exchange: Exchange) -> int:
    """How long the exchange takes at most."""
    return max(
        s["at_ms"] + s.get("expect_nothing_for_ms", 0) for s in exchange["steps"]
    )


_KNOWN_CONFIG = {
    "prefix_pool",
    "policy",
    "MinDelayBeforeBCEDelete",
    "MaxDelayBeforeNewBCEAssign",
    "TimestampValidityWindow",
    "prefixes_per_session",
    "MobileNodeGeneratedTimestampInUse",
    "mag_addresses",
    "TimestampBasedApproachInUse",
}


def settings_of(exchange: Exchange, *switches: str) -> AnchorSettings:
    """The settings of an anchor in the domain of the exchange.

    Raises:
        ValueError: The exchange configures what the settings cannot say.
    """
    config = exchange["config"]
    if unknown := set(config) - _KNOWN_CONFIG:
        raise ValueError(f"no setting for {', '.join(sorted(unknown))}")
    policy = config.get("policy", {})
    listed: Mapping[str, list[str]] = config.get("mag_addresses", {})
    further = [IPv6Address(a) for addresses in listed.values() for a in addresses]
    nodes = ("mn1@example.org", "mn2@example.org", "barred@example.org")
    return AnchorSettings(
        lma_address=LMA,
        gateways=tuple(dict.fromkeys((GATEWAYS["MAG1"], GATEWAYS["MAG2"], *further))),
        nodes=tuple(
            NodeSettings(
                identifier=name,
                enabled=name != "barred@example.org",
                prefixes=tuple(
                    map(IPv6Network, policy.get(name, {}).get("prefixes", ()))
                ),
            )
            for name in nodes
        ),
        prefix_pool=IPv6Network(config.get("prefix_pool", "2001:db8:100::/48")),
        prefixes_per_session=config.get("prefixes_per_session", 1),
        maximum_lifetime_units=0xFFFF,
        min_delay_before_bce_delete_ms=config.get("MinDelayBeforeBCEDelete", 10000),
        max_delay_before_new_bce_assign_ms=config.get(
            "MaxDelayBeforeNewBCEAssign", 1500
        ),
        timestamp_validity_window_ms=config.get("TimestampValidityWindow", 300),
        timestamp_based_approach_in_use=bool(
            config.get("TimestampBasedApproachInUse", 1)
        ),
        mobile_node_generated_timestamp_in_use=bool(
            config.get("MobileNodeGeneratedTimestampInUse", 0)
        ),
        switches=(
            "alternate_addresses",
            "sequence_numbers",
            "several_interfaces",
            "several_prefixes",
            *switches,
        ),
    )


class Run:
    """One run of an exchange over a link, from its step 0 on."""

    def __init__(self, exchange: Exchange, link: Link) -> None:
        self.exchange = exchange
        self.link = link
        self.start_ms = link.now_ms()
        self.variables: Variables = {}
        self.inbox: list[Received] = []

    def run(self) -> None:
        """Take every step.

        Raises:
            Disagreement: With the step and what came instead.
        """
        for number, step in enumerate(self.exchange["steps"]):
            try:
                self._take(step)
            except Disagreement as found:
                raise Disagreement(f"step {number}: {found}") from None

    def _take(self, step: Mapping[str, Any]) -> None:
        at_ms = self.start_ms + step["at_ms"]
        if "send" in step:
            self._listen(at_ms)
            self._send(step["send"])
        elif "expect" in step:
            self._expect(step["expect"], at_ms)
        elif "expect_nothing_for_ms" in step:
            self._expect_nothing(step, at_ms)
        elif "wait" in step:
            self._listen(at_ms)
        else:
            raise ValueError(f"unknown step {sorted(step)}")

    # ---- the link ----------------------------------------------------------------

    def _send(self, send: Mapping[str, Any]) -> None:
        message, lies = message_of(send, self.variables, self.link.time_of_day())
        source = GATEWAYS[send["from"]]
        self.link.send(
            encode_ipv6(source, LMA, encode(message, source, LMA, lies=lies))
        )

    def _listen(self, until_ms: int) -> None:
        """Take in every packet until a time."""
        while self._take_in(until_ms):
            pass

    def _take_in(self, until_ms: int) -> bool:
        """Take in one packet; False where none comes until a time."""
        came = self.link.receive(until_ms)
        if came is None:
            return False
        time_ms, data = came
        packet = decode_ipv6(data)
        if packet is None or packet.source != LMA:
            return True
        read = decode_packet(data)
        message = None if read is None else read[1].message
        kind = "ICMPv6" if packet.next_header == 58 else "other"
        if isinstance(message, ProxyBindingAcknowledgement):
            kind = "PBA" if message.proxy else "BA"
        elif isinstance(message, BindingError):
            kind = "BE"
        self.inbox.append(
            Received(time_ms, self.link.time_of_day(), packet, kind, message)
        )
        return True

    # ---- expectations ------------------------------------------------------------

    def _expect(self, expect: Mapping[str, Any], at_ms: int) -> None:
        wanted = (expect["message"], GATEWAYS[expect["to"]])
        while True:
            for received in self.inbox:
                if (received.kind, received.packet.destination) == wanted:
                    self.inbox.remove(received)
                    self._compare(expect, received)
                    return
            if not self._take_in(at_ms):
                raise Disagreement(f"no {wanted[0]} to {expect['to']}")

    def _expect_nothing(self, step: Mapping[str, Any], at_ms: int) -> None:
        self._listen(at_ms + step["expect_nothing_for_ms"])
        for received in self.inbox:
            if (
                received.at_ms >= at_ms
                and step.get("of", received.kind) == received.kind
            ):
                raise Disagreement(f"{received.kind} came: {received.message}")

    def _compare(self, expect: Mapping[str, Any], received: Received) -> None:
        seen = fields_of(received)
        for name, value in expect.items():
            if name in ("message", "to", "options"):
                continue
            if name == "routing_header_type_2":
                value = {"absent": seen[name] is None}
            if value == {"absent": True}:
                continue
            match_value(name, value, seen[name], self.variables, received)
        if "options" in expect:
            assert received.message is not None
            self._compare_options(expect["options"], received.message, received)

    def _compare_options(
        self,
        wanted: list[dict[str, Any]],
        message: MobilityMessage,
        received: Received,
    ) -> None:
        prefixes = [w for w in wanted if w["option"] == "HNP"]
        for entry in wanted:
            found = [o for o in message.options if type(o) is OPTIONS[entry["option"]]]
            if entry.get("absent"):
                if found:
                    raise Disagreement(f"{found[0]} is not wanted")
            elif entry["option"] != "HNP":
                if len(found) != 1:
                    raise Disagreement(f"{len(found)} of {entry['option']}")
                _, value = value_of(found[0])
                for name in {"value", "nai"} & set(entry):
                    match_value(
                        entry["option"], entry[name], value, self.variables, received
                    )
        if prefixes:
            self._compare_prefixes(prefixes, message, received)

    def _compare_prefixes(
        self,
        wanted: list[dict[str, Any]],
        message: MobilityMessage,
        received: Received,
    ) -> None:
        """The prefixes are the complete set, in any order."""
        came = [value_of(o)[1] for o in message.options if type(o) is HomeNetworkPrefix]
        why = f"prefixes {came}"
        for order in itertools.permutations(came):
            variables = dict(self.variables)
            try:
                for entry, value in zip(wanted, order, strict=True):
                    match_value("HNP", entry["prefix"], value, variables, received)
            except (ValueError, Disagreement) as found:
                why = f"prefixes {came}: {found}"
                continue
            self.variables.update(variables)
            return
        raise Disagreement(why)


def names() -> Iterator[str]:
    """The ids of all golden exchanges."""
    return (path.stem for path in sorted(GOLDEN.glob("GX-*.json")))


def covered(prefix: str) -> list[str]:
    """The ids of those that begin so and are covered."""
    return [n for n in names() if n.startswith(prefix) and n not in NOT_COVERED]
