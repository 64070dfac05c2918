"""The state of a peer that lives: a step costs what it changes, not what there is.

Cells and timers have the values and the order that the plain ones have.  The newest cells
are a list that each step changes in place; older ones know how they differ, and become
the newest when they are read, so that every state stays a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast, overload

T = TypeVar("T")


class Follower(Protocol):
    """What is kept of some cells beside them, and follows their changes."""

    @property
    def positions(self) -> range:
        """The cells that it follows."""
        ...

    def change(self, position: int, before: Any, value: Any) -> None:
        """A cell has another value now."""
        ...


F = TypeVar("F", bound=Follower)


class _Row(Sequence[T], Generic[T]):
    """What all rows of a live state have in common: they compare as tuples do."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Sequence):
            return False
        return tuple(self) == tuple(cast("Sequence[T]", other))

    def __hash__(self) -> int:
        return hash(tuple(self))


class _Store(Generic[T]):
    """The list that the newest cells are, and who is told of its changes."""

    def __init__(self, items: Iterable[T]) -> None:
        self.items = list(items)
        self.followers: dict[object, Follower] = {}
        self.followed: list[tuple[range, Follower]] = []

    def write(self, changes: Mapping[int, T]) -> dict[int, T]:
        """Change some items; gives those that change it back."""
        items, followed = self.items, self.followed
        undo: dict[int, T] = {}
        for position, value in changes.items():
            before = items[position]
            if before == value:
                continue
            undo[position] = before
            items[position] = value
            for positions, follower in followed:
                if position in positions:
                    follower.change(position, before, value)
        return undo


class LiveCells(_Row[T]):
    """Cells of a live state; what is made of them differs by what a step has changed."""

    __slots__ = ("_newer", "_store", "_undo")

    def __init__(self, items: Iterable[T] | _Store[T]) -> None:
        self._store = items if isinstance(items, _Store) else _Store(items)
        self._newer: LiveCells[T] | None = None  # of which these differ by `_undo`
        self._undo: dict[int, T] = {}

    def __len__(self) -> int:
        return len(self._store.items)

    def __iter__(self) -> Iterator[T]:
        self._be_newest()
        return iter(self._store.items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if self._newer is not None:
            self._be_newest()
        if isinstance(index, slice):
            return tuple(self._store.items[index])
        return self._store.items[index]

    def _be_newest(self) -> None:
        """Let the list have the values of these cells."""
        if self._newer is None:
            return
        later: list[LiveCells[T]] = [self]
        while (newer := later[-1]._newer) is not None:
            later.append(newer)
        for cells, newest in zip(later[-2::-1], later[:0:-1], strict=True):
            newest._undo = self._store.write(cells._undo)
            newest._newer, cells._newer = cells, None
            cells._undo = {}

    def replaced(self, changes: Mapping[int, T]) -> LiveCells[T]:
        """The cells with other values at some positions."""
        self._be_newest()
        self._undo = self._store.write(changes)
        self._newer = LiveCells(self._store)
        return self._newer

    def follower(self, key: object, make: Callable[[Sequence[T]], F]) -> F:
        """What is kept of the cells under a key; made of them when first asked for."""
        if self._newer is not None:
            self._be_newest()
        store = self._store
        found = store.followers.get(key)
        if found is None:
            found = store.followers[key] = make(store.items)
            store.followed.append((found.positions, found))
        return cast("F", found)


class LiveTimers(_Row[int]):
    """Timers of a live state: those that run, by position.

    Args:
        count: How many there are.
        running: The ticks of those that run.
    """

    __slots__ = ("_count", "running")

    def __init__(self, count: int, running: Mapping[int, int]) -> None:
        self._count, self.running = count, running

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        running = self.running
        return (running.get(position, 0) for position in range(self._count))

    def __contains__(self, ticks: object) -> bool:
        return ticks in self.running.values() or (not ticks and ticks in tuple(self))

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return tuple(self)[index]
        return self.running.get(index, 0)

    def replaced(self, changes: Mapping[int, int]) -> LiveTimers:
        """The timers with other ticks at some positions."""
        running = {**self.running, **changes}
        return LiveTimers(self._count, {p: t for p, t in running.items() if t})

    def elapsed(self, ticks: int) -> LiveTimers:
        """The timers some ticks later; what is due stays due."""
        running = self.running.items()
        return LiveTimers(
            self._count, {p: t - ticks if t > 1 else t for p, t in running}
        )
