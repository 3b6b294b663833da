"""The card's files, and the command of the websocket that it asks."""

from datetime import UTC, datetime
import json
import math
from pathlib import Path
import re
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    RecorderInstanceContextManager,
    WebSocketGenerator,
)

from custom_components.currentcost_private.const import DOMAIN
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .household import BUCKET, LAST_REPORT, SOURCE, WINDOW, Household
from .meter import Meter, async_until, reading

FRONTEND: Final = Path(__file__).parents[2] / "custom_components" / DOMAIN / "frontend"
POWER: Final = "sensor.whole_house_power"
LANGUAGES: Final = ["de", "en", "es", "fr", "it", "nl"]


async def test_files(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda *_: None, [])
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, DOMAIN, {})
    (url,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    version = json.loads((FRONTEND.parent / "manifest.json").read_text())["version"]
    # An update is taken at once, whatever a browser keeps.
    assert version in url
    client = await hass_client()
    # What one module imports, it finds beside itself.
    modules, found = [url.rpartition("/")[2], "panel.js"], set[str]()
    while modules:
        if (name := modules.pop()) in found:
            continue
        found.add(name)
        answer = await client.get(url.replace("currentcost-private.js", name))
        assert answer.status == 200
        assert "javascript" in answer.content_type
        modules += re.findall(r'from "\./([\w-]+\.js)"', await answer.text())
    assert found == {path.name for path in FRONTEND.iterdir()}


async def test_home_assistant_without_frontend(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert DATA_EXTRA_MODULE_URL not in hass.data


def texts() -> dict[str, dict[str, str]]:
    text = (FRONTEND / "texts.js").read_text()
    content: dict[str, dict[str, str]] = json.loads(
        text.partition("TEXTS = ")[2].removesuffix(";\n")
    )
    return content


def test_texts_are_the_same_in_every_language() -> None:
    found = texts()
    assert list(found) == LANGUAGES

    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", text))

    for language in LANGUAGES:
        assert found[language].keys() == found["en"].keys()
        for key, text in found[language].items():
            assert text.strip(), (language, key)
            # One answer may be told without its number.
            if not key.endswith("_one"):
                assert placeholders(text) == placeholders(found["en"][key]), key


def test_every_text_is_said_somewhere() -> None:
    modules = [path for path in FRONTEND.iterdir() if path.name != "texts.js"]
    said = "\n".join(path.read_text() for path in modules)
    made = {
        *(f"editor_{name}" for name in re.findall(r'"(\w+)"', said)),
        *(f"editor_{name}_help" for name in ("entity", "power")),
        *(f"told_{told}" for told in ("missing", "waiting")),
        *(
            f"{key}_{form}"
            for key in re.findall(r'words\.count\("(\w+)"', said)
            for form in ("one", "other")
        ),
    }
    for key in texts()["en"]:
        assert key in made or f'"{key}"' in said, key


def test_nothing_is_loaded_from_elsewhere_or_made_of_strings() -> None:
    for path in FRONTEND.iterdir():
        text = path.read_text()
        assert "innerHTML" not in text
        assert "eval(" not in text
        for url in re.findall(r"https?://[^\s\"`]+", text):
            assert url.startswith(
                ("http://www.w3.org/", "https://github.com/currentcost-private/")
            )


@pytest.fixture
def mock_recorder_before_hass(
    async_test_recorder: RecorderInstanceContextManager,
) -> None:
    """Prepare a database before Home Assistant starts."""


@pytest.fixture
def user(hass: HomeAssistant) -> MockUser:
    """A person who may read everything."""
    user = MockUser(name="Ada").add_to_hass(hass)
    user.mock_policy({"entities": True})
    return user


async def ask(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    user: MockUser,
    **arguments: Any,
) -> dict[str, Any]:
    """Return the command's answer."""
    # A new token each time: they last for half an hour of the time that tests make up.
    refresh = await hass.auth.async_create_refresh_token(user, "http://example.com/")
    token = hass.auth.async_create_access_token(refresh)
    client = await hass_ws_client(hass, token)
    await client.send_json_auto_id({"type": f"{DOMAIN}/day", **arguments})
    answer: dict[str, Any] = await client.receive_json()
    await client.close()
    return answer


@pytest.fixture
def beginning() -> int:
    """At noon of yesterday."""
    now = datetime.now(UTC)
    return int(now.replace(hour=12, minute=0, second=0).timestamp() - 86_400)


@pytest.mark.usefixtures("recorder_mock", "socket_enabled")
async def test_day_of_a_report(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    household: Household,
    user: MockUser,
) -> None:
    await hass.config.async_set_time_zone("UTC")
    await household.async_agree()
    first = household.now
    for watts in (518, 700, 2500):
        await household.async_window(watts)
        await household.async_sent()
    # One without half of its measures.
    household.draw(None)
    missing = household.now // WINDOW * WINDOW
    await household.async_live(missing + WINDOW - household.now)
    await household.async_sent()
    household.provider.kill()
    await household.async_window(99_999)
    await household.async_live(120, 100)
    await async_wait_recording_done(hass)

    answer = await ask(hass, hass_ws_client, user, entity_id=BUCKET)
    day = answer["result"]
    assert datetime.fromtimestamp(day["start"], UTC).hour == 0
    assert day["end"] - day["start"] == 86_400
    report = day["report"]
    assert report["runs"] == [
        {"start": first, "end": first + 2 * WINDOW, "told": "answer", "outcome": 1},
        {"start": first + 2 * WINDOW, "end": missing, "told": "answer", "outcome": 3},
        {
            "start": missing,
            "end": missing + WINDOW,
            "told": "missing",
            "outcome": None,
        },
        {
            "start": missing + WINDOW,
            "end": missing + 2 * WINDOW,
            "told": "waiting",
            "outcome": None,
        },
    ]
    assert report["entity_id"] == BUCKET
    assert report["source"] == SOURCE
    assert report["provider"] == "Example Energy"
    assert report["labels"] == ["outside", "bucket 1", "bucket 2", "bucket 3"]
    assert report["window"] == WINDOW
    assert report["waiting"] == 1
    assert report["trouble"] == "unreachable"
    # Three buckets, and a window that is missing.
    assert report["answers"] == 4
    assert report["bits"] == pytest.approx(4 * math.log2(5))
    # A power sensor is read every 10 s, of which the provider would learn five digits.
    assert report["readings"] == 3 * WINDOW / 10
    assert report["readings_bits"] == pytest.approx(270 * math.log2(100_000))

    # What was answered on demand today counts as well.
    household.reporter.asking.asked.lately = [day["start"], household.now]
    answer = await ask(hass, hass_ws_client, user, entity_id=BUCKET)
    assert answer["result"]["report"]["answers"] == 5
    assert answer["result"]["report"]["readings"] == 271


@pytest.mark.usefixtures("socket_enabled")
async def test_day_without_recorder(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    household: Household,
    user: MockUser,
) -> None:
    await household.async_agree()
    answer = await ask(hass, hass_ws_client, user, entity_id=BUCKET)
    assert answer["result"]["report"]["runs"] == []
    assert answer["result"]["report"]["answers"] == 0


@pytest.mark.usefixtures("socket_enabled")
async def test_who_may_ask(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, household: Household
) -> None:
    await household.async_agree()
    allowed = {BUCKET: True, LAST_REPORT: True}
    for policy, knows in (
        ({}, False),
        ({BUCKET: True}, False),
        (allowed, True),
        (allowed | {SOURCE: True}, True),
    ):
        user = MockUser().add_to_hass(hass)
        user.mock_policy({"entities": {"entity_ids": policy}})
        answer = await ask(hass, hass_ws_client, user, entity_id=BUCKET)
        assert answer["success"] is knows, policy
        if knows:
            source = SOURCE if SOURCE in policy else None
            assert answer["result"]["report"]["source"] == source
        else:
            assert answer["error"]["code"] == "not_found"


@pytest.mark.usefixtures("socket_enabled")
async def test_what_is_no_report(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    household: Household,
    user: MockUser,
) -> None:
    # The day alone, as the card asks before there is a report.
    answer = await ask(hass, hass_ws_client, user)
    assert answer["result"].keys() == {"start", "end"}
    await household.async_agree()
    for entity_id in ("sensor.nothing", SOURCE):
        answer = await ask(hass, hass_ws_client, user, entity_id=entity_id)
        assert answer["error"]["code"] == "not_found"
    answer = await ask(hass, hass_ws_client, user, entity_id="no entity")
    assert answer["error"]["code"] == "invalid_format"
    assert await hass.config_entries.async_unload(household.entry.entry_id)
    answer = await ask(hass, hass_ws_client, user, entity_id=BUCKET)
    assert answer["error"]["code"] == "not_found"
    await household.async_set_up()


async def test_entity_of_a_meter_is_no_report(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    user: MockUser,
    meter: Meter,
    loaded_entry: MockConfigEntry,  # noqa: ARG001  # the meter's
) -> None:
    meter.send(reading(518))
    await async_until(lambda: hass.states.get(POWER) is not None)
    answer = await ask(hass, hass_ws_client, user, entity_id=POWER)
    assert answer["error"]["code"] == "not_found"
