"""The rules of the house, read from the imports of every module.

They hold for the source as it stands: nothing is imported, and Home Assistant need not
be there.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
INTEGRATION: Final = ROOT / "custom_components" / "currentcost_private"
PROVIDER: Final = ROOT / "currentcost_provider"
ROOMS: Final = sorted(path.parent for path in INTEGRATION.glob("*/__init__.py"))

HOME_ASSISTANT: Final = {"custom_components", "homeassistant", "probatio", "serialx"}

# What parsing, cryptography and protocol bytes are made of: the business of the rooms.
CRAFT: Final = {"Crypto", "cryptography", "hashlib", "hmac", "nacl", "re", "struct"}

# A room is entered by its door.
DOORS: Final = {path.name for path in ROOMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import: a module's name, and the number of dots before it."""

    module: str
    level: int
    line: int

    @property
    def package(self) -> str:
        """The first part of the name."""
        return self.module.partition(".")[0]


def imports(source: str) -> Iterator[Import]:
    """Return every import, also those inside functions and conditions."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names, lineno=line):
                for alias in names:
                    yield Import(module=alias.name, level=0, line=line)
            case ast.ImportFrom(module=None, names=names, level=level, lineno=line):
                for alias in names:
                    yield Import(module=alias.name, level=level, line=line)
            case ast.ImportFrom(module=str(module), level=level, lineno=line):
                yield Import(module=module, level=level, line=line)


def breaches_of_a_room(source: str, depth: int) -> list[str]:
    """Return what a module in a room, so many folders down, must not import."""
    return [
        f"line {found.line}: {'.' * found.level}{found.module}"
        for found in imports(source)
        if found.level > depth + 1
        or (
            not found.level
            and (
                found.package in HOME_ASSISTANT
                or found.package.startswith("currentcost")
            )
        )
    ]


def breaches_of_the_provider(source: str, depth: int) -> list[str]:
    """Return what a module of the provider, so many folders down, must not import."""
    return [
        f"line {found.line}: {'.' * found.level}{found.module}"
        for found in imports(source)
        if found.level > depth + 1
        or (
            not found.level
            and (
                found.package in HOME_ASSISTANT
                or (
                    found.package.startswith("currentcost")
                    and found.package not in {"currentcost_exchange", PROVIDER.name}
                )
            )
        )
    ]


def breaches_of_glue(source: str) -> list[str]:
    """Return what one of Home Assistant's files must not import."""
    rooms = {path.name for path in ROOMS}
    return [
        f"line {found.line}: {'.' * found.level}{found.module}"
        for found in imports(source)
        if (found.level == 1 and found.package in rooms and found.module not in DOORS)
        or found.level > 1
        or (
            not found.level
            and (
                found.package in CRAFT
                or found.package.startswith("currentcost")
                or found.package == "custom_components"
            )
        )
    ]


def modules(folder: Path) -> list[Path]:
    """Return every module in and below a folder."""
    return sorted(folder.rglob("*.py"))


def name(path: Path) -> str:
    """Return a module's path for people."""
    return str(path.relative_to(ROOT))


def test_the_house_has_its_rooms() -> None:
    assert {"envir", "exchange", "metering", "study"} <= {path.name for path in ROOMS}
    assert all(len(modules(room)) > 1 for room in ROOMS)
    assert len(modules(PROVIDER)) > 1


@pytest.mark.parametrize(
    "path", [path for room in ROOMS for path in modules(room)], ids=name
)
def test_a_room_knows_itself_alone(path: Path) -> None:
    depth = len(path.relative_to(INTEGRATION).parts) - 2
    assert breaches_of_a_room(path.read_text(), depth) == []


@pytest.mark.parametrize("path", modules(PROVIDER), ids=name)
def test_the_provider_needs_no_home_assistant(path: Path) -> None:
    depth = len(path.relative_to(PROVIDER).parts) - 1
    assert breaches_of_the_provider(path.read_text(), depth) == []


@pytest.mark.parametrize("path", sorted(INTEGRATION.glob("*.py")), ids=name)
def test_home_assistant_files_are_glue(path: Path) -> None:
    assert breaches_of_glue(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import homeassistant.core",
        "from homeassistant.core import HomeAssistant",
        "from custom_components.currentcost_private.const import DOMAIN",
        "import currentcost_envir",
        "from currentcost_exchange import Plan",
        "from ..const import DOMAIN",
        "from .. import const",
        "from ..exchange import Plan",
        "def late():\n    import homeassistant",
        "if TYPE_CHECKING:\n    from homeassistant.core import HomeAssistant",
    ],
)
def test_a_breach_in_a_room_is_found(source: str) -> None:
    assert len(breaches_of_a_room(source, 0)) == 1


def test_a_deeper_folder_may_reach_its_own_room() -> None:
    assert breaches_of_a_room("from ..messages import Reading", 1) == []
    assert breaches_of_a_room("from . import messages\nimport json", 0) == []


@pytest.mark.parametrize(
    "source",
    [
        "import homeassistant",
        "from custom_components.currentcost_private.exchange import Plan",
        "from currentcost_envir import StreamParser",
        "from ..custom_components import currentcost_private",
    ],
)
def test_a_breach_of_the_provider_is_found(source: str) -> None:
    assert len(breaches_of_the_provider(source, 0)) == 1


def test_the_provider_may_have_the_exchange() -> None:
    source = "from currentcost_exchange import Plan\nfrom currentcost_provider import x"
    assert breaches_of_the_provider(source, 0) == []


@pytest.mark.parametrize(
    "source",
    [
        "import re",
        "from hashlib import blake2b",
        "import nacl.signing",
        "from cryptography.hazmat.primitives import hashes",
        "from .exchange.garbling import garble",
        "from .envir.grammar import FORMS",
        "from currentcost_exchange import Plan",
        "from .. import something",
    ],
)
def test_a_breach_of_glue_is_found(source: str) -> None:
    assert len(breaches_of_glue(source)) == 1


def test_glue_may_enter_a_room_by_its_door() -> None:
    assert breaches_of_glue("from .envir import Reading") == []
    assert breaches_of_glue("from .metering.energy import EnergyIntegrator")
