"""Have we become slower? A few ratios beside their bounds, robust on a busy machine.

What two pieces of code take is measured by turns, as processor time, and the least counts:
work of others makes both slower and neither faster. A ratio above its bound is measured
again before it counts. Sizes are exact.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
import tomllib
from typing import Final

from currentcost_exchange import HouseholdIdentity
from currentcost_exchange.garbling import BLOCK_BYTES, garble
from currentcost_exchange.library import library_template

from . import growth, parser, provider_load
from .report import encrypt, needed_bytes, products, steps
from .streams import simulated
from .timing import times_of
from .transcripts import offer

BOUNDS: Final = Path(__file__).with_name("bounds.toml")
TRIES: Final = 3

type Ratio = Callable[[], float]


def ratios() -> dict[str, Ratio]:
    """Return what measures each ratio, by the name that its bound has."""
    offered, identity = offer(), HouseholdIdentity.new()
    parties = offered.agree(identity)
    work = steps(parties)
    sizes = {n: growth.both_sides(n, 17) for n in (4, 16)}
    widths = {n: growth.both_sides(3, n) for n in (8, 64)}
    lines = simulated(1000)
    # Its layers are many and narrow.
    deep = library_template("time_of_use_bill").question.circuit
    zeros = [0] * deep.input_bits
    plan = parties.plan
    length = len(parties.household.report(parties.window(0), (1,)))
    return {
        "garble to its AES": _of(work["garble"], work["garble floor"]),
        "evaluate to its AES": _of(work["evaluate"], work["evaluate floor"]),
        "report to its AES and BLAKE2b": _of(work["report"], work["report floor"]),
        "answer to its AES and BLAKE2b": _of(work["answer"], work["answer floor"]),
        "a deep program to its AES": _of(
            lambda: garble(deep, bytes(BLOCK_BYTES), 1, zeros),
            lambda: encrypt(deep, 4),
            times=1,
        ),
        "16 thresholds to 4": _of(sizes[16], sizes[4]),
        "64 bits to 8": _of(widths[64], widths[8]),
        "set-up to its products of points": _of(
            lambda: offered.agree(identity), products(plan), times=1, runs=8
        ),
        "bytes of a report to those needed": lambda: length / needed_bytes(plan),
        "AND gates to comparisons of bits": lambda: (
            plan.circuit.and_gates / plan.provider_bits
        ),
        "parser to xml.etree": _of(
            lambda: parser.with_parser(lines),
            lambda: parser.with_etree(lines),
            times=1,
            runs=30,
        ),
        "CPU of a report to that of the plain reading": _price,
    }


def _of(
    function: Callable[[], object],
    floor: Callable[[], object],
    *,
    times: int = 10,
    runs: int = 60,
) -> Ratio:
    """Return what measures how many times the other one a function takes."""

    def repeated(work: Callable[[], object]) -> Callable[[], object]:
        def repeat() -> None:
            for _ in range(times):
                work()

        return repeat

    def measure() -> float:
        found = times_of(
            {"": repeated(function), "floor": repeated(floor)},
            runs=runs,
            clock=process_time,
        )
        return min(found[""]) / min(found["floor"])

    return measure


def _price() -> float:
    async def work() -> float:
        found = provider_load.arms(
            "SQLite",
            1,
            None,
            households=24,
            windows=20,
            rounds=3,
            ways=(provider_load.KEPT_OPEN,),
        )
        return (await anext(found)).price

    return asyncio.run(work())


def compare(
    measured: Mapping[str, Ratio], bounds: Mapping[str, float]
) -> dict[str, float]:
    """Return the ratios that stay above their bounds; print all of them.

    Raises:
        ValueError: a ratio without a bound, or a bound of nothing.
    """
    if measured.keys() != bounds.keys():
        raise ValueError(f"not one bound a ratio: {measured.keys() ^ bounds.keys()}")
    above = {}
    for name, ratio in measured.items():
        found = ratio()
        for _ in range(TRIES - 1):
            if found <= bounds[name]:
                break
            found = min(found, ratio())
        print(f"{name:<45} {found:7.3f}  bound {bounds[name]:7.3f}", flush=True)
        if found > bounds[name]:
            above[name] = found
    return above


def main() -> int:
    """Compare with the stored bounds; return the status."""
    above = compare(ratios(), tomllib.loads(BOUNDS.read_text()))
    for name, found in above.items():
        print(
            f"Slower than it was: {name} is {found:.3f}. If that is meant, raise its bound in"
            f" {BOUNDS.name} and say why."
        )
    return int(bool(above))
