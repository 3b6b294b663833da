"""Programs and their values as a command line names them."""

from collections.abc import Sequence
from pathlib import Path

from currentcost_exchange import PlanError, ProgramError
from currentcost_exchange.library import (
    LIBRARY,
    Template,
    library_template,
    read_template,
)

from ..plans import UnfitPlan


def find_template(name: str) -> Template:
    """Return a program that ships, or what a question file says.

    Raises:
        UnfitPlan: there is none, or it can't be asked; says why.
    """
    if name in LIBRARY:
        return library_template(name)
    path = Path(name)
    if path.suffix != ".toml":
        raise UnfitPlan(
            f"There is no program {name}. Those that ship are {', '.join(LIBRARY)};"
            " a question file of your own ends in .toml."
        )
    read: dict[str, str] = {}

    def read_source(file: str) -> str:
        read[file] = (path.parent / file).read_text()
        return read[file]

    try:
        return read_template(path.read_text(), read_source)
    except (OSError, UnicodeDecodeError) as err:
        raise UnfitPlan(f"{name} can't be read: {err}.") from err
    except ProgramError as err:
        # The compiler knows the line, and the last file read is the one it is in.
        file, source = list(read.items())[-1]
        raise UnfitPlan(err.show(str(path.parent / file), source)) from err
    except PlanError as err:
        raise UnfitPlan(f"{name}: {err}.") from err


def parse_values(texts: Sequence[str]) -> dict[str, list[int]]:
    """Return values by name from texts such as INPUT_B_limit=500,1000.

    Raises:
        UnfitPlan: one is not understood.
    """
    values = {}
    for text in texts:
        name, _, numbers = text.partition("=")
        try:
            values[name] = [int(number) for number in numbers.split(",")]
        except ValueError as err:
            raise UnfitPlan(
                f"--value {text} is not understood; such as --value"
                " INPUT_B_limit=500,1000."
            ) from err
    return values
