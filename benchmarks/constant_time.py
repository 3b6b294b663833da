"""Does the time that a step takes depend on a secret? Welch's t-test, as dudect does.

Two classes of inputs, one fixed and one drawn afresh each time, are measured in random
order; the slowest runs are cropped at several percentiles, for what the machine does
beside. Below 4.5 in absolute value no dependence is seen. (dudect: Reparaz, Balasch,
Verbauwhede 2017.) Python makes no promise of constant time; what a difference is worth
to an attacker is in docs/security.md.

    python -m benchmarks.constant_time [runs]
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
import gc
import math
from random import Random
import statistics
import sys
from time import perf_counter_ns
from typing import Final

from currentcost_exchange import ProviderAgreement, Report
from currentcost_exchange.circuit import bits_of

from .timing import machine
from .transcripts import Parties, agree

_CROPS: Final = (0.5, 0.8, 0.95, 1.0)
_FIXED: Final = 8191
_THRESHOLDS: Final = 3
_TOP: Final = 2**17 - 1
_LOW: Final = 1001
_HIGH: Final = 20_000
"""Bucket 2 of the parties' plan."""

type Make = Callable[[bool], Callable[[], object]]
"""From the class (fixed or not) to what is measured, all made ready."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What a comparison of the two classes came to.

    Attributes:
        median: of all runs, in nanoseconds.
        difference: of the medians of both classes, in nanoseconds.
        t_values: by the share of runs that was kept.
    """

    median: float
    difference: float
    t_values: dict[float, float]


def compare(make: Make, *, runs: int, seed: int) -> Timing:
    """Measure both classes in random order; both are made ready in the same way."""
    random = Random(seed)  # noqa: S311  # an order, no secret
    times: tuple[list[int], list[int]] = ([], [])
    gc.disable()
    try:
        for run in range(runs + runs // 20):
            fixed = bool(random.getrandbits(1))
            function = make(fixed)
            start = perf_counter_ns()
            function()
            taken = perf_counter_ns() - start
            if run >= runs // 20:
                times[fixed].append(taken)
            if run % 1000 == 0:
                gc.collect()
    finally:
        gc.enable()
    both = sorted(times[0] + times[1])
    t_values = {}
    for share in _CROPS:
        most = both[math.ceil(share * len(both)) - 1]
        t_values[share] = _welch(*([t for t in each if t <= most] for each in times))
    medians = [statistics.median(each) for each in times]
    return Timing(
        median=statistics.median(both),
        difference=medians[1] - medians[0],
        t_values=t_values,
    )


def main() -> None:
    """Measure and print a table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    parties = agree()
    random = Random(7)  # noqa: S311  # inputs to measure, no secret
    measured: dict[str, Make] = {
        "garbling, fixed x and random x": _garbling(parties, random),
        "garbling, x of all zeros and random x": _garbling(parties, random, fixed=0),
        "reply, fixed x and random x of one bucket": _reply(parties, random),
        "control: garbling, random x in both classes": _control(parties, random),
        "refusal, fixed thresholds and random ones": _refusal(parties, random),
    }
    print(f"{machine()}, {runs} runs each\n")
    shares = " | ".join(f"t, fastest {share:.0%}" for share in _CROPS)
    print(f"| step | median, us | difference of medians, ns | {shares} |")
    print(f"|---|---:|---:|{'---:|' * len(_CROPS)}")
    for seed, (name, make) in enumerate(measured.items()):
        timing = compare(make, runs=runs, seed=seed)
        values = " | ".join(f"{t:.1f}" for t in timing.t_values.values())
        print(
            f"| {name} | {timing.median / 1e3:.0f} | {timing.difference:.0f} "
            f"| {values} |",
            flush=True,
        )


def _garbling(parties: Parties, random: Random, *, fixed: int = _FIXED) -> Make:
    household, window = parties.household, parties.window(0)

    def make(is_fixed: bool) -> Callable[[], object]:  # noqa: FBT001
        drawn = random.randint(0, _TOP)
        x = (fixed if is_fixed else drawn,)
        return lambda: household.report(window, x)

    return make


def _control(parties: Parties, random: Random) -> Make:
    household, window = parties.household, parties.window(0)

    def make(_: bool) -> Callable[[], object]:  # noqa: FBT001
        x = (random.randint(0, _TOP),)
        return lambda: household.report(window, x)

    return make


def _reply(parties: Parties, random: Random) -> Make:
    """The provider's whole work on reports that come to the same bucket."""
    provider, window = parties.provider, parties.window(0)

    def make(is_fixed: bool) -> Callable[[], object]:  # noqa: FBT001
        drawn = random.randint(_LOW, _HIGH)
        x = _FIXED if is_fixed else drawn
        report = Report.from_bytes(parties.household.report(window, (x,)))
        return lambda: provider.answer(report)

    return make


def _refusal(parties: Parties, random: Random) -> Make:
    """What a cheating household sees of the thresholds: reports that are refused."""
    report = parties.household.report(parties.window(0), (_FIXED,))
    spoilt = Report.from_bytes(report[:-128] + bytes(range(128)))

    def holding(values: list[int]) -> ProviderAgreement:
        choices = b"".join(bits_of(value, 17) for value in values)
        seeds = [
            pair[bit]
            for pair, bit in zip(parties.household.pairs, choices, strict=True)
        ]
        return replace(parties.provider, choices=choices, seeds=seeds)

    fixed = [1000, 20_000, 100_000]

    def make(is_fixed: bool) -> Callable[[], object]:  # noqa: FBT001
        drawn = sorted(random.sample(range(_TOP), _THRESHOLDS))
        held = holding(fixed if is_fixed else drawn)
        return lambda: held.answer(spoilt)

    return make


def _welch(one: list[int], other: list[int]) -> float:
    """Return Welch's t of two samples."""
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(
        other
    )
    if spread == 0:
        return 0.0
    return (statistics.fmean(other) - statistics.fmean(one)) / math.sqrt(spread)


if __name__ == "__main__":
    main()
