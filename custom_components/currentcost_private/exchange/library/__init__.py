"""The programs that ship: C source with what its inputs and outcomes mean.

A provider can ask them as they stand, a household reads them before it consents.
"""

from functools import cache
from pathlib import Path
from typing import Final

from .template import Template, read_template

_FOLDER: Final = Path(__file__).parent

LIBRARY: Final = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
"""The programs' names."""

__all__ = ["LIBRARY", "Template", "library_template", "read_template"]


@cache
def library_template(name: str) -> Template:
    """Return one of the programs that ship; raise KeyError if there is none."""
    if name not in LIBRARY:
        raise KeyError(name)
    return read_template(_text(f"{name}.toml"), _text)


def _text(name: str) -> str:
    return (_FOLDER / name).read_text("ascii")
