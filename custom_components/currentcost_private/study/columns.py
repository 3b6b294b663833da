"""Which columns of a table are the time, the house's power and appliances."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_COLUMNS: Final = 200
MOST_APPLIANCES: Final = 30

_TIMES: Final = (
    "time", "timestamp", "datetime", "date time", "local time", "localminute",
    "last changed", "last updated", "utc", "start", "date", "unix", "unix time",
    "epoch", "",
)  # fmt: skip
_POWERS: Final = (
    "aggregate", "mains", "total", "whole house", "house", "house total", "main",
    "grid", "use", "usage", "power", "total power", "active power",
    "global active power", "apparent power", "demand", "load", "consumption", "watts",
    "watt", "w", "kw", "kilowatts", "state", "value",
)  # fmt: skip
_NEITHER: Final = (
    "issues", "unix", "unix time", "index", "voltage", "current", "intensity",
    "reactive", "frequency", "temperature", "humidity", "id", "entity id", "house id",
    "homeid", "dataid", "occupancy", "attributes", "date", "time",
)  # fmt: skip
_UNITS: Final = {"kw": 1000.0, "kilowatts": 1000.0, "w": 1.0, "watts": 1.0, "watt": 1.0}
_ENERGIES: Final = {"wh", "kwh", "mwh"}


class Unreadable(ValueError):
    """A file that isn't what a study can be made of; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table has what.

    Attributes:
        times: index of the time, or of date and time.
        power: index of the house's power.
        factor: from the power's unit to W.
        appliances: index of each appliance by its name; taken to be in the same unit.
        entity: index of a Home Assistant entity's name; None elsewhere.
    """

    times: tuple[int, ...]
    power: int
    factor: float
    appliances: dict[str, int]
    entity: int | None = None


def columns_of(
    header: Sequence[str] | None,
    width: int,
    *,
    time: str | None = None,
    power: str | None = None,
    unit: str | None = None,
) -> Columns:
    """Return where a table has what, by its header or else by place.

    Args:
        header: names; None for a table without: time and power.
        width: number of columns.
        time: name of the time's column; recognised if None.
        power: name of the power's column; recognised if None. Of a history exported
            from Home Assistant: the entity's name.
        unit: "W" or "kW"; by the column's name, else W, if None.

    Raises:
        Unreadable: there is no such column, or none was recognised.
    """
    if not 2 <= width <= MOST_COLUMNS:
        raise Unreadable(
            f"The table has {width} columns; a time and a power are needed, and at most "
            f"{MOST_COLUMNS}."
        )
    if header is None:
        header = (
            "time",
            "power",
            *(f"column {place}" for place in range(3, width + 1)),
        )
    names = [_plain(name) for name in header]
    entity = names.index("entity id") if "entity id" in names else None
    times = _times(names, header, time)
    wanted = "state" if entity is not None and "state" in names else power
    found = _power(names, header, wanted, times)
    rest = (
        place
        for place, name in enumerate(names)
        if place not in (found, entity, *times)
        and name not in _TIMES
        and not any(word in name for word in _NEITHER if len(word) > 4)
        and name not in _NEITHER
        and name not in _POWERS
    )
    appliances = {} if entity is not None else {header[at].strip(): at for at in rest}
    return Columns(
        times,
        found,
        _factor(header[found], unit),
        dict(list(appliances.items())[:MOST_APPLIANCES]),
        entity,
    )


def _times(
    names: Sequence[str], header: Sequence[str], wanted: str | None
) -> tuple[int, ...]:
    if wanted is not None:
        return (_named(names, header, wanted),)
    if "date" in names and "time" in names:
        return names.index("date"), names.index("time")
    for name in _TIMES:
        if name in names:
            return (names.index(name),)
    for place, name in enumerate(names):
        if "time" in name or "date" in name:
            return (place,)
    raise Unreadable(
        f"None of the columns {_listed(header)} is known to be the time: name it with "
        "--time."
    )


def _power(
    names: Sequence[str],
    header: Sequence[str],
    wanted: str | None,
    times: Sequence[int],
) -> int:
    if wanted is not None:
        return _named(names, header, wanted)
    bare = [_without_unit(name) for name in names]
    for name in _POWERS:
        for place, each in enumerate(bare):
            if place not in times and each == name:
                return place
    for place, name in enumerate(bare):
        words = name.split()
        if place not in times and words[:1] == ["house"] and words[-1].isdigit():
            return place
    others = [place for place in range(len(names)) if place not in times]
    if len(others) == 1:
        return others[0]
    raise Unreadable(
        f"None of the columns {_listed(header)} is known to be the power of the house: "
        "name it with --power."
    )


def _named(names: Sequence[str], header: Sequence[str], wanted: str) -> int:
    stripped = [name.strip() for name in header]
    if wanted in stripped:
        return stripped.index(wanted)
    if _plain(wanted) in names:
        return names.index(_plain(wanted))
    raise Unreadable(f"There is no column {wanted!r}; there are {_listed(header)}.")


def _factor(name: str, unit: str | None) -> float:
    words = _plain(name).split()
    if unit is None and words and words[-1] in _ENERGIES:
        raise Unreadable(
            f"The column {name.strip()!r} is energy; a study needs power, in W or kW."
        )
    if unit is not None and unit.lower() not in _UNITS:
        raise Unreadable(f"The unit is W or kW, not {unit!r}.")
    if unit is None and _plain(name) == "global active power":
        return 1000.0  # the UCI data set of a household has kW without saying so
    return _UNITS.get(unit.lower() if unit else words[-1] if words else "", 1.0)


def _without_unit(name: str) -> str:
    words = name.split()
    return " ".join(words[:-1]) if len(words) > 1 and words[-1] in _UNITS else name


def _plain(name: str) -> str:
    """Return a name in small letters, its words with one blank between."""
    kept = "".join(letter if letter.isalnum() else " " for letter in name.lower())
    return " ".join(kept.split())


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name.strip()[:40]) for name in header[:12])
    return shown + (", ..." if len(header) > 12 else "")
