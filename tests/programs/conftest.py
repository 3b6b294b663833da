"""The shipped programs, each compiled once."""

from currentcost_exchange.compiler import Program, compile_program
from currentcost_exchange.library import LIBRARY
import pytest


@pytest.fixture(scope="session")
def compiled() -> dict[str, Program]:
    """Every shipped program at the widths that it ships with."""
    return {
        name: compile_program(shipped.source, shipped.widths)
        for name, shipped in LIBRARY.items()
    }
