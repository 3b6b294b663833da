"""Finds numbers in bytes, in the forms in which programs keep and send them.

Every form occurs by chance as well: a process's memory holds many numbers, whatever
its program does. So what is found of the home's readings says something only beside
how much is found of other numbers of the same size. `stands_out` compares the two.

What such a search can show has limits. It sees text, floats and integers in the clear,
not what is enciphered or garbled: that nothing follows from a garbled report is for
the exchange's own tests. And it would not notice one or two readings among hundreds;
it notices a program that keeps what it is told.
"""

from collections.abc import Iterable, Iterator, Set as AbstractSet
from contextlib import closing, suppress
from math import sqrt
from pathlib import Path
import re
import sqlite3
import struct
from typing import Final

LEAST: Final = 1000
LARGEST: Final = 65535
"""Smaller numbers are everywhere, and no home draws more."""

NEIGHBOURHOOD: Final = 50
_PAGE: Final = 4096

type Traces = dict[str, set[int]]
"""The numbers found, by the form in which they were."""

# A whole number of this size has at least 36 zero bits at the low end of a float64.
# In CPython, the object of an integer below 2^30 has the tag 8 and then its value.
FORMS: Final = {
    "decimal": re.compile(rb"(?<![\w.])0{0,2}(\d{4,5})(?:\.0)?(?![\w.])"),
    "float64, low byte first": re.compile(rb"(\0{4}[\s\S]{2}[\x8f-\xef]\x40)"),
    "float64, high byte first": re.compile(rb"(\x40[\x8f-\xef][\s\S]{2}\0{4})"),
    "integer of Python": re.compile(rb"\x08\0{7}([\s\S][\x03-\xff]\0\0)"),
    "integer of the wire": re.compile(rb"(\0{6}[\x03-\xff][\s\S])"),
}
CLEAR_IN_MEMORY: Final = tuple(list(FORMS)[:4])
"""Half of all small numbers are in any memory as plain integers of eight bytes."""

_STRUCT: Final = dict(zip(FORMS, ("", "<d", ">d", "<I", ">Q"), strict=True))


def find_numbers(pieces: Iterable[bytes], forms: Iterable[str] = FORMS) -> Traces:
    """Return the numbers from 1000 to 65535 that are in any piece, by form."""
    found: Traces = {form: set() for form in forms}
    for piece in pieces:
        for form, numbers in found.items():
            values = (_read(form, match) for match in FORMS[form].findall(piece))
            numbers.update(
                int(value)
                for value in values
                if LEAST <= value <= LARGEST and value == int(value)
            )
    return found


def write_number(number: int, form: str) -> bytes:
    """Return a number in one of the forms, between bytes that belong to no number."""
    if form == "decimal":
        return f" {number} ".encode()
    tag = (8).to_bytes(8, "little") if form == "integer of Python" else b""
    return b"\xff" + tag + struct.pack(_STRUCT[form], number) + b"\xff"


def stands_out(found: AbstractSet[int], wanted: AbstractSet[int]) -> bool:
    """Return whether the wanted numbers are found more than chance explains.

    Chance is measured on the numbers around the wanted ones: six standard deviations
    above their rate, and two numbers more.

    Raises:
        ValueError: so many numbers are found that nothing could stand out.
    """
    around = {
        number + offset
        for number in wanted
        for offset in range(-NEIGHBOURHOOD, NEIGHBOURHOOD + 1)
    } - wanted
    rate = len(found & around) / len(around)
    count = len(wanted)
    most = count * rate + 6 * sqrt(count * rate * (1 - rate)) + 2
    if most >= count:
        raise ValueError(f"of {count} numbers {most:.0f} may be found by chance")
    return len(found & wanted) > most


def forms_that_stand_out(
    pieces: Iterable[bytes], wanted: AbstractSet[int], forms: Iterable[str] = FORMS
) -> list[str]:
    """Return the forms in which the wanted numbers are found more than by chance."""
    return [
        form
        for form, found in find_numbers(pieces, forms).items()
        if stands_out(found, wanted)
    ]


def read_memory(pid: int) -> Iterator[bytes]:
    """Yield a process's writable memory, region by region, without empty pages."""
    with (
        Path(f"/proc/{pid}/maps").open() as maps,
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
    ):
        for line in maps:
            span, access, *_ = line.split()
            if not access.startswith("rw"):
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            # Some regions are the kernel's own.
            with suppress(OSError, OverflowError):
                memory.seek(start)
                yield _without_empty_pages(memory.read(end - start))


def read_files(folder: Path, pattern: str) -> Iterator[bytes]:
    """Yield the contents of the files that match."""
    for path in sorted(folder.rglob(pattern)):
        if path.is_file():
            yield path.read_bytes()


def read_cells(database: Path) -> Iterator[bytes]:
    """Yield every value of every table of an SQLite database, numbers as decimals."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # the schema's own names
                for cell in row:
                    yield cell if isinstance(cell, bytes) else str(cell).encode()


def _read(form: str, match: bytes) -> float:
    if form == "decimal":
        return int(match)
    value: float = struct.unpack(_STRUCT[form], match)[0]
    return value


def _without_empty_pages(region: bytes) -> bytes:
    pages = (region[start : start + _PAGE] for start in range(0, len(region), _PAGE))
    return b"".join(page for page in pages if any(page))
