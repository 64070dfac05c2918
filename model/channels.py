"""What unreliable channels do to a message: loss, duplication, delay.

Reordering needs no rule: a channel is a bag, from which any message may be taken.  A
configuration switches each fault on; a channel that is full loses what is put into it.
"""

from pmip6.model.language.table import Channel, Message, Role, RoleTable, Step
from pmip6.model.language.terms import FALSE
from pmip6.model.state import pba, pbu

channels = RoleTable(Role.CHANNEL)


def resend(step: Step, channel: Channel, message: Message) -> None:
    """Put the message back as it was."""
    step.send(channel, **message.fields)


@channels.rule(on=pbu, requirement=())
def lose_pbu(step: Step, message: Message) -> None:
    """A PBU is lost."""


@channels.rule(on=pba, requirement=())
def lose_pba(step: Step, message: Message) -> None:
    """A PBA is lost."""


@channels.rule(on=pbu, requirement=())
def duplicate_pbu(step: Step, message: Message) -> None:
    """A PBU arrives twice."""
    resend(step, pbu, message)
    resend(step, pbu, message)


@channels.rule(on=pba, requirement=())
def duplicate_pba(step: Step, message: Message) -> None:
    """A PBA arrives twice."""
    resend(step, pba, message)
    resend(step, pba, message)


@channels.rule(on=pbu, requirement=())
def delay_pbu(step: Step, message: Message) -> None:
    """A PBU is so late that its timestamp leaves the validity window."""
    step.require(message.timely)
    step.send(pbu, **{**message.fields, "timely": FALSE})
