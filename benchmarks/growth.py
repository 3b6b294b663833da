"""How a report grows with thresholds, bits and years of history.

Thresholds and bits: inputs and circuit of both sides, without the frame of a report,
because a plan has no more than 15 thresholds of 32 bits. History: one forecast of a bill
from so many years of hours; it looks at the last of them only.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC
import secrets
from typing import Final

from currentcost_exchange.garbling import BLOCK_BYTES, evaluate, garble
from currentcost_exchange.hashing import Use
from currentcost_exchange.inputs import active_inputs, garbled_inputs
from currentcost_exchange.plan import report_length
from currentcost_exchange.programs import range_circuit
from currentcost_metering.forecast import forecast

from .households import HOUR, simulate
from .results import Result, of_times, table
from .timing import machine, times_of

THRESHOLDS: Final = (1, 2, 4, 8, 16)
BITS: Final = (8, 17, 32, 64)
YEARS: Final = (1, 2, 5, 10)
_DAY: Final = 24 * HOUR


def both_sides(thresholds: int, width: int) -> Callable[[], object]:
    """Return what garbles inputs and circuit of a range question, and evaluates them."""
    circuit, bits = range_circuit(thresholds, width), thresholds * width
    pairs = [(secrets.token_bytes(32), secrets.token_bytes(32)) for _ in range(bits)]
    seeds, choices = [zero for zero, _ in pairs], bytes(bits)
    key, delta = secrets.token_bytes(BLOCK_BYTES), secrets.randbits(128) | 1
    measure = [secrets.randbits(128) for _ in range(width)]
    context = secrets.token_bytes(69)

    def work() -> None:
        zeros, corrections = garbled_inputs(Use.CORRECTION, pairs, context, delta)
        garbled = garble(circuit, key, delta, measure + zeros)
        active = active_inputs(Use.CORRECTION, seeds, choices, context, corrections)
        outputs = evaluate(circuit, key, measure + active, garbled.tables)
        for label, zero in zip(outputs, garbled.outputs, strict=True):
            if label not in (zero, zero ^ delta):
                raise RuntimeError("no label of its wire")

    return work


def results(*, quick: bool) -> Iterator[Result]:
    """Yield the figures of each size, beside the one before it in proportion."""
    runs = 100 if quick else 1000
    for sizes, name, at in (
        (THRESHOLDS, "threshold(s) of 17 bits", lambda n: (n, 17)),
        (BITS, "bits, 3 thresholds", lambda n: (3, n)),
    ):
        times = times_of({str(n): both_sides(*at(n)) for n in sizes}, runs=runs)
        values: dict[int, float] = {}
        for n in sizes:
            thresholds, width = at(n)
            length = report_length(range_circuit(thresholds, width), thresholds * width)
            result = of_times(f"{n} {name}; {length} bytes", times[str(n)])
            if values:
                # Of the noise of two medians a tenth may come.
                last, value = values.popitem()
                result = replace(
                    result,
                    beside=f"{n / last:.3g} times the one above",
                    reference=n / last * value,
                    most_ratio=1.1,
                )
            values[n] = result.value
            yield result
    yield from _history(runs=5 if quick else 15)


def _history(*, runs: int) -> Iterator[Result]:
    hours = simulate(0, days=365 * YEARS[-1])
    now = max(hours) + HOUR
    functions = {}
    for years in YEARS:
        known = {
            hour: kwh for hour, kwh in hours.items() if hour >= now - years * 365 * _DAY
        }
        functions[str(years)] = lambda known=known: forecast(
            known, now=now, end=now + 25 * _DAY, zone=UTC
        )
    times = times_of(functions, runs=runs)
    for years in YEARS:
        yield of_times(
            f"forecast of a bill, years of hours: {years}", times[str(years)]
        )


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
