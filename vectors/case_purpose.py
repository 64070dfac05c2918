"""What test purposes for anchors and for gateways have in common."""

from collections.abc import Sequence
from typing import Protocol

from pmip6.vectors.lma.purposes import Kind


class CasePurpose(Protocol):
    """A test purpose, whatever role it is for; its steps tell in words what they are."""

    @property
    def name(self) -> str:
        """Its id."""
        ...

    @property
    def version(self) -> int:
        """That of its steps."""
        ...

    @property
    def kind(self) -> Kind:
        """Its kind."""
        ...

    @property
    def title(self) -> str:
        """One line."""
        ...

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of the requirements that it checks."""
        ...

    @property
    def preamble(self) -> Sequence[object]:
        """What comes before the test."""
        ...

    @property
    def test(self) -> object:
        """The step that it is about."""
        ...

    @property
    def probes(self) -> Sequence[object]:
        """What comes after it."""
        ...
