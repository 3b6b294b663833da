"""Hours of energy of real households, and of simulated ones.

The real ones are files of public data sets, as named in `docs/bill.md`; their folder is
given on the command line. Time is taken as UTC, because none of them names a zone.
"""

from collections.abc import Iterator
import csv
from datetime import UTC, datetime, timedelta
import gzip
from math import cos, exp, pi
from pathlib import Path
import random
from typing import Final

HOUR: Final = 3600

type Hours = dict[int, float]
"""kWh by the start of the hour, UTC seconds."""


def read(path: Path) -> Hours:
    """Return the hours of a file, whichever of the three forms it has.

    Columns `Time,Aggregate`: means of a minute in W, 0 being no data. Columns
    `start...,kwh`: energy since that time, up to the next line but two hours at most.
    Columns `date,hour,kwh...`: energy of an hour.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = [name.lower() for name in next(rows)]
        if header[:2] == ["time", "aggregate"]:
            return _minutes(rows)
        if header[0].startswith("start"):
            return _two_hours(rows)
        return _hours(rows)


def _minutes(rows: Iterator[list[str]]) -> Hours:
    found: dict[int, list[float]] = {}
    for row in rows:
        watts = float(row[1] or 0)
        if watts > 0:
            found.setdefault(_hour(row[0]), []).append(watts)
    hours = {
        hour: sum(watts) / len(watts) / 1000
        for hour, watts in found.items()
        if len(watts) >= 30
    }
    return _without_constant_days(hours)


def _without_constant_days(hours: Hours) -> Hours:
    """Leave out days of one value: outages that were filled forward."""
    days: dict[int, set[float]] = {}
    for hour, energy in hours.items():
        days.setdefault(hour // 86_400, set()).add(round(energy, 9))
    return {
        hour: energy for hour, energy in hours.items() if len(days[hour // 86_400]) > 1
    }


def _two_hours(rows: Iterator[list[str]]) -> Hours:
    found = [(_hour(row[0]), float(row[1])) for row in rows]
    return {
        start + part * HOUR: energy / 2 for start, energy in found for part in (0, 1)
    }


def _hours(rows: Iterator[list[str]]) -> Hours:
    hours = {}
    for row in rows:
        day = datetime.strptime(row[0], "%m/%d/%Y").replace(tzinfo=UTC)
        hours[int((day + timedelta(hours=int(row[1]))).timestamp())] = float(row[2])
    return hours


def _hour(text: str) -> int:
    return (
        int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // HOUR * HOUR
    )


def simulate(seed: int, *, days: int = 760) -> Hours:
    """Return a household with habits, a season, cold spells, absences and changes."""
    chance = random.Random(seed)  # noqa: S311  # nothing here is a secret
    start = int(
        datetime(2023, 1, 1, tzinfo=UTC).timestamp()
    ) + 86_400 * chance.randrange(365)
    base = chance.uniform(0.08, 0.35)
    level = chance.lognormvariate(-1.4, 0.4)
    heating = chance.choice((0.0, 0.2, 0.6, 1.5))
    noise = chance.uniform(0.15, 0.45)
    weekend = chance.uniform(0.85, 1.35)
    shape = [
        0.3 + exp(-(((hour - 8) / 2) ** 2)) + 1.8 * exp(-(((hour - 19) / 3) ** 2))
        for hour in range(24)
    ]
    hours: Hours = {}
    weather, change, away = 0.0, 1.0, 0
    for day in range(days):
        time = datetime.fromtimestamp(start + day * 86_400, UTC)
        weather = 0.8 * weather + chance.gauss(0, 0.25)
        cold = max(0.0, cos(2 * pi * (time.timetuple().tm_yday - 20) / 365))
        if chance.random() < 1 / 150:
            change *= exp(chance.gauss(0, 0.15))
        if away:
            away -= 1
        elif chance.random() < 1 / 60:
            away = chance.randint(1, 14)
        own = level * change * (weekend if time.weekday() >= 5 else 1.0)
        own *= (1 + heating * 3 * cold * exp(weather)) * exp(chance.gauss(0, noise))
        for hour in range(24):
            used = 0.0 if away else own * shape[hour] * exp(chance.gauss(0, 0.5))
            always = base * exp(chance.gauss(0, 0.1))
            hours[start + day * 86_400 + hour * HOUR] = always + used
    return hours
