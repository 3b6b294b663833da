"""The command `currentcost-study`: what a household's power gives away."""

from importlib.util import find_spec
import os
from pathlib import Path
import sys
import time
from typing import Annotated, Any, Final, NoReturn, override
from zoneinfo import ZoneInfo

import numpy as np
import typer
from typer.core import TyperGroup

from .advising import AS_GOOD, Purpose, Question, advise as weigh, in_words
from .columns import Unreadable
from .evaluation import Household
from .series import DAY, Series
from .sources import Source, recorded_source, simulated_source
from .table import Layout

_MINUTE: Final = 60
_EXTRA: Final = ("matplotlib", "sklearn")


class _StudyUnlessNamed(TyperGroup):
    """A group in which a file is enough: `study` need not be written."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["study", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    add_completion=False,
    cls=_StudyUnlessNamed,
    help="What a household's power gives away, and what the buckets of a plan do.\n\n"
    "currentcost-study FILE.csv --out DIR is short for currentcost-study study ...",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

File = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        help="Power over time, every second to every minute: CSV with time and watts, "
        "also .gz; REFIT, UK-DALE and Home Assistant's own history as they come.",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", help="Folder for the results; made if need be.")
]
Simulated = Annotated[
    bool,
    typer.Option("--simulated", help="Study simulated homes, whose truth is known."),
]
Homes = Annotated[
    int, typer.Option(min=1, max=1000, help="How many homes to simulate.")
]
Days = Annotated[
    int | None,
    typer.Option(
        min=3, max=3660, help="Days to simulate (60), or to take of the file (all)."
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, help="The same seed gives the same bytes of tables again."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes for the attacks. Default: one a processor."),
]
Time = Annotated[str | None, typer.Option("--time", help="The time's column.")]
Power = Annotated[
    str | None,
    typer.Option(
        help="The power's column, or the entity of a history of Home Assistant."
    ),
]
Unit = Annotated[str | None, typer.Option(help="W or kW; by the column's name.")]
Zone = Annotated[
    str | None,
    typer.Option(help="The home's time zone, such as Europe/Rome, if times are UTC."),
]
KeepZeros = Annotated[
    bool, typer.Option("--keep-zeros", help="0 W is a reading, not a missing one.")
]


def main() -> None:
    """Run the command."""
    if missing := [each for each in _EXTRA if find_spec(each) is None]:
        fail(
            f"{' and '.join(missing)} isn't installed: pip install "
            "'currentcost-private[study]'"
        )
    app()


@app.command()
def study(
    *,
    file: File = None,
    out: Out,
    simulated: Simulated = False,
    homes: Homes = 5,
    days: Days = None,
    seed: Seed = 0,
    workers: Workers = None,
    window: Annotated[
        list[int] | None,
        typer.Option(
            metavar="MINUTES",
            help="Window of your plan; may be given several times. Default: 15 and 60.",
        ),
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(
            metavar="W",
            help="Threshold of your plan, ascending; once for each. Default: three that "
            "part the household's own windows evenly.",
        ),
    ] = None,
    attacks: Annotated[
        bool, typer.Option(help="Run the attacks that need a truth; they take longest.")
    ] = True,
    time_column: Time = None,
    power: Power = None,
    unit: Unit = None,
    zone: Zone = None,
    keep_zeros: KeepZeros = False,
) -> None:
    """Write figures, tables and study.json of a household, or of simulated ones."""
    began = time.monotonic()
    windows = [each * _MINUTE for each in window or (15, 60)]
    bounds = list(threshold or ())
    if any(not 0 < each <= DAY or DAY % each for each in windows):
        fail("A window is a number of minutes that a day is a multiple of.")
    if bounds != sorted(set(bounds)) or (bounds and bounds[0] <= 0):
        fail("Thresholds are positive, ascending and no two alike.")
    layout = _layout(time_column, power, unit, zone, keep_zeros=keep_zeros)
    source = _source(file, layout, homes if simulated else None, days)
    if any(each % source.households[0].series.step for each in windows):
        fail("A window is a multiple of the time between two readings.")
    from .output import write_study  # noqa: PLC0415  # needs the extra

    try:
        write_study(
            out,
            source,
            windows=windows,
            bounds=bounds,
            seed=seed,
            workers=(workers or os.process_cpu_count() or 1) if attacks else 0,
            told=_say,
        )
    except OSError as err:
        fail(f"Results can't be written: {err}.")
    _say(f"Done in {time.monotonic() - began:.0f} s: {out}")


@app.command()
def advise(
    *,
    file: File = None,
    out: Out,
    purpose: Annotated[
        Purpose,
        typer.Option(
            help="capacity: was the mean of each --unit above --limit? response: did "
            "the called --hours stay below --limit?"
        ),
    ] = Purpose.CAPACITY,
    limit: Annotated[
        float,
        typer.Option(min=1, metavar="W", help="The contracted power, or the baseline."),
    ],
    unit_minutes: Annotated[
        int, typer.Option("--unit-minutes", help="capacity: 15, 60 or 1440.")
    ] = 60,
    hours: Annotated[
        str, typer.Option(metavar="FROM-TO", help="response: the called hours.")
    ] = "17-19",
    within: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="How much worse than the best answer (MCC) a plan may do that gives "
            "away less.",
        ),
    ] = AS_GOOD,
    simulated: Simulated = False,
    homes: Homes = 5,
    days: Days = None,
    time_column: Time = None,
    power: Power = None,
    unit: Unit = None,
    zone: Zone = None,
    keep_zeros: KeepZeros = False,
) -> None:
    """Find the plan that answers a provider's question while giving away least."""
    first, _, last = hours.partition("-")
    if not (first.isdigit() and last.isdigit() and 0 <= int(first) < int(last) <= 24):
        fail("--hours are two hours of the day, such as 17-19.")
    if unit_minutes not in {15, 60, 1440}:
        fail("--unit-minutes is 15, 60 or 1440.")
    question = Question(purpose, limit, unit_minutes * _MINUTE, (int(first), int(last)))
    layout = _layout(time_column, power, unit, zone, keep_zeros=keep_zeros)
    source = _source(file, layout, homes if simulated else None, days)
    pairs = [(_minutes(home.series), _occupied(home)) for home in source.households]
    try:
        advice = weigh(pairs, question, within=within, told=_counted)
    except ValueError as err:
        fail(f"There is no advice: {err}.")
    from .output import write_advising  # noqa: PLC0415  # needs the extra

    try:
        write_advising(out, source, question, advice)
    except OSError as err:
        fail(f"Results can't be written: {err}.")
    typer.echo(in_words(advice, question))
    typer.echo(f"\ncurrentcost-provider plan create ID {advice.best.candidate.order()}")


def _minutes(series: Series) -> Series:
    """Return at least minutes: finer power changes no window, but takes longer."""
    return series if series.step >= _MINUTE else series.coarser(_MINUTE)


def _occupied(home: Household) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    marks = home.truth.get("occupied")
    if marks is None or home.series.step >= _MINUTE:
        return marks
    return marks[:: _MINUTE // home.series.step]


def _layout(
    time_column: str | None,
    power: str | None,
    unit: str | None,
    zone: str | None,
    *,
    keep_zeros: bool,
) -> Layout:
    try:
        place = None if zone is None else ZoneInfo(zone)
    except OSError, LookupError, ValueError:
        fail(f"There is no time zone {zone}.")
    return Layout(
        time=time_column, power=power, unit=unit, zone=place, keep_zeros=keep_zeros
    )


def _source(
    file: Path | None, layout: Layout, homes: int | None, days: int | None
) -> Source:
    """Return what is studied; end the command where that can't be."""
    if file is None and homes is not None:
        _say(f"Simulating {homes} homes ...")
        return simulated_source(homes, days or 60)
    if file is None or homes is not None:
        fail("Give a file, or --simulated.")
    try:
        return recorded_source(file, layout, days, _say)
    except Unreadable as err:
        fail(str(err))
    except OSError as err:
        fail(f"{file} can't be read: {err.strerror}.")


def _counted(done: int, number: int) -> None:
    if done % 10 == 0:
        _say(f"  {done} of {number} plans")


def _say(text: str) -> None:
    typer.echo(text, err=True)


def fail(text: str) -> NoReturn:
    """End the command with what is wrong."""
    _say(text)
    sys.exit(1)
