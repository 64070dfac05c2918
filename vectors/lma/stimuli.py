"""What a tester can do to an anchor: send a request or a user packet, or let a timer run.

A stimulus names roles (the served node, the first gateway) and relations (the prefix of
the node's own session, a timestamp older than the accepted one); addresses, numbers and
times are chosen where it is used.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeAlias, cast

from pmip6.model.errors import Pmip6Error
from pmip6.model.state import Fault
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.model.wire.tunnel_packets import Ecn


class Node(enum.StrEnum):
    """The mobile nodes of a test case, by what the anchor's policy says about them."""

    SERVED = "served"
    OTHER = "other"  # served as well
    BARRED = "barred"  # known, but without the service
    UNKNOWN = "unknown"
    UNPROVIDED = "unprovided"  # served, but no prefix is there for it

    @property
    def other(self) -> Node:
        """The served node whose prefix is not this node's own."""
        return Node.OTHER if self is Node.SERVED else Node.SERVED


class Gateway(enum.StrEnum):
    """The gateways that the tester plays."""

    MAG1 = "mag1"
    MAG2 = "mag2"
    STRANGER = "stranger"  # not authorised for anything

    @property
    def other(self) -> Gateway:
        """The other one of the two that may send requests."""
        return Gateway.MAG1 if self is Gateway.MAG2 else Gateway.MAG2


class PrefixForm(enum.StrEnum):
    """The prefix that a request names."""

    ALL_ZERO = "all-zero"
    OWN = "own"  # of the node's session
    OTHERS = "others"  # of the other node's session
    REQUESTABLE = "requestable"  # one that the node may ask for by name
    UNASSIGNED = "unassigned"  # one that the node may not have
    SECOND = "of the second session"  # of the node, which has two
    PART = "part of its own"  # not all prefixes of the node's session
    MORE = "more than its own"  # all prefixes of the node's session, and another one
    REORDERED = "its own in another order"
    PART_OF_OTHERS = "part of others"  # not all prefixes of the other node's session


BY_SESSION = (PrefixForm.OWN, PrefixForm.SECOND)
"""What names the sessions of a node, in the order of their prefixes."""


class Stamp(enum.StrEnum):
    """The timestamp of a request, against what was accepted and the anchor's clock."""

    NEWER = "newer"
    EQUAL = "equal"
    OLDER = "older"
    FUTURE = "future"  # newer, and ahead of the anchor's clock by more than the window
    FARTHEST = "farthest"  # newer, and ahead of it by millions of years
    PAST = "past"  # behind the anchor's clock by more than the window


class Interface(enum.StrEnum):
    """The interface of the node, by what tells it from others (RFC 5213, 5.4.1)."""

    FIRST = "first"
    SECOND = "second"  # another link-layer identifier
    OTHER_TECHNOLOGY = "first of another technology"  # the same identifier
    OTHERS = "with the identifier of the other node's"


class Order(enum.StrEnum):
    """What orders a request: its timestamp, or else its sequence number (5.5)."""

    TIMESTAMP = "by timestamp"
    NEXT = "next number"
    WRAPPED = "next number, which is zero"
    EQUAL = "number equal to the accepted one"
    LOWER = "number below the accepted one"
    FARTHEST = "greatest number that is newer than the accepted one"
    HALFWAY = "half of all numbers ahead of the accepted one"  # counts as lower
    LAST = "last number before the counter wraps"
    LOWER_BUT_STAMPED = "timestamp, and number below the accepted one"


class LinkLocal(enum.StrEnum):
    """The Link-local Address option of a request."""

    ABSENT = "absent"
    ALL_ZERO = "all-zero"
    NON_ZERO = "non-zero"


class Form(enum.StrEnum):
    """What the wire form of a request has that an ordinary one has not."""

    ORDINARY = "ordinary"
    NO_ANSWER_ASKED = "A flag clear"
    LONGEST_LIFETIME = "the longest lifetime that there is"
    DIRECT = "P flag clear"
    RESERVED_SET = "reserved bits set"
    UNKNOWN_OPTION = "an option that nobody knows"
    PAD1_ONLY = "padded with Pad1 only"
    BAD_CHECKSUM = "wrong checksum"
    UNKNOWN_TYPE = "unknown MH Type"
    WRONG_PROTO = "Payload Proto other than 59"
    TOO_SHORT = "Header Len below that of the message"
    CUT_OPTION = "last option runs past the message"
    OPTION_RESERVED_SET = "reserved bits of its options set"
    REVERSED = "its options in the reverse order"
    VENDOR_SPECIFIC = "two vendor-specific options"
    PADN_FILLED = "padding that is not zero"
    ODD_OCTETS = "handoff indicator and access technology at odd octets"
    WRONG_ALTERNATE = "an alternate care-of address that cannot be one"
    FROM_NOBODY = "a source that is no unicast address"
    ALTERNATE = "the other gateway as alternate care-of address"
    VIRTUAL = "access technology 1"
    PPP = "access technology 2"
    IEEE_802_3 = "access technology 3"
    IEEE_802_11 = "access technology 4"
    IEEE_802_16E = "access technology 5"
    TWO_PREFIXES = "two prefixes, one within the other"
    HANDOFF_1 = "handoff indicator 1"
    HANDOFF_2 = "handoff indicator 2"
    HANDOFF_3 = "handoff indicator 3"
    HANDOFF_4 = "handoff indicator 4"
    HANDOFF_5 = "handoff indicator 5"
    HANDOFF_UNASSIGNED = "a handoff indicator that means nothing"
    UNKNOWN_TYPE_FROM_NOBODY = "unknown MH Type and a source that is no unicast address"
    CLEAR_TEXT = "no ESP"
    WRONG_SPI = "an SPI of no security association"
    WRONG_ICV = "a wrong integrity check value"
    REPLAYED = "an ESP sequence number that has come before"
    SPOOFED = "the ESP of another gateway"
    SAME_OCTETS = "the octets of the earlier one"


ESP_FAULTS = {
    Form.CLEAR_TEXT: EspCheck.PROTECTION,
    Form.WRONG_SPI: EspCheck.ASSOCIATION,
    Form.WRONG_ICV: EspCheck.INTEGRITY,
    Form.REPLAYED: EspCheck.REPLAY,
    Form.SPOOFED: EspCheck.ENDS,
}
"""The forms in which a request fails a check of ESP, with that check."""


class Phase(enum.StrEnum):
    """A moment in the life of a timer, counted from its start."""

    BEGUN = "a part of it"
    NEARLY = "nearly all of it"
    PAST = "all of it"


@dataclass(frozen=True)
class Request:
    """One Proxy Binding Update."""

    node: Node = Node.SERVED
    gateway: Gateway = Gateway.MAG1
    deregistration: bool = False
    prefix: PrefixForm = PrefixForm.ALL_ZERO
    stamp: Stamp = Stamp.NEWER
    faults: frozenset[Fault] = frozenset()
    form: Form = Form.ORDINARY
    link_layer_identifier: bool = True
    link_local: LinkLocal = LinkLocal.ABSENT
    interface: Interface = Interface.FIRST
    indicator: HandoffIndicator = HandoffIndicator.UNKNOWN
    order: Order = Order.TIMESTAMP

    @property
    def proxy_coa(self) -> Gateway:
        """The gateway that is to serve the node."""
        is_other = self.form is Form.ALTERNATE
        return self.gateway.other if is_other else self.gateway

    def __str__(self) -> str:
        """The request in words."""
        kind = "de-registration" if self.deregistration else "registration"
        words = [f"{kind} of {self.node} from {self.gateway}, prefix {self.prefix}"]
        if self.stamp is not Stamp.NEWER:
            words.append(f"timestamp {self.stamp}")
        for fault in sorted(self.faults, key=lambda f: f.value):
            words.append(fault.name.lower().replace("_", " "))
        if self.form is not Form.ORDINARY:
            words.append(str(self.form))
        if not self.link_layer_identifier:
            words.append("no link-layer identifier")
        if self.link_local is not LinkLocal.ABSENT:
            words.append(f"link-local address {self.link_local}")
        if self.interface is not Interface.FIRST:
            words.append(f"interface {self.interface}")
        has_another = self.form is Form.HANDOFF_UNASSIGNED
        if self.indicator is not HandoffIndicator.UNKNOWN and not has_another:
            words.append(f"handoff indicator {self.indicator.value}")
        if self.order is not Order.TIMESTAMP:
            words.append(str(self.order))
        return ", ".join(words)


@dataclass(frozen=True)
class Wait:
    """Let time pass until the timer of this name is in a phase of its life.

    It runs, or else was stopped before: then the time counts from now.
    """

    timer: str
    phase: Phase
    is_stopped: bool = False

    def __str__(self) -> str:
        """The wait in words."""
        words = f"wait until {self.phase} of {self.timer} has passed"
        return f"{words}, which does not run" if self.is_stopped else words


class HomePrefix(enum.StrEnum):
    """The prefix of the address of a mobile node in a user packet."""

    OWN = "own"  # of the node's session
    FORMER = "former"  # of its session that is over
    UNASSIGNED = "unassigned"  # one that no node has


class PacketForm(enum.StrEnum):
    """What a user packet has that an ordinary one has not."""

    ORDINARY = "ordinary"
    LAST_HOP = "hop limit 1"
    LARGE = "larger than the tunnel"
    CUT_UP = "its tunnel packet in fragments"


@dataclass(frozen=True)
class UserPacket:
    """A packet for a mobile node, or one of it that comes through a tunnel.

    Args:
        node: The mobile node.
        gateway: Who sends the tunnel packet; None: a correspondent node sends the packet.
        prefix: That of its source if it comes through a tunnel, else of its destination.
        ecn: What it says of congestion.
        tunnel_ecn: What its tunnel header says of it.
        form: What is unusual about it.
    """

    node: Node = Node.SERVED
    gateway: Gateway | None = None
    prefix: HomePrefix = HomePrefix.OWN
    ecn: Ecn = Ecn.NOT_ECT
    tunnel_ecn: Ecn = Ecn.NOT_ECT
    form: PacketForm = PacketForm.ORDINARY

    def __str__(self) -> str:
        """The packet in words."""
        words = [f"packet to the {self.prefix} prefix of {self.node}"]
        if self.gateway is not None:
            words = [f"packet from the {self.prefix} prefix of {self.node}"]
            words.append(f"in a tunnel from {self.gateway}")
        if self.ecn is not Ecn.NOT_ECT:
            words.append(f"marked {self.ecn.name}")
        if self.tunnel_ecn is not Ecn.NOT_ECT:
            words.append(f"tunnel header marked {self.tunnel_ecn.name}")
        if self.form is not PacketForm.ORDINARY:
            words.append(str(self.form))
        return ", ".join(words)


class Malformed(enum.StrEnum):
    """What is wrong with the messages of a volley."""

    LENGTHS = "lengths of header and packet that are not those of the message"
    OPTION_LENGTHS = "lengths of options that are not theirs"
    OPTION_SIZES = "options of the wrong size"
    OPTIONS = "options left out, doubled, or out of place"
    HEADER = "fields of the header"
    VALUES = "values that options may not have"
    SOURCES = "sources that are no address of a gateway"
    TYPES = "types of message that an anchor does not take"
    LARGE = "as many options as fit"
    FLOOD = "many requests for unknown nodes at once"
    FLOOD_OF_STRANGER = "many requests of an unlisted gateway at once"
    FLOOD_OF_REPLAYS = "the same octets again and again"
    FLOOD_CUT = "many requests at once whose last option is cut"


FLOODS = frozenset(m for m in Malformed if m.name.startswith("FLOOD"))
"""Volleys of one message that is sent many times without a pause."""


@dataclass(frozen=True)
class Volley:
    """Messages with something wrong, for another node; the served one is renewed meanwhile.

    A flood is followed by one renewal, each message of another volley by one of its own:
    so it is known after which message the anchor does not answer any more.
    """

    malformed: Malformed

    def __str__(self) -> str:
        """The volley in words."""
        return f"volley: {self.malformed}"


Stimulus: TypeAlias = Request | Wait | UserPacket | Volley
ALWAYS_TOLD = ("node", "gateway", "deregistration", "prefix")


def as_document(stimulus: Stimulus) -> dict[str, object]:
    """The stimulus as JSON values; a field at its default is left out."""
    if isinstance(stimulus, Wait):
        stopped = {"stopped": True} if stimulus.is_stopped else {}
        return {"wait": stimulus.timer, "phase": str(stimulus.phase), **stopped}
    if isinstance(stimulus, UserPacket):
        return _packet_document(stimulus)
    if isinstance(stimulus, Volley):
        return {"volley": stimulus.malformed.name}
    found: dict[str, object] = {}
    for field in fields(Request):
        value: object = getattr(stimulus, field.name)
        if field.name == "faults":
            value = sorted(fault.name for fault in stimulus.faults)
        if field.name == "indicator" and value is not field.default:
            value = stimulus.indicator.name
        if field.name in ALWAYS_TOLD or value not in (field.default, []):
            found[field.name] = value
    return found


def _packet_document(stimulus: UserPacket) -> dict[str, object]:
    found: dict[str, object] = {"packet": str(stimulus.node)}
    if stimulus.gateway is not None:
        found["tunnel"] = str(stimulus.gateway)
    found["prefix"] = str(stimulus.prefix)
    for name, mark in (("ecn", stimulus.ecn), ("tunnel_ecn", stimulus.tunnel_ecn)):
        if mark is not Ecn.NOT_ECT:
            found[name] = mark.name
    if stimulus.form is not PacketForm.ORDINARY:
        found["form"] = str(stimulus.form)
    return found


def _packet_of(document: dict[str, object]) -> UserPacket:
    tunnel = document.get("tunnel")
    return UserPacket(
        node=Node(str(document["packet"])),
        gateway=None if tunnel is None else Gateway(str(tunnel)),
        prefix=HomePrefix(str(document["prefix"])),
        ecn=Ecn[str(document.get("ecn", Ecn.NOT_ECT.name))],
        tunnel_ecn=Ecn[str(document.get("tunnel_ecn", Ecn.NOT_ECT.name))],
        form=PacketForm(str(document.get("form", PacketForm.ORDINARY))),
    )


def from_document(document: dict[str, object]) -> Stimulus:
    """The stimulus that `as_document` wrote.

    Raises:
        Pmip6Error: The document names what no stimulus has.
    """
    try:
        if "wait" in document:
            phase, stopped = Phase(str(document["phase"])), "stopped" in document
            return Wait(str(document["wait"]), phase, stopped)
        if "volley" in document:
            return Volley(Malformed[str(document["volley"])])
        if "packet" in document:
            return _packet_of(document)
        values = dict(document)
        names = cast("list[str]", values.pop("faults", []))
        kinds: dict[str, Callable[[str], object]] = {
            "node": Node,
            "gateway": Gateway,
            "prefix": PrefixForm,
            "stamp": Stamp,
            "form": Form,
            "link_local": LinkLocal,
            "interface": Interface,
            "indicator": HandoffIndicator.__getitem__,
            "order": Order,
        }
        for name, kind in kinds.items():
            if name in values:
                values[name] = kind(str(values[name]))
        faults = frozenset(Fault[name] for name in names)
        return Request(faults=faults, **values)  # type: ignore[arg-type]  # from JSON
    except (KeyError, TypeError, ValueError) as error:
        raise Pmip6Error(
            str(document), f"is no stimulus: {error}", "make the file again"
        ) from error
