"""The privacy study of a report: from the recorder's history to the page."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from unittest.mock import patch

from aiohttp import ClientResponse
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    RecorderInstanceContextManager,
    WebSocketGenerator,
)

from custom_components.currentcost_private import privacy_study, study_offer
from custom_components.currentcost_private.const import DOMAIN, PANEL
from custom_components.currentcost_private.exchange import (
    Measure,
    Period,
    RangeQuestion,
)
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .household import SOURCE, WINDOW, Household
from .past import async_remember

pytestmark = pytest.mark.usefixtures("socket_enabled")

BUTTON: Final = "button.example_energy_make_privacy_study"
TOLD_TODAY: Final = "sensor.example_energy_told_today"

type Ask = Callable[..., Awaitable[dict[str, Any]]]
type Read = Callable[..., Awaitable[ClientResponse]]


@pytest.fixture
def mock_recorder_before_hass(
    async_test_recorder: RecorderInstanceContextManager,
) -> None:
    """Prepare a database before Home Assistant starts."""


@pytest.fixture
async def remembering(
    hass: HomeAssistant, recorder_mock: Recorder, household: Household
) -> Household:
    """A home whose recorder knows its power sensor, before anything is agreed on."""
    await hass.config.async_set_time_zone("UTC")
    household.draw(500)
    await async_wait_recording_done(hass)
    assert recorder_mock.recording
    return household


@pytest.fixture
async def token_of(hass: HomeAssistant) -> Callable[..., Awaitable[str]]:
    """Log an administrator in, or somebody else, in the time that the home has."""

    async def token(*, admin: bool = True) -> str:
        user = MockUser(is_owner=admin).add_to_hass(hass)
        refresh = await hass.auth.async_create_refresh_token(
            user, "http://example.com/"
        )
        return hass.auth.async_create_access_token(refresh)

    return token


@pytest.fixture
async def ask(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    token_of: Callable[..., Awaitable[str]],
) -> Ask:
    """Send a command as an administrator, or as somebody else."""

    async def command(kind: str, *, admin: bool = True, **data: Any) -> dict[str, Any]:
        client = await hass_ws_client(hass, await token_of(admin=admin))
        await client.send_json_auto_id({"type": f"{DOMAIN}/{kind}", **data})
        answer: dict[str, Any] = await client.receive_json()
        await client.close()
        return answer

    return command


@pytest.fixture
async def read(
    hass_client: ClientSessionGenerator, token_of: Callable[..., Awaitable[str]]
) -> Read:
    """Ask for a study's page as an administrator, or as somebody else."""

    async def page(subentry_id: str, *, admin: bool = True) -> ClientResponse:
        client = await hass_client(await token_of(admin=admin))
        answer: ClientResponse = await client.get(f"/api/{DOMAIN}/study/{subentry_id}")
        return answer

    return page


async def async_study(hass: HomeAssistant, user: MockUser | None = None) -> Any:
    """Make a study by its action and return what it says."""
    return await hass.services.async_call(
        DOMAIN,
        "privacy_study",
        blocking=True,
        return_response=True,
        context=None if user is None else Context(user_id=user.id),
    )


async def test_study_of_a_report(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    remembering: Household,
    ask: Ask,
    read: Read,
) -> None:
    await async_remember(
        hass,
        SOURCE,
        days_of_hours=31,
        days_of_five_minutes=10,
        days_of_states=4,
    )
    await remembering.async_agree()
    subentry = remembering.subentry
    report = {
        "subentry_id": subentry.subentry_id,
        "title": "Example Energy",
        "question": "How much do you draw?",
        "made": None,
        "making": False,
    }
    assert (await ask("studies"))["result"] == [report]
    answer = await async_study(hass)
    assert answer["history"]["seconds_between_readings"] == 60
    assert answer["history"]["days"] > 30
    assert any("Kettle" in text for text in answer["from_readings"])
    assert answer["from_answers"]
    assert not any("Kettle" in text for text in answer["from_answers"])
    assert answer["page"] == f"/{PANEL}/{subentry.subentry_id}"

    # Made anew in another language, as the panel does for who looks at it.
    made = await ask("make_study", subentry_id=subentry.subentry_id, language="de")
    assert (await ask("studies"))["result"][0]["made"] == made["result"]["made"]
    response = await read(subentry.subentry_id)
    assert response.status == HTTPStatus.OK
    assert response.content_type == "text/html"
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    page = await response.text()
    assert "Was Example Energy über Sie wissen könnte" in page
    assert "Wasserkocher" in page

    # It goes with the report.
    store = f"{DOMAIN}.study.{subentry.subentry_id}"
    assert hass_storage[store]["data"]["page"] == page
    hass.config_entries.async_remove_subentry(remembering.entry, subentry.subentry_id)
    await remembering.async_settle()
    assert store not in hass_storage
    assert (await read(subentry.subentry_id)).status == HTTPStatus.NOT_FOUND


async def test_only_administrators(
    hass: HomeAssistant,
    household: Household,
    ask: Ask,
    read: Read,
) -> None:
    await household.async_agree()
    subentry_id = household.subentry.subentry_id
    for kind, data in (("studies", {}), ("make_study", {"subentry_id": subentry_id})):
        answer = await ask(kind, admin=False, **data)
        assert answer["error"]["code"] == "unauthorized"
    assert (await read(subentry_id, admin=False)).status == HTTPStatus.UNAUTHORIZED
    assert (await read(subentry_id)).status == HTTPStatus.NOT_FOUND
    nobody = MockUser().add_to_hass(hass)
    with pytest.raises(Unauthorized):
        await async_study(hass, nobody)
    answer = await ask("make_study", subentry_id="nonsense")
    assert answer["error"]["code"] == "not_found"


async def test_without_history(hass: HomeAssistant, household: Household) -> None:
    await household.async_agree()
    with pytest.raises(HomeAssistantError, match="enough of house"):
        await hass.services.async_call(
            "button", "press", {"entity_id": BUTTON}, blocking=True
        )
    assert not privacy_study.async_studies(hass).making


@pytest.mark.parametrize(
    ("known", "step"),
    [
        ({"days_of_states": 4, "unit": "kW"}, 60),
        ({"days_of_states": 2, "days_of_five_minutes": 5}, 300),
        ({"days_of_hours": 31}, 3600),
    ],
)
async def test_the_finest_history_is_taken(
    hass: HomeAssistant,
    remembering: Household,
    known: dict[str, Any],
    step: int,
) -> None:
    if "unit" in known:
        remembering.draw(500, unit="kW")
    await async_remember(hass, SOURCE, **known)
    await remembering.async_agree()
    await hass.services.async_call(
        "button", "press", {"entity_id": BUTTON}, blocking=True
    )
    answer = await async_study(hass)
    assert answer["history"]["seconds_between_readings"] == step
    assert answer["history"]["days"] > 3


async def test_what_is_no_range_of_a_day(household: Household) -> None:
    await household.async_agree()
    plan = household.reporter.statement.plan
    asked = privacy_study._asked(plan)
    assert asked is not None
    assert (asked.window, asked.buckets, asked.minimum_width) == (900, 4, 100)
    assert isinstance(plan.question, RangeQuestion)
    energy = replace(plan, question=replace(plan.question, measure=Measure.ENERGY))
    asked = privacy_study._asked(energy)
    assert asked is not None
    assert asked.minimum_width == 400
    schedule = replace(plan.schedule, window=Period.DAY, part=3600)
    asked = privacy_study._asked(replace(plan, schedule=schedule))
    assert asked is not None
    assert asked.window == 86_400
    schedule = replace(schedule, window=Period.MONTH)
    assert privacy_study._asked(replace(plan, schedule=schedule)) is None


async def async_past_of(household: Household) -> str:
    """Return what the consent's form says of the past."""
    flow_id = await household.async_start_flow()
    form = await household.async_submit(flow_id, household.letter())
    assert form["step_id"] == "consent"
    past: str = form["description_placeholders"]["past"]
    # A box that isn't ticked shows the same again.
    form = await household.async_submit(flow_id, {"agreed": False})
    assert form["description_placeholders"]["past"] == past
    return past


async def test_consent_says_what_it_would_have_told(
    hass: HomeAssistant, remembering: Household
) -> None:
    await async_remember(hass, SOURCE, days_of_hours=31, days_of_five_minutes=10)
    past = await async_past_of(remembering)
    assert past.startswith("### What this would have told last month\n")
    assert "questions answered with yes or no" in past
    assert "From readings it could have told" in past
    assert "From the answers:" in past
    assert "as equally often in each range" in past


async def test_consent_without_history(household: Household) -> None:
    assert "has not recorded enough" in await async_past_of(household)


@pytest.mark.parametrize("fails", [OSError, None])
async def test_consent_does_not_wait(
    household: Household, fails: type[Exception] | None
) -> None:
    async def find(*_: object, **__: object) -> None:
        if fails is not None:
            raise fails
        await asyncio.Event().wait()

    with (
        patch.object(study_offer, "async_find", find),
        patch.object(study_offer, "LONGEST", 0),
    ):
        assert "in time" in await async_past_of(household)


async def test_what_answers_may_leave_unsaid(
    hass: HomeAssistant, remembering: Household
) -> None:
    """Ranges that nothing changes between, and questions that are no ranges."""
    await async_remember(hass, SOURCE, days_of_hours=31)
    await remembering.async_agree()
    plan = remembering.reporter.statement.plan
    assert isinstance(plan.question, RangeQuestion)
    wide = replace(plan, question=replace(plan.question, minimum_width=30_000))
    past = await study_offer.async_past(hass, wide, SOURCE)
    assert "nothing of the kind" in past
    schedule = replace(plan.schedule, window=Period.MONTH, part=3600)
    past = await study_offer.async_past(hass, replace(plan, schedule=schedule), SOURCE)
    assert "a question of this kind" in past
    assert "1 answers" in past


async def test_bits_of_a_day(hass: HomeAssistant, household: Household) -> None:
    await hass.config.async_set_time_zone("UTC")
    await household.async_agree()
    assert float(household.state(TOLD_TODAY)) == 0
    each = household.reporter.statement.plan.bits_per_window
    await household.async_window(500)
    await household.async_sent()
    household.draw(None)
    await household.async_live(WINDOW)
    await household.async_sent()
    told = float(household.state(TOLD_TODAY))
    # That there is no answer is told as well.
    assert told == pytest.approx(2 * each, abs=0.01)
    await household.async_restart()
    assert float(household.state(TOLD_TODAY)) == pytest.approx(told)
    # A new day begins with nothing, and what is late counts when it is told.
    household.provider.kill()
    midnight = dt_util.start_of_local_day().timestamp() + 86_400
    await household.async_pass(midnight - household.now)
    await household.async_pass(30)
    assert float(household.state(TOLD_TODAY)) == 0


async def test_panel_comes_and_goes_with_the_reports(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, household: Household
) -> None:
    hass.config.components.add("frontend")
    await household.async_agree()
    panel = hass.data[DATA_PANELS][PANEL]
    assert panel.require_admin
    assert panel.sidebar_title == "Privacy study"
    assert panel.config is not None
    module = panel.config["_panel_custom"]["module_url"]
    assert module.endswith("/panel.js")
    subentry = household.subentry
    (device,) = device_registry.async_get_devices(
        identifiers={(DOMAIN, str(subentry.unique_id))}
    )
    assert device.configuration_url == f"homeassistant://{PANEL}/{subentry.subentry_id}"
    hass.config_entries.async_remove_subentry(household.entry, subentry.subentry_id)
    await household.async_settle()
    assert PANEL not in hass.data[DATA_PANELS]
