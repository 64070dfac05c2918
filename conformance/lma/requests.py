"""From the stimuli of a case to packets, and to the messages that the oracle follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.judge import Sent
from pmip6.conformance.lma.oracle import Oracle
from pmip6.model.domain import Element
from pmip6.model.language.interpreter import Message, Value
from pmip6.model.state import pbu
from pmip6.model.wire.abstraction import concrete_request, networks_of
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS, TIMESTAMP_UNITS_PER_SECOND
from pmip6.model.wire.options import Timestamp
from pmip6.model.wire.reception import Reception, receive
from pmip6.vectors.lma.malformed import FLOOD, volley
from pmip6.vectors.lma.model import (
    POOL,
    REQUESTABLE,
    STAMP_STEP,
    UNASSIGNED,
    model_message,
    number_of,
    subset,
)
from pmip6.vectors.lma.stimuli import (
    ESP_FAULTS,
    FLOODS,
    Form,
    Gateway,
    Interface,
    Malformed,
    Node,
    Order,
    PrefixForm,
    Request,
    Stamp,
)
from pmip6.vectors.packs.wire_form import encode_form, further_options, source_of

OLDER_BY_MS = 20
WINDOWS_AWAY = 10
FARTHEST = 1 << 63
"""A timestamp in 139 million million seconds, which leaves room for newer ones."""
BY_NUMBER = SEQUENCE_NUMBERS // 4
"""From here on are the numbers of sessions that are ordered by them; all other requests
have lower ones, so that an answer without an identifier finds its case."""
NUMBERS_OF_A_CASE = 16
_OF_OTHER = Request(node=Node.OTHER, gateway=Gateway.MAG2)
_ORDINARY = {
    **dict.fromkeys(Malformed, _OF_OTHER),
    Malformed.FLOOD: replace(_OF_OTHER, node=Node.UNKNOWN),
    Malformed.FLOOD_OF_STRANGER: replace(_OF_OTHER, gateway=Gateway.STRANGER),
    Malformed.FLOOD_CUT: replace(_OF_OTHER, form=Form.CUT_OPTION),
}
"""What the messages of a volley would be if nothing were wrong with them."""
NAMED = {PrefixForm.REQUESTABLE: REQUESTABLE, PrefixForm.UNASSIGNED: UNASSIGNED}


@dataclass(frozen=True)
class Prepared:
    """A request that is ready to go.

    Args:
        request: The stimulus.
        packet: The whole IPv6 packet.
        sequence: Its sequence number.
        sent: The message in it, with its addresses.
        messages: The same for the model; more than one where the anchor may find its
            timestamp timely or not.
        reception: What the rules of reception say about it.
    """

    request: Request
    packet: bytes
    sequence: int
    sent: Sent
    messages: tuple[Message, ...]
    reception: Reception


def _kind(request: Request) -> tuple[Node, Gateway, bool]:
    """What a request has in common with an earlier one whose octets come again."""
    return request.node, request.gateway, request.deregistration


class RequestMaker:
    """Makes the requests of one case.

    Args:
        declaration: The implementation under test.
        identifiers: The mobile nodes of the case.
        prefixes: What the elements REQUESTABLE and UNASSIGNED stand for.
        time_of_day: The link's, in the format of the Timestamp option.
        next_sequence: Gives a sequence number that no other case uses.
        lifetime: Lifetime to ask for, in units of 4 s.
        number: A number of the case, for its link-layer identifiers.
    """

    def __init__(
        self,
        declaration: Declaration,
        identifiers: dict[Node, bytes],
        prefixes: dict[Element, Value],
        *,
        time_of_day: Callable[[], int],
        next_sequence: Callable[[], int],
        lifetime: int,
        number: int,
    ) -> None:
        self.identifiers = identifiers
        self.answered: set[int] = set()
        self._declared = declaration
        self._prefixes = prefixes
        self._time_of_day = time_of_day
        self._next_sequence = next_sequence
        self._lifetime = lifetime
        self._number = number
        self._stamps: dict[int, int] = {}  # numbers of the model to the wire's
        self._earlier: dict[
            tuple[Node, Gateway, bool], tuple[Prepared, Element, int, int]
        ] = {}  # with prefix and timestamp, the model's and the wire's
        self._last_numbers: dict[Node, int] = {}
        first, second = declaration.tester.proxy_coas
        self._addresses = {
            Gateway.MAG1: first,
            Gateway.MAG2: second,
            Gateway.STRANGER: declaration.tester.unlisted_proxy_coa,
        }

    def prepare(self, request: Request, oracle: Oracle) -> Prepared | None:
        """The request, by what is known now; None where it cannot be made.

        It cannot where it names the prefix of a session that there is not, or the
        timestamp of a request that was never accepted.
        """
        if request.form is Form.SAME_OCTETS:
            return self._again(request)
        prefix = self._prefix(request, oracle)
        stamp = self._stamp(request, oracle)
        if prefix is None or stamp is None:
            return None
        element, named = prefix
        number, value = stamp
        sequence = self._sequence(request, oracle)
        if sequence is None:
            return None
        source = source_of(request.form, self._addresses[request.gateway])
        destination = self._declared.lma_address
        concrete = self._wire_values(
            request, element, named, number, value, source, sequence
        )
        message = concrete_request(
            concrete,
            lifetime=self._lifetime,
            others=further_options(
                request, self._link_local(), self._addresses[request.gateway.other]
            ),
        )
        octets = encode_form(request.form, message, source, destination)
        decoded = decode(octets, source, destination)
        sent = message if decoded.message is None else decoded.message
        fault = ESP_FAULTS.get(request.form)
        assert isinstance(sent, ProxyBindingUpdate)
        prepared = Prepared(
            request,
            encode_ipv6(source, destination, octets),
            sequence,
            Sent(sent, source, destination),
            tuple(
                model_message(
                    request,
                    prefix=element,
                    timestamp=number,
                    timely=timely,
                    sequence=None if request.order is Order.TIMESTAMP else sequence,
                )
                for timely in self._timely(value)
            ),
            receive(decoded) if fault is None else fault.reception,
        )
        self._earlier[_kind(request)] = prepared, element, number, value
        return prepared

    def _again(self, request: Request) -> Prepared | None:
        """The octets of the last request of this kind; None where there is none."""
        earlier = self._earlier.get(_kind(request))
        if earlier is None:
            return None
        prepared, element, number, value = earlier
        self.answered.discard(prepared.sequence)
        messages = tuple(
            model_message(request, prefix=element, timestamp=number, timely=timely)
            for timely in self._timely(value)
        )
        return replace(prepared, request=request, messages=messages)

    def shots(
        self, malformed: Malformed, oracle: Oracle
    ) -> Iterator[tuple[str, Prepared]]:
        """The messages of a volley, each made when it is asked for, and what is wrong.

        All are for the other node, or for one that the anchor does not know.
        """
        ordinary = self.prepare(_ORDINARY[malformed], oracle)
        assert ordinary is not None
        if malformed in FLOODS:
            for number in range(1, FLOOD + 1):
                yield f"{malformed}: number {number} of {FLOOD}", ordinary
            return
        destination = ordinary.sent.destination
        for shot in volley(malformed):
            source = shot.source or ordinary.sent.source
            like = self._once_more(ordinary.sent.message)
            octets = shot.octets(like, source, destination)
            yield (
                shot.name,
                replace(
                    ordinary,
                    packet=encode_ipv6(source, destination, octets),
                    sequence=like.sequence,
                    sent=Sent(like, source, destination),
                    reception=receive(decode(octets, source, destination)),
                ),
            )

    def _once_more(self, message: ProxyBindingUpdate) -> ProxyBindingUpdate:
        """A request with a new number, made now."""
        now = Timestamp(self._time_of_day())
        options = tuple(now if isinstance(o, Timestamp) else o for o in message.options)
        return replace(message, sequence=self._next_sequence(), options=options)

    def _wire_values(
        self,
        request: Request,
        element: Element,
        named: Value,
        number: int,
        value: int,
        source: IPv6Address,
        sequence: int,
    ) -> Message:
        """The model's message with wire values in place of elements."""
        message = model_message(request, prefix=element, timestamp=number, timely=True)
        wire: dict[str, Element] = {
            "node": self.identifiers.get(request.node, b""),
            "gateway": source,
            "proxy_coa": source,
            "prefix": named,
            "timestamp": value,
            "sequence": sequence,
            "technology": self._technology(request),
        }
        if request.link_layer_identifier:
            wire["link_layer"] = self._link_layer(request)
        names = (name for name, _ in pbu.fields)
        return tuple(
            wire.get(name, value) for name, value in zip(names, message, strict=True)
        )

    def _prefix(self, request: Request, oracle: Oracle) -> tuple[Element, Value] | None:
        """The prefix that a request names: element and network, or networks."""
        nth = 0
        node = request.node
        match request.prefix:
            case PrefixForm.ALL_ZERO:
                return None, None
            case PrefixForm.REQUESTABLE | PrefixForm.UNASSIGNED:
                element = NAMED[request.prefix]
                named = self._prefixes.get(element)
                return None if named is None else (element, named)
            case PrefixForm.OTHERS | PrefixForm.PART_OF_OTHERS:
                node = request.node.other
            case PrefixForm.SECOND:
                nth = 1
            case _:
                pass
        known = [(e, n) for e, n in oracle.prefixes_of(node) if n is not None]
        if len(known) <= nth:
            return None
        element, named = sorted(known, key=str)[nth]
        return self._set(request.prefix, element, named)

    def _set(
        self, form: PrefixForm, element: Element, named: Value
    ) -> tuple[Element, Value] | None:
        """What a request names of a session's prefixes, or beside them."""
        networks = networks_of(named)
        match form:
            case PrefixForm.PART | PrefixForm.PART_OF_OTHERS:
                networks = networks[:-1]
            case PrefixForm.REORDERED:
                networks = networks[::-1]
            case PrefixForm.MORE:
                networks += networks_of(self._prefixes[UNASSIGNED])
            case _:
                return element, named
        if len(networks_of(named)) < 2 or element not in POOL:
            return None  # there is no such set
        return subset(form, element), networks

    def _sequence(self, request: Request, oracle: Oracle) -> int | None:
        """The sequence number; None where the session has none that it could follow.

        After a request with a timestamp it follows the number of that one, which the
        anchor may have kept or not.
        """
        accepted = oracle.accepted_number(request.node)
        number = number_of(request, accepted)
        if number is False:
            return None
        if number is None:
            number = self._next_sequence()
        elif accepted is None and request.order is Order.NEXT:
            first = BY_NUMBER + self._number * NUMBERS_OF_A_CASE % BY_NUMBER
            number = 1 + self._last_numbers.get(request.node, first)
        number %= SEQUENCE_NUMBERS
        self._last_numbers[request.node] = number
        self.answered.discard(number)
        return number

    def _stamp(self, request: Request, oracle: Oracle) -> tuple[int, int] | None:
        """The timestamp of a request: number for the model, value for the wire."""
        now = self._time_of_day()
        window = self._units(self._declared.timers.timestamp_validity_window_ms)
        last = oracle.last_accepted(request.node)
        newest = max(self._stamps, default=0)
        number = newest + STAMP_STEP
        value = max(now, self._stamps.get(last, 0) + 1)
        match request.stamp:
            case Stamp.NEWER:
                pass
            case Stamp.FUTURE:
                value = now + WINDOWS_AWAY * window
            case Stamp.FARTHEST:
                value = FARTHEST
            case Stamp.PAST:
                number = last - 2 if last else number
                value = min(now, self._stamps.get(last, now)) - WINDOWS_AWAY * window
            case Stamp.EQUAL | Stamp.OLDER if not last:
                return None
            case Stamp.EQUAL:
                number, value = last, self._stamps[last]
            case Stamp.OLDER:
                number, value = last - 1, self._stamps[last] - self._units(OLDER_BY_MS)
        self._stamps[number] = value
        return number, value

    def _timely(self, value: int) -> tuple[bool, ...]:
        """Whether the anchor may find a timestamp timely; both near the window's edge.

        It finds any timestamp timely that a node may have made (5213-5.5-16).
        """
        if self._declared.domain.mobile_node_generated_timestamp_in_use:
            return (True,)
        distance = abs(value - self._time_of_day())
        window = self._declared.timers.timestamp_validity_window_ms
        uncertain = max(1, window // 4)
        if distance < self._units(window - uncertain):
            return (True,)
        if distance > self._units(window + uncertain):
            return (False,)
        return (True, False)

    @staticmethod
    def _units(milliseconds: int) -> int:
        return milliseconds * TIMESTAMP_UNITS_PER_SECOND // 1000

    def _technology(self, request: Request) -> int:
        if request.interface is Interface.OTHER_TECHNOLOGY:
            return self._declared.other_access_technology
        return self._declared.access_technology

    def _link_layer(self, request: Request) -> bytes:
        """A link-layer identifier that only this interface of this case's node has.

        Where the case is about two nodes with the same one, it is that of the other.
        """
        is_others = request.interface is Interface.OTHERS
        node = request.node.other if is_others else request.node
        ordinal = list(Node).index(node)
        which = 1 if request.interface is Interface.SECOND else 0
        name = self.identifiers.get(node, b"").decode()
        provisioned = self._declared.nodes.link_layer_identifier(
            name, second=which == 1
        )
        if provisioned is not None:
            return provisioned
        return bytes((2, which, 0x52, 0x13)) + (self._number * 8 + ordinal).to_bytes(2)

    def _link_local(self) -> IPv6Address:
        """The link-local address that the case proposes."""
        return IPv6Address((0xFE80 << 112) | 0x1000 + self._number)
