"""What a tester can do to a gateway with fast handover (RFC 5949).

It plays the other gateway, the access network, the node, the anchor, and the clock.  A
stimulus names roles and relations; addresses and numbers are chosen where it is used.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.numbers import BindingAckStatus


class Said(enum.StrEnum):
    """What a Handover Initiate of the other gateway has."""

    OFFER = "the context of the node"
    FETCH = "no context"
    NAMED_FETCH = "a request for context by name"
    OPEN_FETCH = "a request for context without a name"
    COMPLETION = "the end of forwarding"
    KEYLESS = "no context and no GRE key"
    UNKNOWN_CONTEXT = "a request for context that nobody has"
    NOBODY = "no node"
    STRANGER = "a node that nobody knows"
    STRANGE_OFFER = "the context of a node that nobody knows"
    OTHER_INTERFACE = "the context of another interface of the node"


class Flags(enum.StrEnum):
    """The flags U and F of a Handover Initiate."""

    NONE = "neither U nor F"
    BUFFER = "U"
    FORWARD = "F"


class HostMessage(enum.StrEnum):
    """What a node sends that takes part in handovers itself (RFC 5568)."""

    ROUTER_SOLICITATION = "a Router Solicitation for Proxy Advertisement"
    BINDING_UPDATE = "a Fast Binding Update"


class Route(enum.StrEnum):
    """Where a user packet comes from."""

    ANCHOR = "from the anchor to the node"
    GATEWAY_DOWN = "from the other gateway to the node"
    GATEWAY_UP = "of the node from the other gateway"
    NODE = "of the node from the access link"


@dataclass(frozen=True)
class LinkUp:
    """The node comes to the access link; whether the network tells from where."""

    is_told: bool = False


@dataclass(frozen=True)
class LinkDown:
    """The node leaves the access link."""


@dataclass(frozen=True)
class Solicitation:
    """The node asks for an advertisement."""


@dataclass(frozen=True)
class HostAction:
    """The node takes part in handovers itself, which those of its gateways do without."""

    message: HostMessage


@dataclass(frozen=True)
class Indication:
    """The node will move; to an access point of the other gateway, or of nobody's."""

    is_known: bool = True


@dataclass(frozen=True)
class Initiation:
    """The other gateway sends a Handover Initiate.

    Args:
        said: What it has.
        flags: Its flags.
        is_repeated: It is the last one once more, with the same number.
        has_reserved: Reserved bits of it and of its options are set.
        is_of_third: It is of a third gateway.
    """

    said: Said
    flags: Flags = Flags.NONE
    is_repeated: bool = field(default=False, repr=False)
    has_reserved: bool = field(default=False, repr=False)
    is_of_third: bool = field(default=False, repr=False)


class Mismatch(enum.StrEnum):
    """Why a Handover Acknowledge is no answer to the last Handover Initiate."""

    NONE = "nothing: it is"
    SOURCE = "it comes from another gateway"
    NODE = "it names another node"


@dataclass(frozen=True)
class Acknowledgement:
    """The other gateway answers the last Handover Initiate, or another one.

    Args:
        code: Its code.
        has_context: It has the context of the node.
        is_awaited: It has the number of the last one.
        mismatch: What else is wrong with it.
        is_other_prefix: The prefix of its context is not that which was told before.
        has_reserved: Reserved bits of it and of its options are set.
    """

    code: int
    has_context: bool = False
    is_awaited: bool = True
    mismatch: Mismatch = field(default=Mismatch.NONE, repr=False)
    is_other_prefix: bool = field(default=False, repr=False)
    has_reserved: bool = field(default=False, repr=False)

    @property
    def is_answer(self) -> bool:
        """It answers the last Handover Initiate."""
        return self.is_awaited and self.mismatch is Mismatch.NONE


@dataclass(frozen=True)
class Registration:
    """The anchor answers the last request; with the prefix of the node, or another.

    It may name the link-local address of the node for the gateway.
    """

    status: int = BindingAckStatus.ACCEPTED
    is_other_prefix: bool = False
    names_node: bool = field(default=False, repr=False)


@dataclass(frozen=True)
class Elapse:
    """A timer of the gateway for the node falls due, or does so several times."""

    timer: str
    times: int = 1


@dataclass(frozen=True)
class Datagram:
    """A user packet."""

    route: Route


HandoverStimulus: TypeAlias = (
    LinkUp
    | LinkDown
    | Solicitation
    | HostAction
    | Indication
    | Initiation
    | Acknowledgement
    | Registration
    | Elapse
    | Datagram
)

_KINDS = (
    LinkUp,
    LinkDown,
    Solicitation,
    HostAction,
    Indication,
    Initiation,
    Acknowledgement,
    Registration,
    Elapse,
    Datagram,
)
_ENUMS: dict[str, type[Said | Flags | Route | HostMessage | Mismatch]] = {
    "mismatch": Mismatch,
    "message": HostMessage,
    "said": Said,
    "flags": Flags,
    "route": Route,
}


def in_words(stimulus: HandoverStimulus) -> str:
    """The stimulus as titles have it."""
    match stimulus:
        case LinkUp(is_told):
            return "the node arrives" + (" from the other gateway" if is_told else "")
        case LinkDown():
            return "the node leaves"
        case Solicitation():
            return "the node asks for an RA"
        case HostAction(message):
            return f"the node sends {message}"
        case Indication(is_known):
            return f"a handover {'is announced' if is_known else 'to nowhere'}"
        case Initiation(said, flags, is_repeated):
            asked = "" if flags is Flags.NONE else f", {flags}"
            again = " once more" if is_repeated else ""
            bits = ", reserved bits set" if stimulus.has_reserved else ""
            sender = " of a third gateway" if stimulus.is_of_third else ""
            return f"HI{sender} with {said}{asked}{again}{bits}"
        case Acknowledgement(code, _, is_awaited, mismatch):
            other = "" if is_awaited else " to another HI"
            wrong = "" if mismatch is Mismatch.NONE else f", but {mismatch}"
            prefix = " with another prefix" if stimulus.is_other_prefix else ""
            bits = ", reserved bits set" if stimulus.has_reserved else ""
            return f"HAck {code}{other}{wrong}{prefix}{bits}"
        case Registration(status, is_other, names_node):
            prefix = " with another prefix" if is_other else ""
            address = " and the node's address for the gateway" if names_node else ""
            return f"PBA {status:d}{prefix}{address}"
        case Elapse(timer, times):
            return f"{timer} is over" + (f", {times} times" if times > 1 else "")
        case Datagram(route):
            return f"a packet {route}"


def as_document(stimulus: HandoverStimulus) -> dict[str, object]:
    """The stimulus as JSON values; a field at its default is left out."""
    found: dict[str, object] = {"do": type(stimulus).__name__.lower()}
    for each in fields(stimulus):
        value: object = getattr(stimulus, each.name)
        if value != each.default:
            found[each.name] = int(value) if each.name == "status" else value  # type: ignore[call-overload]  # a status is a number
    return found


def from_document(document: dict[str, object]) -> HandoverStimulus:
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
        return kind(**values)  # type: ignore[arg-type]  # from JSON
    except (StopIteration, TypeError, ValueError) as error:
        raise Pmip6Error(
            str(document), f"is no stimulus: {error}", "make the file again"
        ) from error
