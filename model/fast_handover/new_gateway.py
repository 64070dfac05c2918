"""The new gateway (NMAG) of a node: RFC 5949, sections 4.1, 4.2 and 5.2.

    IDLE --> FETCHING --> INFORMED --> TUNNELLED --> IDLE
      |                                   ^
      +--> INFORMED, PREPARED or TUNNELLED, as the flags of the offer say

The registration is that of RFC 5213, whatever becomes of the handover: with the prefix of
the context where there is one.  How long the context is kept is `context_lifetime`, which
is ours: the RFC names none.
"""

from pmip6.model.fast_handover.access_network import has_just_arrived
from pmip6.model.fast_handover.messages import (
    FETCHES,
    answer,
    initiate,
    is_accepted,
    is_awaiting,
    is_completion,
    is_from_former_gateway,
    is_later_request,
    is_offer,
    is_refusal_code,
    lacks_forwarding,
    requested,
    stop_awaiting,
)
from pmip6.model.fast_handover.previous_gateway import (
    end,
    has_nothing_left,
    is_asked_by_next_gateway,
    serves,
)
from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    PreviousState,
    context_lifetime,
    fast_handover,
    former_gateway,
    handover_acknowledge,
    handover_initiate,
    handover_refusals,
    handover_request,
    is_sent,
    last_link,
    new_state,
    next_gateway,
    outliving_tunnels,
    previous_state,
    resolves,
    transferred_prefix,
)
from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import (
    Term,
    all_of,
    any_of,
    enum_literal,
    enum_sort,
    forall,
    ite,
    one_of,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    address,
    attached,
    bule_prefix,
    bule_state,
)
from pmip6.model.wire.numbers import HandoverAcknowledgeCode

new_gateway = RoleTable(Role.MAG)

# ---- conditions ------------------------------------------------------------------------


def has_context(node: Term, gateway: Term) -> Term:
    """The gateway has the context of the node from its previous gateway."""
    return fast_handover() & one_of(
        new_state[node, gateway],
        NewState.INFORMED,
        NewState.PREPARED,
        NewState.TUNNELLED,
    )


def is_present(node: Term, gateway: Term) -> Term:
    """The node is on the link and registered: nobody can hand it over to here."""
    return (attached[node] == gateway) & serves(node, gateway)


def may_forget(node: Term, gateway: Term) -> Term:
    """Under the assumption that tunnels last, the gateway serves the node alone."""
    return ~outliving_tunnels() | (
        is_present(node, gateway)
        & has_nothing_left(node, gateway)
        & forall(GATEWAY, lambda g: next_gateway[node, g] != gateway)
    )


def has_to_withdraw(node: Term, gateway: Term) -> Term:
    """The prefix that was advertised early is not that of the registration (5.2)."""
    advertised = transferred_prefix[node, gateway]
    return all_of(
        fast_handover(),
        attached[node] == gateway,
        advertised != PREFIX.none,
        address[node] == advertised,
        any_of(
            bule_state[node, gateway] == UpdateListState.REFUSED,
            serves(node, gateway) & (bule_prefix[node, gateway] != advertised),
        ),
    )


# ---- effects ---------------------------------------------------------------------------


def become(step: Step, node: Term, gateway: Term, state: Term | NewState) -> None:
    """Change what the gateway does for the node as its new one."""
    step.set(new_state[node, gateway], state)


def end_part(step: Step, node: Term, gateway: Term) -> None:
    """The gateway has no tunnel and no context any more: what is left is base PMIPv6."""
    become(step, node, gateway, NewState.IDLE)
    kept = (attached[node] == gateway) & ~serves(node, gateway)
    step.set(
        transferred_prefix[node, gateway],
        ite(kept, transferred_prefix[node, gateway], PREFIX.none),
    )
    step.set(former_gateway[node, gateway], GATEWAY.none)
    step.stop(context_lifetime, node, gateway)


def take_prefix(step: Step, node: Term, gateway: Term, prefix: Term) -> None:
    """Keep the prefix of the context; another one that was advertised is withdrawn."""
    withdrawn = all_of(
        attached[node] == gateway,
        transferred_prefix[node, gateway] != PREFIX.none,
        transferred_prefix[node, gateway] != prefix,
        address[node] == transferred_prefix[node, gateway],
    )
    step.set(address[node], ite(withdrawn, PREFIX.none, address[node]))
    step.set(transferred_prefix[node, gateway], prefix)


def tunnelled(condition: Term, otherwise: Term) -> Term:
    """TUNNELLED where the condition holds."""
    return ite(condition, enum_literal(NewState.TUNNELLED), otherwise)


INFORMED = enum_literal(NewState.INFORMED)
ASKED = (HandoverRequest.ASK_TO_BUFFER, HandoverRequest.ASK_TO_FORWARD)

# ---- predictive: HIs of the previous gateway ---------------------------------------------


def may_accept(message: Message) -> Term:
    """The HI offers a node that is not registered and present here."""
    node, gateway = message.node, message.destination
    return is_offer(message) & (
        ~is_present(node, gateway) | is_from_former_gateway(message)
    )


@new_gateway.rule(
    on=handover_initiate,
    requirement=(
        "5949-4.2-7",
        "5949-6.1.2-1",
        "5949-6.1.2-2",
        "5949-6.1.2-x18",
        "5568-6.2.1.2-1",
        "5568-11-x2",
    ),
)
def accept_offer(step: Step, message: Message) -> None:
    """The node will come: its context is kept (step d), and with F there is a tunnel.

    The gateway may itself still forward to another one from an earlier move; the node
    comes back, so that ends.
    """
    node, gateway = message.node, message.destination
    step.require(fast_handover(), may_accept(message))
    again = is_from_former_gateway(message)
    told = ite(message.buffer, enum_literal(NewState.PREPARED), INFORMED)
    become(
        step,
        node,
        gateway,
        tunnelled(message.forward, ite(again, new_state[node, gateway], told)),
    )
    step.set(former_gateway[node, gateway], message.source)
    take_prefix(step, node, gateway, message.prefix)
    step.start(context_lifetime, node, gateway)
    end(step, node, gateway)
    stop_awaiting(step, node, gateway)
    answer(
        step,
        message,
        HandoverAcknowledgeCode.CONTEXT_ACCEPTED,
        buffer=message.buffer,
        forward=message.forward,
    )


@new_gateway.rule(
    on=handover_initiate,
    code=enum_sort(HandoverAcknowledgeCode),
    first="code",
    requirement=("5949-4.2-11", "5568-6.2.1.2-9"),
)
def refuse_offer(step: Step, message: Message, code: Term) -> None:
    """A gateway may refuse, for want of buffers or another reason.

    It has no tunnel from the sender that could be cancelled (docs/findings.md).
    """
    step.require(
        fast_handover(),
        handover_refusals(),
        may_accept(message),
        ~is_from_former_gateway(message),
        is_refusal_code(code),
    )
    answer(step, message, code)


@new_gateway.rule(on=handover_initiate, requirement=("5568-6.2.1.2-9",))
def refuse_present_node(step: Step, message: Message) -> None:
    """The node is here and registered; an offer of it is out of date."""
    step.require(fast_handover(), is_offer(message), ~may_accept(message))
    answer(step, message, HandoverAcknowledgeCode.REASON_UNSPECIFIED)


@new_gateway.rule(
    on=handover_initiate,
    requirement=("5949-4.2-7", "5949-4.2-10", "5949-6.1.2-1", "5949-6.1.2-2"),
)
def accept_forwarding(step: Step, message: Message) -> None:
    """The previous gateway starts to forward, after an HI without F."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(), is_later_request(message), is_from_former_gateway(message)
    )
    become(step, node, gateway, tunnelled(message.forward, new_state[node, gateway]))
    answer(
        step,
        message,
        HandoverAcknowledgeCode.ACCEPTED,
        buffer=message.buffer,
        forward=message.forward,
    )


@new_gateway.rule(
    on=handover_initiate, requirement=("5949-4.1-12", "5568-6.2.1.2-1", "5568-11-x2")
)
def accept_completion(step: Step, message: Message) -> None:
    """The previous gateway forwards no more: the tunnel goes at both ends."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(),
        is_completion(message),
        is_from_former_gateway(message),
        ~one_of(handover_request[node, gateway], *ASKED),
    )
    end_part(step, node, gateway)
    answer(step, message, HandoverAcknowledgeCode.ACCEPTED, forward=message.forward)


@new_gateway.rule(
    on=handover_initiate, requirement=("5949-4.1-12", "5568-6.2.1.2-1", "5568-11-x2")
)
def accept_completion_instead(step: Step, message: Message) -> None:
    """Likewise where the gateway has asked for the tunnel and has no answer yet."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(),
        is_completion(message),
        is_from_former_gateway(message),
        one_of(handover_request[node, gateway], *ASKED),
    )
    end_part(step, node, gateway)
    stop_awaiting(step, node, gateway)
    answer(step, message, HandoverAcknowledgeCode.ACCEPTED, forward=message.forward)


@new_gateway.rule(
    on=handover_initiate,
    requirement=(
        "5568-6.2.1.2-1",
        "5568-11-x2",
    ),
)
def acknowledge_known_completion(step: Step, message: Message) -> None:
    """There is no tunnel from this gateway any more; the HI is answered all the same."""
    step.require(
        fast_handover(), is_completion(message), ~is_from_former_gateway(message)
    )
    answer(step, message, HandoverAcknowledgeCode.ACCEPTED, forward=message.forward)


@new_gateway.rule(
    on=handover_initiate, requirement=("5568-6.2.1.2-1", "5568-11-x2", "5568-6.2.1.2-9")
)
def refuse_stray_request(step: Step, message: Message) -> None:
    """An HI for a handover that the gateway knows nothing of is answered with 128."""
    step.require(
        fast_handover(),
        is_later_request(message),
        ~is_from_former_gateway(message),
        ~is_asked_by_next_gateway(message),
    )
    answer(step, message, HandoverAcknowledgeCode.REASON_UNSPECIFIED)


# ---- step e of figure 2: buffering or forwarding at a later time --------------------------


@new_gateway.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    request=enum_sort(HandoverRequest),
    now=TIME,
    requirement=("5949-4.1-6", "5949-4.1-11", "5949-4.2-10"),
)
def ask_previous_gateway(
    step: Step, node: Term, gateway: Term, request: Term, now: Term
) -> None:
    """With the context, but no tunnel yet, the new gateway asks for what it needs.

    It does not where it forwards to that gateway itself.
    """
    step.require(
        fast_handover(),
        new_state[node, gateway] == NewState.INFORMED,
        ~is_awaiting(node, gateway),
        next_gateway[node, gateway] != former_gateway[node, gateway],
        one_of(request, *ASKED),
        is_sent(request),
    )
    initiate(step, node, gateway, former_gateway[node, gateway], now, request)


@new_gateway.rule(on=handover_acknowledge, requirement=("5949-4.2-7", "5949-5.2-3"))
def take_consent(step: Step, message: Message) -> None:
    """The previous gateway does what it was asked for; it may tell the prefix again."""
    node, gateway = message.node, message.destination
    step.require(fast_handover(), requested(message, *ASKED), is_accepted(message))
    forwards = handover_request[node, gateway] == HandoverRequest.ASK_TO_FORWARD
    become(step, node, gateway, tunnelled(forwards, new_state[node, gateway]))
    known = transferred_prefix[node, gateway]
    told = ite(message.prefix == PREFIX.none, known, message.prefix)
    take_prefix(step, node, gateway, told)
    stop_awaiting(step, node, gateway)


@new_gateway.rule(
    on=handover_acknowledge, requirement=("5949-4.2-11", "5568-6.2.1.2-9")
)
def take_refusal(step: Step, message: Message) -> None:
    """The previous gateway will not: there is no tunnel, and base PMIPv6 goes on."""
    node, gateway = message.node, message.destination
    step.require(fast_handover(), requested(message, *ASKED), ~is_accepted(message))
    end_part(step, node, gateway)
    stop_awaiting(step, node, gateway)


# ---- reactive: figure 3 --------------------------------------------------------------------


@new_gateway.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    previous=GATEWAY,
    request=enum_sort(HandoverRequest),
    now=TIME,
    requirement=(
        "5949-4.1-13",
        "5949-4.1-14",
        "5949-6.1.1-1",
        "5949-6.1.1-2",
        "5949-6.1.1-3",
        "5949-6.1.1-5",
        "5949-6.1.1-x15",
        "5949-6.2.1-x4",
        "5568-11-x1",
    ),
)
def fetch_context(
    step: Step, node: Term, gateway: Term, previous: Term, request: Term, now: Term
) -> None:
    """A node is on the link, and the gateway that its old AP-ID leads to is asked.

    The Context Request is an option; ours always has it.
    """
    step.require(
        fast_handover(),
        has_just_arrived(node, gateway),
        ~serves(node, gateway),
        new_state[node, gateway] == NewState.IDLE,
        previous_state[node, gateway] == PreviousState.IDLE,
        ~is_awaiting(node, gateway),
        last_link[node] == previous,
        resolves(gateway, previous),
        one_of(request, *FETCHES),
        is_sent(request),
    )
    become(step, node, gateway, NewState.FETCHING)
    step.set(former_gateway[node, gateway], previous)
    step.set(last_link[node], GATEWAY.none)
    initiate(step, node, gateway, previous, now, request)


@new_gateway.rule(on=handover_acknowledge, requirement=("5949-4.2-7", "5949-5.2-3"))
def take_context(step: Step, message: Message) -> None:
    """The context comes, and with F the tunnel is there (steps d and e of figure 3)."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(),
        requested(message, *FETCHES),
        is_accepted(message) | lacks_forwarding(message),
    )
    forwards = handover_request[node, gateway] == HandoverRequest.FETCH_AND_FORWARD
    become(step, node, gateway, tunnelled(forwards & is_accepted(message), INFORMED))
    take_prefix(step, node, gateway, message.prefix)
    step.start(context_lifetime, node, gateway)
    stop_awaiting(step, node, gateway)


@new_gateway.rule(
    on=handover_acknowledge, requirement=("5949-4.2-11", "5568-6.2.1.2-9")
)
def fall_back(step: Step, message: Message) -> None:
    """No context comes: what is left is base PMIPv6."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(),
        requested(message, *FETCHES),
        ~is_accepted(message),
        ~lacks_forwarding(message),
    )
    end_part(step, node, gateway)
    stop_awaiting(step, node, gateway)


@new_gateway.rule(
    expiry=context_lifetime, node=MOBILE_NODE, gateway=GATEWAY, requirement=()
)
def forget_context(step: Step, node: Term, gateway: Term) -> None:
    """The context has been kept long enough, whether the node has come or not."""
    step.require(
        fast_handover(),
        may_forget(node, gateway),
        ~one_of(handover_request[node, gateway], *ASKED),
    )
    end_part(step, node, gateway)


@new_gateway.rule(
    expiry=context_lifetime, node=MOBILE_NODE, gateway=GATEWAY, requirement=()
)
def forget_context_and_request(step: Step, node: Term, gateway: Term) -> None:
    """Likewise where the gateway has asked for the tunnel and has no answer yet."""
    step.require(
        fast_handover(),
        may_forget(node, gateway),
        one_of(handover_request[node, gateway], *ASKED),
    )
    end_part(step, node, gateway)
    stop_awaiting(step, node, gateway)


# ---- 5.2, advertising the prefix of the context --------------------------------------------


@new_gateway.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=("5949-5.2-1",))
def advertise_transferred_prefix(step: Step, node: Term, gateway: Term) -> None:
    """The node hears its prefix as soon as it is on the link, before any registration."""
    prefix = transferred_prefix[node, gateway]
    step.require(
        has_context(node, gateway),
        attached[node] == gateway,
        one_of(
            bule_state[node, gateway],
            UpdateListState.ABSENT,
            UpdateListState.REGISTERING,
        ),
        prefix != PREFIX.none,
        address[node] != prefix,
    )
    step.set(address[node], prefix)


@new_gateway.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=("5949-5.2-3",))
def withdraw_prefix(step: Step, node: Term, gateway: Term) -> None:
    """The registration failed for the prefix: an RA with lifetime zero withdraws it."""
    step.require(has_to_withdraw(node, gateway))
    step.set(address[node], PREFIX.none)
    step.set(transferred_prefix[node, gateway], PREFIX.none)
