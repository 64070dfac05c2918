"""What a rule over a whole mobility message is, and how the rows of the tables are made."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum

from pmip6.model.findings import FormatFault, FormatRule
from pmip6.model.wire.field_rules import option_name
from pmip6.model.wire.message_conditions import MessageKind, MessageView, Violation
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.option_words import option_title


class When(Enum):
    """Which messages a rule looks at: its option absent, repeated, there, or any."""

    ABSENT = "absent"
    REPEATED = "repeated"
    PRESENT = "present"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class MessageRule:
    """One row: to which messages the rule applies, and what is wrong with them."""

    rule: FormatRule
    applies_to: frozenset[MessageKind]
    when: When
    option: int | None
    violation: Callable[[MessageView], Violation | None]


Check = Callable[[MessageView], Violation | None]


def _name_of(kind: MessageKind) -> str:
    """A kind of message as rule names spell it."""
    return kind.value.lower().replace(" ", "_")


def rule(
    name: str,
    requirements: str,
    fault: FormatFault,
    applies_to: Collection[MessageKind],
    violation: Check,
    option: type[MobilityOption] | None = None,
) -> MessageRule:
    """Make a row; a rule about an option looks only at messages that have it."""
    return MessageRule(
        FormatRule(name, tuple(requirements.split()), fault),
        frozenset(applies_to),
        When.ALWAYS if option is None else When.PRESENT,
        None if option is None else int(option.TYPE),
        violation,
    )


def mandatory(
    requirements: str, kind: MessageKind, option: type[MobilityOption]
) -> MessageRule:
    name = f"{_name_of(kind)}_has_{option_name(option)}"
    text = f"{option_title(option)} is missing"
    return MessageRule(
        FormatRule(name, tuple(requirements.split()), FormatFault.OPTION_MISSING),
        frozenset((kind,)),
        When.ABSENT,
        int(option.TYPE),
        lambda view: (text, view.message.FIXED_LENGTH),
    )


def single(
    requirements: str, kind: MessageKind, option: type[MobilityOption]
) -> MessageRule:
    name = f"{_name_of(kind)}_has_one_{option_name(option)}"
    number = int(option.TYPE)
    text = f"{option_title(option)} occurs more than once"
    return MessageRule(
        FormatRule(name, tuple(requirements.split()), FormatFault.OPTION_DUPLICATE),
        frozenset((kind,)),
        When.REPEATED,
        number,
        lambda view: (text, view.placed[number][1][0]),
    )


def not_in(
    requirements: str, kinds: Collection[MessageKind], option: type[MobilityOption]
) -> MessageRule:
    number = int(option.TYPE)
    text = f"{option_title(option)} is not valid in this message"
    return rule(
        f"{option_name(option)}_misplaced",
        requirements,
        FormatFault.OPTION_MISPLACED,
        kinds,
        lambda view: (text, view.placed[number][0][0]),
        option,
    )
