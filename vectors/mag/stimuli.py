"""What a tester can do to a gateway: as access network, mobile node, anchor and clock.

A stimulus names roles and relations (the latest request, the prefix of the session);
addresses, numbers and times are chosen where it is used.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from typing import TypeAlias

from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.numbers import BindingAckStatus, is_rejection
from pmip6.model.wire.tunnel_packets import Ecn
from pmip6.vectors.lma.stimuli import PacketForm, Phase
from pmip6.vectors.mag.discovery import SolicitationForm


class Hint(enum.StrEnum):
    """What the access network tells of an attachment for certain."""

    NOTHING = "nothing"
    NEW_INTERFACE = "a new interface"
    BETWEEN_INTERFACES = "a handoff between interfaces"
    BETWEEN_GATEWAYS = "a handoff between gateways"


class Echo(enum.StrEnum):
    """An option that an answer has with another value than the request, or lacks."""

    NODE_IDENTIFIER = "node identifier"
    HANDOFF_INDICATOR = "handoff indicator"
    ACCESS_TECHNOLOGY = "access technology"
    LINK_LAYER = "link-layer identifier"
    PREFIX = "prefix"


class AnswerForm(enum.StrEnum):
    """What the wire form of an answer has that an ordinary one has not."""

    ORDINARY = "ordinary"
    DIRECT = "P flag clear"
    OTHER_NUMBER = "another sequence number"
    STRANGER = "from another address than that of the anchor"
    BAD_CHECKSUM = "wrong checksum"
    UNKNOWN_OPTION = "an option that nobody knows"
    RESERVED_SET = "reserved bits set"
    WRONG_LIFETIME = "lifetime zero, or another one where zero was asked for"
    CLEAR_TEXT = "clear text"
    WRONG_SPI = "an SPI of no security association"
    WRONG_ICV = "a wrong integrity check value"
    REPLAYED = "an ESP sequence number that has come before"


ANSWER_FAULTS = {
    AnswerForm.CLEAR_TEXT: EspCheck.PROTECTION,
    AnswerForm.WRONG_SPI: EspCheck.ASSOCIATION,
    AnswerForm.WRONG_ICV: EspCheck.INTEGRITY,
    AnswerForm.REPLAYED: EspCheck.REPLAY,
}
"""The forms in which an answer fails a check of ESP, with that check."""


class Prefixes(enum.StrEnum):
    """The prefixes that an acceptance gives."""

    ONE = "one prefix"
    TWO = "two prefixes"
    OTHER = "another prefix"


class Named(enum.StrEnum):
    """The link-local address that an answer names for the gateway."""

    NOTHING = "nothing"
    FREE = "an address"
    OF_NODE = "the address of the node"


class Source(enum.StrEnum):
    """The source of a user packet of the node."""

    OWN = "its own address"
    FORMER = "an address of a prefix that its session has lost"
    LINK_LOCAL = "its link-local address"
    FOREIGN = "an address of nobody"


LOST_AT_TUNNEL = (PacketForm.LARGE, PacketForm.LAST_HOP)
"""Forms of user packets that neither enter a tunnel nor leave it."""


@dataclass(frozen=True)
class Attach:
    """The node comes to the access link."""

    hint: Hint = Hint.NOTHING

    def __str__(self) -> str:
        """The stimulus in words."""
        known = "" if self.hint is Hint.NOTHING else f", known as {self.hint}"
        return f"the node attaches{known}"


@dataclass(frozen=True)
class Detach:
    """The node leaves the access link."""

    def __str__(self) -> str:
        """The stimulus in words."""
        return "the node leaves"


@dataclass(frozen=True)
class Solicit:
    """The node sends a Router Solicitation, from its link-local address if ordinary."""

    form: SolicitationForm = SolicitationForm.ORDINARY

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"the node solicits{_of(self.form)}"


@dataclass(frozen=True)
class Ask:
    """The node asks for the link-layer address of the gateway."""

    form: SolicitationForm = SolicitationForm.ORDINARY

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"the node asks for the gateway{_of(self.form)}"


def _of(form: SolicitationForm) -> str:
    return "" if form is SolicitationForm.ORDINARY else f", {form}"


class Frame(enum.StrEnum):
    """What a node sends that has left as far as the gateway knows."""

    SOLICITATION = "a Router Solicitation"
    NEIGHBOR = "a Neighbor Solicitation for the gateway"
    PACKET = "a packet to a correspondent"


@dataclass(frozen=True)
class Straggle:
    """A frame of the node comes, though the access network has told that it left."""

    frame: Frame = Frame.SOLICITATION

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"the node that has left sends {self.frame}"


@dataclass(frozen=True)
class Synchronise:
    """The common source sets the clock of the gateway."""

    def __str__(self) -> str:
        """The stimulus in words."""
        return "the clock is set"


@dataclass(frozen=True)
class TooBig:
    """A router of the path to the anchor says what it takes, less than before."""

    mtu: int = 1400
    is_told: bool = False

    def __str__(self) -> str:
        """The stimulus in words."""
        told = ", and the node is told" if self.is_told else ""
        return f"the path to the anchor takes {self.mtu} octets{told}"


@dataclass(frozen=True)
class Probe:
    """The anchor probes the path with an Echo Request."""

    octets: int = 1400

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"the anchor sends an Echo Request of {self.octets} octets"


@dataclass(frozen=True)
class Lease:
    """The node asks for addresses by DHCP, or a server answers."""

    is_answer: bool = False

    def __str__(self) -> str:
        """The stimulus in words."""
        if self.is_answer:
            return "the DHCP server answers"
        return "the node asks a DHCP server"


@dataclass(frozen=True)
class Restart:
    """The gateway starts again, with what is configured."""

    def __str__(self) -> str:
        """The stimulus in words."""
        return "the gateway restarts"


@dataclass(frozen=True)
class Answer:
    """The anchor answers the latest request; the node is told unasked, or may be."""

    status: int = 0
    altered: Echo | None = None
    missing: Echo | None = None
    form: AnswerForm = AnswerForm.ORDINARY
    prefixes: Prefixes = Prefixes.ONE
    is_short: bool = False
    named: Named = Named.NOTHING
    is_advised: bool = False
    is_told: bool = False

    def __str__(self) -> str:
        """The stimulus in words."""
        words = [f"answer {int(self.status)}"]
        if not is_rejection(self.status):
            words.append(f"with {self.prefixes}")
        if self.is_short:
            words.append("for a short time")
        if self.is_advised:
            words.append("with the advice to register again soon")
        if self.is_told:
            words.append("of which the node hears")
        if self.altered is not None:
            words.append(f"another {self.altered}")
        if self.missing is not None:
            words.append(f"no {self.missing}")
        if self.form is not AnswerForm.ORDINARY:
            words.append(str(self.form))
        if self.named is not Named.NOTHING:
            words.append(f"naming {self.named}")
        return ", ".join(words)


@dataclass(frozen=True)
class Uplink:
    """The node sends a packet to a correspondent, or to the other node."""

    source: Source = Source.OWN
    is_for_company: bool = False
    ecn: Ecn = Ecn.NOT_ECT
    form: PacketForm = PacketForm.ORDINARY

    def __str__(self) -> str:
        """The stimulus in words."""
        to = " to the other node" if self.is_for_company else ""
        odd = _oddness(self.ecn, Ecn.NOT_ECT, self.form)
        return f"the node sends a packet from {self.source}{to}{odd}"


def _oddness(ecn: Ecn, tunnel_ecn: Ecn, form: PacketForm) -> str:
    """What a user packet has that an ordinary one has not, in words."""
    words = [f", marked {ecn.name}"] if ecn is not Ecn.NOT_ECT else []
    if tunnel_ecn is not Ecn.NOT_ECT:
        words.append(f", tunnel header marked {tunnel_ecn.name}")
    if form is not PacketForm.ORDINARY:
        words.append(f", {form}")
    return "".join(words)


class CompanyAct(enum.StrEnum):
    """What another node at the gateway does."""

    JOINS = "registers"
    SENDS = "sends a packet to a correspondent"
    SENDS_TO_NODE = "sends a packet to the node"
    GETS = "is sent a tunnel packet"


@dataclass(frozen=True)
class Company:
    """Something happens with the other node at the gateway."""

    act: CompanyAct = CompanyAct.JOINS

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"another node {self.act}"


@dataclass(frozen=True)
class HostPacket:
    """An ordinary host on a link of the gateway sends a packet to the node."""

    def __str__(self) -> str:
        """The stimulus in words."""
        return "a host of the gateway sends a packet to the node"


@dataclass(frozen=True)
class Downlink:
    """A tunnel packet comes for an address."""

    is_hosted: bool = True
    is_from_anchor: bool = True
    is_former: bool = False
    ecn: Ecn = Ecn.NOT_ECT
    tunnel_ecn: Ecn = Ecn.NOT_ECT
    form: PacketForm = PacketForm.ORDINARY

    def __str__(self) -> str:
        """The stimulus in words."""
        to = "the node" if self.is_hosted else "an address of nobody"
        if self.is_former:
            to = str(Source.FORMER)
        by = "" if self.is_from_anchor else ", not from the anchor"
        odd = _oddness(self.ecn, self.tunnel_ecn, self.form)
        return f"a tunnel packet comes for {to}{by}{odd}"


@dataclass(frozen=True)
class Await:
    """Let time pass until the running timer of this name is in a phase of its life."""

    timer: str
    phase: Phase = Phase.PAST

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"wait until {self.phase} of {self.timer} has passed"


@dataclass(frozen=True)
class Idle:
    """Listen for some time."""

    seconds: int = 4

    def __str__(self) -> str:
        """The stimulus in words."""
        return f"listen for {self.seconds} s"


Stimulus: TypeAlias = (
    Attach
    | Detach
    | Solicit
    | Ask
    | Straggle
    | Synchronise
    | Answer
    | Uplink
    | Downlink
    | Company
    | HostPacket
    | TooBig
    | Probe
    | Lease
    | Restart
    | Await
    | Idle
)
_KINDS: tuple[type[Stimulus], ...] = (
    Attach,
    Detach,
    Solicit,
    Ask,
    Straggle,
    Synchronise,
    Answer,
    Uplink,
    Downlink,
    Company,
    HostPacket,
    TooBig,
    Probe,
    Lease,
    Restart,
    Await,
    Idle,
)
_FORMS: dict[type[Stimulus], type[enum.StrEnum]] = {
    Solicit: SolicitationForm,
    Ask: SolicitationForm,
    Answer: AnswerForm,
    Uplink: PacketForm,
    Downlink: PacketForm,
}
_ENUMS: dict[str, type[enum.StrEnum]] = {
    "hint": Hint,
    "altered": Echo,
    "missing": Echo,
    "prefixes": Prefixes,
    "named": Named,
    "source": Source,
    "frame": Frame,
    "act": CompanyAct,
    "phase": Phase,
}
_MARKS = {"ecn", "tunnel_ecn"}


def as_document(stimulus: Stimulus) -> dict[str, object]:
    """The stimulus as JSON values; a field at its default is left out."""
    found: dict[str, object] = {"do": type(stimulus).__name__.lower()}
    for field in fields(stimulus):
        value: object = getattr(stimulus, field.name)
        if value == field.default:
            continue
        if field.name == "status":
            value = int(value)  # type: ignore[call-overload]  # a status is a number
        found[field.name] = value.name if isinstance(value, Ecn) else value
    return found


def from_document(document: dict[str, object]) -> Stimulus:
    """The stimulus that `as_document` wrote.

    Raises:
        Pmip6Error: The document names what no stimulus has.
    """
    values = dict(document)
    try:
        name = values.pop("do")
        kind = next(k for k in _KINDS if k.__name__.lower() == name)
        for key, enumeration in _ENUMS.items():
            if key in values:
                values[key] = enumeration(str(values[key]))
        if "form" in values:
            values["form"] = _FORMS[kind](str(values["form"]))
        for key in _MARKS & values.keys():
            values[key] = Ecn[str(values[key])]
        if "status" in values:
            values["status"] = BindingAckStatus(int(str(values["status"])))
        return kind(**values)  # type: ignore[arg-type]  # from JSON
    except (KeyError, StopIteration, TypeError, ValueError) as error:
        raise Pmip6Error(
            str(document), f"is no stimulus: {error}", "make the file again"
        ) from error
