"""What is studied: a file, or simulated homes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from .columns import Unreadable
from .evaluation import Household, household_of
from .investigation import recorded_household
from .reading import Recording, read
from .series import DAY
from .simulated import simulate
from .table import Layout

FEWEST_DAYS: Final = 3
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is studied.

    Attributes:
        name: for titles and names of files.
        households: one at least.
        facts: about it, for study.json.
    """

    name: str
    households: Sequence[Household]
    facts: Mapping[str, Any]


def simulated_source(homes: int, days: int) -> Source:
    """Return simulated homes, always the same ones."""
    simulations = (simulate(seed, days=days) for seed in range(homes))
    return Source(
        "simulator",
        [household_of(home) for home in simulations],
        {"simulated homes": homes, "days": days},
    )


def recorded_source(
    file: Path, layout: Layout, days: int | None, told: Callable[[str], None]
) -> Source:
    """Return what a file holds.

    Args:
        file: its path.
        layout: what is known of it.
        days: only so many from the first one on.
        told: hears what is being done, and what was found odd.

    Raises:
        Unreadable: no study can be made of it; says why.
        OSError: it can't be read.
    """
    told(f"Reading {file} ...")
    recording = read(file, layout, lambda rows: told(f"  {rows:,} rows"))
    for line in remarks(recording):
        told(line)
    home = recorded_household(file.name.split(".")[0], recording.grid, days=days)
    if np.isfinite(home.series.watts).sum() * home.series.step < FEWEST_DAYS * DAY:
        raise Unreadable(
            f"There are under {FEWEST_DAYS} days of readings: too little for a study."
        )
    grid = recording.grid
    stuck = sum(end - start for start, end in grid.stuck)
    return Source(
        home.source,
        [home],
        {
            "file": file.name,
            "sha256": _digest(file),
            "rows": recording.rows,
            "bad rows": recording.bad_rows,
            "power": recording.power,
            "step (s)": grid.series.step,
            "measured": round(grid.series.coverage, 4),
            "readings of 0 W taken for none": grid.zeros,
            "hours filled forward taken for none": round(stuck / 3600, 2),
            "clipped at (W)": grid.clipped,
            "readings below 0 W": grid.negative,
            "repeated times": grid.repeated,
        },
    )


def remarks(recording: Recording) -> list[str]:
    """Return what a person should know about a file."""
    grid = recording.grid
    found = [
        f"Power: {recording.power}, a reading about every {grid.spacing:g} s.",
        f"{grid.series.coverage:.0%} of the time is measured.",
    ]
    if grid.appliances:
        found.append(f"Appliances, taken as the truth: {', '.join(grid.appliances)}.")
    if recording.bad_rows:
        found.append(f"{recording.bad_rows} rows were no readings and are left out.")
    if recording.utc:
        found.append("Times are UTC: tell the home's time zone with --zone.")
    if grid.zeros:
        found.append(f"{grid.zeros} readings of 0 W are taken for missing ones.")
    if grid.stuck:
        hours = sum(end - start for start, end in grid.stuck) / 3600
        found.append(
            f"{hours:.0f} hours of one and the same power ({len(grid.stuck)} times over "
            "2 h) are taken for an outage that was filled forward."
        )
    if grid.clipped is not None:
        found.append(f"Power is cut off at {grid.clipped:g} W.")
    if grid.negative:
        found.append(f"{grid.negative} readings are below 0 W: is there a generator?")
    if grid.repeated:
        found.append(f"{grid.repeated} readings have another's time; the last counts.")
    return found


def _digest(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as stream:
        while part := stream.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()
