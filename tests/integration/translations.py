"""What the translations must hold for every flow that a test goes through.

Home Assistant shows the bare key where a translation is missing; here a test fails.
"""

from collections.abc import Iterable, Iterator
import json
from pathlib import Path
import re
from typing import Any, Final

from custom_components.currentcost_private import const
from homeassistant.components.repairs import RepairsFlow
from homeassistant.data_entry_flow import FlowHandler, FlowResultType, section
from homeassistant.helpers import issue_registry as ir

FOLDER: Final = Path(const.__file__).parent
ENGLISH: Final = json.loads((FOLDER / "translations" / "en.json").read_text())
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def lookup(*path: str) -> str | None:
    """Return a translation, None if there is none."""
    value: Any = ENGLISH
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def issue_problems(issue: ir.IssueEntry) -> list[str]:
    """Return what is missing to show an issue; its fix flow is checked as it runs."""
    if issue.domain != const.DOMAIN:
        return []
    root = ("issues", str(issue.translation_key))
    if issue.is_fixable:
        paths = [(*root, "title"), (*root, "fix_flow", "step", "confirm", "title")]
        paths.append((*root, "fix_flow", "step", "confirm", "description"))
    else:
        paths = [(*root, "title"), (*root, "description")]
    return _missing(paths, set(issue.translation_placeholders or {}))


def _missing(paths: Iterable[tuple[str, ...]], given: set[str]) -> list[str]:
    problems = []
    for path in paths:
        text = lookup(*path)
        if text is None:
            problems.append(f"{'.'.join(path)} is missing")
        elif absent := set(_PLACEHOLDER.findall(text)) - given:
            problems.append(f"{'.'.join(path)} lacks {sorted(absent)}")
    return problems


def flow_problems(flow: FlowHandler[Any, Any, Any], result: Any) -> list[str]:
    """Return what is missing to show a step of one of the integration's flows."""
    match flow.handler:
        case const.DOMAIN if isinstance(flow, RepairsFlow):
            issue = ir.async_get(flow.hass).async_get_issue(const.DOMAIN, flow.issue_id)
            if issue is None:
                return []
            root: tuple[str, ...] = ("issues", str(issue.translation_key), "fix_flow")
        case const.DOMAIN:
            root = ("config",)
        case (_, str(subentry_type)):
            root = ("config_subentries", subentry_type)
        case _:
            return []
    given = set(result.get("description_placeholders") or {})
    return _missing(
        (
            path
            for path, required in _texts(root, result)
            if required or lookup(*path) is not None
        ),
        given,
    )


def _texts(
    root: tuple[str, ...], result: Any
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the path of each text that a result shows, and whether it must be there."""
    match result["type"]:
        case FlowResultType.ABORT:
            yield (
                (*root, "abort", result["reason"]),
                result.get("translation_domain") in {None, const.DOMAIN},
            )
        case FlowResultType.MENU:
            step = (*root, "step", result["step_id"])
            yield (*step, "title"), True
            yield (*step, "description"), False
            for option in result["menu_options"]:
                yield (*step, "menu_options", option), True
                yield (*step, "menu_option_descriptions", option), True
        case FlowResultType.SHOW_PROGRESS:
            yield (*root, "progress", result["progress_action"]), True
        case FlowResultType.FORM:
            step = (*root, "step", result["step_id"])
            yield (*step, "title"), True
            yield (*step, "description"), False
            for error in (result["errors"] or {}).values():
                yield (*root, "error", error), True
            schema = result["data_schema"]
            yield from _fields(step, schema.schema if schema else {})


def _fields(
    step: tuple[str, ...], schema: dict[Any, Any]
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the path of each text of a form's fields."""
    for key, value in schema.items():
        if isinstance(value, section):
            yield (*step, "sections", str(key), "name"), True
            yield from _fields((*step, "sections", str(key)), value.schema.schema)
        else:
            yield (*step, "data", str(key)), True
            yield (*step, "data_description", str(key)), True
