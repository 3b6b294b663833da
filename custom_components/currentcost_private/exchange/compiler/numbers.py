"""Integers whose bits are signals of a circuit."""

from dataclasses import dataclass
from typing import Self

from ..builder import ONE, ZERO, Signal, Word, constant
from .ranges import Range


@dataclass(frozen=True, slots=True)
class Number:
    """An integer, whatever its type in C.

    Attributes:
        word: its bits, in two's complement where its range is signed; as many as
            the range needs.
        range: where it lies, whatever the inputs are.
    """

    word: tuple[Signal, ...]
    range: Range

    @classmethod
    def of(cls, value: int) -> Self:
        """Return a constant."""
        span = Range(value, value)
        return cls(tuple(constant(value, span.width)), span)

    @property
    def sign(self) -> Signal:
        """Whether it is negative."""
        return self.word[-1] if self.range.signed else ZERO

    def bits(self, width: int) -> tuple[Signal, ...]:
        """Return it modulo 2**width."""
        return (self.word + (self.sign,) * (width - len(self.word)))[:width]

    def low(self, width: int) -> Number:
        """Return it if it has no more bits than a width, else those, without a sign."""
        if len(self.word) <= width:
            return self
        return number(self.word[:width], Range.of_width(width, signed=False))

    def shifted(self, count: int) -> Number:
        """Return it times 2**count."""
        span = Range(self.range.least << count, self.range.most << count)
        return number((ZERO,) * count + self.word, span)


def number(word: Word, span: Range) -> Number:
    """Return the integer that a word stands for, given where it lies.

    The word is at least as wide as the range. What of it is known narrows the range,
    and the range tells the bits that all of its integers share.
    """
    word = word[: span.width]
    span &= _spanned(word, signed=span.signed)
    word = word[: span.width]
    if span.signed == (span.most < 0):
        shared = (span.least ^ span.most).bit_length()
        word = [*word[:shared], *constant(span.least, span.width)[shared:]]
    return Number(tuple(word), span)


def _spanned(word: Word, *, signed: bool) -> Range:
    """Return the range of a word that is read with or without a sign."""
    size = len(word)
    if signed:
        while size > 1 and word[size - 2] == word[-1]:
            size -= 1
    least = most = 0
    for position, bit in enumerate(word[:size]):
        weight = 1 << position
        if signed and position == size - 1:
            weight = -weight
        if bit == ONE or (bit != ZERO and weight < 0):
            least += weight
        if bit == ONE or (bit != ZERO and weight > 0):
            most += weight
    return Range(least, most)
