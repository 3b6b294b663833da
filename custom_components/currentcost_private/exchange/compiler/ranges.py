"""Ranges of integers: what is known of a number before its bits are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Range:
    """The integers from `least` to `most`."""

    least: int
    most: int

    @classmethod
    def of_width(cls, width: int, *, signed: bool) -> Self:
        """Return what `width` bits can stand for."""
        least = -(1 << width - 1) if signed else 0
        return cls(least, least + (1 << width) - 1)

    @classmethod
    def of_corners(
        cls, operation: Callable[[int, int], int], x: Range, y: Range
    ) -> Self:
        """Return the range of an operation that is monotone in either operand."""
        corners = [
            operation(a, b) for a in (x.least, x.most) for b in (y.least, y.most)
        ]
        return cls(min(corners), max(corners))

    @property
    def signed(self) -> bool:
        """Whether there are negative integers in it."""
        return self.least < 0

    @property
    def width(self) -> int:
        """The bits that its integers need; one is the sign's where it is signed."""
        if self.signed:
            return max(~self.least, self.most).bit_length() + 1
        return self.most.bit_length()

    @property
    def only(self) -> int | None:
        """The one integer that is in it, None if there are others."""
        return self.least if self.least == self.most else None

    def __contains__(self, other: Range) -> bool:
        """Return whether another range lies in this one."""
        return self.least <= other.least and other.most <= self.most

    def __and__(self, other: Range) -> Range:
        """Return what is in both of two ranges that meet."""
        return Range(max(self.least, other.least), min(self.most, other.most))

    def __or__(self, other: Range) -> Range:
        """Return the range from the least of both to the most of both."""
        return Range(min(self.least, other.least), max(self.most, other.most))

    def meets(self, other: Range) -> bool:
        """Return whether an integer is in both."""
        return self.least <= other.most and other.least <= self.most

    def wrapped(self, kind: Range) -> Range:
        """Return where its integers come to lie, modulo the size of a type's range.

        That is the whole type where some go round more often than others.
        """
        size = kind.most - kind.least + 1
        turns = (self.least - kind.least) // size
        if turns != (self.most - kind.least) // size:
            return kind
        return Range(self.least - turns * size, self.most - turns * size)
