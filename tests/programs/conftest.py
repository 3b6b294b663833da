"""The shipped programs, each compiled once."""

from currentcost_exchange.compiler import Program
from currentcost_exchange.library import LIBRARY, library_template
import pytest


@pytest.fixture(scope="session")
def compiled() -> dict[str, Program]:
    """Every shipped program at the widths that it ships with."""
    return {name: library_template(name).question.program for name in LIBRARY}
