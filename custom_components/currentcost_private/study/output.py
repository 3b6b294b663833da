"""What a study leaves behind: figures, tables and how they came about."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
import json
from pathlib import Path
import platform
from typing import Any

from .advising import Advice, Question, in_words
from .bounds import even_bounds
from .charts import draw_advice, draw_attacks, draw_disclosure
from .figures import (
    draw_day,
    draw_hour,
    draw_month,
    eventful_day,
    eventful_hour,
    known_month,
)
from .findings import find
from .household_page import household_page
from .investigation import investigate
from .sources import Source
from .tables import write_advice, write_tables
from .views import bucket_view, raw_view

_LIBRARIES = ("currentcost-private", "numpy", "scikit-learn", "matplotlib")
_THRESHOLDS = 3


def write_study(
    out: Path,
    source: Source,
    *,
    windows: Sequence[int],
    bounds: Sequence[float],
    seed: int,
    workers: int,
    told: Callable[[str], None],
) -> None:
    """Study and write all of it into a folder; see `investigate`.

    Raises:
        OSError: it can't be written.
    """
    figures, tables = out / "figures", out / "tables"
    for folder in (out, figures, tables):
        folder.mkdir(parents=True, exist_ok=True)
    found = investigate(
        source.households,
        windows=windows,
        bounds=bounds,
        seed=seed,
        workers=workers,
        told=told,
    )
    write_tables(tables, found)
    told("Figures ...")
    series = source.households[0].series
    shortest, longest = min(windows), max(windows)

    def limits(window: int) -> Sequence[float]:
        return bounds or even_bounds(series.coarser(window).watts, _THRESHOLDS + 1)

    quick = bucket_view(series, shortest, limits(shortest))
    slow = bucket_view(series, longest, limits(longest))
    readings, buckets = find(raw_view(series)), find(slow)
    midnight = eventful_day(readings)
    hour, month = eventful_hour(readings, midnight), known_month(series)
    draw_hour(figures, readings, quick, hour)
    draw_day(figures, readings, buckets, midnight)
    draw_month(figures, series, slow, month)
    draw_disclosure(figures, found.disclosures)
    if found.rows:
        draw_attacks(figures, found.rows, source.name)
    page = household_page(
        series, longest, limits(longest), source=source.name, given=bool(bounds)
    )
    (out / "report.html").write_text(page)
    facts = {
        "source": dict(source.facts),
        "windows (s)": list(windows),
        "thresholds (W)": {
            str(window): list(map(float, limits(window))) for window in windows
        },
        "seed": seed,
        "figures begin at (s, local time)": {
            "hour": hour,
            "day": midnight,
            "month": month,
        },
        "versions": versions(),
    }
    _write_json(out / "study.json", facts)


def write_advising(
    out: Path, source: Source, question: Question, advice: Advice
) -> None:
    """Write the curve, its table and the recommended plan.

    Raises:
        OSError: it can't be written.
    """
    name = f"advice-{question.purpose.value}"
    for folder in (out, out / "figures", out / "tables"):
        folder.mkdir(parents=True, exist_ok=True)
    write_advice(out / "tables" / f"{name}.csv", advice)
    draw_advice(out / "figures", advice, name)
    (out / f"{name}.txt").write_text(
        f"{in_words(advice, question)}\n\ncurrentcost-provider plan create ID "
        f"{advice.best.candidate.order()}\n"
    )
    facts = {
        "source": dict(source.facts),
        "purpose": question.purpose.value,
        "limit (W)": question.limit,
        "unit (s)": question.unit,
        "hours": list(question.hours),
        "versions": versions(),
    }
    _write_json(out / f"{name}.json", facts)


def versions() -> dict[str, str]:
    """Return the versions of what figures depend on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _write_json(path: Path, facts: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
