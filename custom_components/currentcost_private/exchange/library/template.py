"""A question file: a C program, and what its inputs and outcomes mean, in TOML.

title = "In which band is the household's power?"
source = "band.c"
policy = "band_policy.c"            # may be left out
window = 900                        # seconds, "day" or "month"
part = 900                          # may be left out where it is the window
outcomes = ["low", "high"]          # or: unit = "cents"

[household.INPUT_A_power]           # in the program's order
meaning = "mean power of the window"
measure = "mean_power"              # or last_power, peak_power, energy
width = 17
take = "whole"                      # or each, days, highest_days, bands
hours = [17, 19]                    # with each, in a day
bands = ["000000001111...", ...]    # with bands

[provider.INPUT_B_limit]
meaning = "limit between the bands"
unit = "W"
width = 17
example = [1000]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import tomllib
from typing import Any, Final

from ..errors import PlanError
from ..program_question import ProgramQuestion, compiled
from ..schedule import Schedule

_KEYS: Final = {
    "title",
    "source",
    "policy",
    "window",
    "part",
    "outcomes",
    "unit",
    "household",
    "provider",
}
_HOUSEHOLD_KEYS: Final = {"meaning", "measure", "width", "take", "hours", "bands"}
_PROVIDER_KEYS: Final = {"meaning", "unit", "width", "example"}


@dataclass(frozen=True, kw_only=True)
class Template:
    """A question with all that a plan needs but the provider's values and dates.

    Attributes:
        title: the question in a line.
        question: the program.
        schedule: the windows, in UTC.
        examples: values that the policy accepts, by parameter.
    """

    title: str
    question: ProgramQuestion
    schedule: Schedule
    examples: Mapping[str, tuple[int, ...]]


def read_template(text: str, read_source: Callable[[str], str]) -> Template:
    """Read a question file.

    Args:
        text: of the file.
        read_source: returns the text of a file that it names; the program's first.

    Raises:
        PlanError: not a question file, or not a question; says what is wrong.
        ProgramError: a source can't be compiled; says where and why.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise PlanError(f"this is no TOML: {err}") from err
    try:
        _check_keys("the file", document, _KEYS)
        household = [
            _input(name, item, _HOUSEHOLD_KEYS)
            for name, item in document["household"].items()
        ]
        provider = [
            _input(name, item, _PROVIDER_KEYS)
            for name, item in document["provider"].items()
        ]
        source, policy = read_source(document["source"]), document.get("policy")
        # Before the policy is read: an error is that of the source read last.
        compiled(source, {item["name"]: item["width"] for item in household + provider})
        window = document["window"]
        return Template(
            title=document["title"],
            question=ProgramQuestion.of_document(
                {
                    "source": source,
                    "policy": None if policy is None else read_source(policy),
                    "household": [
                        {"take": "whole", "hours": None, "bands": None} | item
                        for item in household
                    ],
                    "provider": provider,
                    "outcomes": document.get("outcomes", ()),
                    "unit": document.get("unit", ""),
                }
            ),
            schedule=Schedule.of_document(
                {"window": window, "part": document.get("part", window), "zone": "UTC"}
            ),
            examples={
                item["name"]: tuple(item.get("example", ())) for item in provider
            },
        )
    except KeyError as err:
        raise PlanError(f"{err.args[0]} is missing in the question file") from err
    except (AttributeError, TypeError, ValueError) as err:
        raise PlanError(f"a value of the question file is wrong: {err}") from err


def _input(name: str, item: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    _check_keys(name, item, keys)
    return {"name": name, **item}


def _check_keys(place: str, table: dict[str, Any], keys: set[str]) -> None:
    if unknown := sorted(table.keys() - keys):
        raise PlanError(
            f"{place} has no {unknown[0]}; it has {', '.join(sorted(keys))}"
        )
