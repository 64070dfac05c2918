"""Implementation conformance statements, as ISO/IEC 9646-7 has them, for any role.

A table of what the RFCs have for a role: reference, status (m mandatory, o optional, c
conditional) and whether it is supported, which the declaration says.  The status follows
from the level of the requirement that an item refers to.  The static review tells of
answers that the RFCs do not allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pmip6.model.requirements.tables import Level, load_requirements

D = TypeVar("D")

KEYS_OF_ESP = "declare [[esp]], with its SPIs and keys"
COMMAND_THAT_RESTARTS = "write the command that restarts it"


@dataclass(frozen=True)
class Item(Generic[D]):
    """One row.

    Args:
        number: Its place in the table, which never changes.
        what: What is supported or not.
        requirement: The id that it refers to.
        key: The keys of the declaration that say it.
        answer: Reads it.
        needs: The item without which it is not asked for.
        is_choice: An implementation may do without, though who does it has to do it so.
        to_test: What to write so that it is tested, where the key says how to do that and
            no more: without it nothing is said of the implementation.
    """

    number: int
    what: str
    requirement: str
    key: str
    answer: Callable[[D], bool]
    needs: int | None = None
    is_choice: bool = False
    to_test: str = ""

    @property
    def status(self) -> str:
        """m, o, or c with the item that it depends on."""
        level = load_requirements()[self.requirement].level
        plain = "m" if level is Level.MUST and not self.is_choice else "o"
        return plain if self.needs is None else f"c: {plain} with {self.needs}"

    @property
    def is_mandatory(self) -> bool:
        """Whether it has to be supported, where what it depends on is."""
        return "m" in self.status.partition(" with ")[0]

    @property
    def reference(self) -> str:
        """RFC and section."""
        row = load_requirements()[self.requirement]
        return f"RFC {row.rfc}, {row.section}"


@dataclass(frozen=True)
class Answer(Generic[D]):
    """What is answered to an item.

    Args:
        support: yes, no, n/a where the item that it depends on is not supported, or
            - where the declaration does not say.
    """

    item: Item[D]
    support: str


def answers(items: Sequence[Item[D]], declared: D) -> tuple[Answer[D], ...]:
    """The answers of a declaration, in the order of the items."""
    supported = {item.number: item.answer(declared) for item in items}
    return tuple(
        Answer(
            item,
            "n/a"
            if item.needs is not None and not supported[item.needs]
            else "yes"
            if supported[item.number]
            else "-"
            if item.to_test
            else "no",
        )
        for item in items
    )


def reviewed(items: Sequence[Item[D]], declared: D) -> Iterator[str]:
    """Answers that the RFCs do not allow, and such without what they depend on."""
    for answer in answers(items, declared):
        item = answer.item
        if item.is_mandatory and answer.support == "no":
            yield (
                f"item {item.number}, {item.what}: mandatory ({item.reference}), and "
                f"{item.key} says that it is not there, or not to be tested"
            )
        if answer.support == "n/a" and item.answer(declared):
            yield (
                f"{item.key}: item {item.number}, {item.what}, is declared without item "
                f"{item.needs}, which it depends on"
            )


def untested(items: Sequence[Item[D]], declared: D) -> Iterator[str]:
    """Mandatory items that the declaration says nothing of, and what to write."""
    for answer in answers(items, declared):
        item = answer.item
        if item.is_mandatory and answer.support == "-":
            yield (
                f"{item.key}: item {item.number}, {item.what}: mandatory "
                f"({item.reference}), and not tested; so that it is, {item.to_test}"
            )
