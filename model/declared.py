"""What a model may have of one kind (state maps, timers, predicates, channels), by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from pmip6.model.errors import Pmip6Error


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Declared(Generic[T]):
    """The declarations of one kind, in the order of the layout of a state.

    Those of the project come from model/state.py; a variant adds its own
    (properties/variant.py).
    """

    def __init__(self, found: Iterable[T]) -> None:
        self._by_name = {each.name: each for each in found}

    def __iter__(self) -> Iterator[T]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> T:
        return self._by_name[name]

    def add(self, item: T) -> None:
        """Declare one more; the same one again changes nothing.

        Raises:
            Pmip6Error: Another one has this name.
        """
        if self._by_name.setdefault(item.name, item) != item:
            raise Pmip6Error(
                item.name, "is declared already, otherwise", "choose another name"
            )

    def remove(self, item: T) -> None:
        """Take a declaration back."""
        del self._by_name[item.name]
