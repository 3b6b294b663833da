"""A file of power over time, as a series: CSV and its like, also compressed."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
import csv
from dataclasses import dataclass
import gzip
from itertools import chain, islice
from pathlib import Path
from typing import Final
import zlib

import numpy as np

from .columns import Unreadable, columns_of
from .gridding import Gridded, gridded
from .stamps import Style
from .table import Layout, Table, is_number

type _ReadLine = Callable[[int], bytes]

MOST_BYTES: Final = 8 << 30
LONGEST_LINE: Final = 1 << 16
_CHUNK: Final = 100_000
_GZIP: Final = b"\x1f\x8b"
_NO_HOUSE: Final = 30.0
"""W; the highest power of a house is above it, unless it is kW."""
_SEPARATORS: Final = (";", "\t", ",", " ")


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds.

    Attributes:
        grid: the house's power, that of appliances, and what was found odd.
        rows: number of rows, without the header.
        bad_rows: rows that were left out: times or numbers that aren't any.
        style: how times are written.
        utc: whether times are UTC because no zone was told.
        power: name of the column, or the entity.
    """

    grid: Gridded
    rows: int
    bad_rows: int
    style: Style
    utc: bool
    power: str


def read(
    path: Path, layout: Layout, progress: Callable[[int], None] | None = None
) -> Recording:
    """Read a table: with commas, semicolons, tabs or blanks, also .gz.

    Without a header it is time and watts.

    Args:
        path: the file.
        layout: what is known of it.
        progress: told the rows read so far.

    Raises:
        Unreadable: it isn't such a file; says why.
        OSError: it can't be opened.
    """
    if path.is_dir():
        raise Unreadable(f"{path} is a folder: give one file.")
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        with nullcontext(file) if not packed else gzip.open(file) as stream:
            try:
                return _read(stream.readline, layout, progress)
            except UnicodeDecodeError as err:
                raise Unreadable(f"{path.name} is no text file.") from err
            except (EOFError, gzip.BadGzipFile, zlib.error) as err:
                raise Unreadable(f"{path.name} is damaged: {err}.") from err
            except csv.Error as err:
                raise Unreadable(f"{path.name} is no table: {err}.") from err


def _read(
    readline: _ReadLine, layout: Layout, progress: Callable[[int], None] | None
) -> Recording:
    lines = _lines(readline)
    first = next((line for line in lines if line.strip()), "")
    separator = next((each for each in _SEPARATORS if each in first.strip()), ",")
    head = next(csv.reader([first.strip()], delimiter=separator), [])
    named = not is_number(head[-1] if head else "")
    columns = columns_of(
        head if named else None,
        len(head),
        time=layout.time,
        power=layout.power,
        unit=layout.unit,
    )
    rows = csv.reader(
        lines if named else chain([first], lines),
        delimiter=separator,
        skipinitialspace=separator == " ",
    )
    table = Table(columns, layout, decimal="," if separator == ";" else ".")
    while chunk := list(islice(rows, _CHUNK)):
        table.add(chunk)
        if progress is not None:
            progress(table.rows)
    samples = table.samples()
    highest = float(np.nanmax(samples.watts))
    if layout.unit is None and columns.factor == 1 and highest < _NO_HOUSE:
        raise Unreadable(
            f"Nothing is above {highest:g} W, as no house is: if these are kilowatts, "
            "say --unit kW."
        )
    return Recording(
        gridded(samples, keep_zeros=layout.keep_zeros),
        table.rows,
        table.bad_rows,
        table.style,
        table.utc,
        table.entity or (head[columns.power].strip() if named else "second column"),
    )


def _lines(readline: _ReadLine) -> Iterator[str]:
    """Return a file's lines; refuse what isn't made of lines."""
    total = 0
    encoding = "utf-8-sig"
    while line := readline(LONGEST_LINE + 1):
        total += len(line)
        if len(line) > LONGEST_LINE or b"\0" in line:
            raise Unreadable("It isn't a table: a line is too long, or not text.")
        if total > MOST_BYTES:
            raise Unreadable(f"There is more than {MOST_BYTES >> 30} GB in it.")
        yield line.decode(encoding)
        encoding = "utf-8"
