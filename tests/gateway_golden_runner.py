"""Runs a golden exchange of a gateway over a link and tells what disagrees."""

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from golden_matching import Disagreement, Received, match_value
from golden_messages import Variables
from golden_runner import Exchange
from golden_sent import IPPROTO_IPV6, MAG2, Seen, read, user_packet

from pmip6.conformance.mag.settings import (
    Asked,
    FastHandoverSettings,
    GatewaySettings,
    PolicyProfile,
)
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.mag.wire_gateway import WireGatewayLink
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    ALL_ROUTERS,
    RouterSolicitation,
)
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.ipv6 import Ipv6Packet, encode_ipv6
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingAcknowledgement,
)
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, HandoffIndicator
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    ContextRequest,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    LocalMobilityAnchorAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    RequestedContext,
    Timestamp,
    UnknownOption,
)

LMA = IPv6Address("2001:db8:1::1")
MAG = IPv6Address("2001:db8:1::11")
MN1 = "mn1@example.org"
IEEE_802_11 = 4
LINK_LAYERS = {MN1: "02:00:00:00:01:01"}
HINTS = {
    "new_interface": HandoffIndicator.NEW_INTERFACE,
    "between_interfaces": HandoffIndicator.BETWEEN_INTERFACES,
    "same_interface_other_mag": HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
    "unknown": None,
}
_KNOWN_CONFIG = {
    "policy_profile",
    "additional_mobile_nodes",
    "link_layer_identifier_available",
    "FixedMAGLinkLocalAddressOnAllAccessLinks",
    "FixedMAGLinkLayerAddressOnAllAccessLinks",
    "TimestampBasedApproachInUse",
    "EnableMAGLocalRouting",
    "path_mtu_to_lma",
    "access_link_mtu",
    "clock_unix_s_at_start",
    "local_ordinary_link_prefix",
    "role",
    "mode",
    "neighbour_map",
    "hi_initial_timeout_ms",
    "inter_mag_rtt_known",
    "handover_buffer_packets",
    "forwarding_to_peer_possible",
    "request_forwarding",
    "use_context_request",
}


def link_layers_of(exchange: Exchange) -> dict[str, str]:
    """Link-layer addresses of the mobile nodes by their identifiers."""
    others = exchange["config"].get("additional_mobile_nodes", ())
    arrived = {
        step["event"]["link_up"]["mn"]: step["event"]["link_up"]["link_layer_id"]
        for step in exchange["steps"]
        if "link_up" in step.get("event", {})
    }
    return (
        LINK_LAYERS | arrived | {each["mn"]: each["link_layer_id"] for each in others}
    )


def settings_of(exchange: Exchange) -> GatewaySettings:
    """The settings of a gateway in the domain of the exchange.

    Raises:
        ValueError: The exchange configures what the settings cannot say.
    """
    config = exchange["config"]
    if unknown := set(config) - _KNOWN_CONFIG:
        raise ValueError(f"no setting for {', '.join(sorted(unknown))}")
    profile = config.get("policy_profile", {})
    named = tuple(map(IPv6Network, profile.get("home_network_prefixes", ())))
    technologies = {
        step["event"][name]["access_technology"]
        for step in exchange["steps"]
        for name in ("attach", "link_up")
        if name in step.get("event", {})
    }
    (technology,) = technologies or {IEEE_802_11}
    fixed = config.get("FixedMAGLinkLocalAddressOnAllAccessLinks", "fe80::1")
    return GatewaySettings(
        proxy_coa=MAG,
        lma_address=LMA,
        nodes=tuple(
            PolicyProfile(
                identifier=identifier,
                link_layer_address=link_layer,
                home_network_prefixes=named if identifier == MN1 else (),
            )
            for identifier, link_layer in link_layers_of(exchange).items()
        ),
        access_technology=technology,
        tells_link_layer_identifiers=config.get(
            "link_layer_identifier_available", True
        ),
        link_layer_address=config.get(
            "FixedMAGLinkLayerAddressOnAllAccessLinks", "02:00:00:00:00:11"
        ),
        fixed_mag_link_local_address=IPv6Address(fixed),
        timestamp_based_approach_in_use=bool(
            config.get("TimestampBasedApproachInUse", 1)
        ),
        enable_mag_local_routing=bool(config.get("EnableMAGLocalRouting", 0)),
        lifetime_units=150,
        path_mtu=config.get("path_mtu_to_lma", 1500),
        access_link_mtu=config.get("access_link_mtu", 1500),
        fast_handover=handover_of(exchange) if "role" in config else None,
    )


def handover_of(exchange: Exchange) -> FastHandoverSettings:
    """What a gateway is told of fast handover."""
    config = exchange["config"]
    points = config.get("neighbour_map", {})
    forwards = config.get("request_forwarding", True)
    return FastHandoverSettings(
        gateways=(MAG2,),
        access_points={name: IPv6Address(text) for name, text in points.items()},
        fetches=Asked.FORWARDING if forwards else Asked.CONTEXT,
        buffer_packets=config.get("handover_buffer_packets", 64),
        forwards=config.get("forwarding_to_peer_possible", True),
        initiate_timeout_ms=config.get("hi_initial_timeout_ms", 100),
    )


class GatewayRun:
    """One run of an exchange over a link, from its step 0 on."""

    def __init__(
        self, exchange: Exchange, link: VirtualGatewayLink | WireGatewayLink
    ) -> None:
        self.exchange = exchange
        self.link = link
        self.start_ms = link.now_ms()
        self.variables: Variables = {}
        self.seen: list[Seen] = []
        self._last_ms = self.start_ms  # of the event or send listed last
        layers = link_layers_of(exchange)
        self._layers = {
            mn: bytes.fromhex(layer.replace(":", "")) for mn, layer in layers.items()
        }

    def run(self) -> None:
        """Take every step; what must not come is looked for at the end.

        Raises:
            Disagreement: With the step and what came instead.
        """
        absent: list[tuple[int, Mapping[str, Any]]] = []
        for number, step in enumerate(self.exchange["steps"]):
            at_ms = self.start_ms + step["at_ms"]
            try:
                if "expect" in step:
                    self._expect(step["expect"], at_ms)
                elif "expect_nothing_for_ms" in step:
                    absent.append((number, step))
                else:
                    if not step.get("prompt"):
                        self._listen(at_ms)
                    self._act(step)
                    self._last_ms = self.link.now_ms()
            except Disagreement as found:
                raise Disagreement(f"step {number}: {found}") from None
        for number, step in absent:
            self._expect_nothing(number, step)

    def _act(self, step: Mapping[str, Any]) -> None:
        match step:
            case {"event": {"attach": attach}}:
                hint = HINTS[attach["handoff_hint"]]
                self.link.attach(self._layers[attach["mn"]], hint)
            case {"event": {"detach": detach}}:
                self.link.detach(self._layers[detach["mn"]])
            case {"event": {"link_up": link}}:
                self.link.link_up(self._layers[link["mn"]], link.get("old_ap_id"))
            case {"event": {"handover_indication": told}}:
                node = self._layers[told["mn"]]
                self.link.indicate_handover(node, told["new_ap_id"])
            case {"event": {"router_solicitation": asked}}:
                source = IPv6Address(asked["src"])
                packet = discovery_packet(RouterSolicitation(), source, ALL_ROUTERS)
                self.link.send_from_node(self._layers[asked["mn"]], packet)
            case {"event": {"clock_synchronised": clock}}:
                self.link.set_clock(clock["clock_unix_s"])
            case {"event": {"restart": {"role": "MAG"}}}:
                self.link.restart()
            case {"event": {"data": {"arrives_on": "local_ordinary_link", **data}}}:
                self.link.send_from_host(user_packet(data))
            case {"send": {"from": "LMA", "message": "PBA", **answer}}:
                self.link.send(self._answer(answer))
            case {"send": {"from": "MAG2", "message": "HI", **sent}}:
                self.link.send(self._handover(self._initiate(sent), sent))
            case {"send": {"from": "MAG2", "message": "HAck", **sent}}:
                self.link.send(self._handover(self._acknowledge(sent), sent))
            case {"send": {"from": "MN", "message": "RtSolPr", **sent}}:
                packet = _proxy_solicitation(IPv6Address(sent["src"]))
                self.link.send_from_node(self._layers[MN1], packet)
            case {"send": {"from": "LMA" | "MAG2", "message": "data", **data}}:
                outer = {
                    name: IPv6Address(text) for name, text in data["outer"].items()
                }
                self.link.send(
                    encode_ipv6(
                        outer["src"],
                        outer["dst"],
                        user_packet(data),
                        next_header=IPPROTO_IPV6,
                    )
                )
            case {"send": {"from": "MN", "message": "data", **data}}:
                self.link.send_from_node(self._layers[data["mn"]], user_packet(data))
            case _:
                raise ValueError(f"unknown step {step}")

    def _answer(self, answer: Mapping[str, Any]) -> bytes:
        message = ProxyBindingAcknowledgement(
            status=answer["status"],
            sequence=self._value(answer["sequence"]) % 0x10000,
            lifetime=answer["lifetime_units"],
            proxy=bool(answer["flags"]["P"]),
            options=tuple(map(self._option, answer["options"])),
        )
        return encode_ipv6(LMA, MAG, encode(message, LMA, MAG))

    def _initiate(self, sent: Mapping[str, Any]) -> HandoverInitiate:
        flags = sent["flags"]
        return HandoverInitiate(
            self._value(sent["sequence"]),
            sent["code"],
            tuple(map(self._option, sent["options"])),
            assigned_address=bool(flags["S"]),
            buffer=bool(flags["U"]),
            proxy=bool(flags["P"]),
            forward=bool(flags["F"]),
        )

    def _acknowledge(self, sent: Mapping[str, Any]) -> HandoverAcknowledge:
        flags = sent["flags"]
        return HandoverAcknowledge(
            self._value(sent["sequence"]),
            sent["code"],
            tuple(map(self._option, sent["options"])),
            buffer=bool(flags.get("U")),
            proxy=bool(flags["P"]),
            forward=bool(flags.get("F")),
        )

    def _handover(
        self, message: HandoverInitiate | HandoverAcknowledge, sent: Mapping[str, Any]
    ) -> bytes:
        lies = Lies(message_reserved=sent.get("reserved", 0))
        return encode_ipv6(MAG2, MAG, encode(message, MAG2, MAG, lies=lies))

    def _value(self, value: Any) -> Any:
        if not (isinstance(value, str) and value.startswith("var:")):
            return value
        name, _, added = value.removeprefix("var:").partition("+")
        return self.variables[name] + int(added) if added else self.variables[name]

    def _option(self, entry: Mapping[str, Any]) -> MobilityOption:
        value = self._value(entry.get("value"))
        match entry["option"]:
            case "MN-ID":
                return MobileNodeIdentifier(value.encode())
            case "HNP":
                prefix = IPv6Address(self._value(entry["prefix"]))
                return HomeNetworkPrefix(prefix, self._value(entry["prefix_length"]))
            case "Handoff Indicator":
                return HandoffIndicatorOption(value)
            case "Access Technology Type":
                return AccessTechnologyTypeOption(value)
            case "MN-LL-ID":
                return MobileNodeLinkLayerIdentifier(
                    bytes.fromhex(value.replace(":", ""))
                )
            case "Link-local Address":
                return LinkLocalAddress(IPv6Address(value))
            case "Timestamp":
                return Timestamp(value)
            case "raw":
                return UnknownOption(entry["type"], bytes.fromhex(entry["data"]))
            case "LMA Address":
                return LocalMobilityAnchorAddress(
                    IPv6Address(value), entry["option_code"]
                )
            case "Context Request":
                return ContextRequest(tuple(map(_requested, entry["requests"])))
            case other:
                raise ValueError(f"unknown option {other!r}")

    # ---- the link ----------------------------------------------------------------------

    def _listen(self, until_ms: int) -> None:
        while self._take_in(until_ms):
            pass

    def _take_in(self, until_ms: int) -> bool:
        came = self.link.receive(until_ms)
        if came is None:
            return False
        layers = {layer: mn for mn, layer in self._layers.items()}
        self.seen.append(read(*came, layers))
        return True

    # ---- expectations ------------------------------------------------------------------

    def _expect(self, expect: Mapping[str, Any], at_ms: int) -> None:
        while True:
            why: list[str] = []
            for seen in self.seen:
                if not self._may_be(seen, expect) or seen.at_ms < self._last_ms:
                    continue
                if seen.is_consumed and not expect.get("shared"):
                    continue
                if seen.at_ms > at_ms:
                    continue
                try:
                    self.variables.update(self._match(seen, expect))
                except Disagreement as found:
                    why.append(str(found))
                    continue
                seen.is_consumed = True
                return
            if not self._take_in(at_ms):
                raise Disagreement(f"no {expect['message']}; {'; '.join(why)}")

    def _expect_nothing(self, number: int, step: Mapping[str, Any]) -> None:
        begin = self.start_ms + step["at_ms"]
        end = begin + step["expect_nothing_for_ms"]
        self._listen(end)
        wanted = {
            name: value
            for name, value in step.items()
            if name not in ("at_ms", "expect_nothing_for_ms", "beyond_count")
        }
        found = [
            seen
            for seen in self.seen
            if self._may_be(seen, wanted)
            and begin <= seen.at_ms < end
            and self._matches(seen, wanted)
        ]
        if len(found) > step.get("beyond_count", 0):
            raise Disagreement(f"step {number}: came: {found[-1]}")

    def _may_be(self, seen: Seen, expect: Mapping[str, Any]) -> bool:
        return (seen.to, seen.kind) == (expect["to"], expect["message"])

    def _matches(self, seen: Seen, expect: Mapping[str, Any]) -> bool:
        try:
            self._match(seen, expect)
        except Disagreement:
            return False
        return True

    def _match(self, seen: Seen, expect: Mapping[str, Any]) -> Variables:
        """The variables after a match.

        Raises:
            Disagreement: It does not match.
        """
        variables = dict(self.variables)
        for name, value in expect.items():
            match name:
                case "to" | "message" | "shared":
                    continue
                case "flags":
                    for flag, bit in value.items():
                        self._compare(flag, bit, seen.fields[flag], variables)
                case "options":
                    for wanted in value:
                        self._match_option(seen, wanted, variables)
                case "destination_options":
                    for wanted in value:
                        if wanted["option"] in seen.destination_options:
                            raise Disagreement(f"{wanted['option']} is not wanted")
                case "mh_length_multiple_of":
                    if seen.fields["mh_length"] % value:
                        raise Disagreement(f"length {seen.fields['mh_length']}")
                case "outer":
                    if seen.fields["outer"] != value:
                        raise Disagreement(f"outer is {seen.fields['outer']}")
                case _:
                    self._compare(name, value, seen.fields[name], variables)
        return variables

    def _match_option(
        self, seen: Seen, wanted: Mapping[str, Any], variables: Variables
    ) -> None:
        name = wanted["option"]
        found = [option for option in seen.options if option["option"] == name]
        if "count" in wanted and len(found) != wanted["count"]:
            raise Disagreement(f"{len(found)} of {name}")
        conditions = {
            key: value
            for key, value in wanted.items()
            if key not in ("option", "count", "absent")
        }
        why = f"no {name}"
        for option in found:
            learnt = dict(variables)
            try:
                for key, value in conditions.items():
                    self._compare(f"{name} {key}", value, option[key], learnt)
            except Disagreement as other:
                why = str(other)
                continue
            if wanted.get("absent"):
                raise Disagreement(f"{option} is not wanted")
            variables.update(learnt)
            return
        if not wanted.get("absent"):
            raise Disagreement(why)

    def _compare(self, name: str, wanted: Any, seen: Any, variables: Variables) -> None:
        nothing = Received(0, 0, _NO_PACKET, "", None)
        match_value(name, wanted, seen, variables, nothing)


def _requested(entry: Mapping[str, Any]) -> RequestedContext:
    content = b""
    if "vendor_id" in entry:
        content = entry["vendor_id"].to_bytes(4) + bytes((entry["sub_type"],))
    assert len(content) == entry["length"]
    return RequestedContext(entry["type"], content)


def _proxy_solicitation(source: IPv6Address) -> bytes:
    """A Router Solicitation for Proxy Advertisement, subtype 2 (RFC 5568, 6.1.1)."""
    body = bytes((154, 0, 0, 0, 2, 0, 0, 1))
    checksum = checksum_of(body, source, ALL_ROUTERS, IPPROTO_ICMPV6)
    body = body[:2] + checksum.to_bytes(2) + body[4:]
    return encode_ipv6(
        source, ALL_ROUTERS, body, next_header=IPPROTO_ICMPV6, hop_limit=255
    )


_NO_PACKET = Ipv6Packet(LMA, LMA, 59, b"")
