"""Running sums with hours put in between, and what proves that they run on.

The recorder keeps a running sum for each hour, and shows the difference of two. Hours
that are put in raise all later sums: the hours themselves are written in one step, the
later ones are raised afterwards. A crash in between leaves a step back in the sums, so
each joint is written down before: the first record after a gap, and how much its sum
has to be above the one before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .history_clock import HOUR
from .history_fill import Hour


@dataclass(frozen=True, slots=True)
class Record:
    """A recorded sum, in kWh."""

    start: float
    """UTC seconds."""
    sum: float
    state: float | None = None
    """What the meter showed, in kWh."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A record that goes on after hours that were put in."""

    start: float
    """UTC seconds."""
    change: float
    """kWh that its sum is above that of the hour before it."""
    is_short: bool = False
    """Whether it is a record of five minutes, in an hour that wasn't over."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, in order."""

    rows: Sequence[Record]
    joints: Sequence[Joint]


def changes(records: Sequence[Record]) -> dict[int, float]:
    """Return the kWh of each recorded hour, by hours since 1970.

    The first one counts from 0, as the recorder does.
    """
    previous = 0.0
    result = {}
    for record in records:
        result[round(record.start / HOUR)] = record.sum - previous
        previous = record.sum
    return result


def plan(
    records: Sequence[Record], filled: Mapping[int, Hour], *, following: Record
) -> Plan:
    """Return what to write so that the filled hours stand among the recorded ones.

    Args:
        records: all that is recorded by the hour, in order.
        filled: the hours to be written.
        following: the first record after them, of a shorter time than an hour.
    """
    known = changes(records)
    recorded = {round(record.start / HOUR): record for record in records}
    total = 0.0
    rows, joints = [], []
    was_filled = False
    for number in sorted(known.keys() | filled.keys()):
        if (hour := filled.get(number)) is not None:
            total += hour.energy
            state = recorded[number].state if number in recorded else None
            rows.append(Record(number * HOUR, total, state))
            was_filled = True
        else:
            # Not yet raised: the joints raise all that comes after them.
            total = recorded[number].sum
            if was_filled:
                joints.append(Joint(number * HOUR, known[number]))
            was_filled = False
    if was_filled:
        last = records[-1].sum if records else 0.0
        joints.append(Joint(following.start, following.sum - last, is_short=True))
    return Plan(rows, joints)
