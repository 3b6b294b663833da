"""The pictures of the talk: an hour, a day and a month, with what was inferred."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap
from matplotlib.patches import Patch
import numpy as np
from numpy.typing import NDArray

from .appliances import Event
from .drawing import ACCENT, ASLEEP, AWAY, BUCKET, GREY, READING, drawn, keep
from .findings import Findings, Span
from .series import DAY, Series
from .views import View

HOUR: Final = 3600
DAYS_OF_A_MONTH: Final = 31


def draw_hour(folder: Path, readings: Findings, buckets: View, start: int) -> None:
    """Draw an hour of readings and of buckets; the hour begins at `start`."""
    with drawn(7.2, 3.6) as figure:
        above, below = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]}
        )
        end = start + HOUR
        _curve(above, readings.view.series.between(start, end), start, 60)
        _named(above, readings.events, start, end, 60)
        above.set_title(f"One hour of readings, {_date(start)} at {_clock(start)}")
        above.set_ylabel("power (W)")
        _steps(below, buckets, start, end, 60)
        below.set_title(f"What the provider sees of it: {_window(buckets)}")
        below.set_xlabel("minutes")
        below.set_xlim(0, 60)
        keep(figure, folder, "hour")


def draw_day(
    folder: Path, readings: Findings, buckets: Findings, midnight: int
) -> None:
    """Draw a day: what readings show, and below what its buckets do."""
    with drawn(7.2, 4.9) as figure:
        above, below = figure.subplots(2, 1, sharex=True)
        end = midnight + DAY
        _curve(above, readings.view.series.between(midnight, end), midnight, HOUR)
        _states(above, readings, midnight, end)
        _named(above, readings.events, midnight, end, HOUR)
        above.set_title(f"Inferred from readings, {_date(midnight)}")
        above.set_ylabel("power (W)")
        _states(below, buckets, midnight, end)
        _steps(below, buckets.view, midnight, end, HOUR)
        below.set_title(f"Inferred from {_window(buckets.view)}")
        below.set_xlabel("hour of the day")
        below.set_xlim(0, 24)
        below.set_xticks(range(0, 25, 3))
        figure.legend(
            handles=[
                Patch(facecolor=AWAY, alpha=0.35, hatch="///", label="away"),
                Patch(facecolor=ASLEEP, alpha=0.25, hatch="...", label="asleep"),
            ],
            loc="outside lower right",
            ncols=2,
            frameon=False,
        )
        keep(figure, folder, "day")


def draw_month(folder: Path, readings: Series, buckets: View, first: int) -> None:
    """Draw 31 days from a midnight on: hourly means, and buckets."""
    assigned = buckets.buckets
    if assigned is None:
        raise ValueError("a month is drawn beside its buckets")
    days = readings.between(first, first + DAYS_OF_A_MONTH * DAY).coarser(HOUR).days()
    told = Series(
        buckets.series.start,
        buckets.series.step,
        np.where(assigned < 0, np.nan, assigned.astype(np.float64)),
    )
    told_days = told.between(first, first + DAYS_OF_A_MONTH * DAY).days()
    with drawn(7.2, 5.2) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        colours = mpl.colormaps["cividis"]
        top = float(np.nanquantile(days, 0.99)) / 1000 if np.isfinite(days).any() else 1
        shown = _calendar(left, days / 1000, first, colours, vmax=top)
        figure.colorbar(
            shown, ax=left, label="hourly mean (kW)", location="bottom", extend="max"
        )
        left.set_title("What readings show")
        left.set_ylabel("day")
        count = len(buckets.bounds) + 1
        norm = BoundaryNorm(np.arange(-0.5, count), colours.N)
        shown = _calendar(right, told_days, first, colours, norm=norm)
        bar = figure.colorbar(
            shown,
            ax=right,
            label="bucket (W)",
            location="bottom",
            ticks=range(count),
        )
        bar.ax.set_xticklabels(_ranges(buckets.bounds), fontsize=7)
        right.set_title(f"What buckets of {buckets.series.step // 60} min show")
        keep(figure, folder, "month")


def eventful_day(findings: Findings) -> int:
    """Return the midnight of the day with most to tell, out of those well measured."""
    series = findings.view.series.whole_days()
    covered = np.isfinite(series.days()).mean(axis=1)
    kinds: list[set[str]] = [set() for _ in covered]
    for event in findings.events:
        kinds[(event.start - series.start) // DAY].add(event.kind)
    score = np.array([float(len(each)) for each in kinds])
    for span in findings.away:
        place = (span.start - series.start) // DAY
        if HOUR <= span.end - span.start < DAY // 2 and span.start % DAY > DAY // 4:
            score[place] += 1
    score[covered < 0.95 * covered.max()] = -1
    return series.start + DAY * int(score.argmax())


def eventful_hour(findings: Findings, midnight: int) -> int:
    """Return when the hour of a day begins in which most was told."""

    def score(start: int) -> tuple[int, int]:
        inside = [
            event.kind
            for event in findings.events
            if start <= event.start and event.start < start + HOUR - 300
        ]
        return len(set(inside)), len(inside)

    starts = range(midnight, midnight + DAY - HOUR + 1, HOUR // 4)
    return max(starts, key=score)


def known_month(series: Series) -> int:
    """Return the midnight from which 31 days are known best."""
    whole = series.whole_days()
    known = np.isfinite(whole.days()).sum(axis=1)
    length = min(DAYS_OF_A_MONTH, len(known))
    sums = np.convolve(known, np.ones(length), mode="valid")
    return whole.start + DAY * int(sums.argmax())


def _curve(axes: Axes, part: Series, start: int, unit: int) -> None:
    times = (part.times - start) / unit
    axes.step(times, part.watts, where="post", color=READING, linewidth=0.9)
    axes.set_ylim(0, max(float(np.nanmax(part.watts, initial=100)) * 1.3, 100))
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)


def _named(
    axes: Axes, events: Sequence[Event], start: int, end: int, unit: int
) -> None:
    """Write which appliances ran, as many as there is room for; likely ones first."""
    inside = [event for event in events if start <= event.start < end]
    room = (end - start) / unit / 13
    taken: list[tuple[float, str]] = []
    top = axes.get_ylim()[1]
    for event in sorted(inside, key=lambda each: (-each.probability, each.start)):
        begin, until = (event.start - start) / unit, (event.end - start) / unit
        axes.axvspan(begin, until, ymax=0.03, color=ACCENT, linewidth=0)
        if any(
            abs(begin - other) < room * (3 if kind == event.kind else 1)
            for other, kind in taken
        ):
            continue
        taken.append((begin, event.kind))
        axes.text(
            begin,
            top * (0.99 if len(taken) % 2 else 0.9),
            event.kind.replace(" ", "\n"),
            color=ACCENT,
            fontsize=7,
            va="top",
            linespacing=0.9,
        )


def _states(axes: Axes, findings: Findings, start: int, end: int) -> None:
    def shade(spans: Sequence[Span], colour: str, hatch: str, alpha: float) -> None:
        for span in spans:
            first, last = max(span.start, start), min(span.end, end)
            if first < last:
                axes.axvspan(
                    (first - start) / HOUR,
                    (last - start) / HOUR,
                    facecolor=colour,
                    alpha=alpha,
                    hatch=hatch,
                    edgecolor=GREY,
                    linewidth=0,
                )

    shade(findings.away, AWAY, "///", 0.35)
    shade(findings.asleep, ASLEEP, "...", 0.25)


def _steps(axes: Axes, view: View, start: int, end: int, unit: int) -> None:
    """Draw what a bucket says: from its lower to its upper bound, the last one open."""
    if view.buckets is None:
        raise ValueError("these are no buckets")
    step = view.series.step
    edges = [0.0, *view.bounds]
    edges.append(edges[-1] + max(edges[-1] - edges[-2], 1.0) if view.bounds else 1.0)
    for time, bucket in zip(view.series.times, view.buckets, strict=True):
        if bucket < 0 or time + step <= start or time >= end:
            continue
        low, high = edges[bucket], edges[bucket + 1]
        axes.bar(
            (time - start) / unit,
            high - low,
            step / unit,
            low,
            align="edge",
            facecolor=BUCKET,
            edgecolor=READING,
            linewidth=0.4,
        )
    axes.set_yticks(edges, [*(f"{edge:g}" for edge in edges[:-1]), "no limit"])
    axes.set_ylim(0, edges[-1])
    axes.set_ylabel("bucket (W)")
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)


def _calendar(
    axes: Axes, days: NDArray[np.float64], first: int, colours: Colormap, **how: object
) -> mpl.cm.ScalarMappable:
    axes.set_facecolor("#e8e8e8")
    axes.patch.set_hatch("xxxx")
    axes.patch.set_edgecolor("#bbbbbb")
    shown = axes.imshow(
        days,
        aspect="auto",
        cmap=colours,
        interpolation="nearest",
        extent=(0, 24, len(days) - 0.5, -0.5),
        **how,  # type: ignore[arg-type]
    )
    axes.set_xticks(range(0, 25, 6))
    axes.set_xlabel("hour of the day (hatched: not measured)")
    marks = range(0, len(days), 7)
    axes.set_yticks(list(marks), [_date(first + mark * DAY) for mark in marks])
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    return shown


def _ranges(bounds: Sequence[float]) -> list[str]:
    edges = [f"{bound:g}" for bound in bounds]
    return [f"≤ {edges[0]}", *(f"≤ {edge}" for edge in edges[1:]), f"> {edges[-1]}"]


def _window(view: View) -> str:
    return f"{len(view.bounds) + 1} buckets each {view.series.step // 60} min"


def _date(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%a %-d %b %Y}"


def _clock(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%H:%M}"
