"""The previous gateway (PMAG) of a node: RFC 5949, sections 4.1 and 4.2.

    IDLE --> OFFERING --> AGREED or ANNOUNCED --> FORWARDING --> COMPLETING --> IDLE
      |                     v                         ^
      +-------------------> BUFFERING ----------------+

The new gateway asks for buffering or forwarding, in its first HI (figure 3) or in a later
one (step e of figure 2); the previous one may announce forwarding in its own.  How long it
forwards is `forwarding_lifetime`, which is ours: the RFC names none.
"""

from pmip6.model.fast_handover.access_network import has_just_arrived, use_up_last_link
from pmip6.model.fast_handover.messages import (
    OFFERS,
    answer,
    answers_request,
    initiate,
    is_accepted,
    is_awaiting,
    is_fetch,
    is_from_former_gateway,
    is_later_request,
    is_refusal_code,
    requested,
    stop_awaiting,
)
from pmip6.model.fast_handover.state import (
    PACKET,
    HandoverRequest,
    Link,
    NewState,
    PreviousState,
    early_commands,
    fast_handover,
    forwarding_failures,
    forwarding_lifetime,
    handover_acknowledge,
    handover_command,
    handover_indication,
    handover_initiate,
    handover_refusals,
    handover_request,
    incoming,
    is_buffered,
    is_of_node,
    is_sent,
    new_state,
    next_gateway,
    outliving_tunnels,
    postponed_deregistration,
    previous_state,
    resolves,
)
from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import (
    Term,
    all_of,
    any_of,
    enum_literal,
    enum_sort,
    exists,
    forall,
    implies,
    ite,
    one_of,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    TIME,
    UpdateListState,
    attached,
    bule_prefix,
    bule_state,
)
from pmip6.model.wire.numbers import HandoverAcknowledgeCode

previous_gateway = RoleTable(Role.MAG)

# ---- conditions ------------------------------------------------------------------------


def serves(node: Term, gateway: Term) -> Term:
    """The gateway has a registration for the node, and so its context."""
    return bule_state[node, gateway] == UpdateListState.REGISTERED


def has_tunnel(node: Term, gateway: Term) -> Term:
    """The gateway has agreed with a new one, or forwards to it."""
    return one_of(
        previous_state[node, gateway],
        PreviousState.AGREED,
        PreviousState.ANNOUNCED,
        PreviousState.BUFFERING,
        PreviousState.FORWARDING,
    )


def keeps_packets(node: Term, gateway: Term) -> Term:
    """The gateway keeps the packets for the node, or forwards them."""
    return one_of(
        previous_state[node, gateway],
        PreviousState.BUFFERING,
        PreviousState.FORWARDING,
    )


def is_served_elsewhere(node: Term, gateway: Term) -> Term:
    """The node is on the link of another gateway, and registered there."""
    return exists(
        GATEWAY,
        lambda g: all_of(
            g != gateway,
            attached[node] == g,
            serves(node, g),
        ),
    )


def has_nothing_left(node: Term, gateway: Term) -> Term:
    """No packet of the node is on its way to the gateway, kept there, or in a tunnel."""
    return forall(
        PACKET,
        lambda q: implies(
            is_of_node(q, node),
            all_of(
                incoming[q, gateway] == Link.NONE,
                ~is_buffered[q, gateway],
                forall(GATEWAY, lambda g: incoming[q, g] != Link.FROM_PREVIOUS),
            ),
        ),
    )


def may_end(node: Term, gateway: Term) -> Term:
    """Under the assumption that tunnels last, the new gateway serves the node alone."""
    return ~outliving_tunnels() | (
        is_served_elsewhere(node, gateway) & has_nothing_left(node, gateway)
    )


def keeps_registration(node: Term, gateway: Term) -> Term:
    """A gateway that still forwards to the new one does not end the registration yet."""
    return all_of(
        fast_handover(),
        postponed_deregistration(),
        previous_state[node, gateway] != PreviousState.IDLE,
    )


# ---- effects ---------------------------------------------------------------------------


def become(step: Step, node: Term, gateway: Term, state: Term | PreviousState) -> None:
    """Change what the gateway does for the node as its previous one."""
    step.set(previous_state[node, gateway], state)


def end(step: Step, node: Term, gateway: Term) -> None:
    """Cancel all tunnelling (RFC 5949, 4.2): what is left is base PMIPv6."""
    become(step, node, gateway, PreviousState.IDLE)
    step.set(next_gateway[node, gateway], GATEWAY.none)
    step.stop(forwarding_lifetime, node, gateway)


def drop_own_request(step: Step, node: Term, gateway: Term) -> None:
    """What the gateway has asked another one is moot: it is asked itself."""
    stop_awaiting(step, node, gateway)
    fetching = new_state[node, gateway] == NewState.FETCHING
    nothing = enum_literal(NewState.IDLE)
    step.set(new_state[node, gateway], ite(fetching, nothing, new_state[node, gateway]))


def agree(step: Step, message: Message, state: Term) -> None:
    """Do what the HI of the new gateway asks for."""
    node, gateway = message.node, message.destination
    drop_own_request(step, node, gateway)
    become(step, node, gateway, state)
    step.set(next_gateway[node, gateway], message.source)
    step.start(forwarding_lifetime, node, gateway)


def asked_state(message: Message, otherwise: Term) -> Term:
    """What the flags of an HI ask the previous gateway to do."""
    return ite(
        message.forward,
        enum_literal(PreviousState.FORWARDING),
        ite(message.buffer, enum_literal(PreviousState.BUFFERING), otherwise),
    )


# ---- predictive: steps b to e and g of figure 2 ------------------------------------------


def may_initiate(message: Message) -> Term:
    """The gateway serves the node, knows the new gateway, and has begun nothing yet."""
    node, gateway = message.node, message.gateway
    return all_of(
        serves(node, gateway),
        previous_state[node, gateway] == PreviousState.IDLE,
        ~is_awaiting(node, gateway),
        resolves(gateway, message.target),
    )


@previous_gateway.rule(
    on=handover_indication,
    request=enum_sort(HandoverRequest),
    now=TIME,
    requirement=(
        "5949-4.1-4",
        "5949-4.1-5",
        "5949-6.1.1-1",
        "5949-6.1.1-2",
        "5949-6.1.1-3",
        "5949-6.1.1-x11",
        "5568-11-x1",
    ),
)
def initiate_handover(step: Step, message: Message, request: Term, now: Term) -> None:
    """An indication names an access point of another gateway: it is offered the node.

    Whether the HI has the flag U or F or neither is the choice of the gateway.
    """
    node, gateway = message.node, message.gateway
    step.require(
        fast_handover(),
        may_initiate(message),
        one_of(request, *OFFERS),
        is_sent(request),
    )
    become(step, node, gateway, PreviousState.OFFERING)
    step.set(next_gateway[node, gateway], message.target)
    use_up_last_link(step, node)
    initiate(step, node, gateway, message.target, now, request)


@previous_gateway.rule(on=handover_indication, requirement=())
def ignore_indication(step: Step, message: Message) -> None:
    """The access point leads to no gateway, or the node cannot be handed over now."""
    step.require(fast_handover(), ~may_initiate(message))


@previous_gateway.rule(on=handover_acknowledge, requirement=("5949-4.2-7",))
def take_agreement(step: Step, message: Message) -> None:
    """The new gateway takes the node: what was announced with F begins."""
    node, gateway = message.node, message.destination
    step.require(fast_handover(), requested(message, *OFFERS), is_accepted(message))
    request = handover_request[node, gateway]
    begun = ite(
        request == HandoverRequest.OFFER_AND_FORWARD,
        enum_literal(PreviousState.FORWARDING),
        ite(
            request == HandoverRequest.OFFER_AND_BUFFER,
            enum_literal(PreviousState.ANNOUNCED),
            enum_literal(PreviousState.AGREED),
        ),
    )
    become(
        step,
        node,
        gateway,
        ite(
            previous_state[node, gateway] == PreviousState.OFFERING,
            begun,
            previous_state[node, gateway],
        ),
    )
    step.start(forwarding_lifetime, node, gateway)
    stop_awaiting(step, node, gateway)


@previous_gateway.rule(
    on=handover_acknowledge, requirement=("5949-4.2-11", "5568-6.2.1.2-9")
)
def cancel_handover(step: Step, message: Message) -> None:
    """The new gateway refuses: the node stays as in base PMIPv6."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(),
        requested(message, *OFFERS, HandoverRequest.START_FORWARDING),
        ~is_accepted(message),
    )
    end(step, node, gateway)
    stop_awaiting(step, node, gateway)


@previous_gateway.rule(
    node=MOBILE_NODE, gateway=GATEWAY, now=TIME, requirement=("5949-4.2-10",)
)
def start_forwarding(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """An HI with U has to be followed by one with F at an appropriate time."""
    step.require(
        fast_handover(),
        previous_state[node, gateway] == PreviousState.ANNOUNCED,
        ~is_awaiting(node, gateway),
    )
    request = enum_literal(HandoverRequest.START_FORWARDING)
    initiate(step, node, gateway, next_gateway[node, gateway], now, request)


@previous_gateway.rule(on=handover_acknowledge, requirement=("5949-4.2-7",))
def take_start(step: Step, message: Message) -> None:
    """The new gateway is ready for the packets of the node."""
    node, gateway = message.node, message.destination
    step.require(
        fast_handover(),
        requested(message, HandoverRequest.START_FORWARDING),
        is_accepted(message),
    )
    become(step, node, gateway, PreviousState.FORWARDING)
    stop_awaiting(step, node, gateway)


@previous_gateway.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def command_handover(step: Step, node: Term, gateway: Term) -> None:
    """Handover is ready on the network side: the node is sent to the new link (step g)."""
    step.require(
        fast_handover(),
        has_tunnel(node, gateway),
        attached[node] == gateway,
        early_commands() | keeps_packets(node, gateway),
    )
    step.send(
        handover_command, node=node, gateway=gateway, target=next_gateway[node, gateway]
    )


# ---- HIs of the new gateway --------------------------------------------------------------


def may_answer_fetch(message: Message) -> Term:
    """The new gateway asks for the context of a node that is served here.

    A gateway that has offered the node itself cannot mean that any more: with a tunnel in
    each direction packets would go in a circle.
    """
    return all_of(
        is_fetch(message),
        serves(message.node, message.destination),
        ~is_from_former_gateway(message),
    )


@previous_gateway.rule(
    on=handover_initiate,
    requirement=(
        "5949-4.1-15",
        "5949-4.1-16",
        "5949-4.2-7",
        "5949-6.1.2-1",
        "5949-6.1.2-2",
        "5949-6.1.2-x20",
        "5568-6.2.1.2-1",
        "5568-11-x2",
    ),
)
def give_context(step: Step, message: Message) -> None:
    """The new gateway gets the context, and what its flags ask for (steps d and e)."""
    node, gateway = message.node, message.destination
    step.require(fast_handover(), may_answer_fetch(message))
    agree(step, message, asked_state(message, enum_literal(PreviousState.AGREED)))
    answer(
        step,
        message,
        HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED,
        prefix=bule_prefix[node, gateway],
        buffer=message.buffer,
        forward=message.forward,
    )


@previous_gateway.rule(on=handover_initiate, requirement=("5949-4.1-18",))
def give_context_without_forwarding(step: Step, message: Message) -> None:
    """Forwarding is asked for and not possible: the answer says so."""
    step.require(
        fast_handover(),
        forwarding_failures(),
        may_answer_fetch(message),
        message.forward,
    )
    end(step, message.node, message.destination)
    drop_own_request(step, message.node, message.destination)
    answer(
        step,
        message,
        HandoverAcknowledgeCode.FORWARDING_NOT_AVAILABLE,
        prefix=bule_prefix[message.node, message.destination],
    )


@previous_gateway.rule(
    on=handover_initiate,
    code=enum_sort(HandoverAcknowledgeCode),
    first="code",
    requirement=("5949-4.2-11", "5568-6.2.1.2-9"),
)
def refuse_fetch(step: Step, message: Message, code: Term) -> None:
    """A gateway may refuse, with one of the codes for that."""
    step.require(
        fast_handover(),
        handover_refusals(),
        may_answer_fetch(message),
        ~has_tunnel(message.node, message.destination),
        is_refusal_code(code),
    )
    answer(step, message, code)


@previous_gateway.rule(
    on=handover_initiate,
    code=enum_sort(HandoverAcknowledgeCode),
    first="code",
    requirement=("5949-4.2-11",),
)
def refuse_fetch_and_cancel(step: Step, message: Message, code: Term) -> None:
    """Likewise where it has agreed on a handover of the node before: that ends.

    The node is with the sender, so that another tunnel has no use any more.
    """
    step.require(
        fast_handover(),
        handover_refusals(),
        may_answer_fetch(message),
        has_tunnel(message.node, message.destination),
        is_refusal_code(code),
    )
    end(step, message.node, message.destination)
    drop_own_request(step, message.node, message.destination)
    answer(step, message, code)


@previous_gateway.rule(
    on=handover_initiate, requirement=("5949-4.1-17", "5949-6.1.2-x22")
)
def lack_context(step: Step, message: Message) -> None:
    """Nothing is known of the node: the answer says so, and has no context."""
    step.require(
        fast_handover(),
        is_fetch(message),
        ~serves(message.node, message.destination),
    )
    answer(step, message, HandoverAcknowledgeCode.REQUESTED_CONTEXT_NOT_AVAILABLE)


@previous_gateway.rule(
    on=handover_initiate, requirement=("5568-6.2.1.2-1", "5568-11-x2", "5568-6.2.1.2-9")
)
def refuse_late_fetch(step: Step, message: Message) -> None:
    """The HI is from before the sender has offered the node: it is out of date."""
    step.require(
        fast_handover(),
        is_fetch(message),
        serves(message.node, message.destination),
        is_from_former_gateway(message),
    )
    answer(step, message, HandoverAcknowledgeCode.REASON_UNSPECIFIED)


def is_asked_by_next_gateway(message: Message) -> Term:
    """The new gateway, which has the context, asks for buffering or forwarding."""
    node, gateway = message.node, message.destination
    return all_of(
        is_later_request(message),
        ~is_from_former_gateway(message),
        has_tunnel(node, gateway)
        | (previous_state[node, gateway] == PreviousState.OFFERING),
        next_gateway[node, gateway] == message.source,
    )


@previous_gateway.rule(
    on=handover_initiate,
    requirement=(
        "5949-4.1-6",
        "5949-4.1-11",
        "5949-4.2-7",
        "5949-4.2-10",
        "5949-6.1.2-1",
        "5949-6.1.2-2",
        "5568-6.2.1.2-1",
        "5568-11-x2",
    ),
)
def follow_request(step: Step, message: Message) -> None:
    """The new gateway asks for buffering or forwarding at its time (step e)."""
    step.require(fast_handover(), is_asked_by_next_gateway(message))
    now = previous_state[message.node, message.destination]
    agree(step, message, asked_state(message, now))
    answer(
        step,
        message,
        HandoverAcknowledgeCode.ACCEPTED,
        buffer=message.buffer,
        forward=message.forward,
    )


# ---- the end -----------------------------------------------------------------------------


def complete(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Tell the new gateway that forwarding has ended (RFC 5949, 4.1)."""
    become(step, node, gateway, PreviousState.COMPLETING)
    step.stop(forwarding_lifetime, node, gateway)
    request = enum_literal(HandoverRequest.COMPLETION)
    initiate(step, node, gateway, next_gateway[node, gateway], now, request)


@previous_gateway.rule(
    expiry=forwarding_lifetime,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=("5949-4.1-12", "5949-6.1.1-x10"),
)
def complete_forwarding(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Forwarding ends after its time, and the new gateway is told."""
    step.require(fast_handover(), may_end(node, gateway))
    complete(step, node, gateway, now)


@previous_gateway.rule(on=handover_acknowledge, requirement=("5949-4.1-12",))
def finish_completion(step: Step, message: Message) -> None:
    """The new gateway knows that forwarding has ended."""
    node, gateway = message.node, message.destination
    step.require(fast_handover(), requested(message, HandoverRequest.COMPLETION))
    end(step, node, gateway)
    stop_awaiting(step, node, gateway)


@previous_gateway.rule(
    node=MOBILE_NODE, gateway=GATEWAY, now=TIME, requirement=("5949-4.1-12",)
)
def take_back(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """The node is on the link again: the new gateway is told that nothing more comes."""
    step.require(
        fast_handover(),
        any_of(
            has_tunnel(node, gateway),
            previous_state[node, gateway] == PreviousState.OFFERING,
        ),
        has_just_arrived(node, gateway),
    )
    complete(step, node, gateway, now)


@previous_gateway.rule(on=handover_acknowledge, requirement=("5568-6.2.1.1-1",))
def ignore_handover_acknowledge(step: Step, message: Message) -> None:
    """A HAck with another number answers no HI of the gateway that is still open."""
    step.require(fast_handover(), ~answers_request(message))
