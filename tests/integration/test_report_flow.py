"""Agreeing on a report in the browser, with a real provider at the other end."""

import ast
from collections.abc import Callable
from functools import partial
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import trustme

from custom_components.currentcost_private import report_access
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.report_description import plain
from homeassistant.config_entries import SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .household import BUCKET, SOURCE, Household
from .line import Answer, Line
from .provider import NAME, QUESTION, USER, Provider

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_agreement(
    hass: HomeAssistant,
    household: Household,
    hass_storage: dict[str, Any],
    device_registry: dr.DeviceRegistry,
) -> None:
    sheet = household.provider.sheet
    flow_id = await household.async_start_flow()
    # People type codes as they like.
    typed = household.letter(fingerprint=f" {sheet['fingerprint'].lower()} ")
    consent = await household.async_submit(flow_id, typed)
    assert consent["type"] is FlowResultType.FORM
    assert consent["step_id"] == "consent"
    told = consent["description_placeholders"]
    assert told["provider"] == NAME
    assert told["question"] == QUESTION
    assert told["measure"] == "mean power"
    assert told["source"] == "house"
    assert told["window"] == "15 min"
    assert told["bits"] == "223"
    assert told["answers"] == "4"
    assert told["outcomes"] == "outside, bucket 1, bucket 2, bucket 3"
    assert told["minimum_width"] == "100 W"
    assert told["code"] == sheet["code"]
    assert told["fingerprint"] == sheet["fingerprint"]

    refused = await household.async_submit(flow_id, {"agreed": False})
    assert refused["errors"] == {"agreed": "consent_required"}
    assert not household.entry.subentries

    created = await household.async_submit(flow_id, {"agreed": True})
    assert created["type"] is FlowResultType.CREATE_ENTRY
    assert created["title"] == NAME
    subentry = household.subentry
    assert subentry.unique_id == subentry.data["agreement_id"]
    assert subentry.data["source"] == SOURCE
    assert subentry.data["fingerprint"] == sheet["fingerprint"]
    assert sheet["password"] not in json.dumps(dict(subentry.data))

    # What was consented to is kept with the secrets, and apart from the entry.
    stored = hass_storage[f"{DOMAIN}.agreement.{subentry.unique_id}"]["data"]
    assert stored["consent"]["code"] == sheet["code"]
    assert stored["consent"]["agreed"]
    assert stored["agreement"] not in json.dumps(household.entry.as_dict(), default=str)

    (device,) = dr.async_entries_for_config_entry(
        device_registry, household.entry.entry_id
    )
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.name == NAME
    assert device.model == QUESTION
    bucket = hass.states.get(BUCKET)
    assert bucket is not None
    assert bucket.attributes["options"] == [
        "bucket 1",
        "bucket 2",
        "bucket 3",
        "outside",
    ]


async def test_errors_and_recovery(household: Household) -> None:
    """Whatever is wrong is told, keeps what was typed, and can be put right."""
    wrong: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"url": "http://127.0.0.1:9"}, {"url": "cannot_connect"}),
        ({"url": "http://192.0.2.1:8443"}, {"url": "insecure_address"}),
        ({"url": "ftp://127.0.0.1"}, {"url": "invalid_address"}),
        ({"url": "127.0.0.1:8443"}, {"url": "invalid_address"}),
        ({"username": "berta"}, {"base": "credentials"}),
        ({"password": "guess-gues-gue-gues"}, {"base": "credentials"}),
        ({"password": "x" * 70}, {"base": "credentials"}),
        ({"source": None}, {"source": "source_required"}),
        ({"fingerprint": "ABCD-EFGH"}, {"fingerprint": "fingerprint_differs"}),
        ({"minimum_width": {"minimum_width": 101}}, {"base": "too_narrow"}),
    ]
    flow_id = await household.async_start_flow()
    for changes, errors in wrong:
        typed = {
            key: value
            for key, value in household.letter(**changes).items()
            if value is not None
        }
        form = await household.async_submit(flow_id, typed)
        assert form["type"] is FlowResultType.FORM
        assert form["step_id"] == "user"
        assert form["errors"] == errors
        typed.pop("minimum_width", None)
        assert suggested(form).items() >= typed.items()

    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"
    created = await household.async_submit(flow_id, {"agreed": True})
    assert created["type"] is FlowResultType.CREATE_ENTRY


def suggested(form: Any) -> dict[str, Any]:
    """Return what a form's fields are filled with."""
    return {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }


def test_every_error_has_words() -> None:
    """Each key that a form may show is translated, in both flows that share them."""
    folder = Path(report_access.__file__).parent
    translations = json.loads((folder / "translations" / "en.json").read_text())
    shared = {key for _, key in report_access._ADDRESS_ERRORS} | set(
        report_access._PROBLEMS.values()
    )
    keys = {
        name: {
            node.value
            for call in ast.walk(ast.parse((folder / f"{name}.py").read_text()))
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in {"AccessError", "FormError"}
            for node in [*call.args, *(keyword.value for keyword in call.keywords)]
            if isinstance(node, ast.Constant)
        }
        for name in ("report_access", "report_flow", "report_setup")
    }
    fields = {"base", "source", "fingerprint", "agreed"}
    access = (shared | keys["report_access"]) - fields
    every = (access | keys["report_flow"] | keys["report_setup"]) - fields
    assert len(every) > 20
    assert access <= translations["config"]["error"].keys()
    assert every <= translations["config_subentries"]["report"]["error"].keys()


@pytest.fixture(scope="session")
def certificate() -> trustme.LeafCert:
    """A certificate for this machine, made before any test stops the clock."""
    return trustme.CA().issue_cert("127.0.0.1")


async def test_certificate_that_nobody_vouches_for(
    certificate: trustme.LeafCert, household: Household
) -> None:
    household.provider.kill()
    household.provider.start(tls=certificate)
    flow_id = await household.async_start_flow()
    form = await household.async_submit(
        flow_id, household.letter(url=household.provider.address)
    )
    assert form["errors"] == {"url": "certificate"}
    household.provider.kill()
    household.provider.start()
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"


async def test_too_many_attempts(household: Household) -> None:
    flow_id = await household.async_start_flow()
    wrong = household.letter() | {"password": "guess"}
    for _ in range(5):
        form = await household.async_submit(flow_id, wrong)
        assert form["errors"] == {"base": "credentials"}
    form = await household.async_submit(flow_id, wrong)
    assert form["errors"] == {"base": "too_many_attempts"}
    household.provider.kill()
    household.provider.start()
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"


def instead(answer: Answer, _real: Answer) -> Answer:
    return answer


def changed(old: bytes, new: bytes, real: Answer) -> Answer:
    return real[0], real[1].replace(old, new, 1)


async def test_something_else_at_the_address(household: Household, line: Line) -> None:
    flow_id = await household.async_start_flow()
    for answer, errors in (
        ((200, b"<html>It works!</html>"), {"url": "not_a_provider"}),
        ((200, b"[]"), {"url": "not_a_provider"}),
        ((200, b'{"service": "other", "protocol": 1}'), {"url": "not_a_provider"}),
        ((200, b"[" * 16_000), {"url": "not_a_provider"}),
        ((200, b" " * 20_000), {"url": "not_a_provider"}),
        ((301, b""), {"url": "not_a_provider"}),
        ((404, b"Not found"), {"url": "not_a_provider"}),
        ((503, b"Away"), {"url": "cannot_connect"}),
    ):
        line.tampers["v1"] = partial(instead, answer)
        form = await household.async_submit(flow_id, household.letter())
        assert form["errors"] == errors, answer
    line.tampers.clear()
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"


async def test_provider_of_another_version(household: Household, line: Line) -> None:
    line.tampers["v1"] = lambda _: (
        200,
        b'{"service": "currentcost-provider", "protocol": 2}',
    )
    flow_id = await household.async_start_flow()
    form = await household.async_submit(flow_id, household.letter())
    assert form["errors"] == {"base": "other_version"}
    assert form["description_placeholders"] == {"theirs": "2", "ours": "1"}
    line.tampers.clear()
    line.tampers["plan"] = lambda real: (200, real[1][:2] + b"\x02" + real[1][3:])
    form = await household.async_submit(flow_id, household.letter())
    assert form["errors"] == {"base": "other_version"}
    line.tampers.clear()
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"


async def test_statement_that_is_not_the_providers(
    household: Household, line: Line
) -> None:
    flow_id = await household.async_start_flow()
    for old, new, error in (
        (b'"window":900', b'"window":450', "invalid_answer"),
        (b'"circuit":"', b'"circuit":"00', "other_circuit"),
        (QUESTION.encode(), QUESTION.encode().swapcase(), "invalid_answer"),
        (b"{", b"", "invalid_answer"),
    ):
        line.tampers["plan"] = partial(changed, old, new)
        form = await household.async_submit(flow_id, household.letter())
        assert form["errors"] == {"base": error}
        if error == "invalid_answer":
            assert form["description_placeholders"]["error"]
    line.tampers.clear()
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"


async def test_thresholds_that_break_the_promise(
    household: Household, line: Line
) -> None:
    """Without the pass label of the policy there is no agreement."""
    flow_id = await household.async_start_flow()
    await household.async_submit(flow_id, household.letter())
    line.tampers["transfer"] = lambda real: (200, real[1][:-16] + bytes(16))
    form = await household.async_submit(flow_id, {"agreed": True})
    assert form["step_id"] == "consent"
    assert form["errors"] == {"base": "policy_failed"}
    assert not household.entry.subentries
    line.tampers.clear()
    created = await household.async_submit(flow_id, {"agreed": True})
    assert created["type"] is FlowResultType.CREATE_ENTRY


async def test_connection_lost_during_the_set_up(
    household: Household, line: Line
) -> None:
    """The next try goes on where the last one ended: it costs no second set-up."""
    flow_id = await household.async_start_flow()
    await household.async_submit(flow_id, household.letter())
    for part in ("agreements", "transfer"):
        line.tampers = {part: lambda _: (502, b"Bad gateway")}
        for _ in range(4):
            form = await household.async_submit(flow_id, {"agreed": True})
            assert form["errors"] == {"base": "cannot_connect"}
    line.tampers.clear()
    created = await household.async_submit(flow_id, {"agreed": True})
    assert created["type"] is FlowResultType.CREATE_ENTRY
    await household.async_window(2500)
    await household.async_sent()
    assert set(household.learnt().values()) == {3}


async def test_flow_left_half_way_harms_nothing(household: Household) -> None:
    flow_id = await household.async_start_flow()
    await household.async_submit(flow_id, household.letter())
    household.hass.config_entries.subentries.async_abort(flow_id)
    await household.async_agree()
    assert household.entry.subentries


async def test_one_report_a_source(household: Household) -> None:
    """Whatever the entry: two questions about one source ask too much."""
    await household.async_agree()
    flow_id = await household.async_start_flow()
    form = await household.async_submit(flow_id, household.letter())
    assert form["errors"] == {"source": "source_taken"}


async def test_period_over(
    household: Household, freezer: FrozenDateTimeFactory
) -> None:
    flow_id = await household.async_start_flow()
    freezer.tick(400 * 86_400)
    form = await household.async_submit(flow_id, household.letter())
    assert form["errors"] == {"base": "period_over"}
    freezer.tick(-400 * 86_400)
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent"


async def test_total_of_a_meter_is_one_source_by_either_name(
    hass: HomeAssistant, household: Household, entity_registry: er.EntityRegistry
) -> None:
    meter = MockConfigEntry(
        domain=DOMAIN, entry_id="01JMETER", data={"device": "/dev/null"}
    )
    meter.add_to_hass(hass)
    total = entity_registry.async_get_or_create(
        "sensor",
        DOMAIN,
        "01JMETER_0_power",
        config_entry=meter,
        suggested_object_id="total",
    )
    await household.async_agree(source=total.entity_id)
    flows = hass.config_entries.subentries
    form = await flows.async_init(
        (meter.entry_id, "report"), context={"source": "user"}
    )
    typed = household.letter()
    del typed["source"]
    form = await flows.async_configure(form["flow_id"], typed)
    assert form["errors"] == {"source": "source_taken"}


def test_words_of_a_provider_do_not_format_ours() -> None:
    assert plain("**Free** [gift](https://example.org) <b>") == (
        r"\*\*Free\*\* \[gift\](https\://example\.org) \<b\>"
    )
    assert plain("How much do you draw, on the mean?") == (
        "How much do you draw, on the mean?"
    )


async def async_change(household: Household, what: str) -> Any:
    """Begin to change the report, and choose what of it."""
    flows = household.hass.config_entries.subentries
    menu = await flows.async_init(
        (household.entry.entry_id, "report"),
        context=SubentryFlowContext(
            source="reconfigure", subentry_id=household.subentry.subentry_id
        ),
    )
    assert menu["type"] is FlowResultType.MENU
    return await flows.async_configure(menu["flow_id"], {"next_step_id": what})


async def test_reconfigure(household: Household, line: Line) -> None:
    await household.async_agree()
    flows = household.hass.config_entries.subentries
    form = await async_change(household, "access")
    assert form["step_id"] == "access"
    moved = {"url": "http://127.0.0.1:9", "username": USER}
    form = await flows.async_configure(form["flow_id"], moved)
    assert form["errors"] == {"url": "cannot_connect"}

    # A new password with the same key keeps the agreement.
    password = household.provider.reset()
    moved = {"url": line.address, "username": USER}
    form = await flows.async_configure(form["flow_id"], moved)
    assert form["errors"] == {"base": "token_rejected"}
    done = await flows.async_configure(form["flow_id"], moved | {"password": password})
    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "reconfigure_successful"
    await household.async_settle()
    assert household.subentry.data["url"] == line.address
    assert "password" not in household.subentry.data
    await household.async_window(2500)
    await household.async_sent()
    assert set(household.learnt().values()) == {3}
    assert line.heard


async def test_another_provider_at_the_new_address(
    household: Household, providers: Callable[..., Provider]
) -> None:
    await household.async_agree()
    other = providers(minimum_width="200")
    other.start()
    try:
        flows = household.hass.config_entries.subentries
        form = await async_change(household, "access")
        form = await flows.async_configure(
            form["flow_id"],
            {
                "url": other.address,
                "username": USER,
                "password": other.sheet["password"],
            },
        )
        assert form["errors"] == {"base": "fingerprint_differs"}
    finally:
        other.kill()
