"""The acceptance sheet: every rule is there, and what it points at exists."""

import json
from pathlib import Path
import re
import tomllib
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[1]
INTEGRATION: Final = ROOT / "custom_components" / "currentcost_private"
RULES: Final[dict[str, Any]] = yaml.safe_load(
    (INTEGRATION / "quality_scale.yaml").read_text()
)["rules"]

# Home Assistant 2026.11: 20 bronze, 10 silver, 21 gold and 3 platinum ones.
_NAMES: Final = """
action-setup appropriate-polling brands common-modules config-flow-test-coverage
config-flow dependency-transparency docs-actions docs-conditions
docs-high-level-description docs-installation-instructions docs-removal-instructions
docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
test-before-configure test-before-setup unique-config-entry

action-exceptions config-entry-unloading docs-configuration-parameters
docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
parallel-updates reauthentication-flow test-coverage

devices diagnostics discovery-update-info discovery docs-data-update docs-examples
docs-known-limitations docs-supported-devices docs-supported-functions
docs-troubleshooting docs-use-cases dynamic-devices entity-category entity-device-class
entity-disabled-by-default entity-translations exception-translations icon-translations
reconfiguration-flow repair-issues stale-devices

async-dependency inject-websession strict-typing
"""
EVERY_RULE: Final = _NAMES.split()

_PATH: Final = re.compile(r"\b(?:docs|tests|script|brand)/[\w./-]*\w(?:::\w+)?")
_MODULE: Final = re.compile(r"(?<![\w./])(\w+\.py)\b")


def comment_of(rule: str) -> str:
    value = RULES[rule]
    return "" if isinstance(value, str) else str(value["comment"])


def status_of(rule: str) -> str:
    value = RULES[rule]
    return value if isinstance(value, str) else str(value["status"])


def test_every_rule_is_there() -> None:
    assert len(EVERY_RULE) == 54
    assert list(RULES) == EVERY_RULE


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_claim_can_be_looked_up(rule: str) -> None:
    assert status_of(rule) in {"done", "todo", "exempt"}
    comment = comment_of(rule)
    assert status_of(rule) != "exempt" or len(comment) > 40, "why?"
    assert status_of(rule) != "done" or comment, "where?"
    for found in _PATH.findall(comment):
        path, _, test = found.partition("::")
        folder = INTEGRATION if path.startswith("brand/") else ROOT
        assert (folder / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(), found
    for name in _MODULE.findall(comment):
        assert (INTEGRATION / name).exists(), name


def test_headings_that_are_named_exist() -> None:
    """`README.md, Install` means a heading of that page."""
    for rule in EVERY_RULE:
        for page, heading in re.findall(
            r"((?:docs/)?[\w-]+\.md), ([A-Z][\w' ]+)", comment_of(rule)
        ):
            text = (ROOT / page).read_text()
            assert re.search(rf"^#+ {re.escape(heading)}", text, re.MULTILINE), rule


def test_coverage_is_gated() -> None:
    """What is said of coverage is demanded by a command, not promised."""
    test = (ROOT / "script" / "test").read_text()
    assert "--cov" in test
    demanded = "\npython script/coverage\n" in test
    for rule in ("config-flow-test-coverage", "test-coverage"):
        assert (status_of(rule) == "done") == demanded


@pytest.mark.parametrize("path", sorted(INTEGRATION.glob("*.py")), ids=lambda p: p.stem)
def test_platforms_say_how_many_update_at_once(path: Path) -> None:
    if "AddConfigEntryEntitiesCallback" in (text := path.read_text()) and re.search(
        r"^async def async_setup_entry", text, re.MULTILINE
    ):
        assert "\nPARALLEL_UPDATES = 0\n" in text


def test_oldest_and_newest_versions_are_tested() -> None:
    """Unit tests run on the release that hacs.json names, the browser's on a newer."""
    oldest = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    (pinned,) = _versions(groups["dev"])
    served = (ROOT / "tests" / "end_to_end" / "home-assistant.txt").read_text()
    (newest,) = _versions(served.splitlines())
    assert pinned[:2] == [int(part) for part in oldest.split(".")][:2]
    assert newest > pinned


def _versions(requirements: list[str]) -> list[list[int]]:
    """Return the versions of Home Assistant that requirements pin."""
    return [
        [int(part) for part in line.split("==")[1].split(".")]
        for line in requirements
        if line.startswith("homeassistant==")
    ]
