"""The access networks and the node on them: steps a, b, g and h of RFC 5949, figure 2.

All of it depends on the access technology; so any of these messages may be lost, and a
node may go elsewhere than it was sent, or come back.  Where `directed_moves` is on, nodes
go where the network sends them.  The link up of step h is `attach` of model/mn.py.
"""

from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    PreviousState,
    directed_moves,
    early_moves,
    fast_handover,
    handover_acknowledge,
    handover_command,
    handover_indication,
    handover_initiate,
    handover_report,
    handover_request,
    heading,
    last_link,
    new_state,
    previous_state,
    settled_moves,
)
from pmip6.model.language.table import Channel, Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term, all_of, any_of, exists, forall, ite, one_of
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    UpdateListState,
    address,
    attached,
    bule_state,
)

roaming = RoleTable(Role.MN)
access_network = RoleTable(Role.AN)
handover_faults = RoleTable(Role.CHANNEL)

# ---- the node --------------------------------------------------------------------------


def may_leave(node: Term) -> Term:
    """The node leaves its link by itself; its access network does not send it away."""
    too_early = settled_moves() & ~is_settled(node) & ~is_on_its_way(node)
    return ~all_of(fast_handover(), directed_moves() | too_early)


def is_on_its_way(node: Term) -> Term:
    """The node is on a link where it is not registered yet."""
    return early_moves() & exists(
        GATEWAY,
        lambda g: all_of(
            attached[node] == g,
            one_of(
                bule_state[node, g],
                UpdateListState.ABSENT,
                UpdateListState.REGISTERING,
                UpdateListState.REFUSED,
            ),
        ),
    )


def is_settled(node: Term) -> Term:
    """The node is registered where it is and only there; no earlier handover goes on."""

    def is_over(gateway: Term) -> Term:
        return ite(
            attached[node] == gateway,
            all_of(
                bule_state[node, gateway] == UpdateListState.REGISTERED,
                new_state[node, gateway] == NewState.IDLE,
            ),
            all_of(
                bule_state[node, gateway] == UpdateListState.ABSENT,
                previous_state[node, gateway] == PreviousState.IDLE,
                handover_request[node, gateway] == HandoverRequest.NOTHING,
            ),
        )

    return forall(GATEWAY, is_over)


def may_arrive(node: Term, gateway: Term) -> Term:
    """The node may come to this link."""
    return any_of(
        ~all_of(fast_handover(), directed_moves()),
        heading[node] == GATEWAY.none,
        heading[node] == gateway,
    )


def remember_link(step: Step, node: Term) -> None:
    """The access network knows where the node comes from when it is on a link again."""
    kept = last_link[node]
    step.set(last_link[node], ite(fast_handover(), attached[node], kept))


def use_up_last_link(step: Step, node: Term) -> None:
    """The gateway was told at link up from where the node comes; once is enough."""
    kept = last_link[node]
    step.set(last_link[node], ite(fast_handover(), GATEWAY.none, kept))


def arrive(step: Step, node: Term) -> None:
    """The node is where it was sent, or where it went."""
    step.set(heading[node], ite(fast_handover(), GATEWAY.none, heading[node]))


def has_just_arrived(node: Term, gateway: Term) -> Term:
    """The link came up at the gateway, which has not made use of that yet."""
    return (attached[node] == gateway) & (last_link[node] != GATEWAY.none)


@roaming.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    target=GATEWAY,
    requirement=(),
)
def report_handover(step: Step, node: Term, gateway: Term, target: Term) -> None:
    """The node reports an access point to which it is likely to move (step a)."""
    step.require(
        fast_handover(),
        attached[node] == gateway,
        target != gateway,
        ~settled_moves() | is_settled(node),
        ~directed_moves() | (heading[node] == GATEWAY.none),
    )
    step.set(heading[node], ite(directed_moves(), target, heading[node]))
    step.send(handover_report, node=node, gateway=gateway, target=target)


@roaming.rule(on=handover_command, requirement=())
def obey_command(step: Step, message: Message) -> None:
    """The node leaves its link for the one that it is sent to."""
    node = message.node
    step.require(
        fast_handover(),
        attached[node] != GATEWAY.none,
        attached[node] == message.gateway,
    )
    remember_link(step, node)
    step.set(attached[node], GATEWAY.none)
    step.set(address[node], PREFIX.none)


@roaming.rule(on=handover_command, requirement=())
def ignore_command(step: Step, message: Message) -> None:
    """A node that has left does not hear the command."""
    step.require(fast_handover(), attached[message.node] != message.gateway)


# ---- the access network ----------------------------------------------------------------


@access_network.rule(on=handover_report, requirement=())
def indicate_handover(step: Step, message: Message) -> None:
    """The access network tells its gateway what the node reports (step b)."""
    step.require(fast_handover())
    step.send(handover_indication, **message.fields)


@access_network.rule(node=MOBILE_NODE, gateway=GATEWAY, target=GATEWAY, requirement=())
def indicate_without_report(
    step: Step, node: Term, gateway: Term, target: Term
) -> None:
    """The access network itself determines where the node is about to move."""
    step.require(fast_handover(), attached[node] == gateway, target != gateway)
    step.send(handover_indication, node=node, gateway=gateway, target=target)


# ---- the channels ----------------------------------------------------------------------


def resend(step: Step, channel: Channel, message: Message) -> None:
    """Put the message back as it was."""
    step.send(channel, **message.fields)


@handover_faults.rule(on=handover_report, requirement=())
def lose_handover_report(step: Step, message: Message) -> None:
    """A report is lost."""
    step.require(fast_handover())


@handover_faults.rule(on=handover_indication, requirement=())
def lose_handover_indication(step: Step, message: Message) -> None:
    """A handover indication is lost."""
    step.require(fast_handover())


@handover_faults.rule(on=handover_command, requirement=())
def lose_handover_command(step: Step, message: Message) -> None:
    """A handover command is lost."""
    step.require(fast_handover())


@handover_faults.rule(on=handover_initiate, requirement=())
def lose_handover_initiate(step: Step, message: Message) -> None:
    """An HI is lost."""
    step.require(fast_handover())


@handover_faults.rule(on=handover_acknowledge, requirement=())
def lose_handover_acknowledge(step: Step, message: Message) -> None:
    """A HAck is lost."""
    step.require(fast_handover())


@handover_faults.rule(on=handover_initiate, requirement=())
def duplicate_handover_initiate(step: Step, message: Message) -> None:
    """An HI arrives twice."""
    step.require(fast_handover())
    resend(step, handover_initiate, message)
    resend(step, handover_initiate, message)


@handover_faults.rule(on=handover_acknowledge, requirement=())
def duplicate_handover_acknowledge(step: Step, message: Message) -> None:
    """A HAck arrives twice."""
    step.require(fast_handover())
    resend(step, handover_acknowledge, message)
    resend(step, handover_acknowledge, message)
