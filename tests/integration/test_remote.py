"""Reading from afar: what is answered, to whom, and what is refused."""

import base64
from collections.abc import AsyncGenerator
import csv
from datetime import UTC, datetime
from functools import partial
import io
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    RecorderInstanceContextManager,
)

from custom_components.currentcost_private import remote_query, remote_rows
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.remote_auth import BackOff
from homeassistant.auth.mfa_modules import auth_mfa_module_from_config
from homeassistant.auth.providers.homeassistant import HassAuthProvider
from homeassistant.components.http.ban import (
    KEY_FAILED_LOGIN_ATTEMPTS,
    IpBanManager,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component

from .meter import Meter, async_advance, async_until, reading

API = f"/api/{DOMAIN}"
NOW = "2026-11-24T08:00:00+00:00"
NAME, PASSWORD = "ada", "correct horse"

pytestmark = [
    pytest.mark.freeze_time(NOW),
    pytest.mark.usefixtures(
        "recorder_mock", "socket_enabled", "http_server", "loaded_entry"
    ),
]


@pytest.fixture
def mock_recorder_before_hass(
    async_test_recorder: RecorderInstanceContextManager,
) -> None:
    """Prepare a database before Home Assistant starts."""


@pytest.fixture
def enable_statistics() -> bool:
    return True


@pytest.fixture
def threshold() -> int:
    """How many wrong passwords Home Assistant takes from one address."""
    return 3


@pytest.fixture
async def http_server(hass: HomeAssistant, threshold: int) -> AsyncGenerator[None]:
    config = {"http": {"login_attempts_threshold": threshold}}
    with patch.object(IpBanManager, "_add_ban"):
        assert await async_setup_component(hass, "http", config)
        assert await async_setup_component(hass, "api", {})
        yield


@pytest.fixture
async def user(hass: HomeAssistant, local_auth: HassAuthProvider) -> MockUser:
    """A person who may read, with a password and nothing else."""
    await local_auth.async_add_auth(NAME, PASSWORD)
    credentials = await local_auth.async_get_or_create_credentials({"username": NAME})
    user = MockUser(name=NAME).add_to_hass(hass)
    await hass.auth.async_link_user(user, credentials)
    user.mock_policy({"entities": True})
    return user


@pytest.fixture
async def stranger(hass_client_no_auth: ClientSessionGenerator) -> TestClient[Any, Any]:
    client: TestClient[Any, Any] = await hass_client_no_auth()
    return client


@pytest.fixture
async def client(hass_client: ClientSessionGenerator) -> TestClient[Any, Any]:
    """Who has a token."""
    client: TestClient[Any, Any] = await hass_client()
    return client


async def async_hear(hass: HomeAssistant, meter: Meter, *lines: bytes) -> None:
    """Hear readings, of which the last one is of two channels."""
    for line in (*lines, reading(193, 20)):
        meter.send(line)
    await async_until(lambda: hass.states.is_state("sensor.whole_house_power", "213"))


def basic(name: str, password: str) -> dict[str, str]:
    """Return what sends a name and a password."""
    encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def allow(entry: MockConfigEntry) -> None:
    """Switch passwords on, without the reload."""
    object.__setattr__(entry, "options", MappingProxyType({"passwords": True}))


async def test_what_the_meter_says_now(
    hass: HomeAssistant, meter: Meter, client: TestClient[Any, Any]
) -> None:
    await async_hear(hass, meter, reading(42, sensor=3, transmitter=99))
    answer = await client.get(f"{API}/readings")
    assert answer.headers["Cache-Control"] == "no-store"
    content = await answer.json()
    assert content == {
        "time": NOW,
        "meters": [
            {
                "entry_id": "01JMETER",
                "title": "CurrentCost EnviR",
                "model": "CC128",
                "firmware": "1.29",
                "heard": True,
                "temperature": 20.0,
                "sensors": [
                    {
                        "sensor": 0,
                        "heard": True,
                        "power": 213,
                        "channels": {"1": 193, "2": 20},
                        "energy": 0.0,
                    },
                    {
                        "sensor": 3,
                        "heard": True,
                        "power": 42,
                        "channels": {"1": 42},
                        "energy": 0.0,
                    },
                ],
            }
        ],
    }
    await check_described(client, "Readings", content)

    answer = await client.get(f"{API}/readings?format=csv")
    assert answer.content_type == "text/csv"
    assert await answer.text() == (
        "entry_id,sensor,channel,power,energy\r\n"
        "01JMETER,0,,213,0.0\r\n"
        "01JMETER,0,1,193,\r\n"
        "01JMETER,0,2,20,\r\n"
        "01JMETER,3,,42,0.0\r\n"
    )


async def check_described(
    client: TestClient[Any, Any], schema: str, content: object
) -> None:
    """Compare an answer with the description that is served beside it."""
    description = await (await client.get(f"{API}/openapi.json")).json()
    schemas = description["components"]["schemas"]
    kinds: dict[str, type | tuple[type, ...]] = {
        "array": list,
        "boolean": bool,
        "integer": int,
        "null": type(None),
        "number": (int, float),
        "object": dict,
        "string": str,
    }

    def check(wanted: dict[str, Any], value: Any) -> None:
        if "$ref" in wanted:
            wanted = schemas[wanted["$ref"].rpartition("/")[2]]
        types = wanted["type"] if isinstance(wanted["type"], list) else [wanted["type"]]
        assert any(isinstance(value, kinds[kind]) for kind in types), (wanted, value)
        if isinstance(value, list):
            for item in value:
                check(wanted["items"], item)
        elif isinstance(value, dict) and "properties" in wanted:
            assert value.keys() == set(wanted["required"])
            for name, item in value.items():
                check(wanted["properties"][name], item)

    check(schemas[schema], content)


async def async_record(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, meter: Meter
) -> None:
    """Live for five minutes in which two values were heard, each of them confirmed."""
    for watts in (3600, 3600, 1200, 1200):
        meter.send(reading(watts))
        shows = partial(hass.states.is_state, "sensor.whole_house_power", str(watts))
        await async_until(shows)
        await async_advance(hass, freezer, 15)
    freezer.move_to("2026-11-24T08:05:00+00:00")
    do_adhoc_statistics(hass, start=datetime(2026, 11, 24, 8, tzinfo=UTC))
    await async_wait_recording_done(hass)


async def test_what_is_stored(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    meter: Meter,
    client: TestClient[Any, Any],
) -> None:
    await async_record(hass, freezer, meter)
    answer = await client.get(f"{API}/history")
    content = await answer.json()
    await check_described(client, "History", content)
    assert content["unit"] == "W"
    assert content["next"] is None
    assert [row for row in content["rows"] if row[1] is not None] == [
        ["2026-11-24T08:00:00Z", 3600.0],
        ["2026-11-24T08:00:30Z", 1200.0],
    ]

    answer = await client.get(
        f"{API}/history?quantity=energy&resolution=5minute&format=csv"
        "&start=2026-11-24T08:00:00+00:00"
    )
    rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert rows == [{"start": "2026-11-24T08:00:00Z", "change": "0.03"}]

    answer = await client.get(f"{API}/history?resolution=5minute")
    (row,) = (await answer.json())["rows"]
    # Unavailable after a silence, and no longer counted then.
    assert row[2:] == [1200.0, 3600.0]
    assert row[2] < row[1] < row[3]

    answer = await client.get(f"{API}/history?quantity=temperature")
    assert (await answer.json())["rows"][-1][1] in (20.0, None)
    answer = await client.get(f"{API}/history?resolution=month&quantity=energy")
    assert (await answer.json())["rows"] == []


async def test_pages(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    meter: Meter,
    client: TestClient[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await async_record(hass, freezer, meter)
    whole = (await (await client.get(f"{API}/history")).json())["rows"]
    monkeypatch.setattr(remote_rows, "MOST_ROWS", 1)
    rows: list[Any] = []
    url: str | None = f"{API}/history"
    while url:
        content = await (await client.get(url)).json()
        assert len(content["rows"]) == 1
        rows += content["rows"]
        url = content["next"]
    assert rows == whole
    assert len(rows) > 1
    answer = await client.get(f"{API}/history?format=csv")
    assert str(answer.links["next"]["url"]).partition("?")[0].endswith("/history")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("sensor=10", 400),
        ("sensor=-1", 400),
        ("sensor=0x1", 400),
        ("channel=4", 400),
        ("quantity=money", 400),
        ("quantity=energy&channel=1", 400),
        ("resolution=second", 400),
        ("format=xml", 400),
        ("start=yesterday", 400),
        ("start=0001-01-01T00:00:00+09:00", 400),
        ("start=2026-11-24T09:00:00Z&end=2026-11-24T08:00:00Z", 400),
        ("start=2025-11-24", 400),
        ("resolution=hour&start=2025-01-01", 400),
        ("sensors=0", 400),
        ("sensor=5", 404),
        ("channel=3", 404),
        ("entry_id=other", 404),
    ],
)
async def test_what_can_not_be_answered(
    hass: HomeAssistant,
    meter: Meter,
    client: TestClient[Any, Any],
    query: str,
    status: int,
) -> None:
    await async_hear(hass, meter)
    answer = await client.get(f"{API}/history?{query}")
    assert answer.status == status
    assert (await answer.json()).keys() == {"message"}


async def test_without_a_recorder(
    hass: HomeAssistant, meter: Meter, client: TestClient[Any, Any]
) -> None:
    await async_hear(hass, meter)
    hass.config.components.remove("recorder")
    assert (await client.get(f"{API}/history")).status == 503
    assert (await client.get(f"{API}/readings")).status == 200
    hass.config.components.add("recorder")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
async def test_nothing_can_be_changed(
    client: TestClient[Any, Any], method: str
) -> None:
    for path in ("readings", "history", "openapi.json"):
        assert (await client.request(method, f"{API}/{path}")).status == 405


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("path", ["readings", "history", "openapi.json"])
async def test_nothing_without_a_token(
    stranger: TestClient[Any, Any], path: str
) -> None:
    assert (await stranger.get(f"{API}/{path}")).status == 401
    answer = await stranger.get(f"{API}/{path}", headers=basic(NAME, PASSWORD))
    assert answer.status == 401
    assert "Basic" not in answer.headers.get("WWW-Authenticate", "")


@pytest.mark.usefixtures("user")
async def test_a_password_where_it_is_allowed(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    stranger: TestClient[Any, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    allow(loaded_entry)
    challenge = await stranger.get(f"{API}/readings")
    assert challenge.status == 401
    assert challenge.headers["WWW-Authenticate"].startswith("Basic ")
    assert not hass.http.app[KEY_FAILED_LOGIN_ATTEMPTS]
    answer = await stranger.get(f"{API}/readings", headers=basic(" Ada", PASSWORD))
    assert answer.status == 200
    assert [meter["entry_id"] for meter in (await answer.json())["meters"]] == [
        loaded_entry.entry_id
    ]
    # It opens nothing else, and goes nowhere.
    for path in ("/api/states", "/api/config"):
        answer = await stranger.get(path, headers=basic(NAME, PASSWORD))
        assert answer.status == 401
    assert PASSWORD not in caplog.text
    assert basic(NAME, PASSWORD)["Authorization"] not in caplog.text


async def refused(
    hass: HomeAssistant, stranger: TestClient[Any, Any], headers: dict[str, str]
) -> None:
    """Check that a password is refused, and counted."""
    before = sum(hass.http.app[KEY_FAILED_LOGIN_ATTEMPTS].values())
    answer = await stranger.get(f"{API}/readings", headers=headers)
    assert answer.status == 401
    assert (await answer.text()).startswith("A wrong name or password, or a user with")
    assert sum(hass.http.app[KEY_FAILED_LOGIN_ATTEMPTS].values()) == before + 1


@pytest.mark.usefixtures("user")
async def test_wrong_passwords_are_counted_and_banned(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    stranger: TestClient[Any, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    allow(loaded_entry)
    with patch.object(BackOff, "wait", return_value=0.0):
        await refused(hass, stranger, basic(NAME, "secret guess"))
        await refused(hass, stranger, basic("nobody", PASSWORD))
        answer = await stranger.get(
            f"{API}/readings", headers={"Authorization": "Basic !!!"}
        )
        assert answer.status == 401
        answer = await stranger.get(f"{API}/readings", headers=basic(NAME, PASSWORD))
        assert answer.status == 403
    assert "secret guess" not in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic YWRh",
        "Basic YWRhOg",
        "Basic /////w==",
        "Digest username=ada",
        "Bearer ",
        "Basic " + 4000 * "YWRh",
    ],
)
@pytest.mark.usefixtures("user")
async def test_headers_of_another_kind(
    loaded_entry: MockConfigEntry, stranger: TestClient[Any, Any], header: str
) -> None:
    allow(loaded_entry)
    answer = await stranger.get(f"{API}/readings", headers={"Authorization": header})
    assert answer.status in (400, 401)


@pytest.mark.usefixtures("user")
async def test_who_gets_it_wrong_has_to_wait(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    loaded_entry: MockConfigEntry,
    stranger: TestClient[Any, Any],
) -> None:
    allow(loaded_entry)
    await refused(hass, stranger, basic(NAME, "guess"))
    answer = await stranger.get(f"{API}/readings", headers=basic(NAME, PASSWORD))
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "2"
    # It isn't looked at, and isn't counted.
    assert sum(hass.http.app[KEY_FAILED_LOGIN_ATTEMPTS].values()) == 1
    freezer.tick(1.1)
    answer = await stranger.get(f"{API}/readings", headers=basic(NAME, PASSWORD))
    assert answer.status == 200
    assert not hass.http.app[KEY_FAILED_LOGIN_ATTEMPTS]


async def test_multi_factor_authentication_needs_a_token(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    stranger: TestClient[Any, Any],
    user: MockUser,
) -> None:
    allow(loaded_entry)
    module = await auth_mfa_module_from_config(
        hass,
        {"type": "insecure_example", "data": [{"user_id": user.id, "pin": "123456"}]},
    )
    hass.auth._mfa_modules[module.id] = module
    await refused(hass, stranger, basic(NAME, PASSWORD))


async def test_users_who_may_not_log_in(
    hass: HomeAssistant,
    local_auth: HassAuthProvider,
    loaded_entry: MockConfigEntry,
    stranger: TestClient[Any, Any],
    user: MockUser,
) -> None:
    allow(loaded_entry)
    with patch.object(BackOff, "wait", return_value=0.0):
        user.is_active = False
        await refused(hass, stranger, basic(NAME, PASSWORD))
        # A password that belongs to nobody makes no user.
        await local_auth.async_add_auth("left over", "password")
        users = len(await hass.auth.async_get_users())
        await refused(hass, stranger, basic("left over", "password"))
        assert len(await hass.auth.async_get_users()) == users


async def test_a_user_reads_what_a_user_may_see(
    hass: HomeAssistant,
    loaded_entry: MockConfigEntry,
    meter: Meter,
    stranger: TestClient[Any, Any],
    user: MockUser,
) -> None:
    await async_hear(hass, meter, reading(42, sensor=3))
    allow(loaded_entry)
    user.mock_policy({"entities": {"entity_ids": {"sensor.appliance_3_power": True}}})
    headers = basic(NAME, PASSWORD)
    (found,) = (await (await stranger.get(f"{API}/readings", headers=headers)).json())[
        "meters"
    ]
    assert [item["sensor"] for item in found["sensors"]] == [3]
    assert found["temperature"] is None
    assert (await stranger.get(f"{API}/history", headers=headers)).status == 404
    assert (
        await stranger.get(f"{API}/history?sensor=3", headers=headers)
    ).status == 200


@pytest.mark.usefixtures("user")
async def test_no_password_without_a_ban_or_through_the_open(
    loaded_entry: MockConfigEntry,
    stranger: TestClient[Any, Any],
) -> None:
    allow(loaded_entry)
    headers = basic(NAME, PASSWORD)
    module = "custom_components.currentcost_private.remote_auth"
    with patch(f"{module}.is_local", return_value=False):
        assert (await stranger.get(f"{API}/readings", headers=headers)).status == 403
    with patch(f"{module}.is_cloud_connection", return_value=True):
        assert (await stranger.get(f"{API}/readings", headers=headers)).status == 403
    with patch(f"{module}.can_ban", return_value=False):
        assert (await stranger.get(f"{API}/readings", headers=headers)).status == 401


def test_waits_grow_and_are_bounded() -> None:
    back_off = BackOff(longest=10)
    assert back_off.wait("a", 0) == 0
    waits = []
    for _ in range(6):
        back_off.failed("a", 100)
        waits.append(back_off.wait("a", 100))
    assert waits == [1, 2, 4, 8, 10, 10]
    assert back_off.wait("b", 100) == 0
    assert back_off.wait("a", 111) == 0
    back_off.succeeded("a")
    assert back_off.wait("a", 100) == 0
    lenient = BackOff(longest=10, free=2)
    waits = []
    for _ in range(4):
        lenient.failed("a", 0)
        waits.append(lenient.wait("a", 0))
    assert waits == [0, 0, 1, 2]
    for number in range(5000):
        back_off.failed(number, 0)
    assert len(back_off._errors) == 1000


@pytest.mark.parametrize(
    ("threshold", "errors"), [(3, {}), (-1, {"passwords": "no_ban"})]
)
async def test_passwords_are_switched_on_where_there_is_a_ban(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, errors: dict[str, str]
) -> None:
    flow = await hass.config_entries.options.async_init(loaded_entry.entry_id)
    flow = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"passwords": True}
    )
    if errors:
        assert flow["errors"] == errors
        flow = await hass.config_entries.options.async_configure(
            flow["flow_id"], {"passwords": False}
        )
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert loaded_entry.options == {"passwords": not errors}
    await hass.async_block_till_done()


def test_an_entry_without_a_meter_has_no_options() -> None:
    entry = MockConfigEntry(domain=DOMAIN, data={"device": None})
    assert not entry.supports_options


def test_the_longest_ranges_are_the_rows_of_a_page() -> None:
    assert (
        remote_query.LONGEST[remote_query.Resolution.HOUR].total_seconds() / 3600
        <= remote_query.MOST_ROWS
    )
