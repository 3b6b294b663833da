"""What may be wrong with a provider, or with its answers, while a report runs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
import json
from typing import Any

from freezegun.api import real_time
import pytest

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.exchange import (
    HouseholdAgreement,
    Window,
    WindowKind,
)
from custom_components.currentcost_private.exchange.authentication import (
    TAG_BYTES,
    tagged,
)
from custom_components.currentcost_private.exchange.hashing import Use
from custom_components.currentcost_private.provider_client import ProviderClient
from custom_components.currentcost_private.report_issues import WAYS_OUT, ReportIssue
from custom_components.currentcost_private.sender import Trouble
from custom_components.currentcost_private.storage import Ending
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .household import BUCKET, CONNECTION, PENDING, WINDOW, Household
from .line import Answer, Line
from .provider import PLAN, USER
from .translations import ENGLISH, lookup

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_another_report_stands_for_the_window(household: Household) -> None:
    """A copy of this home, restored elsewhere, was faster: 409 is the last word."""
    await household.async_agree()
    stored = await household.reporter.storage.async_load_agreement()
    assert stored is not None
    agreement = HouseholdAgreement.from_bytes(stored)
    start = await household.async_window(2500)
    client = ProviderClient(
        async_get_clientsession(household.hass),
        household.address,
        token=household.subentry.data["token"],
    )
    window = Window(WindowKind.INTERVAL, start, start + WINDOW)
    await client.async_report(agreement.id, agreement.report(window, (100,)))

    await household.async_sent()
    assert household.reporter.outbox.endings == Counter(rejected=1)
    assert household.state(BUCKET) == "unknown"
    assert household.state(CONNECTION) == "off"
    assert household.learnt() == {start: 1}
    following = await household.async_window(2500)
    await household.async_sent()
    assert household.learnt() == {start: 1, following: 3}


async def test_refused_reports_and_the_end_of_the_agreement(
    household: Household,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hashes that no label has, as a cheating household might send them."""
    garble = HouseholdAgreement.report

    def cheat(
        agreement: HouseholdAgreement, window: Window, measures: Sequence[int]
    ) -> bytes:
        body = garble(agreement, window, measures)[:-TAG_BYTES]
        hashes = bytes(byte ^ 1 for byte in body[-128:])
        return tagged(Use.CLAIM, agreement.key, body[:-128] + hashes)

    await household.async_agree()
    await household.async_window(500)
    await household.async_sent()
    assert household.state(BUCKET) == "bucket 1"
    monkeypatch.setattr(HouseholdAgreement, "report", cheat)
    for refused in (1, 2, 3):
        await household.async_window(500)
        await household.async_sent()
        assert household.reporter.outbox.endings[Ending.REFUSED] == refused
        assert household.state(BUCKET) == "unknown"
    assert household.state(CONNECTION) == "off"
    assert not issue_registry.issues

    await household.async_window(500)
    await household.async_live(90)
    assert household.state(CONNECTION) == "on"
    ((_, issue_id),) = issue_registry.issues
    assert issue_id.startswith("agreement_stopped")
    mark, sent = household.reporter.outbox.mark, len(household.traffic.sent)
    await household.async_window(500)
    await household.async_live(90)
    assert household.reporter.outbox.mark == mark
    assert len(household.traffic.sent) == sent


@pytest.mark.parametrize("position", [0, 20, 40], ids=["header", "digest", "label"])
async def test_a_reply_of_somebody_else(
    household: Household, line: Line, position: int
) -> None:
    """It is no answer: the report waits for the provider's."""
    await household.async_agree()

    def forge(answer: Answer) -> Answer:
        status, reply = answer
        forged = bytearray(reply)
        forged[position] ^= 1
        return status, bytes(forged)

    line.tampers["windows"] = forge
    await household.async_window(2500)
    await household.async_live(90)
    assert household.reporter.trouble is Trouble.NOT_A_PROVIDER
    assert household.state(CONNECTION) == "on"
    assert not household.reporter.outbox.endings.total()
    line.tampers.clear()
    await household.async_sent()
    assert household.reporter.outbox.endings == Counter(reported=1)
    assert household.state(BUCKET) == "bucket 3"


@pytest.mark.parametrize("position", [0, 20, 40], ids=["header", "digest", "label"])
async def test_forged_reply(household: Household, line: Line, position: int) -> None:
    """A provider that answers what evaluating doesn't give."""
    await household.async_agree()

    def forge(answer: Answer) -> Answer:
        status, reply = answer
        forged = bytearray(reply)
        forged[position] ^= 1
        key = household.reporter._agreement.key
        return status, tagged(Use.REPLY, key, bytes(forged[:-TAG_BYTES]))

    line.tampers["windows"] = forge
    await household.async_window(2500)
    await household.async_sent()
    assert household.reporter.outbox.endings == Counter(forged=1)
    assert household.state(BUCKET) == "unknown"
    line.tampers.clear()
    await household.async_window(2500)
    await household.async_sent()
    assert household.state(BUCKET) == "bucket 3"


async def test_answer_that_says_nothing_is_waited_out(
    household: Household, line: Line
) -> None:
    await household.async_agree()
    answers: list[Answer] = [
        (200, bytes(300_000)),
        (404, b"<html>Not found</html>"),
        (418, b'{"type": "urn:currentcost:teapot"}'),
        (500, b'{"type": "urn:currentcost:internal"}'),
        (502, b"<html>Bad gateway</html>"),
        (503, b'{"type": "urn:currentcost:busy"}'),
    ]
    starts = []
    for answer in answers:
        line.tampers["windows"] = partial(instead, answer)
        starts.append(await household.async_window(2500))
        await household.async_live(90)
        assert household.state(CONNECTION) == "on", answer
        assert household.state(PENDING) == "1"
        line.tampers.clear()
        await household.async_sent()
        assert household.state(CONNECTION) == "off"
    assert household.learnt() == dict.fromkeys(starts, 3)


def instead(answer: Answer, _real: Answer) -> Answer:
    return answer


async def test_provider_of_another_version(
    household: Household, line: Line, issue_registry: ir.IssueRegistry
) -> None:
    await household.async_agree()
    problem = b'{"type": "urn:currentcost:protocol_version", "protocol": 2}'
    line.tampers["windows"] = lambda _: (400, problem)
    start = await household.async_window(2500)
    await household.async_live(90)
    ((_, issue_id),) = issue_registry.issues
    assert issue_id.startswith("other_version")
    line.tampers.clear()
    await household.async_sent()
    assert not issue_registry.issues
    assert household.learnt() == {start: 3}


async def test_retry_after_is_honoured(household: Household) -> None:
    """A window that hasn't ended by the provider's clock is early, not lost."""
    await household.async_agree()
    # The household's clock is ahead of the provider's by some hours.
    await household.async_pass(100_000 // WINDOW * WINDOW)
    while household.state(CONNECTION) == "off":
        await household.async_pass(5)
    sent = len(household.traffic.sent)
    told = household.reporter.outbox.entries[0].end - real_time()
    while told > 60:
        await household.async_pass(30)
        told -= 30
    assert len(household.traffic.sent) == sent
    assert household.state(PENDING) != "0"


async def test_rejected_token(
    household: Household, issue_registry: ir.IssueRegistry
) -> None:
    await household.async_agree()
    start = await household.async_window(500)
    await household.async_sent()
    password = household.provider.reset()
    waiting = await household.async_window(1500)
    await household.async_live(90)
    assert household.state(CONNECTION) == "on"
    assert (
        DOMAIN,
        f"token_rejected_{household.subentry.subentry_id}",
    ) in issue_registry.issues

    flows = household.hass.config_entries.flow
    (flow,) = flows.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_confirm"
    typed = {"username": household.provider.sheet["user"]}
    form = await flows.async_configure(flow["flow_id"], {**typed, "password": "wrong"})
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": "credentials"}
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["report"] == "Example Energy"
    done = await flows.async_configure(flow["flow_id"], {**typed, "password": password})
    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "reauth_successful"
    await household.async_settle()

    await household.async_sent()
    assert household.state(CONNECTION) == "off"
    assert not [i for d, i in issue_registry.issues if d == DOMAIN]
    # The agreement goes on with its pinned thresholds: nothing was lost.
    assert household.learnt() == {start: 1, waiting: household.expected(waiting)}


async def test_report_that_was_deleted_before_its_access_is_asked_for(
    household: Household,
) -> None:
    gone = await household.entry.start_reauth_flow(
        household.hass, data={"subentry_id": "gone"}
    )
    assert (gone["type"], gone["reason"]) == (FlowResultType.ABORT, "report_removed")


async def test_two_rejected_tokens_are_renewed_one_after_the_other(
    household: Household,
) -> None:
    hass, provider = household.hass, household.provider
    await household.async_agree()
    sheet = json.loads(
        provider.command("household", "enrol", "bert", f"--plan={PLAN}", "--json")
    )
    hass.states.async_set("sensor.flat", "400", {"unit_of_measurement": "W"})
    await household.async_agree(
        username="bert", password=sheet["password"], source="sensor.flat"
    )
    assert len(household.entry.runtime_data.reporters) == 2
    passwords = {user: provider.reset(user) for user in (USER, "bert")}
    start = await household.async_window(1500)
    await household.async_live(90)

    flows = hass.config_entries.flow
    for _ in range(2):
        (flow,) = flows.async_progress_by_handler(DOMAIN)
        form = await flows.async_configure(flow["flow_id"])
        assert form["data_schema"] is not None
        user = next(
            key.description["suggested_value"]
            for key in form["data_schema"].schema
            if key == "username"
        )
        done = await flows.async_configure(
            flow["flow_id"],
            {"username": user, "password": passwords.pop(user)},
        )
        assert done["reason"] == "reauth_successful"
        await household.async_live(200)
    assert not flows.async_progress_by_handler(DOMAIN)
    outcomes = {
        result["household"]: result["outcome"]
        for result in provider.results()
        if datetime.fromisoformat(result["start"]).timestamp() == start
    }
    assert outcomes == {USER: 2, "bert": 1}


def test_every_issue_has_its_text() -> None:
    assert set(ENGLISH["issues"]) >= set(ReportIssue)
    for issue in ReportIssue:
        assert lookup("issues", issue, "title")
        confirm = ("fix_flow", "step", "confirm") if issue in WAYS_OUT else ()
        assert lookup("issues", issue, *confirm, "description")


@pytest.mark.parametrize("damaged", [True, False])
async def test_lost_agreement(
    household: Household,
    hass_storage: dict[str, Any],
    issue_registry: ir.IssueRegistry,
    *,
    damaged: bool,
) -> None:
    await household.async_agree()
    assert await household.hass.config_entries.async_unload(household.entry.entry_id)
    key = f"{DOMAIN}.agreement.{household.subentry.unique_id}"
    if damaged:
        hass_storage[key]["data"]["agreement"] = "Q1ABGGRhbWFnZWQ="
    else:
        del hass_storage[key]
    await household.async_set_up()
    ((_, issue_id),) = issue_registry.issues
    assert issue_id.startswith("agreement_lost")
    household.hass.config_entries.async_remove_subentry(
        household.entry, household.subentry.subentry_id
    )
    await household.async_settle()
    assert not issue_registry.issues


async def test_lost_outbox_and_damaged_checkpoint(
    household: Household, hass_storage: dict[str, dict[str, object]]
) -> None:
    await household.async_agree()
    await household.async_window(500)
    await household.async_sent()
    assert await household.hass.config_entries.async_unload(household.entry.entry_id)
    agreement_id = household.subentry.unique_id
    del hass_storage[f"{DOMAIN}.outbox.{agreement_id}"]
    hass_storage[f"{DOMAIN}.checkpoint.{agreement_id}"]["data"] = {"length": WINDOW}
    await household.async_set_up()
    start = await household.async_window(1500)
    await household.async_sent()
    assert household.learnt()[start] == 2
