"""The command `currentcost-meter`: simulate a meter, replay one, decode a stream."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from random import randrange
from typing import Annotated, Final, NoReturn

import typer

from .bridge import SerialBridge
from .line import SerialLine
from .listing import Listing
from .serving import (
    Outlet,
    recorder,
    run_until_signalled,
    serve_lines,
    serve_readings,
)
from .simulator import simulate as simulate_readings

BAUDRATE: Final = 57600
CLASSIC_BAUDRATE: Final = 9600
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
type Serve = Callable[[Sequence[Outlet]], Coroutine[None, None, None]]

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
    appliances: Annotated[
        bool,
        typer.Option(
            "--appliances", help="Have a fridge, kettle and washing machine on plugs."
        ),
    ] = False,
    classic: Annotated[
        bool,
        typer.Option("--classic", help="Be a Classic, at 9600 baud, not an EnviR."),
    ] = False,
    record: Annotated[
        typer.FileTextWrite | None,
        typer.Option(
            mode="a", help="Append what was sent, one JSON line each with the UTC time."
        ),
    ] = None,
) -> None:
    """Simulate a meter in a household, on a port whose address is printed.

    A client has to set the meter's rate (57600 baud), or it gets garbage.
    """
    if classic and appliances:
        _fail("A Classic has no appliance sensors: leave out one of the two options.")
    readings = simulate_readings(
        seed=randrange(2**32) if seed is None else seed,  # noqa: S311  # repeatable
        start=clock or datetime.now().astimezone().replace(tzinfo=None),
        classic=classic,
        appliances=appliances,
    )
    _serve(
        partial(
            serve_readings,
            readings=readings,
            speed=CADENCE / interval,
            sent=recorder(record),
        ),
        baudrate=CLASSIC_BAUDRATE if classic else BAUDRATE,
        link=link,
        listen=listen,
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
    serve: Serve, *, baudrate: int, link: Path | None, listen: str | None
) -> None:
    """Open the ports, print their addresses and serve them until a signal comes."""
    bridge = None if listen is None else _bridge(listen)

    async def run() -> None:
        async with AsyncExitStack() as stack:
            outlets: list[Outlet] = [
                await stack.enter_async_context(
                    SerialLine(baudrate=baudrate, link=link)
                )
            ]
            if bridge is not None:
                outlets.append(await stack.enter_async_context(bridge))
            for outlet in outlets:
                typer.echo(outlet.address)
            await serve(outlets)

    try:
        run_until_signalled(run())
    except (OSError, ValueError) as err:
        _fail(f"The meter's port can't be made: {err}.")


def _bridge(listen: str) -> SerialBridge:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        _fail(f"{listen} isn't HOST:PORT, such as 127.0.0.1:4000.")
    return SerialBridge(host=host.strip("[]"), port=int(port))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
