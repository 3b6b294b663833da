"""The texts: none is missing, none is left over.

Flows are checked wherever a test goes through one (see `translations.py`).
"""

import ast
from collections.abc import Iterator
import json
import re
from typing import Any

import pytest

from custom_components.currentcost_private import config_flow, meter_form, probe
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .meter import Meter, async_until, reading
from .translations import ENGLISH, FOLDER, flow_problems, lookup

SOURCES = {path: path.read_text() for path in sorted(FOLDER.glob("*.py"))}


def raised_translation_keys() -> Iterator[str]:
    """Yield the translation key of every exception: its domain stands beside it."""
    for source in SOURCES.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                if keywords.keys() >= {"translation_domain", "translation_key"}:
                    key = keywords["translation_key"]
                    assert isinstance(key, ast.Constant)
                    yield str(key.value)


def literals() -> set[str]:
    """Return every string in the source."""
    return {
        node.value
        for source in SOURCES.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_exception_has_its_text() -> None:
    used = set(raised_translation_keys())
    assert used == set(ENGLISH.get("exceptions", {}))


def test_every_error_of_the_probe_has_its_text() -> None:
    source = SOURCES[FOLDER / "probe.py"]
    keys = set(probe._REASONS.values()) | set(re.findall(r'key="(\w+)"', source))
    keys |= set(re.findall(r'return "(\w+)"', source))
    assert {"busy", "silent", "unreachable"} <= keys
    for key in keys:
        assert lookup("config", "error", key), key


def test_no_error_is_left_over() -> None:
    known = literals()
    for group in ("config", "config_subentries"):
        flows = [ENGLISH["config"]] if group == "config" else ENGLISH[group].values()
        for flow in flows:
            assert set(flow["error"]) <= known


def test_every_baud_rate_has_its_text() -> None:
    options = set(ENGLISH["selector"]["baudrate"]["options"])
    assert options == {meter_form.AUTOMATIC, *map(str, meter_form.BAUDRATES)}


def test_icons_and_texts_name_the_same_entities() -> None:
    icons = json.loads((FOLDER / "icons.json").read_text())["entity"]
    for platform, keys in icons.items():
        assert set(keys) <= set(ENGLISH["entity"][platform])


@pytest.mark.usefixtures("loaded_entry")
async def test_every_entity_of_the_meter_has_a_name(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, meter: Meter
) -> None:
    meter.send(reading(1, 2, 3) + reading(42, sensor=3))
    await async_until(lambda: hass.states.is_state("sensor.appliance_3_power", "42"))
    entities = er.async_entries_for_config_entry(entity_registry, "01JMETER")
    assert len(entities) == 11
    for entity in entities:
        assert entity.original_name
        if entity.translation_key:
            assert lookup("entity", entity.domain, entity.translation_key, "name")


async def test_a_missing_text_is_found(hass: HomeAssistant) -> None:
    flow = config_flow.CurrentCostConfigFlow()
    flow.hass, flow.handler = hass, "currentcost_private"
    flow.context = {"source": SOURCE_USER}

    def problems(**result: Any) -> list[str]:
        return flow_problems(flow, result)

    assert problems(**flow.async_abort(reason="nonsense")) == [
        "config.abort.nonsense is missing"
    ]
    form = await flow.async_step_meter()
    assert problems(**form) == []
    assert problems(**form | {"errors": {"base": "nonsense"}}) == [
        "config.error.nonsense is missing"
    ]
    assert problems(**form | {"errors": {"base": "not_a_meter"}}) == [
        "config.error.not_a_meter lacks ['bytes']"
    ]
    assert len(problems(**form | {"step_id": "nonsense"})) == 6
