"""Judges what is left besides the windows: logs, memory, files, what is stored."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
import re
from typing import Final

from .home_log import Span
from .watch import Growth, Look, growth

MEMORY: Final = {"Home Assistant": 6.0, "Provider": 2.0}
"""MiB that a process may grow by in half a day."""

HANDLES: Final = 2.0
"""By how many open files, threads or tasks."""

EXPECTED: Final = {
    "an untested integration": r"We found a custom integration",
    "killed before it could close its database": r"The system could not validate that"
    r" the sqlite3 database|Ended unfinished session",
    "its disk was full": r"SQLAlchemyError|Errno 27|File too large|disk I/O error|disk is full|"
    r"unable to open database|readonly database|could not be written",
    "the clock was set": r"Time jumped|clock|in the (past|future)",
    "slow, in fast time": r"Updating state for|(Setup|Update) of .* (is )?tak(es|ing)|took longer than|"
    r"Waiting (for|on) |Something is blocking",
}
"""Warnings and errors of Home Assistant that faults bring, by what they are."""

BACKWARDS: Final = "a total went backwards with the clock"
_BACKWARDS: Final = re.compile(r"its state is not strictly increasing.* set to (\S+)\.")
"""A recorder that sorts states by a clock that was set back finds them mixed."""

RECORDED: Final = 600.0
"""Seconds around a step in which the recorder compiles mixed states."""

_LINE: Final = re.compile(
    r"^\S+ \S+ (WARNING|ERROR|CRITICAL) \(.*?\) \[(\S+)\] (.*)$", re.MULTILINE
)


def log_lines(
    before: str, log: str, set_back: Sequence[Span] = ()
) -> tuple[Counter[str], list[str]]:
    """Return what is expected of a log's warnings, counted, and those that aren't.

    Args:
        before: the log of the first start: what this machine lacks is said again at
            every start, and no fault's doing.
        log: all of it.
        set_back: what of its time the home lived twice.
    """
    usual = {_without_numbers(words) for _, _, words in _LINE.findall(before)}
    expected: Counter[str] = Counter()
    others = []
    for level, name, words in _LINE.findall(log[len(before) :]):
        kinds = (kind for kind, known in EXPECTED.items() if re.search(known, words))
        if (kind := next(kinds, None)) is not None:
            expected[kind] += 1
        elif _went_back(words, set_back):
            expected[BACKWARDS] += 1
        elif _without_numbers(words) in usual:
            expected["said at every start"] += 1
        else:
            others.append(f"{level} {name}: {words}"[:300])
    return expected, others


def _went_back(words: str, set_back: Sequence[Span]) -> bool:
    if not (found := _BACKWARDS.search(words)):
        return False
    moment = datetime.fromisoformat(found[1]).timestamp()
    return any(
        since - RECORDED <= moment <= until + RECORDED for since, until in set_back
    )


def _without_numbers(words: str) -> str:
    return re.sub(r"\d+", "#", words)


def growths(looks: Sequence[Look], since: float) -> Iterator[Growth]:
    """Yield how the processes developed that ran to the end, from some time on."""
    for process, most in MEMORY.items():
        every = [look for look in looks if look.process == process]
        life = [
            look for look in every if look.pid == every[-1].pid and look.time > since
        ]
        for name, bound, points in (
            ("memory, MiB", most, [(look.time, look.memory) for look in life]),
            ("open files", HANDLES, [(look.time, float(look.files)) for look in life]),
            ("threads", HANDLES, [(look.time, float(look.threads)) for look in life]),
        ):
            yield from growth(f"{process}: {name}", points, most=bound)


def tracebacks(log: Path) -> int:
    """Return how many exceptions a log tells."""
    return log.read_text(errors="replace").count("Traceback (most recent call last)")
