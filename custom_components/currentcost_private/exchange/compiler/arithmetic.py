"""Arithmetic on integers whose bits are signals, out of few ANDs.

Each operation works out where its result lies, and builds no more bits than that
needs: a sum of two 17-bit numbers has 18, however wide its type is. A result that
doesn't fit its type wraps round; then it lies anywhere in the type.
"""

from collections.abc import Callable
import operator

from ..builder import ONE, ZERO, Signal, Word
from .minimizing import MinimizingBuilder
from .numbers import Number, number
from .ranges import Range
from .types import Integer


class Arithmetic:
    """Operations that build into one circuit."""

    def __init__(self, builder: MinimizingBuilder) -> None:
        """Take the circuit under construction."""
        self.builder = builder

    def wrap(self, x: Number, kind: Integer) -> Number:
        """Return x modulo the size of a type."""
        if x.range in kind.range:
            return x
        span = x.range.wrapped(kind.range)
        return number(x.bits(span.width), span)

    def add(self, x: Number, y: Number, kind: Integer) -> Number:
        """Return x + y."""
        span = Range.of_corners(operator.add, x.range, y.range).wrapped(kind.range)
        return number(self._sum(x.bits(span.width), y.bits(span.width)), span)

    def subtract(self, x: Number, y: Number, kind: Integer | None = None) -> Number:
        """Return x - y, in a type or exactly."""
        span = Range.of_corners(operator.sub, x.range, y.range)
        if kind is not None:
            span = span.wrapped(kind.range)
        # x - y = NOT (NOT x + y).
        inverted = self._invert(x.bits(span.width))
        return number(self._invert(self._sum(inverted, y.bits(span.width))), span)

    def negate(self, x: Number, kind: Integer | None = None) -> Number:
        """Return -x, in a type or exactly."""
        return self.subtract(Number.of(0), x, kind)

    def complement(self, x: Number, kind: Integer) -> Number:
        """Return NOT x, which is -1 - x."""
        span = Range(~x.range.most, ~x.range.least).wrapped(kind.range)
        return number(self._invert(x.bits(span.width)), span)

    def mux(self, choice: Signal, x: Number, y: Number) -> Number:
        """Return x where the choice is one, y elsewhere."""
        if choice in (ZERO, ONE):
            return x if choice == ONE else y
        span = x.range | y.range
        width = span.width
        return number(self._mux(choice, x.bits(width), y.bits(width)), span)

    def less(self, x: Number, y: Number) -> Signal:
        """Return x < y: the sign of the difference."""
        return self.subtract(x, y).sign

    def equal(self, x: Number, y: Number) -> Signal:
        """Return x == y."""
        if not x.range.meets(y.range):
            return ZERO
        result = ONE
        width = (x.range | y.range).width
        for a, b in zip(x.bits(width), y.bits(width), strict=True):
            result = self.builder.and_(result, self.builder.inv(self.builder.xor(a, b)))
            if result == ZERO:
                break
        return result

    def any(self, x: Number) -> Signal:
        """Return x != 0."""
        return self.builder.inv(self.equal(x, Number.of(0)))

    def bitwise(
        self, gate: Callable[[Signal, Signal], Signal], x: Number, y: Number
    ) -> Number:
        """Return what a gate makes of each bit of x and y."""
        span = x.range | y.range
        pairs = zip(x.bits(span.width), y.bits(span.width), strict=True)
        word = [gate(a, b) for a, b in pairs]
        return number(word, Range.of_width(span.width, signed=span.signed))

    def conjunction(self, x: Number, y: Number) -> Number:
        """Return x AND y, which is no more than one of them that isn't negative."""
        result = self.bitwise(self.builder.and_, x, y)
        limits = [part.range.most for part in (x, y) if not part.range.signed]
        if not limits:
            return result
        span = Range(0, min(limits))
        return number(result.bits(span.width), span)

    def multiply(self, x: Number, y: Number, kind: Integer) -> Number:
        """Return x * y; rows of the one with fewer bits that can be set."""
        span = Range.of_corners(operator.mul, x.range, y.range)
        if x == y:
            span &= Range(0, span.most)
        span = span.wrapped(kind.range)
        if _unknown(x) < _unknown(y):
            x, y = y, x
        total = Number.of(0)
        for position, bit in enumerate(y.word):
            if bit == ZERO:
                continue
            part = x.low(kind.bits - position)
            row = self.mux(bit, part, Number.of(0)).shifted(position)
            # The sign counts against the other bits.
            negative = y.range.signed and position == len(y.word) - 1
            total = (self.subtract if negative else self.add)(total, row, kind)
        return number(total.bits(span.width), span)

    def divide(self, x: Number, y: Number, kind: Integer) -> Number:
        """Return x / y rounded towards zero; x / 0 is -1, or 1 where x is negative."""
        quotient, _ = self._divide(self._magnitude(x), self._magnitude(y))
        sign = self.builder.xor(x.sign, y.sign)
        return self.wrap(self._opposite(sign, quotient), kind)

    def remainder(self, x: Number, y: Number, kind: Integer) -> Number:
        """Return x - y * (x / y); x where y is zero."""
        _, remainder = self._divide(self._magnitude(x), self._magnitude(y))
        return self.wrap(self._opposite(x.sign, remainder), kind)

    def shift_left(self, x: Number, count: Number, kind: Integer) -> Number:
        """Return x shifted by a count modulo the bits of its type (a power of two)."""
        counts, stages = _counts(count, kind)
        span = Range.of_corners(operator.lshift, x.range, counts).wrapped(kind.range)
        word = x.bits(span.width)
        for stage, bit in enumerate(stages):
            moved = ((ZERO,) * (1 << stage) + word)[: span.width]
            word = tuple(self._mux(bit, moved, word))
        return number(word, span)

    def shift_right(self, x: Number, count: Number, kind: Integer) -> Number:
        """Return x shifted by a count modulo the bits of its type; it keeps its sign."""
        counts, stages = _counts(count, kind)
        span = Range.of_corners(operator.rshift, x.range, counts)
        word, width = x.word, len(x.word)
        for stage, bit in enumerate(stages):
            moved = (word + (x.sign,) * (1 << stage))[1 << stage :][:width]
            word = tuple(self._mux(bit, moved, word))
        return number(word, span)

    def _opposite(self, where: Signal, x: Number) -> Number:
        """Return -x where a signal is one, x elsewhere."""
        return x if where == ZERO else self.mux(where, self.negate(x), x)

    def _magnitude(self, x: Number) -> Number:
        size = self._opposite(x.sign, x)
        span = size.range & Range(0, max(-x.range.least, x.range.most))
        return number(size.bits(span.width), span)

    def _divide(self, x: Number, y: Number) -> tuple[Number, Number]:
        """Return quotient and remainder of what isn't negative, by restoring division.

        The remainder grows by a bit a step, up to the divisor; where the divisor has
        a bit above it, the quotient's bit is zero. x / 0 is -1, x % 0 is x.
        """
        builder = self.builder
        # above[k]: a bit of y from k on is set.
        above = [ZERO]
        for bit in reversed(y.word):
            above.insert(0, builder.or_(above[0], bit))
        by_zero = y.range.least == 0
        divisors = Range(max(1, y.range.least), max(1, y.range.most))
        span = Range.of_corners(operator.floordiv, x.range, divisors)
        quotient = [ZERO] * len(x.word)
        remainder = Number.of(0)
        for position in reversed(range(len(x.word))):
            most = min(2 * remainder.range.most + 1, x.range.most >> position)
            shifted = number((x.word[position], *remainder.word), Range(0, most))
            size = len(shifted.word)
            difference = self.subtract(shifted, y.low(size))
            fits = builder.and_(
                builder.inv(difference.sign),
                builder.inv(above[min(size, len(y.word))]),
            )
            word = self._mux(fits, difference.bits(size), shifted.word)
            most = shifted.range.most
            if not by_zero:
                most = min(most, y.range.most - 1)
            remainder = number(word, Range(0, most))
            quotient[position] = fits
        if by_zero:
            quotient.append(self.equal(y, Number.of(0)))
            span |= Range(-1, -1)
        return number(quotient, span), remainder

    def _sum(self, x: Word, y: Word) -> list[Signal]:
        """Return x + y modulo their width; one AND gate a bit but the last."""
        builder, total, carry = self.builder, [], ZERO
        for a, b in zip(x, y, strict=True):
            if b == carry == ZERO:
                total.append(a)
                continue
            p, q = builder.xor(a, carry), builder.xor(b, carry)
            total.append(builder.xor(p, b))
            if len(total) < len(x):
                carry = builder.xor(carry, builder.and_(p, q))
        return total

    def _invert(self, x: Word) -> list[Signal]:
        return [self.builder.inv(bit) for bit in x]

    def _mux(self, choice: Signal, x: Word, y: Word) -> Word:
        if choice in (ZERO, ONE):
            return x if choice == ONE else y
        return [self.builder.mux(choice, a, b) for a, b in zip(x, y, strict=True)]


def _unknown(x: Number) -> int:
    return sum(bit not in (ZERO, ONE) for bit in x.word)


def _counts(count: Number, kind: Integer) -> tuple[Range, Word]:
    """Return where a count lies modulo a type's bits, and its bits."""
    width = (kind.bits - 1).bit_length()
    return (
        count.range.wrapped(Range.of_width(width, signed=False)),
        count.bits(width),
    )
