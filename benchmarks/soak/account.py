"""Accounts for every window of a soak, at the provider and at home."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
import json
from pathlib import Path
from typing import Any, Final

from demo.tap import HttpMessage

from .truth import Truth, Verdict

BUCKET: Final = "bucket"
MISSING: Final = "missing"
ENERGY_OFF: Final = 0.01
"""The share by which a total of energy may be off, for lines that came late."""

_UNKNOWN: Final = {"unavailable", "unknown"}


@dataclass(kw_only=True)
class Account:
    """What was found."""

    windows: int
    ends: Counter[str] = field(default_factory=Counter)
    """How many windows ended how, by the provider's word."""

    situations: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many in which situation, by how they ended."""

    certain: int = 0
    """Windows with but one end that is right."""

    messages: int = 0
    """How often a window's message reached the provider."""

    broken: list[str] = field(default_factory=list)
    """What must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a person at home could see of windows, by their end (UTC s)."""

    labels: dict[int, set[str]]
    missing: set[int]
    tasks: list[int]
    energy: list[float]
    """What the whole house's total showed, one after the other, in kWh."""


def account(
    *,
    since: int,
    until: int,
    length: int,
    rows: Sequence[dict[str, Any]],
    seen: Seen,
    outbox: dict[str, Any],
    requests: Iterable[HttpMessage],
    truth: Truth,
) -> Account:
    """Compare the two sides with each other and with what must be.

    Args:
        since: start of the first whole window, UTC seconds.
        until: end of the last.
        length: of a window.
        rows: what the provider lists.
        seen: what showed at home.
        outbox: what is stored at home.
        requests: what came to the provider.
        truth: knows what each window may end as.
    """
    starts = range(since, until, length)
    found = Account(windows=len(starts))
    by_start: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_start[int(datetime.fromisoformat(row["start"]).timestamp())].append(row)
    for start in starts:
        ends = by_start[start]
        if len(ends) != 1:
            found.broken.append(f"window {_at(start)} has {len(ends)} ends")
            continue
        window, verdict = range(start, start + length), truth.verdict(start, length)
        _account_one(found, window, ends[0], seen, verdict)
    _compare_counts(found, rows, outbox)
    found.broken += judge_energy(seen.energy, *truth.energy())
    sent: defaultdict[int, Counter[bytes]] = defaultdict(Counter)
    for request in requests:
        if claim := request.claim:
            sent[claim.window.start][claim.data] += 1
    found.messages = sum(counts.total() for counts in sent.values())
    found.broken += [
        f"window {_at(start)} was garbled {len(counts)} times"
        for start, counts in sorted(sent.items())
        if len(counts) > 1
    ]
    return found


def _account_one(
    found: Account, window: range, row: dict[str, Any], seen: Seen, verdict: Verdict
) -> None:
    start, end = window.start, window.stop
    state = row["state"]
    found.ends[state] += 1
    found.situations[verdict.why, state] += 1
    found.certain += verdict.is_certain
    shown = seen.labels.get(end, set())
    if state == BUCKET:
        right = row["outcome"] in verdict.buckets
        at_home = shown == {row["label"]} and end not in seen.missing
    else:
        right = state == MISSING and verdict.may_be_missing
        at_home = end in seen.missing and not shown
    if not right:
        found.broken.append(
            f"window {_at(start)} ({verdict.why}) ended as {state} {row['outcome']},"
            f" permitted are {sorted(verdict.buckets)}"
            f"{' and missing' if verdict.may_be_missing else ''}"
        )
    if not at_home:
        found.broken.append(
            f"window {_at(start)} is {state} {row['label']} at the provider, at home"
            f" {sorted(shown)}{' and missing' if end in seen.missing else ''}"
        )


def _compare_counts(
    found: Account, rows: Sequence[dict[str, Any]], outbox: dict[str, Any]
) -> None:
    """Compare how often each end occurs: the home counts each window once."""
    theirs = Counter(row["state"] for row in rows)
    ours = Counter(outbox["endings"])
    ours[BUCKET] = ours.pop("reported", 0)
    if +ours != +theirs:
        found.broken.append(
            f"ends at home {dict(ours)}, at the provider {dict(theirs)}"
        )
    answers = Counter(str(row["outcome"]) for row in rows if row["state"] == BUCKET)
    if +answers != +Counter(outbox["answers"]):
        found.broken.append(
            f"answers at home {outbox['answers']}, at the provider {dict(answers)}"
        )
    if outbox["entries"]:
        found.broken.append(f"{len(outbox['entries'])} messages still wait at home")


def judge_energy(shown: Sequence[float], least: float, most: float) -> Iterator[str]:
    """Yield what is wrong with what a total showed, by what it must be (kWh)."""
    yield from (
        f"the energy fell from {before} to {after} kWh"
        for before, after in pairwise(shown)
        if after < before
    )
    slack = ENERGY_OFF * most
    if not shown or not least - slack <= shown[-1] <= most + slack:
        yield f"the energy is {shown[-1:]}, not {least:.3f} to {most:.3f} kWh"


def read_seen(path: Path, length: int) -> Seen:
    """Return what the probe wrote down."""
    labels: defaultdict[int, set[str]] = defaultdict(set)
    missing: set[int] = set()
    tasks: list[int] = []
    energy: list[float] = []
    bucket = "unknown"
    for line in path.read_text().splitlines():
        match json.loads(line):
            case {"what": "tasks", "count": int(count)}:
                tasks.append(count)
            case {"what": "0_energy", "state": str(state)} if state not in _UNKNOWN:
                energy.append(float(state))
            case {"what": "bucket", "state": str(state)}:
                bucket = state
            case {"what": "last_report", "state": str(state)}:
                if not _UNKNOWN & {bucket, state}:
                    labels[_seconds(state)].add(bucket)
            case {"attributes": {"event_type": "report_missed"} as of} if (
                of["reason"] == MISSING
            ):
                first, last = _seconds(of["window_start"]), _seconds(of["window_end"])
                missing |= set(range(first + length, last + 1, length))
    return Seen(labels=dict(labels), missing=missing, tasks=tasks, energy=energy)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _at(start: int) -> str:
    return datetime.fromtimestamp(start).astimezone().strftime("%d %H:%M:%S")
