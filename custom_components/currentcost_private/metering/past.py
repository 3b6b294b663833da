"""What days to come will bring, and how wrong such a forecast has been before.

**Expected.** A day is expected to have the recent level, times a factor for its weekday,
times a factor for the season where last year is known:

- The level is the mean of the last 60 days with a half-life of 10 days, of days on which
  somebody was there. A day beyond 1.6 times the median is cut to that, unless weekends
  or workdays are usually so: the day of a big wash says little about the weeks to come.
- A day below 0.45 times the median of the 60 days before it is one away. Holidays come
  and go, so what they take off is their share of all days in the last year, and not how
  many there were lately.
- The weekday's factor is that of its mean, drawn to 1 as by four ordinary days.
- The season's factor is the change of the mean of 31 days a year ago, to the power of
  0.6, because no year repeats the one before.

**Range.** The same forecast is made again for past days with nothing but what was known
then, for as many days ahead. The distance of truth and forecast, as the absolute
logarithm of their ratio, was below some value in 80 % of the cases; that value gives the
range (split conformal prediction, Vovk et al. 2005, with its correction for few cases).
Cases that overlap by more than half count as one: `m` horizons one behind the other are
`2 m` cases, so the quantile is taken at 0.8 (1 + 1 / (2 m)). Where the history is too
short for the horizon, a shorter one is taken.

The constants were chosen on real households and simulated ones: `benchmarks/forecast.py`.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import exp, log
from statistics import fmean, median
from typing import Final

from .days import Day

WINDOW: Final = 60
HALF_LIFE: Final = 10
LEAST_KNOWN: Final = 5
HIGHEST: Final = 1.6
AWAY: Final = 0.45
# As if there had been so many days before, of which some were away, with so little.
AWAY_PRIOR: Final = 20
AWAY_SHARE: Final = 0.02
AWAY_LEVEL: Final = 0.4
WEEKDAY_PRIOR: Final = 4
YEAR: Final = 365
SEASON_REACH: Final = 15
SEASON_POWER: Final = 0.6

FIRST_ORIGIN: Final = 10
LEAST_CASES: Final = 10
MOST_CASES: Final = 200
LOOK_BACK: Final = 400
SHORTEST: Final = 3
COVERED: Final = 0.8

HISTORY_DAYS: Final = YEAR + SEASON_REACH + WINDOW
"""How many days before today are read: more years tell little more of the season."""


class Past:
    """Known days, and forecasts made at the end of any of them."""

    def __init__(self, days: Sequence[Day]) -> None:
        """Take days one behind the other."""
        self.days = days
        self._totals = [day.total for day in days]
        self._measured = [None if day.coarse else day.total for day in days]
        self._sums = [0.0, *accumulate(total or 0.0 for total in self._totals)]
        self._counts = [0, *accumulate(total is not None for total in self._totals)]
        self._away = [self._away_level(index) for index in range(len(days))]
        levels = [level or 0.0 for level in self._away]
        self._away_levels = [0.0, *accumulate(levels)]
        self._away_counts = [0, *accumulate(level is not None for level in self._away)]

    def _away_level(self, index: int) -> float | None:
        """Return a day's part of the median before it if nobody was there, or None."""
        total = self._measured[index]
        if total is None:
            return None
        before = self._totals[max(0, index - WINDOW) : index + 1]
        middle = median(value for value in before if value is not None)
        return total / middle if total < AWAY * middle else None

    def expected(self, origin: int, horizon: int) -> list[float] | None:
        """Return what is expected of as many days, by what was known before `origin`.

        `origin` is the number of the first day that is not known. Returns None if too
        few days were known.
        """
        start = max(0, origin - WINDOW)
        known = [
            (index, total)
            for index, total in enumerate(self._totals[start:origin], start)
            if total is not None
        ]
        if len(known) < LEAST_KNOWN:
            return None
        there = [item for item in known if self._away[item[0]] is None]
        presence = self._presence(origin)
        if len(there) < LEAST_KNOWN:
            there, presence = known, 1.0
        cut = self._cut(there)
        weekdays = self._weekday_factors(cut)
        seasons = self._season_factors(start, origin, horizon)
        weights = [0.5 ** ((origin - 1 - index) / HALF_LIFE) for index, _ in cut]
        level = sum(
            weight * total / weekdays[self._weekday(index)] / seasons[index - start]
            for weight, (index, total) in zip(weights, cut, strict=True)
        ) / sum(weights)
        return [
            presence * level * weekdays[self._weekday(index)] * seasons[index - start]
            for index in range(origin, origin + horizon)
        ]

    def _presence(self, origin: int) -> float:
        """Return what days away leave of the level of days at home."""
        start = max(0, origin - YEAR)
        days = self._counts[origin] - self._counts[start] + AWAY_PRIOR
        prior = AWAY_PRIOR * AWAY_SHARE
        away = self._away_counts[origin] - self._away_counts[start] + prior
        levels = self._away_levels[origin] - self._away_levels[start]
        level = (levels + prior * AWAY_LEVEL) / away
        return 1 - away / days * (1 - level)

    def _cut(self, totals: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        """Return the days with what is far above their middle cut off.

        What is usual for a workday or a weekend is not cut off, however high it is.
        """
        middle = median(total for _, total in totals)
        highest = {}
        for weekend in (False, True):
            same = [
                total for index, total in totals if self._is_weekend(index) is weekend
            ]
            usual = median(same) if len(same) >= LEAST_KNOWN else middle
            highest[weekend] = max(HIGHEST * middle, middle, usual)
        return [
            (index, min(total, highest[self._is_weekend(index)]))
            for index, total in totals
        ]

    def factors(self, horizon: int) -> tuple[float, float] | None:
        """Return the 80 % range of truth / forecast, None with too few cases."""
        length = horizon
        cases = self._cases(length)
        while len(cases) < LEAST_CASES and length > SHORTEST:
            length = max(SHORTEST, int(0.7 * length))
            cases = self._cases(length)
        if len(cases) < LEAST_CASES:
            return None
        distances = sorted(abs(log(case)) for case in cases)
        horizons = 1 + len(cases) * self._step / length
        share = min(COVERED * (1 + 1 / (2 * horizons)), 1.0)
        distance = quantile(distances, share)
        return exp(-distance), exp(distance)

    @property
    def _step(self) -> int:
        """Every how many days a forecast is made again."""
        return max(1, min(len(self.days), LOOK_BACK) // MOST_CASES)

    def _cases(self, horizon: int) -> list[float]:
        """Return truth / forecast of each past day with as many days after it."""
        last = len(self.days) - horizon
        first = max(FIRST_ORIGIN, len(self.days) - LOOK_BACK)
        cases = []
        for origin in range(last, first - 1, -self._step):
            truth = self._truth(origin, horizon)
            expected = self.expected(origin, horizon)
            if truth is None or expected is None:
                continue
            if truth > 0 and sum(expected) > 0:
                cases.append(truth / sum(expected))
        return cases

    def _truth(self, origin: int, horizon: int) -> float | None:
        """Return what days brought, None if a fifth of them or more is unknown."""
        known = [
            total
            for total in self._measured[origin : origin + horizon]
            if total is not None
        ]
        if len(known) <= 0.8 * horizon:
            return None
        return fmean(known) * horizon

    def _weekday(self, index: int) -> int:
        return (self.days[0].weekday + index) % 7

    def _is_weekend(self, index: int) -> bool:
        return self._weekday(index) >= 5

    def _weekday_factors(self, totals: Sequence[tuple[int, float]]) -> list[float]:
        mean = fmean(total for _, total in totals)
        if mean <= 0:
            return [1.0] * 7
        sums, counts = [WEEKDAY_PRIOR * mean] * 7, [WEEKDAY_PRIOR] * 7
        for index, total in totals:
            sums[self._weekday(index)] += total
            counts[self._weekday(index)] += 1
        return [
            max(found / count / mean, 0.01)
            for found, count in zip(sums, counts, strict=True)
        ]

    def _season_factors(self, start: int, origin: int, horizon: int) -> list[float]:
        """Return a factor for each day from `start` on, all 1 without a whole year."""
        levels = [
            self._level_in_earlier_years(index, origin)
            for index in range(start, origin + horizon)
        ]
        factors = [
            level**SEASON_POWER for level in levels if level is not None and level > 0
        ]
        if len(factors) < len(levels):
            return [1.0] * len(levels)
        return factors

    def _level_in_earlier_years(self, index: int, origin: int) -> float | None:
        """Return the mean around the same day of earlier years, None if unknown."""
        total, count = 0.0, 0
        for center in range(index - YEAR, -SEASON_REACH, -YEAR):
            first = max(0, center - SEASON_REACH)
            last = min(origin, center + SEASON_REACH + 1)
            found = self._counts[last] - self._counts[first]
            if found >= SEASON_REACH:
                total += self._sums[last] - self._sums[first]
                count += found
        return total / count if count else None


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which this share of ordered values lies.

    Between two values by a straight line, as in R's and NumPy's default (type 7).
    """
    below, rest = divmod(share * (len(ordered) - 1), 1)
    index = int(below)
    above = min(index + 1, len(ordered) - 1)
    return ordered[index] + rest * (ordered[above] - ordered[index])
