"""What Spin asserts of the exported model: properties of states, and of steps.

A step is compared with the state before it.  Each turn keeps what its properties read of
that state, and the message that it takes, in hidden variables: they tell no states apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pmip6.model.language.table import Rule
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.printer import NOW, Expression, Names, Printer
from pmip6.properties.property import Property, Scope, receives
from pmip6.properties.spin.syntax import PromelaSyntax

KEEP = "keep_what_was"  # the name of the inline that copies
QUEUE, MESSAGE = "taken", "message"  # the queue from 1 on, and what was taken from it
INDENT = " " * 12


class StepSyntax(PromelaSyntax):
    """What terms on a step read: the state before it is in copies."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.copies: dict[str, str] = {}
        """The copy of each array that was read, by its name."""

    def seen(self, array: str, view: str) -> str:
        """What stands for an array in the state that a term reads."""
        if view != NOW or self.is_constant(array):
            return array
        return self.copies.setdefault(array, f"was_{array}")


class Checks:
    """The assertions for some properties of one model.

    Args:
        layout: That of the model.
        properties: What is asserted.

    Raises:
        Unheld: A property reads a field of a message that no state holds.
    """

    def __init__(self, layout: Layout, properties: Iterable[Property]) -> None:
        self.layout = layout
        asked = tuple(properties)
        self.messages = any(p.scope is Scope.MESSAGE for p in asked)
        printer = Printer(layout, PromelaSyntax(layout))
        self.of_states = tuple(
            f"            ; {_asserted(printer, p, {})}"
            for p in asked
            if p.scope is Scope.STATE
        )
        """What is asserted at the end of a turn."""
        self.syntax = StepSyntax(layout)
        self.of_steps = tuple(self._of_steps(asked))
        """What is asserted after a step, before its state is made canonical."""

    def _of_steps(self, asked: tuple[Property, ...]) -> Iterator[str]:
        printer = Printer(self.layout, self.syntax)
        for found in asked:
            if found.scope is Scope.STEP:
                yield f"{INDENT}{_asserted(printer, found, {})};"
        for queue, channel in enumerate(self.layout.queues):
            on_it = [p for p in asked if p.channel == channel]
            if not on_it:
                continue
            (_, node) = list(self.layout.model.queues)[queue]
            fields = {
                h.name: f"(({MESSAGE} >> {h.shift}) & {(1 << h.bits) - 1})"
                for h in self.layout.held(channel)
            }
            number = self.layout.nodes.index(node) + 1
            names = printer.message_names(channel, number, fields)
            yield f"{INDENT}if\n{INDENT}:: ({QUEUE} == {queue + 1}) ->"
            for found in on_it:
                yield f"{INDENT}    {_asserted(printer, found, names)};"
            yield f"{INDENT}:: else\n{INDENT}fi;"

    @property
    def declarations(self) -> Iterator[str]:
        """The hidden variables, and how they are kept."""
        if self.messages:
            yield f"hidden int {QUEUE};\nhidden int {MESSAGE};"
        if not self.syntax.copies:
            return
        for array, copy in self.syntax.copies.items():
            kind, size = self.syntax.arrays[array]
            yield f"hidden {kind} {copy}[{max(2, size)}];"  # one of 1 would be none
        yield f"inline {KEEP}() {{"
        for array, copy in self.syntax.copies.items():
            _, size = self.syntax.arrays[array]
            for place in range(size):
                yield f"    {copy}[{place}] = {array}[{place}];"
        yield "    skip\n}"

    def before(self, rule: Rule | None, taken: tuple[int, int] | None) -> Iterator[str]:
        """What is kept before a step.

        Args:
            rule: The rule that is taken; None as time passes.
            taken: Queue and slot of the message that it takes.
        """
        if self.syntax.copies:
            yield f"{INDENT}{KEEP}();"
        if not self.messages:
            return
        queue = 0
        if rule is not None and taken is not None:
            number, slot = taken
            if receives(rule, self.layout.queues[number]):
                queue = number + 1
                yield f"{INDENT}{MESSAGE} = queue{number}[{slot}];"
        yield f"{INDENT}{QUEUE} = {queue};"


def _asserted(printer: Printer, asked: Property, names: Names) -> str:
    holds: Expression = printer.print(printer.model.decided(asked.term), names)
    return f"assert({holds}) /* {asked.name} */"
