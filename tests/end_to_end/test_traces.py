"""The search for readings: it finds what is there, and tells chance from design."""

import os
from pathlib import Path
from random import Random
import sqlite3

import pytest

from .traces import (
    FORMS,
    LEAST,
    forms_that_stand_out,
    read_cells,
    read_memory,
    stands_out,
    write_number,
)

_random = Random(1)  # noqa: S311  # the same noise each time
NOISE = _random.randbytes(200_000)
NUMBERS = frozenset(_random.sample(range(LEAST, 5000), 100))


@pytest.mark.parametrize("form", FORMS)
def test_finds_what_is_planted(form: str) -> None:
    planted = NOISE + b"".join(write_number(number, form) for number in NUMBERS)
    assert forms_that_stand_out([NOISE], NUMBERS) == []
    assert forms_that_stand_out([planted], NUMBERS) == [form]


def test_what_is_found_as_often_as_its_neighbours_is_chance() -> None:
    every_third = set(range(LEAST, 5000, 3))
    assert not stands_out(every_third, NUMBERS)
    assert stands_out(every_third | NUMBERS, NUMBERS)


def test_does_not_claim_what_it_can_not_tell() -> None:
    with pytest.raises(ValueError, match="by chance"):
        stands_out(set(range(LEAST, 5000)), NUMBERS)


def test_reads_the_memory_of_a_process() -> None:
    planted = b"".join(write_number(number, "decimal") for number in NUMBERS)
    assert any(planted in region for region in read_memory(os.getpid()))


def test_reads_every_cell_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "cells.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE cells (number, text, bytes)")
        database.execute("INSERT INTO cells VALUES (2417, 'words', x'00ff')")
    assert set(read_cells(path)) == {b"2417", b"words", b"\x00\xff"}
