"""What guards an invariant is still there under `python -O`."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = (
    ROOT / "custom_components" / "currentcost_private",
    ROOT / "currentcost_provider",
)
MODULES: Final = sorted(path for folder in PRODUCT for path in folder.rglob("*.py"))


def asserts(source: str) -> Iterator[int]:
    """Return the line of each assert statement, and of what only debugging runs."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.Name) and node.id == "__debug__"
        ):
            yield node.lineno


def test_all_of_the_product_is_looked_at() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in MODULES}
    inside = "custom_components/currentcost_private/"
    assert {
        "currentcost_provider/service.py",
        f"{inside}reporter.py",
        f"{inside}exchange/transfer.py",
        f"{inside}exchange/compiler/program.py",
    } <= names


@pytest.mark.parametrize(
    "path", MODULES, ids=[path.relative_to(ROOT).as_posix() for path in MODULES]
)
def test_no_assert_guards_an_invariant(path: Path) -> None:
    assert list(asserts(path.read_text())) == []


def test_an_assert_is_found() -> None:
    source = "def f(x):\n    if x:\n        assert x > 1, x\n    return __debug__\n"
    assert sorted(asserts(source)) == [3, 4]
    assert not list(asserts("# assert nothing\nassertion = 'assert'\n"))
