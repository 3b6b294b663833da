"""Results as files: CSV, JSON lines, Parquet."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
import csv
from datetime import datetime
import json
import os
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

from ..results import FIELDS, Result, document

_FORMULA: Final = frozenset("=+-@\t\r")


class UnfitFile(Exception):
    """A file that results can't be written to; says why, for people."""


class Writer(Protocol):
    """Takes results part by part."""

    def write(self, results: Sequence[Result]) -> None:
        """Append results."""

    def close(self) -> None:
        """Finish the file."""


async def export(path: Path, parts: AsyncIterator[Sequence[Result]]) -> int:
    """Write results to a new file, of the kind that its name says; return how many.

    Raises:
        UnfitFile: it exists, can't be written, or is of no known kind.
    """
    # Under another name until it is whole.
    partial = path.with_name(f"{path.name}.part")
    count = 0
    try:
        writer = _open(path, partial)
        async for results in parts:
            writer.write(results)
            count += len(results)
        writer.close()
        partial.rename(path)
    except OSError as err:
        raise UnfitFile(f"{path} can't be written: {err.strerror}.") from err
    return count


def _open(path: Path, partial: Path) -> Writer:
    if path.suffix not in _KINDS:
        raise UnfitFile(f"{path}: the name must end in {', '.join(_KINDS)}.")
    if path.exists():
        raise UnfitFile(f"{path} exists already.")
    os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    return _KINDS[path.suffix](partial)


def cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for CSV, in which no spreadsheet finds a formula.

    A text that it would take for one stands behind an apostrophe, which is the usual way
    (OWASP, "CSV Injection").
    """
    return {
        name: f"'{value}" if isinstance(value, str) and value[:1] in _FORMULA else value
        for name, value in row.items()
    }


class CsvWriter:
    """Comma-separated values with a line of names."""

    def __init__(self, file: TextIO) -> None:
        """Begin with the names."""
        self._file = file
        self._writer = csv.DictWriter(file, FIELDS)
        self._writer.writeheader()

    @classmethod
    def create(cls, path: Path) -> CsvWriter:
        """Write to a file."""
        return cls(path.open("w", newline="", encoding="utf-8"))

    def write(self, results: Sequence[Result]) -> None:
        """Append results."""
        self._writer.writerows(cells(document(each)) for each in results)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class _JsonLinesWriter:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, results: Sequence[Result]) -> None:
        self._file.writelines(f"{json.dumps(document(each))}\n" for each in results)

    def close(self) -> None:
        self._file.close()


class _ParquetWriter:
    """Times as timestamps, states and labels as dictionaries."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415  # optional
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError as err:
            raise UnfitFile(
                "Parquet needs pyarrow: pip install 'currentcost-private[parquet]'."
            ) from err
        text = pa.dictionary(pa.int32(), pa.string())
        number, time = pa.int64(), pa.timestamp("s", tz="UTC")
        kinds = (time, time, pa.string(), text, number, text, number, number, text)
        self._schema = pa.schema(list(zip(FIELDS, kinds, strict=True)))
        self._table = pa.Table
        self._writer: Any = parquet.ParquetWriter(path, self._schema)

    def write(self, results: Sequence[Result]) -> None:
        rows = [
            document(each)
            | {
                "start": datetime.fromisoformat(each.start),
                "end": datetime.fromisoformat(each.end),
            }
            for each in results
        ]
        self._writer.write_table(self._table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


_KINDS: Final[dict[str, Callable[[Path], Writer]]] = {
    ".csv": CsvWriter.create,
    ".jsonl": _JsonLinesWriter,
    ".parquet": _ParquetWriter,
}
