"""What the command's options may say, and how it ends when they say something else."""

import gzip
from pathlib import Path
from typing import NoReturn

import typer

from .bridge import SerialBridge
from .load import RecordedLoad


def read_csv(file: Path) -> RecordedLoad:
    """Return the power that a table holds, or fail."""
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8") as lines:
            return RecordedLoad.read(lines)
    except (OSError, EOFError, ValueError) as err:
        fail(f"The table {file} can't be read: {err}")


def unplug_times(item: str) -> tuple[float, float]:
    """Return the seconds of AFTER:FOR, or fail."""
    after, _, duration = item.partition(":")
    try:
        return float(after), float(duration)
    except ValueError:
        fail(f"{item} isn't AFTER:FOR in seconds, such as 60:20.")


def bridge_at(listen: str) -> SerialBridge:
    """Return a bridge for HOST:PORT, or fail."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        fail(f"{listen} isn't HOST:PORT, such as 127.0.0.1:4000.")
    return SerialBridge(host=host.strip("[]"), port=int(port))


def fail(message: str) -> NoReturn:
    """End the command with words for the person."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
