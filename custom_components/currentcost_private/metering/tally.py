"""What is kept of a window for one recipe."""

from .recipe import Recipe, Take
from .samples import Sums


class Tally:
    """Follows one recipe through the parts of a window.

    `values` is all that it keeps of them: the numbers of EACH so far, or a number for
    each day or price band, None where there is nothing yet.
    """

    def __init__(self, recipe: Recipe, parts: range) -> None:
        """Begin with nothing; `parts` are the starts (UTC s) of the window's parts."""
        self.recipe = recipe
        self.values: list[float | None] = []
        self._parts = parts
        match recipe.take:
            case Take.DAYS | Take.HIGHEST_DAYS:
                self.values = [None] * (self._day(parts.stop - 1) + 1)
            case Take.BANDS:
                self.values = [None] * recipe.count

    def add(self, start: int, sums: Sums) -> None:
        """Take the part at `start` (UTC s); to be called in their order."""
        recipe, values = self.recipe, self.values
        number = recipe.quantity.of(sums)
        match recipe.take:
            case Take.EACH:
                room = len(values) < recipe.count
                if number is not None and room and recipe.needs(start):
                    values.append(number)
            case Take.DAYS | Take.HIGHEST_DAYS:
                if number is not None:
                    day = self._day(start)
                    known = values[day]
                    values[day] = number if known is None else max(known, number)
            case Take.BANDS:
                band = recipe.band(start)
                values[band] = (values[band] or 0.0) + sums.watt_seconds / 3600

    def numbers(self, whole: Sums) -> list[float] | None:
        """Return the `count` numbers (W or Wh), None if there are more or fewer.

        `whole` are the sums of the window.
        """
        recipe = self.recipe
        numbers = [value or 0.0 for value in self.values]
        padding = [0.0] * (recipe.count - len(numbers))
        match recipe.take:
            case Take.WHOLE:
                number = recipe.quantity.of(whole)
                numbers = [] if number is None else [number]
            case Take.EACH:
                if len(numbers) != sum(map(recipe.needs, self._parts)):
                    return None
            case Take.DAYS:
                numbers += padding
            case Take.HIGHEST_DAYS:
                numbers = sorted(numbers, reverse=True)[: recipe.count] + padding
        return numbers if len(numbers) == recipe.count else None

    def restore(self, values: list[float | None]) -> None:
        """Take values that were kept; raise ValueError if they can't be this tally's."""
        if self.recipe.take is Take.EACH:
            fitting = len(values) <= self.recipe.count and None not in values
        else:
            fitting = len(values) == len(self.values)
        if not fitting:
            raise ValueError("not the values of this recipe")
        self.values = values

    def _day(self, time: int) -> int:
        """Return which local day of the window `time` (UTC s) is in, from 0."""
        return self.recipe.day(time) - self.recipe.day(self._parts.start)
