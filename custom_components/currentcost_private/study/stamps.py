"""Times in tables: ISO 8601, day first or month first, or UNIX time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .columns import Unreadable

EARLIEST: Final = 946_684_800
LATEST: Final = 4_102_444_800
"""Years 2000 to 2099: what is outside is damaged."""
_BLOCK: Final = 1800
"""Seconds; clocks change at multiples of it."""
_LENGTH: Final = 19
_MINUTES: Final = 16


class Style(StrEnum):
    """How times are written."""

    UNIX = "UNIX time"
    ISO = "ISO 8601"
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


def style_of(samples: Sequence[str]) -> Style:
    """Return how the times of a table are written, from some of them.

    Raises:
        Unreadable: in no way that is known.
    """
    texts = [text.strip() for text in samples if text.strip()]
    if any(len(text) >= 9 and _is_number(text) for text in texts):
        return Style.UNIX
    dates = [text.replace("T", " ").split(" ")[0] for text in texts]
    if any(
        len(date) == 10 and date[4] == date[7] and date[:4].isdigit() for date in dates
    ):
        return Style.ISO
    parts = [date.replace(".", "/").replace("-", "/").split("/") for date in dates]
    parts = [p for p in parts if len(p) == 3 and all(each.isdigit() for each in p)]
    if not parts:
        raise Unreadable(
            f"Times such as {samples[0][:40]!r} aren't understood: write them as "
            "2026-11-24 18:30:00 or as UNIX time, or name another column with --time."
            if samples
            else "There are no rows."
        )
    return Style.MONTH_FIRST if any(int(p[1]) > 12 for p in parts) else Style.DAY_FIRST


def seconds_of(
    texts: Sequence[str], style: Style, zone: ZoneInfo | None
) -> tuple[NDArray[np.float64], bool]:
    """Return local times (s), nan where one isn't understood, and if they were UTC.

    With a zone, UNIX times and times with an offset become that zone's wall clock;
    otherwise the wall clock is the one that is written.
    """
    if style is Style.UNIX:
        times = _numbers(texts)
        middle = np.nanmedian(times) if np.isfinite(times).any() else 0.0
        for _ in range(3):  # ms, us or ns
            if middle > LATEST * 10:
                times, middle = times / 1000, middle / 1000
        offsets = np.zeros(len(times))
    else:
        times, offsets = _written(texts, style)
    with np.errstate(invalid="ignore"):
        times = np.where((times >= EARLIEST) & (times < LATEST), times, np.nan)
    utc = bool(len(offsets)) and bool((offsets == 0).any())
    if zone is not None:
        known = np.isfinite(times) & np.isfinite(offsets)
        times[known] = _local(times[known] - offsets[known], zone)
    return times, utc and zone is None


def _written(
    texts: Sequence[str], style: Style
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return wall-clock times and offsets from UTC (s; nan where none is written)."""
    if style is not Style.ISO:
        texts = [_reordered(text, style) for text in texts]
    if any(text[_MINUTES : _MINUTES + 1] not in {"", ":"} for text in texts):
        return _one_by_one(texts)
    try:
        base = np.array([text[:_LENGTH] for text in texts], dtype="datetime64[s]")
    except ValueError:
        return _one_by_one(texts)
    ends = [_ending(text[_LENGTH:]) for text in texts]
    times = base.astype(np.int64).astype(np.float64)
    times[np.isnat(base)] = np.nan
    fraction, offsets = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return times + fraction, offsets


def _one_by_one(
    texts: Sequence[str],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    times, offsets = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            continue
        offset = moment.utcoffset()
        wall = moment.replace(tzinfo=UTC)
        times[place] = (wall - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        if offset is not None:
            offsets[place] = offset.total_seconds()
    return times, offsets


@lru_cache(maxsize=4096)
def _ending(text: str) -> tuple[float, float]:
    """Return fraction of a second and offset (s) after a time to the second."""
    text = text.strip()
    if not text:
        return 0.0, np.nan
    try:
        moment = datetime.fromisoformat(f"2000-01-01T00:00:00{text.replace(' ', '')}")
    except ValueError:
        return np.nan, np.nan
    offset = moment.utcoffset()
    return (
        moment.microsecond / 1e6,
        np.nan if offset is None else offset.total_seconds(),
    )


def _reordered(text: str, style: Style) -> str:
    """Return day, month and year as ISO 8601 has them."""
    date, _, rest = text.strip().partition(" ")
    parts = date.replace(".", "/").replace("-", "/").split("/")
    if len(parts) != 3:
        return ""
    first, second, year = (part.zfill(2) for part in parts)
    day, month = (first, second) if style is Style.DAY_FIRST else (second, first)
    return f"{year}-{month}-{day} {rest.strip().zfill(5) if rest else '00:00'}"


def _local(utc: NDArray[np.float64], zone: ZoneInfo) -> NDArray[np.float64]:
    blocks, place = np.unique(np.floor(utc / _BLOCK), return_inverse=True)
    offsets = [
        (
            datetime.fromtimestamp(block * _BLOCK, zone).utcoffset() or timedelta()
        ).total_seconds()
        for block in blocks
    ]
    return utc + np.array(offsets, dtype=np.float64)[place]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    try:
        return np.array(texts).astype(np.float64)
    except ValueError:
        return np.array([float(t) if _is_number(t) else np.nan for t in texts])
