"""A day compressed, with all that goes wrong: `python -m benchmarks.soak`."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Result, UnavailableError


def results(*, quick: bool) -> Sequence[Result]:
    """Return how a day went, for the table of all benchmarks.

    Raises:
        UnavailableError: in the short form, which has no time for a day.
    """
    if quick:
        message = "a day takes 25 minutes: python -m benchmarks.soak"
        raise UnavailableError(message)
    # It takes Home Assistant's server, which listing the benchmarks doesn't need.
    from .day import run_day  # noqa: PLC0415
    from .report import Day  # noqa: PLC0415

    found = run_day(Day(), Path("build/soak"))
    account = found.account
    return [
        Result(name="faults in 24 hours", value=len(found.faults), unit=""),
        Result(name="windows", value=account.windows, unit=""),
        Result(name="of these answered", value=account.ends["bucket"], unit=""),
        Result(name="of these missing", value=account.ends["missing"], unit=""),
        Result(name="not as it must be", value=len(found.broken), unit="", most=0),
        *(
            Result(
                name=f"{one.name}, grown in 12 hours",
                value=one.grown,
                unit="",
                most=one.most,
            )
            for one in found.grown
        ),
    ]
