"""Damage to bytes and texts, as hypothesis draws it, and the bound on what it costs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
import json
import tracemalloc
from typing import Any

from currentcost_exchange import ExchangeError
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

MEBIBYTE = 1 << 20

LENGTHS = (0, 1, 4, 31, 32, 64, 255, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1)

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    33,
    900,
    2**31,
    2**48,
    2**63,
    2**64,
    10**400,
    1.5,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "day",
    "range",
    "a" * 9000,
    "\ud800",
    "\0",
    [],
    {},
    [[]],
    [0] * 100,
)


@contextmanager
def bounded(most: int) -> Iterator[None]:
    """Fail if more bytes are allocated at a time than a decoder is given."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= most


@st.composite
def damaged(draw: DrawFn, corpus: list[bytes]) -> bytes:
    """Draw a message of the corpus with one to four damages, one after the other."""
    data = bytearray(draw(st.sampled_from(corpus)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 6)):
            case 0:
                del data[at:]
            case 1 if at < len(data):
                data[at] ^= draw(st.integers(1, 255))
            case 2:
                other = draw(st.sampled_from(corpus))
                data[at:] = other[draw(st.integers(0, len(other))) :]
            case 3:
                data[at : at + 4] = draw(st.sampled_from(LENGTHS)).to_bytes(4)
            case 4:
                data[at : at + 8] = draw(st.sampled_from(VALUES_OF_8)).to_bytes(8)
            case 5:
                size = draw(st.integers(0, 64))
                data[at:at] = data[at : at + size]
            case _:
                data[at:at] = draw(st.binary(max_size=40))
    return bytes(data)


VALUES_OF_8 = (0, 1, 2**31, 2**48 - 1, 2**48, 2**63, 2**64 - 1)


@st.composite
def damaged_document(draw: DrawFn, documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw a document with one to three of its values exchanged for odd ones."""
    document: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 3))):
        table: Any = document
        while True:
            keys = list(table) if isinstance(table, dict) else list(range(len(table)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(table[key], dict | list) and draw(st.booleans()):
                table = table[key]
                continue
            if isinstance(table, dict) and draw(st.integers(0, 4)) == 0:
                del table[key]
            else:
                table[key] = deepcopy(draw(st.sampled_from(VALUES)))
            break
    return document


@st.composite
def damaged_text(draw: DrawFn, corpus: list[str], words: list[str]) -> str:
    """Draw a text with one to four damages, by characters and by words."""
    text = draw(st.sampled_from(corpus))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        inserted = draw(st.one_of(st.sampled_from(words), st.text(max_size=5)))
        text = text[:at] + inserted + text[at + length :]
    return text


def outcome[T](decode: Callable[[bytes], T], data: bytes, most: int) -> T | None:
    """Return what a decoder makes of bytes, None if it refuses them."""
    with bounded(most):
        try:
            return decode(data)
        except ExchangeError:
            return None
