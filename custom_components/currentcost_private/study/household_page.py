"""The page that Home Assistant makes of a home's own past, made of a file."""

from collections.abc import Sequence
from importlib.resources import files
import json

from .bounds import NARROWEST
from .disclosure import upper_bound
from .figures import DAYS_OF_A_MONTH, known_month
from .own_home import HOUR, Asked, Taken, study_home
from .page import Report, page
from .series import DAY, Series
from .words import Words

_PROVIDER = "your provider"
_GIVEN = (
    "A bucket is one answer: the range that your power lies in, once every {window}. "
    "The ranges that were told end at {bounds}."
)


def household_page(
    series: Series,
    window: int,
    bounds: Sequence[float],
    *,
    source: str,
    given: bool,
) -> str:
    """Return HTML in English: what the best known month shows, and its buckets.

    Args:
        series: what was measured.
        window: of the plan (s).
        bounds: its thresholds (W).
        source: what it was measured by.
        given: whether these thresholds were told, or taken from the series.

    Raises:
        ValueError: too few days are known.
    """
    first = known_month(series)
    month = series.between(first, first + DAYS_OF_A_MONTH * DAY)
    edges = [f"{bound:g} W" for bound in bounds]
    labels = (*(f"up to {edge}" for edge in edges), f"above {edges[-1]}")
    asked = Asked(window, Taken.MEAN, len(labels), NARROWEST)
    report = Report(
        provider=_PROVIDER,
        question=f"mean power of each {window // 60} min: {', '.join(labels)}.",
        source=source,
        made=month.start + len(month) * month.step,
        bits_at_most=upper_bound(len(labels), window),
    )
    texts = json.loads(files(__package__).joinpath("english.json").read_text())
    if given:
        texts["limits_assumed"] = _GIVEN
    home = study_home(
        month, month.coarser(HOUR), asked, bounds=tuple(map(float, bounds))
    )
    return page(home, report, Words(texts), language="en")
