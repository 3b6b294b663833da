"""Which hours of the statistics came from the display, and what is being written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from .metering import Grain, Hour, Joint

MOST_RUNS: Final = 500
"""Runs of hours that are kept of a sensor; older ones count as recorded."""


@dataclass(slots=True)
class Ledger:
    """By the numbers of the sensors."""

    runs: dict[int, list[tuple[int, int, Grain]]] = field(default_factory=dict)
    """First hour, hour after the last one, and grain; oldest first."""
    joints: dict[int, list[Joint]] = field(default_factory=dict)
    """Of what was begun to be written."""

    def imported(self, sensor: int) -> dict[int, Grain]:
        """Return the grain of each imported hour, by hours since 1970."""
        return {
            number: grain
            for first, end, grain in self.runs.get(sensor, ())
            for number in range(first, end)
        }

    def note(
        self, sensor: int, hours: Mapping[int, Hour], *, known: Iterable[int]
    ) -> None:
        """Add hours that are written now; not recorded ones that are topped up."""
        imported = self.imported(sensor)
        recorded = set(known) - imported.keys()
        imported |= {
            number: hour.grain
            for number, hour in hours.items()
            if number not in recorded
        }
        runs: list[tuple[int, int, Grain]] = []
        for number, grain in sorted(imported.items()):
            if runs and runs[-1][1:] == (number, grain):
                runs[-1] = runs[-1][0], number + 1, grain
            else:
                runs.append((number, number + 1, grain))
        self.runs[sensor] = runs[-MOST_RUNS:]

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain values, for a file in JSON."""
        return {
            "runs": {str(sensor): runs for sensor, runs in self.runs.items()},
            "joints": {
                str(sensor): [
                    [item.start, item.change, item.is_short] for item in items
                ]
                for sensor, items in self.joints.items()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` was called on."""
        return cls(
            runs={
                int(sensor): [(first, end, Grain(grain)) for first, end, grain in runs]
                for sensor, runs in data["runs"].items()
            },
            joints={
                int(sensor): [
                    Joint(start, change, is_short=is_short)
                    for start, change, is_short in items
                ]
                for sensor, items in data["joints"].items()
            },
        )
