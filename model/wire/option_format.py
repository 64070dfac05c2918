"""The form of every mobility option: type, length, data, alignment, and padding.

Source: RFC 6275, sections 6.2.1 to 6.2.3.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from pmip6.model.wire.numbers import MobilityOptionType


class Alignment(NamedTuple):
    """Where an option may start: at every `step` octets, `shift` octets further."""

    step: int
    shift: int

    def __str__(self) -> str:
        return f"{self.step}n+{self.shift}" if self.shift else f"{self.step}n"


ANYWHERE = Alignment(1, 0)
NATURAL = "6275-6.2.1-x6"
LENGTH_OCTET = "6275-6.2.1-x4"


@dataclass(frozen=True, slots=True)
class MobilityOption:
    """An option in type-length-value form (RFC 6275, section 6.2.1).

    Class attributes: TYPE is the type number; ALIGNMENT where it may start; LENGTHS
    the values that its length octet may have; ALIGNED_BY, SIZED_BY, ZEROED_BY and
    VALUED_BY the requirement ids of alignment, length, reserved bits and value.
    """

    TYPE: ClassVar[int] = -1
    ALIGNMENT: ClassVar[Alignment] = ANYWHERE
    LENGTHS: ClassVar[range] = range(256)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = (NATURAL,)
    SIZED_BY: ClassVar[tuple[str, ...]] = (LENGTH_OCTET,)
    ZEROED_BY: ClassVar[tuple[str, ...]] = ()
    VALUED_BY: ClassVar[tuple[str, ...]] = ()

    @property
    def type_number(self) -> int:
        """Type octet of this option."""
        return self.TYPE

    @property
    def alignment(self) -> Alignment:
        """Alignment of this very option."""
        return self.ALIGNMENT

    def wrong_value(self) -> str | None:
        """What is wrong with a value that VALUED_BY forbids, else None."""
        return None

    @property
    def reserved_bits(self) -> int:
        """Value of the reserved bits, 0 where the option has none."""
        return 0

    def data(self) -> bytes:
        """Option data without type and length octets; an option may have none."""
        return b""

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        """Read option data whose length is one of LENGTHS."""
        return cls()


@dataclass(frozen=True, slots=True)
class Pad1(MobilityOption):
    """One octet of padding (RFC 6275, section 6.2.2)."""

    TYPE: ClassVar[int] = MobilityOptionType.PAD1


@dataclass(frozen=True, slots=True)
class PadN(MobilityOption):
    """Two or more octets of padding (RFC 6275, section 6.2.3)."""

    TYPE: ClassVar[int] = MobilityOptionType.PADN
    VALUED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.3-x4",)
    content: bytes = b""

    def wrong_value(self) -> str | None:
        return "PadN data is not zero" if any(self.content) else None

    def data(self) -> bytes:
        return self.content

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data)


@dataclass(frozen=True, slots=True)
class UnknownOption(MobilityOption):
    """An option by number, where no class reads it or its length is wrong."""

    type: int
    content: bytes = b""

    @property
    def type_number(self) -> int:
        return self.type

    def data(self) -> bytes:
        return self.content
