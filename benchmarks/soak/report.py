"""What a soak came to, in Markdown."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from benchmarks.timing import machine

from .account import Account
from .home_log import Span
from .judging import HANDLES, growths, log_lines, tracebacks
from .plan import Fault
from .watch import Growth, Look, growth

STORED: Final = 512.0
"""Bytes that what the home stores may grow by in half a day: longer numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is to be run."""

    hours: float = 24.0
    speed: float = 60.0
    """How many times as fast as the real time."""

    seed: int = 1
    """Of the faults and the household."""

    window: int = 300
    """Seconds."""


@dataclass(kw_only=True)
class Found:
    """All that was found."""

    day: Day
    faults: list[Fault]
    real_seconds: float
    account: Account
    looks: list[Look]
    sizes: list[tuple[float, int]]
    tasks: list[int]
    second_half: float
    issues: list[str]
    """What Home Assistant asks a person to repair when all is well again."""

    lived_twice: list[Span]
    """What of the home's time there was twice."""

    log_before: str
    """Home Assistant's, before anything went wrong."""

    logs: Path

    @cached_property
    def grown(self) -> list[Growth]:
        """How everything that is watched developed in the second half."""
        half = [point for point in self.sizes if point[0] > self.second_half]
        counts = self.tasks[len(self.tasks) // 2 :]
        minutes = [(60.0 * minute, float(count)) for minute, count in enumerate(counts)]
        return [
            *growths(self.looks, self.second_half),
            *growth("Stored at home, bytes", half, most=STORED),
            # Every fifth is enough for a median, and the pairs are many.
            *growth("Home Assistant: tasks", minutes[::5], most=HANDLES),
        ]

    @cached_property
    def log(self) -> tuple[Counter[str], list[str]]:
        """The warnings and errors of Home Assistant."""
        log = (self.logs / "home-assistant.log").read_text()
        return log_lines(self.log_before, log, self.lived_twice)

    @cached_property
    def provider_tracebacks(self) -> int:
        """Exceptions in the provider's log."""
        return tracebacks(self.logs / "provider.log")

    @cached_property
    def broken(self) -> list[str]:
        """What must not be."""
        broken = list(self.account.broken)
        broken += [
            f"{one.name} grew by {one.grown:.2f}"
            for one in self.grown
            if one.grown > one.most
        ]
        broken += [f"there is still an issue: {issue}" for issue in self.issues]
        broken += [f"in Home Assistant's log: {line}" for line in self.log[1]]
        if self.provider_tracebacks:
            broken.append(
                f"{self.provider_tracebacks} exceptions in the provider's log"
            )
        return broken


def write_report(found: Found) -> str:
    """Return the report."""
    return "\n".join(_lines(found))


def _lines(found: Found) -> Iterator[str]:
    day, account = found.day, found.account
    yield f"\n# {day.hours:g} hours at {day.speed:g} times the speed\n"
    yield (
        f"Seed {day.seed}, {found.real_seconds / 60:.0f} minutes on {machine()}."
        f" Windows of {day.window} s.\n"
    )
    kinds = Counter(str(fault.kind) for fault in found.faults)
    yield from _table(("fault", "times"), sorted(kinds.items()))
    yield from _table(
        ("windows", "how many"),
        [
            ("of the day", account.windows),
            *sorted(account.ends.items()),
            ("with one right end", account.certain),
            ("messages that reached the provider", account.messages),
        ],
    )
    yield from _table(
        ("window", "ended as", "times"),
        [(*key, times) for key, times in sorted(account.situations.items())],
    )
    yield from _table(
        ("second half of the day", "first", "last", "grown by", "at most"),
        [
            (
                one.name,
                f"{one.first:.1f}",
                f"{one.last:.1f}",
                f"{one.grown:+.2f}",
                f"{one.most:g}",
            )
            for one in found.grown
        ],
    )
    yield from _table(
        ("in Home Assistant's log", "times"),
        [*sorted(found.log[0].items()), ("anything else", len(found.log[1]))],
    )
    if found.broken:
        yield f"**Not as it must be: {len(found.broken)}**\n"
        yield from (f"- {line}" for line in found.broken[:60])
    else:
        yield "All is as it must be."


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)
    yield ""
