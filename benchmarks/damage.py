"""What damage on the cable does: readings let through that are wrong, good ones lost.

Undamaged streams are damaged at several rates, and go through everything that the
integration has before a reading becomes energy: parser, judge, and confirmation by the
next reading. Beside it stands a plain reader of whole lines (xml.etree), which is what
most programs for these meters have.

    python -m benchmarks.damage [FOLDER]

FOLDER holds captures and recordings; without it only the simulation is taken.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random
import sys
from typing import Final
from xml.etree import ElementTree as ET

from currentcost_envir import (
    Damaged,
    Judge,
    Outcome,
    Reading,
    StepFilter,
    StreamParser,
)
from currentcost_envir.corruption import damaged
from currentcost_metering import Confirmation, EnergyIntegrator

from .streams import Sent, captured, recorded, simulated
from .timing import machine

RATES: Final = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
COUNT: Final = 50_000
NEAR: Final = 50
"""W by which what is shown or counts may differ before it is called wrong."""

STEP: Final = 100


@dataclass(kw_only=True)
class Tally:
    """What became of one stream at one rate."""

    sent: int = 0
    damaged: int = 0
    plain_wrong: int = 0
    """Wrong power that the plain reader takes."""

    plain_lost: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    wrong: int = 0
    """Wrong power in readings that were believed."""

    shown: int = 0
    """Power that was shown and wrong by more than `NEAR` watts."""

    steps: int = 0
    """Readings that differ from the one before by `STEP` watts and more."""

    late: int = 0
    """Undamaged readings that were not shown at once."""

    counted: int = 0
    """Wrong power that counted, and stood out from what was sent around it."""

    lost: int = 0
    """Undamaged readings that were dropped."""

    changed: int = 0
    """Undamaged readings that counted as something else by more than `NEAR` watts."""

    energy: float = 0.0
    plain_energy: float = 0.0
    true_energy: float = 0.0


def plain(line: bytes) -> int | None:
    """Read a line as most programs do; None if that fails."""
    try:
        root = ET.fromstring(line)  # noqa: S314  # it's what is compared
        return sum(int(item.text or "") for item in root.iter("watts"))
    except ET.ParseError, ValueError:
        return None


def run(sent: Sequence[Sent], rate: float, *, seed: int = 1) -> Tally:
    """Damage a stream and follow each of its lines."""
    random = Random(seed)  # noqa: S311
    arrived = [damaged(item.line, random, rate=rate) for item in sent]
    starts = list(accumulate((len(line) for line in arrived), initial=0))
    tally = Tally(sent=len(sent))
    parser, judge = StreamParser(), Judge()
    filters: defaultdict[int, StepFilter] = defaultdict(StepFilter)
    house = _House(sent, tally)
    latest: dict[int, int] = {}
    for item, line in zip(sent, arrived, strict=True):
        whole = line == item.line
        tally.damaged += not whole
        watts = plain(line)
        tally.plain_lost += whole and watts is None
        if watts is not None:
            tally.plain_wrong += watts != item.reading.total
            if item.reading.sensor == 0:
                house.plain.add(item.time, watts)
        for message in parser.feed(line):
            if isinstance(message, Damaged):
                tally.outcomes[Outcome.DROPPED] += 1
                continue
            origin = bisect_right(starts, message.offset) - 1
            verdict = judge.judge(message, item.time)
            tally.outcomes[verdict.outcome] += 1
            untouched = arrived[origin] == sent[origin].line
            if verdict.outcome is Outcome.DROPPED:
                tally.lost += untouched
                continue
            reading = verdict.message
            if not isinstance(reading, Reading) or reading.total is None:
                continue
            wrong = reading.channels != sent[origin].reading.channels
            tally.wrong += wrong
            shows = filters[reading.sensor].shows(item.time, reading.channels)
            true = sent[origin].reading.total or 0
            tally.shown += shows and abs(reading.total - true) > NEAR
            tally.late += untouched and not shows
            before = latest.get(reading.sensor, reading.total)
            tally.steps += abs(reading.total - before) >= STEP
            latest[reading.sensor] = reading.total
            if reading.sensor == 0:
                house.add(item.time, reading.total, origin, untouched=untouched)
    house.finish()
    return tally


class _House:
    """The energy of sensor 0: true, as it counts, and as a plain reader counts."""

    def __init__(self, sent: Sequence[Sent], tally: Tally) -> None:
        self.plain = EnergyIntegrator()
        self._confirmation = Confirmation()
        self._counted = EnergyIntegrator()
        self._pending: tuple[int, bool] | None = None
        self._tally = tally
        self._true = EnergyIntegrator()
        self._watts: list[int | None] = [
            item.reading.total if item.reading.sensor == 0 else None for item in sent
        ]
        for item in sent:
            if item.reading.sensor == 0:
                self._true.add(item.time, item.reading.total or 0)

    def add(self, time: float, watts: int, origin: int, *, untouched: bool) -> None:
        confirmed = self._confirmation.add(time, watts)
        pending, self._pending = self._pending, (origin, untouched)
        if confirmed is None or pending is None:
            return
        self._counted.add(*confirmed)
        self._counted.advance(time)
        number, good = pending
        near = [
            item
            for item in self._watts[max(number - 9, 0) : number + 10]
            if item is not None
        ]
        true = self._watts[number]
        if true is None or not min(near) - NEAR <= confirmed[1] <= max(near) + NEAR:
            self._tally.counted += 1
        elif good and abs(confirmed[1] - true) > NEAR:
            self._tally.changed += 1

    def finish(self) -> None:
        self._tally.energy = self._counted.energy
        self._tally.plain_energy = self.plain.energy
        self._tally.true_energy = self._true.energy


def main() -> None:
    """Print a table for each stream."""
    streams = {"simulated household, four transmitters": simulated(COUNT)}
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        streams["captured readings, repeated"] = captured(
            folder / "envir" / "captures", COUNT
        )
        for name, file in (
            ("REFIT house 2", "refit_house2_1min_2013-10_2015-01.csv.gz"),
            ("IDEAL house 65", "ideal_house65_1min_3months.csv.gz"),
        ):
            streams[f"power of {name}"] = recorded(folder / "data" / file, COUNT)
    print(machine())
    for name, sent in streams.items():
        print(f"\n{name}: {len(sent)} readings\n")
        print(
            "| bytes damaged | readings damaged | wrong power, plain reader | wrong "
            "power believed | shown, off by > 50 W | counted, off by > 50 W | undamaged "
            "lost | undamaged counted otherwise | energy, plain reader | energy counted |"
        )
        print("|---:|" + "---:|" * 9)
        for rate in RATES:
            tally = run(sent, rate)
            true = tally.true_energy
            print(
                f"| {rate:g} | {tally.damaged} | {tally.plain_wrong} | {tally.wrong} | "
                f"{tally.shown} | {tally.counted} | {tally.lost} | {tally.changed} | "
                f"{100 * (tally.plain_energy / true - 1):+.2f} % | "
                f"{100 * (tally.energy / true - 1):+.3f} % |",
                flush=True,
            )
            if rate == 0:
                late = f"of {tally.steps} steps {tally.late} shown one reading later"
        print(f"\nundamaged: {late}")


if __name__ == "__main__":
    main()
