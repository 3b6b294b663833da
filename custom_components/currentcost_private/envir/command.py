"""The command `currentcost-meter`: simulate a meter, replay one, decode a stream."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from io import BufferedReader
from pathlib import Path
from random import Random, randrange
from typing import Annotated, Final

import typer

from .corruption import damaged
from .line import SerialLine
from .listing import Listing
from .load import MOST_PLUGS
from .models import CLASSIC, MODELS
from .options import bridge_at, fail, read_csv, unplug_times
from .serving import (
    Port,
    Serve,
    recorder,
    run_until_signalled,
    serve_events,
    serve_lines,
    serve_plugged,
)
from .simulator import DAYS, Display

BAUDRATE: Final = 57600
CADENCE: Final = 6.0

Link = Annotated[
    Path | None,
    typer.Option(help="Make a symbolic link to the port; an older link is replaced."),
]
Listen = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Serve TCP clients too, for socket://HOST:PORT; port 0 takes a free one.",
    ),
]
app = typer.Typer(
    add_completion=False,
    help="CurrentCost meters: simulate one, replay one, decode what one has sent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command."""
    app()


@app.command()
def simulate(
    *,
    link: Link = None,
    listen: Listen = None,
    interval: Annotated[
        float,
        typer.Option(
            min=0.01,
            help="Seconds between two lines. The simulated time goes faster or slower "
            "with it: 6 seconds pass from one line to the next.",
        ),
    ] = CADENCE,
    model: Annotated[
        str,
        typer.Option(metavar="NAME", help=f"The display: {', '.join(MODELS)}."),
    ] = "envir",
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed and --clock give the same household again."),
    ] = None,
    clock: Annotated[
        datetime | None,
        typer.Option(
            formats=["%H:%M"],
            metavar="HH:MM",
            help="What the display's clock shows at the start. Default: local time.",
        ),
    ] = None,
    sensors: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_PLUGS,
            help="Appliances on plugs: fridge, kettle, washing machine, cooker, ...",
        ),
    ] = 0,
    channels: Annotated[
        int, typer.Option(min=1, max=3, help="Clamps of the whole house.")
    ] = 1,
    impulses: Annotated[
        bool, typer.Option("--impulses", help="Have an OptiSmart, as sensor 9.")
    ] = False,
    fahrenheit: Annotated[
        bool, typer.Option("--fahrenheit", help="Send the temperature in Fahrenheit.")
    ] = False,
    uid: Annotated[
        bool,
        typer.Option("--uid", help="Send a uid with a control byte in it, as some do."),
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Take the household's power from a table (CSV, also .gz): a time, the "
            "house's watts, and those of plugs.",
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            min=0,
            max=9999,
            help="The display's age, and how far its memory goes back. With --csv the "
            "table begins so many days ago.",
        ),
    ] = DAYS,
    history: Annotated[
        bool,
        typer.Option(
            "--history", help="Send the memory after every odd hour, as displays do."
        ),
    ] = False,
    dump: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Send the whole memory at once after so many seconds of the display.",
        ),
    ] = None,
    damage: Annotated[
        float,
        typer.Option(
            min=0, max=0.5, metavar="SHARE", help="The share of bytes to damage."
        ),
    ] = 0,
    unplug: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AFTER:FOR",
            help="Unplug the cable so many seconds after the start, for so many "
            "seconds; may be given several times.",
        ),
    ] = None,
    record: Annotated[
        typer.FileTextWrite | None,
        typer.Option(
            mode="a", help="Append what was sent, one JSON line each with the UTC time."
        ),
    ] = None,
) -> None:
    """Simulate a meter in a household, on a port whose address is printed.

    A client has to set the meter's rate (57600 baud for all but a Classic), or it gets
    garbage.
    """
    kind = MODELS.get(model)
    if kind is None:
        fail(f"There is no model {model}; choose one of {', '.join(MODELS)}.")
    if kind.source == CLASSIC.source and (sensors or impulses or fahrenheit or uid):
        fail("A Classic has neither plugs, OptiSmart, Fahrenheit nor uid: choose.")
    if impulses and sensors == MOST_PLUGS:
        fail("The OptiSmart is sensor 9: leave that out of the plugs.")
    load = None if csv is None else read_csv(csv)
    start = clock or datetime.now().astimezone().replace(tzinfo=None)
    if load is not None:
        # The table's own time of the day, unless another one is wanted.
        begin = load.start + timedelta(days=days + 2)
        start = begin if clock is None else datetime.combine(begin, clock.time())
    seed = randrange(2**32) if seed is None else seed  # noqa: S311  # repeatable
    display = Display(
        seed=seed,
        start=start,
        model=kind,
        sensors=sensors,
        channels=channels,
        impulses=impulses,
        fahrenheit=fahrenheit,
        uid=uid,
        history=history,
        dump_after=None if dump is None else timedelta(seconds=dump),
        days=days,
        load=load,
    )
    damaging = Random(seed)  # noqa: S311  # repeatable
    _serve(
        partial(
            serve_events,
            events=display.events(),
            speed=CADENCE / interval,
            damage=lambda line: damaged(line, damaging, rate=damage),
            sent=recorder(record),
        ),
        baudrate=kind.baudrate,
        link=link,
        listen=listen,
        unplugs=[unplug_times(item) for item in unplug or ()],
    )


@app.command()
def replay(
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(help="A captured stream; - = input.")
    ],
    *,
    link: Link = None,
    listen: Listen = None,
    interval: Annotated[
        float, typer.Option(min=0.01, help="Seconds between two lines.")
    ] = CADENCE,
    baudrate: Annotated[
        int, typer.Option(help="The meter's rate: 9600 for a Classic.")
    ] = BAUDRATE,
) -> None:
    """Send a captured stream, byte for byte, once a client has opened the port.

    Ends when the client has left after the last line.
    """
    _serve(
        partial(serve_lines, lines=file, interval=interval),
        baudrate=baudrate,
        link=link,
        listen=listen,
    )


@app.command()
def decode(
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(help="A captured stream; - = input.")
    ],
) -> None:
    """List what a stream says: one JSON line for each message and damaged stretch.

    A last line on standard error accounts for every byte.
    """
    listing = Listing()
    for line in listing.lines(_chunks(file)):
        typer.echo(line)
    typer.echo(listing.summary(), err=True)


def _chunks(file: BufferedReader) -> Iterator[bytes]:
    """Yield a file's bytes as they come."""
    while chunk := file.read1():
        yield chunk


def _serve(
    serve: Serve,
    *,
    baudrate: int,
    link: Path | None,
    listen: str | None,
    unplugs: Sequence[tuple[float, float]] = (),
) -> None:
    """Open the ports, print their addresses and serve them until a signal comes."""
    bridge = None if listen is None else bridge_at(listen)

    def plug_in() -> list[Port]:
        line = SerialLine(baudrate=baudrate, link=link)
        return [line] if bridge is None else [line, bridge]

    try:
        run_until_signalled(
            serve_plugged(serve, plug_in, told=typer.echo, unplugs=unplugs)
        )
    except (OSError, ValueError) as err:
        fail(f"The meter's port can't be made: {err}.")
