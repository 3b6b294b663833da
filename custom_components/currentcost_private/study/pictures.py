"""The study's pictures: shapes as SVG that fills its box, words beside it as HTML.

So words keep their size on a phone and on paper. Colours are classes of the page's.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .appliances import Event
from .findings import Findings, Span
from .markup import Markup, element, join
from .own_home import HOUR, OwnHome, eventful_day
from .series import DAY, Series
from .telling import appliance
from .words import Words

HEIGHT = 200
SHADES = 6
ROW = 10
PIXELS = 13
"""Height of a row on the screen, as the names of days have it."""
MOST_NAMES = 9
CLOSE = 2400


def day_picture(home: OwnHome, words: Words) -> Markup:
    """Return one day: power and buckets, each with what was guessed from it."""
    day = eventful_day(home)
    seen = _between(home.fine, day)
    top = max(float(np.nanmax(seen.watts, initial=0.0)), 1000.0) * 1.1
    events = [
        event
        for event in home.readings.events
        if day <= event.start < day + DAY and event.probability >= 0.5
    ]
    named = _apart(events)
    parts = [
        element("h3", words.text("readings")),
        _guessed(home.readings.away, home.readings.asleep, day, words),
        _plot(
            _line(seen, day, top),
            *(
                element(
                    "span", str(number), class_="mark", style=_left(event.start, day)
                )
                for number, event in enumerate(named, 1)
            ),
            element("span", words.power(top / 1.1), class_="top"),
        ),
    ]
    if (buckets := home.buckets) is not None:
        parts += [
            element("h3", words.text("buckets")),
            _guessed(buckets.away, buckets.asleep, day, words),
            _plot(_steps(buckets, day), class_="low"),
        ]
    parts.append(_hours())
    if named:
        parts.append(
            element(
                "ol",
                *(
                    element(
                        "li",
                        f"{words.clock(event.start)} {appliance(event.kind, words)}",
                    )
                    for event in named
                ),
                class_="marks",
            )
        )
    return join(
        element("h2", words.text("day_title", date=words.date(day))),
        element("p", words.text("day_text")),
        element(
            "ul",
            element("li", element("i", class_="away"), words.text("guess_away")),
            element("li", element("i", class_="asleep"), words.text("guess_asleep")),
            class_="legend",
        ),
        element("div", *parts, class_="figure"),
    )


def month_picture(home: OwnHome, words: Words) -> Markup:
    """Return the days as rows of hours: readings, and buckets."""
    month = home.month.whole_days()
    edges = _edges(month.watts)
    levels = _levels(month.watts, edges)
    maps = [
        element(
            "figure",
            element("figcaption", words.text("readings")),
            _calendar(month, levels.reshape(-1, 24), words),
        )
    ]
    if (told := home.month_told) is not None:
        series = told.series
        whole = series.whole_days()
        hours = np.repeat(_levels(whole.watts, edges), max(series.step // HOUR, 1))
        maps.append(
            element(
                "figure",
                element("figcaption", words.text("buckets")),
                _calendar(whole, hours.reshape(-1, 24), words),
            )
        )
    return join(
        element("h2", words.text("month_title")),
        element("p", words.text("month_text")),
        element("div", *maps, class_="pair"),
        element(
            "ul",
            element(
                "li",
                words.text("little"),
                element(
                    "span",
                    *(element("i", class_=f"s{shade}") for shade in range(SHADES)),
                    class_="scale",
                ),
                words.text("much"),
            ),
            element("li", element("i", class_="none"), words.text("unknown")),
            class_="legend",
        ),
    )


def bars(rows: Sequence[tuple[str, str, float, str]]) -> Markup:
    """Return amounts as bars on one scale: name, amount in words, amount, kind."""
    longest = max((amount for _, _, amount, _ in rows), default=1.0) or 1.0
    return element(
        "div",
        *(
            element(
                "div",
                element("span", name),
                element("b", said),
                _svg(
                    _rect(0, 0, max(100 * amount / longest, 0.3), 10, f"bar {kind}"),
                    width=100,
                    height=10,
                ),
            )
            for name, said, amount, kind in rows
        ),
        class_="bars",
    )


def _apart(events: Sequence[Event]) -> list[Event]:
    """Return the surest events that don't stand too close, by time."""
    chosen: list[Event] = []
    for event in sorted(events, key=lambda event: -event.probability):
        near = (abs(event.start - other.start) < CLOSE for other in chosen)
        if len(chosen) < MOST_NAMES and not any(near):
            chosen.append(event)
    return sorted(chosen, key=lambda event: event.start)


def _between(series: Series, day: int) -> Series:
    return series.between(day, day + DAY)


def _plot(*children: Markup, class_: str = "") -> Markup:
    return element("div", *children, class_=f"plot {class_}".strip())


def _svg(
    *children: Markup, width: int, height: int, style: str | None = None
) -> Markup:
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {width} {height}",
        preserveAspectRatio="none",
        aria_hidden="true",
        style=style,
    )


def _rect(x: float, y: float, width: float, height: float, class_: str) -> Markup:
    return element(
        "rect",
        x=f"{x:g}",
        y=f"{y:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        class_=class_,
    )


def _guessed(
    away: Iterable[Span], asleep: Iterable[Span], day: int, words: Words
) -> Markup:
    """Return a strip of when nobody was at home, and when everybody slept."""
    shapes, said = [], []
    for spans, name in ((away, "away"), (asleep, "asleep")):
        for span in spans:
            start, end = max(span.start, day), min(span.end, day + DAY)
            if start >= end:
                continue
            shapes.append(_rect((start - day) / 60, 0, (end - start) / 60, 10, name))
            said.append(
                f"{words.text(f'guess_{name}')} {words.clock(start)}\u2013{words.clock(end)}"
            )
    return element(
        "div",
        _svg(*shapes, width=1440, height=10),
        class_="strip",
        role="img",
        aria_label="; ".join(said) or words.text("nothing"),
    )


def _line(series: Series, day: int, top: float) -> Markup:
    """Return power as a line with what is under it, a gap where nothing is known."""
    runs: list[list[str]] = [[]]
    xs = (series.times - day + series.step / 2) / 60
    for x, watts in zip(xs, series.watts, strict=True):
        if np.isfinite(watts):
            y = HEIGHT * (1 - max(float(watts), 0.0) / top)
            runs[-1].append(f"{x:.1f},{y:.0f}")
        elif runs[-1]:
            runs.append([])
    shapes = []
    for run in filter(None, runs):
        first, last = (point.partition(",")[0] for point in (run[0], run[-1]))
        area = f"M{first},{HEIGHT}L{' '.join(run)}L{last},{HEIGHT}Z"
        shapes += [
            element("path", d=area, class_="area"),
            element("path", d=f"M{' '.join(run)}", class_="line"),
        ]
    return _svg(*shapes, width=1440, height=HEIGHT)


def _steps(buckets: Findings, day: int) -> Markup:
    """Return buckets as boxes, the higher the more; those in a row in one box."""
    view = buckets.view
    times = view.series.times
    today = (times >= day) & (times < day + DAY)
    told = np.full(0, -1) if view.buckets is None else view.buckets[today]
    height = HEIGHT / (len(view.bounds) + 1)
    ends = np.flatnonzero(np.diff(told, append=-2)) + 1
    shapes = []
    start = 0
    for end in ends.tolist():
        if (bucket := int(told[start])) >= 0:
            x = (int(times[today][start]) - day) / 60
            width = (end - start) * view.series.step / 60
            tall = height * (bucket + 1)
            shapes.append(_rect(x, HEIGHT - tall, width, tall, "told"))
        start = end
    return _svg(*shapes, width=1440, height=HEIGHT)


def _hours() -> Markup:
    return element(
        "div",
        *(
            element("span", f"{hour}:00", style=f"left:{hour / 0.24:.3g}%")
            for hour in range(0, 25, 6)
        ),
        class_="hours",
    )


def _left(time: int, day: int) -> str:
    return f"left:{(time - day) / DAY * 100:.4g}%"


def _edges(watts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return limits of shades: as many hours in each."""
    known = watts[np.isfinite(watts)]
    edges: NDArray[np.float64] = np.quantile(known, np.arange(1, SHADES) / SHADES)
    return edges


def _levels(
    watts: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.int64]:
    known = np.isfinite(watts)
    shades = np.searchsorted(edges, np.where(known, watts, 0.0))
    return np.where(known, shades, -1).astype(np.int64)


def _calendar(series: Series, levels: NDArray[np.int64], words: Words) -> Markup:
    """Return a row of hours for each day, those of one shade in one box."""
    shapes = []
    for row, shades in enumerate(levels.tolist()):
        start = 0
        for hour in range(1, 25):
            if hour < 24 and shades[hour] == shades[start]:
                continue
            name = f"s{shades[start]}" if shades[start] >= 0 else "none"
            shapes.append(_rect(start, row * ROW, hour - start, ROW - 1, name))
            start = hour
    days = [series.start + row * DAY for row in range(len(levels))]
    names = [
        element("span", words.date(day))
        if row == 0 or (day // DAY + 3) % 7 == 0
        else element("span")
        for row, day in enumerate(days)
    ]
    return element(
        "div",
        element("div", *names, class_="days"),
        element(
            "div",
            _svg(
                *shapes,
                width=24,
                height=ROW * len(levels),
                style=f"height:{PIXELS * len(levels)}px",
            ),
            _hours(),
        ),
        class_="calendar",
    )
