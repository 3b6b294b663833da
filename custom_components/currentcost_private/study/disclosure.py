"""How much information a view gives away."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .coding import before, mixed_length, reading_bits
from .entropy import Symbols, block_rate, entropy
from .series import DAY, Series
from .views import View

_PAST: Final = 6
"""Windows of the past that a bucket is foretold from."""
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a view gives away, in bits a day.

    Attributes:
        windows: number of windows, or of readings.
        bound: what it can be at most: log2(buckets + 1) for each window, for an answer
            that doesn't come is one too; None for readings.
        each: if windows had nothing to do with each other (`entropy`).
        chained: what a window adds to those before it, from frequencies of blocks of
            windows (`block_rate`); None for readings, which repeat too seldom.
        coded: the shortest code found for all of it, learning the household included;
            an upper bound.
        beyond_habits: the same for somebody who has the other half of the series and
            knows the time of the day: what a day still tells.
    """

    windows: int
    bound: float | None
    each: float
    chained: float | None
    coded: float
    beyond_habits: float


def upper_bound(buckets: int, window: int) -> float:
    """Return bits a day that windows (s) of so many buckets can give away at most.

    One more answer than buckets: that a report is missing tells something too.
    """
    return float(np.log2(buckets + 1)) * DAY / window


def disclosure(view: View) -> Disclosure:
    """Return what a view gives away.

    Raises:
        ValueError: it is empty.
    """
    if not len(view.series):
        raise ValueError("a view of nothing gives nothing away")
    if view.buckets is None:
        return _of_readings(view)
    return _of_buckets(view.buckets, len(view.bounds) + 1, view.series)


def coded_bits(view: View) -> float:
    """Return `Disclosure.coded` alone, which takes a tenth of the time.

    Raises:
        ValueError: the view is of readings, or empty.
    """
    if view.buckets is None or not len(view.buckets):
        raise ValueError("bits are counted of buckets")
    a_day = DAY / view.series.step
    return _coded(view.buckets + 1, len(view.bounds) + 1) * a_day


def disclosed_bits(view: View, last: int) -> float:
    """Return the bits that the last windows of buckets told after all before them.

    Raises:
        ValueError: the view is of readings.
    """
    if view.buckets is None:
        raise ValueError("bits are counted of buckets")
    times = view.series.times % DAY
    first = len(times) - last
    return _told_after(
        view.buckets, len(view.bounds) + 1, times, view.series.step, first
    )


def _of_buckets(buckets: Symbols, number: int, series: Series) -> Disclosure:
    symbols = buckets + 1
    a_day = DAY / series.step
    habitual = sum(
        _told_after(
            buckets[order], number, series.times[order] % DAY, series.step, known
        )
        for order, known in _halves(series)
    )
    return Disclosure(
        windows=len(symbols),
        bound=upper_bound(number, series.step),
        each=entropy(symbols) * a_day,
        chained=block_rate(symbols) * a_day,
        coded=_coded(symbols, number) * a_day,
        beyond_habits=habitual / len(symbols) * a_day,
    )


def _coded(symbols: Symbols, number: int) -> float:
    """Return bits a window."""
    past = _past(symbols, number + 1)
    return mixed_length(symbols, number + 1, [past]) / len(symbols)


def _halves(series: Series) -> list[tuple[Symbols, int]]:
    """Return the series in two orders, and the length of the half that is known."""
    length, a_day = len(series), DAY // series.step
    half = length // 2 // a_day * a_day or length // 2
    steps = np.arange(length)
    return [(steps, half), (np.roll(steps, -half), length - half)]


def _told_after(
    buckets: Symbols, number: int, times: Symbols, step: int, first: int
) -> float:
    """Return the bits of the windows after the first, with habits as contexts.

    Times are of the day (s).
    """
    a_day = DAY // step
    quarters, hours = times // (6 * _HOUR), times // _HOUR

    def length(upto: int) -> float:
        if not upto:
            return 0.0
        symbols, quarter, hour = buckets[:upto] + 1, quarters[:upto], hours[:upto]
        past = _past(symbols, number + 1)
        yesterday = before(symbols, a_day, number + 1)
        orders = [
            past,
            [past[0], quarter, past[1], hour, *past[2:]],
            [hour, *past],
            [past[0], hour, yesterday, *past[1:3]],
            [quarter, hour, yesterday, before(symbols, 7 * a_day, number + 1)],
        ]
        return mixed_length(symbols, number + 1, orders)

    return length(len(buckets)) - length(first)


def _past(symbols: Symbols, nothing: int) -> list[Symbols]:
    return [before(symbols, back, nothing) for back in range(1, _PAST + 1)]


def _of_readings(view: View) -> Disclosure:
    series = view.series
    a_day = DAY / series.step
    hours = series.times % DAY // _HOUR
    halves = [
        (reading_bits(series.watts[order], hours[order]), known)
        for order, known in _halves(series)
    ]
    whole = np.where(np.isfinite(series.watts), np.floor(series.watts + 0.5), -1.0)
    habitual = sum(float(bits[known:].sum()) for bits, known in halves)
    return Disclosure(
        windows=len(series),
        bound=None,
        each=entropy(whole.astype(np.int64)) * a_day,
        chained=None,
        coded=float(halves[0][0].mean()) * a_day,
        beyond_habits=habitual / len(series) * a_day,
    )
