"""The seeds that pin the provider's input, a new one each day.

Once a day each side replaces a seed by its hash and forgets the one before, so that
whoever steals it opens no earlier day. The seed of a day leads to those of later ones,
which is why the two sides need not do it at the same moment.
"""

from typing import Final

from .errors import PlanError
from .hashing import Use, digest

MOST_DAYS: Final = 3660
"""Of a period."""


def advance(seeds: list[bytes], *, since: int, day: int) -> list[bytes]:
    """Return the seeds of a day from those of the same day or an earlier one.

    Raises:
        PlanError: the seeds are of a later day: those of an earlier one are forgotten;
            or a day that is in no period.
    """
    if day < since:
        raise PlanError("the seeds of that day are forgotten")
    if day > MOST_DAYS:
        raise PlanError("a day beyond any period")
    for _ in range(day - since):
        seeds = [digest(Use.SEED, seed) for seed in seeds]
    return seeds
