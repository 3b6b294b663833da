"""What a form sent, bounded and checked for where it came from."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from ..api.serving import read_body
from ..problems import Problem, ProblemError
from .errors import PageError
from .visitor import Visitor, check_form

MAX_FORM: Final = 16 * 1024
MAX_FILE: Final = 4 * 1024 * 1024
"""Bytes of a form, without and with a file."""

_MOST_FIELDS: Final = 64


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name; a name that came several times has all of its values."""

    fields: Mapping[str, tuple[str, ...]]

    def __getitem__(self, name: str) -> str:
        """Return a field without spaces around it, "" if it didn't come."""
        return self.exact(name).strip()

    def exact(self, name: str) -> str:
        """Return a field as it came, such as a password."""
        return self.fields.get(name, ("",))[-1]

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a name."""
        return self.fields.get(name, ())

    def number(self, name: str, words: str) -> int:
        """Return a whole number.

        Raises:
            ValueError: it is none; says so in `words`.
        """
        text = self[name].replace(",", "").replace(" ", "")
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise ValueError(f"{words} is a whole number.")
        return int(text)


async def read_form(
    request: Request, visitor: Visitor, *, limit: int = MAX_FORM
) -> Form:
    """Return the form that a visitor sent.

    Raises:
        PageError: too large, too slow, no form, or not from a page of ours.
    """
    try:
        body = await read_body(request, limit)
    except ProblemError as err:
        raise PageError(
            err.problem.status,
            err.problem.title,
            f"A file can have {MAX_FILE // 1024 // 1024} MiB."
            if err.problem is Problem.TOO_LARGE
            else "Send it once more.",
        ) from err
    try:
        pairs = await _pairs(request.headers, body)
    except (ValueError, MultiPartException) as err:
        raise PageError(
            HTTPStatus.BAD_REQUEST, "This is not a form", "Load the page again."
        ) from err
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value.replace("\0", ""))
    form = Form(fields)
    check_form(request, visitor, form["form_token"])
    return form


async def _pairs(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form in either of its two encodings."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _parts(headers, body)
    if kind != "application/x-www-form-urlencoded":
        raise ValueError(kind)
    return parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        errors="strict",
        max_num_fields=_MOST_FIELDS,
    )


async def _parts(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form with files, and the files' text (UTF-8)."""

    async def once() -> AsyncIterator[bytes]:
        yield body

    parser = MultiPartParser(
        headers,
        once(),  # type: ignore[arg-type]  # any asynchronous iterator will do
        max_fields=_MOST_FIELDS,
        max_files=1,
        max_part_size=MAX_FILE,
    )
    pairs = []
    form = await parser.parse()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            pairs.append((name, (await value.read()).decode("utf-8-sig")))
            await value.close()
        else:
            pairs.append((name, value))
    return pairs
