"""Integer arithmetic on words of equal width, modulo their width, out of few ANDs.

What is known of a value's range shows in its bits: leading zeros, or a sign bit
that repeats. The builder folds both away, so that adding two 17-bit values in a
32-bit type costs 17 gates.
"""

from ..builder import ONE, ZERO, Signal, Word
from .minimizing import MinimizingBuilder


class Arithmetic:
    """Operations that build into one circuit."""

    def __init__(self, builder: MinimizingBuilder) -> None:
        """Take the circuit under construction."""
        self.builder = builder

    def add(self, x: Word, y: Word, carry: Signal = ZERO) -> list[Signal]:
        """Return x + y + carry."""
        builder, total = self.builder, []
        for a, b in zip(x, y, strict=True):
            p, q = builder.xor(a, carry), builder.xor(b, carry)
            total.append(builder.xor(p, b))
            carry = builder.xor(carry, builder.and_(p, q))
        return total

    def subtract(self, x: Word, y: Word) -> list[Signal]:
        """Return x - y = NOT (NOT x + y)."""
        return self.invert(self.add(self.invert(x), y))

    def negate(self, x: Word) -> list[Signal]:
        """Return -x."""
        return self.subtract([ZERO] * len(x), x)

    def magnitude(self, x: Word) -> list[Signal]:
        """Return |x|, unsigned; no wider than x without the repeats of its sign."""
        size = len(x)
        while size > 1 and x[size - 2] == x[-1]:
            size -= 1
        low = x[:size]
        return [
            *self.mux(x[-1], self.negate(low), low),
            *[ZERO] * (len(x) - size),
        ]

    def invert(self, x: Word) -> list[Signal]:
        """Return NOT x."""
        return [self.builder.inv(bit) for bit in x]

    def mux(self, choice: Signal, x: Word, y: Word) -> list[Signal]:
        """Return x where the choice is one, y elsewhere."""
        return [self.builder.mux(choice, a, b) for a, b in zip(x, y, strict=True)]

    def less(self, x: Word, y: Word, *, signed: bool) -> Signal:
        """Return x < y."""
        if signed:
            # With the sign bits inverted, signed order is unsigned order.
            x = [*x[:-1], self.builder.inv(x[-1])]
            y = [*y[:-1], self.builder.inv(y[-1])]
        return self.builder.greater(y, x)

    def equal(self, x: Word, y: Word) -> Signal:
        """Return x == y."""
        result = ONE
        for a, b in zip(x, y, strict=True):
            result = self.builder.and_(result, self.builder.inv(self.builder.xor(a, b)))
        return result

    def any(self, x: Word) -> Signal:
        """Return x != 0."""
        result = ZERO
        for bit in x:
            result = self.builder.or_(result, bit)
        return result

    def multiply(self, x: Word, y: Word) -> list[Signal]:
        """Return x * y; rows of the one with fewer bits that can be set."""
        width = len(x)
        if _constants(x) > _constants(y):
            x, y = y, x
        total: list[Signal] = [ZERO] * width
        for position, bit in enumerate(y):
            if bit == ZERO:
                continue
            row = [self.builder.and_(bit, a) for a in x[: width - position]]
            total[position:] = self.add(total[position:], row)
        return total

    def divide(self, x: Word, y: Word) -> tuple[list[Signal], list[Signal]]:
        """Return quotient and remainder of unsigned words, by restoring division.

        The remainder grows by a bit a step; where the divisor has a bit above it,
        the quotient's bit is zero. x / 0 is all ones, x % 0 is x.
        """
        builder, width = self.builder, len(x)
        # above[k]: a bit of y from k on is set.
        above: list[Signal] = [ZERO] * (width + 1)
        for position in reversed(range(width)):
            above[position] = builder.or_(above[position + 1], y[position])
        # A step leaves less than y; where y's highest bit is a known one, no more
        # bits than y has.
        highest = max((k for k in range(width) if y[k] != ZERO), default=0)
        most = highest + 1 if y[highest] == ONE else width
        # Above the bits that x has, the quotient has ones where y is zero.
        size_of_x = max((k for k in range(width) if x[k] != ZERO), default=0) + 1
        quotient = [builder.inv(above[0])] * width
        remainder: list[Signal] = []
        for position in reversed(range(size_of_x)):
            remainder = [x[position], *remainder][:width]
            size = len(remainder)
            fits = builder.inv(builder.greater(y[:size], remainder))
            fits = builder.and_(fits, builder.inv(above[size]))
            difference = self.subtract(remainder, y[:size])
            remainder = self.mux(fits, difference, remainder)[:most]
            quotient[position] = fits
        return quotient, [*remainder, *[ZERO] * (width - len(remainder))]

    def shift(
        self, x: Word, count: Word, *, left: bool, fill: Signal = ZERO
    ) -> list[Signal]:
        """Return x shifted by a count modulo its width (a power of two)."""
        result = list(x)
        stages = (len(x) - 1).bit_length()
        # A count of one bit, a _Bool's, has fewer stages.
        for stage, bit in enumerate(count[:stages]):
            moved = self.shift_constant(result, 1 << stage, left=left, fill=fill)
            result = self.mux(bit, moved, result)
        return result

    @staticmethod
    def shift_constant(
        x: Word, count: int, *, left: bool, fill: Signal = ZERO
    ) -> list[Signal]:
        """Return x shifted by a constant below its width."""
        width = len(x)
        if left:
            return [*[ZERO] * count, *x[: width - count]]
        return [*x[count:], *[fill] * count]


def _constants(word: Word) -> int:
    return sum(bit in (ZERO, ONE) for bit in word)
