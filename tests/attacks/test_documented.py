"""`docs/security.md` names a test for its claims: each of them is there."""

import ast
from pathlib import Path
import re
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
TEXT: Final = (TESTS.parent / "docs" / "security.md").read_text()
NAMED: Final = sorted(set(re.findall(r"`([a-z_/]+\.py)(?:::(\w+))?`", TEXT)))


def defined(path: Path) -> set[str]:
    """Return the names of a module's functions."""
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_what_is_named_is_there(module: str, name: str) -> None:
    path = TESTS / module
    assert path.is_file()
    assert not name or name in defined(path)


def test_claims_are_found() -> None:
    assert len(NAMED) > 50
    assert ("attacks/test_split_view.py", "") in NAMED


def test_every_attack_is_documented() -> None:
    modules = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    named = {module.removeprefix("attacks/") for module, _ in NAMED}
    assert modules - named == {Path(__file__).name}
