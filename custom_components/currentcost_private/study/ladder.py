"""The views that attacks are compared on, from readings to buckets of an hour."""

from collections.abc import Sequence
from dataclasses import replace

from .bounds import even_bounds
from .series import Series
from .views import View, bucket_view, coarse_view, raw_view

FIXED = {3: (1000.0, 2000.0, 4000.0), 5: (500.0, 1000.0, 2000.0, 3000.0, 5000.0)}

type Given = Sequence[tuple[int, tuple[float, ...]]]
"""Windows (s) and thresholds (W) of plans that somebody has."""


def ladder(series: Series, given: Given = ()) -> list[View]:
    """Return the views from the finest to the coarsest, those of given plans last."""
    views = [raw_view(series)]
    views += [
        coarse_view(series, step) for step in (60, 900, 3600) if step > series.step
    ]
    for window in (900, 3600):
        for count, fixed in FIXED.items():
            for kind, bounds in (
                ("fixed", fixed),
                ("own", even_bounds(series.coarser(window).watts, count + 1)),
            ):
                view = bucket_view(series, window, bounds)
                views.append(replace(view, name=f"{view.name}, {count} {kind}"))
    for window, bounds in given:
        view = bucket_view(series, window, bounds)
        views.append(replace(view, name=f"{view.name}, given"))
    return views
