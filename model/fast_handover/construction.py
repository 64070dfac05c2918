"""What the tables have in common by which a Handover Initiate and its answer are built.

The model decides that a message is sent, to whom, and what it asks for or grants; the
rest follows from the tables in initiate.py and acknowledge.py.  The reference gateway
builds its messages from them, and the judge compares those of an implementation with
them.
Sources: RFC 5949, sections 4.1 and 6.1; RFC 5568, section 6.2.1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmip6.model.fast_handover.options import (
    GreKey,
)
from pmip6.model.language.interpreter import Value
from pmip6.model.requirements.catalogue import Citing
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.option_words import options_in_words

Asked = dict[str, Value]
"""The message of the model that is put on the wire, by field.

That of a Handover Initiate has one more, the `request` that it stands for.
"""

Allows = Callable[[set[MobilityOption], set[MobilityOption]], bool]
"""Whether the options found will do, given those that the table makes."""


def equal(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    """The options have to be these."""
    return found == wanted


def all_there(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    """Others may be beside them."""
    return found >= wanted


def right_if_there(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    """They may be left out."""
    return not found or found == wanted


def one_key(found: set[MobilityOption], wanted: set[MobilityOption]) -> bool:
    """Where a key is told, which one is the sender's choice (RFC 5949, section 4.2)."""
    if not wanted:
        return True
    keys = [option.key for option in found if isinstance(option, GreKey)]
    return len(keys) == 1 and keys != [None]


@dataclass(frozen=True)
class Fault:
    """A row that a message breaks.

    Args:
        row: The row.
        requirements: Those of its requirements that are violated.
        text: What is wrong.
    """

    row: Citing
    requirements: tuple[str, ...]
    text: str


def every_id(cited: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All ids, each once."""
    return tuple(dict.fromkeys(name for names in cited for name in names))


def shown(options: set[MobilityOption]) -> str:
    """Options in words, and that there is none."""
    return options_in_words(options, "no such option")
