"""Reports to a real provider, at a household's frozen time."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.exchange import Report, parse_claim
from custom_components.currentcost_private.report_measures import recorder_of
from custom_components.currentcost_private.storage import NotWrittenError
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from .fixing import issues_shown
from .household import (
    BUCKET,
    CONNECTION,
    LAST_REPORT,
    PENDING,
    WINDOW,
    Household,
    plain_bucket,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_every_bucket_equals_the_plain_computation(household: Household) -> None:
    await household.async_agree()
    assert household.state(BUCKET) == "unknown"
    assert household.state(LAST_REPORT) == "unknown"
    starts = []
    # On and around each threshold, far outside, and feeding into the grid.
    for watts in (0, 518, 1000, 1000.4, 1000.5, 2000, 2001, 3000, 3001, 99_999, -5):
        start = await household.async_window(watts)
        starts.append(start)
        await household.async_sent()
        assert household.state(BUCKET) == (
            f"bucket {household.expected(start)}"
            if household.expected(start)
            else "outside"
        )
        ended = datetime.fromtimestamp(start + WINDOW, UTC)
        assert household.state(LAST_REPORT) == ended.isoformat()
    learnt = household.learnt()
    assert learnt == {start: household.expected(start) for start in starts}
    assert set(learnt.values()) == {0, 1, 2, 3}
    assert household.state(PENDING) == "0"
    assert household.state(CONNECTION) == "off"


async def test_mean_is_weighted_by_time(household: Household) -> None:
    await household.async_agree()
    start = household.now
    await household.async_live(600, 100)
    await household.async_live(300, 6000)
    await household.async_sent()
    assert household.mean_of(start) == pytest.approx(2066.67, abs=0.01)
    assert household.learnt() == {start: 3}


@pytest.mark.parametrize(
    ("plan_options", "measure"),
    [
        ({"measure": "last_power"}, 400),
        ({"measure": "peak_power"}, 2500),
        ({"measure": "energy"}, (600 * 2500 + 300 * 400) / 3600),
    ],
    ids=str,
)
async def test_measure(household: Household, measure: float) -> None:
    await household.async_agree()
    start = household.now
    await household.async_live(600, 2500)
    await household.async_live(300, 400)
    await household.async_sent()
    assert household.learnt() == {start: plain_bucket(measure)}


async def test_source_in_kilowatts(household: Household) -> None:
    await household.async_agree()
    start = household.now
    for _ in range(30):
        household.draw(2500, unit="kW")
        await household.async_pass(30)
    await household.async_sent()
    assert household.learnt() == {start: 3}


async def test_steady_sensor_that_never_changes_is_no_gap(household: Household) -> None:
    await household.async_agree()
    start = household.now
    household.draw(1500)
    await household.async_live(WINDOW)
    await household.async_sent()
    assert household.learnt() == {start: 2}


async def test_too_little_data_is_missing(household: Household) -> None:
    await household.async_agree()
    known = await household.async_window(2500)
    await household.async_sent()
    assert household.state(BUCKET) == "bucket 3"

    unknown = household.now // WINDOW * WINDOW
    await household.async_live(300, 2500)
    household.draw(None)
    await household.async_live(unknown + WINDOW - household.now)
    await household.async_sent()
    assert household.learnt() == {known: 3, unknown: None}
    assert household.state(BUCKET) == "unknown"
    assert household.state(LAST_REPORT) == (
        datetime.fromtimestamp(known + WINDOW, UTC).isoformat()
    )


async def test_length_of_a_report_says_nothing(household: Household) -> None:
    await household.async_agree()
    for watts in (0, 1, 518, 2999, 131_000, -1, 1e9):
        await household.async_window(watts)
    await household.async_sent()
    assert len(household.traffic.sent) == 7
    assert len({len(message) for message in household.traffic.sent}) == 1


async def test_provider_away_for_hours_loses_nothing(household: Household) -> None:
    await household.async_agree()
    starts = [await household.async_window(500)]
    await household.async_sent()

    household.provider.kill()
    starts += [await household.async_window(watts) for watts in range(0, 3600, 300)]
    assert household.state(CONNECTION) == "on"
    assert int(household.state(PENDING)) >= 11
    household.traffic.sent.clear()

    household.provider.start()
    await household.async_sent()
    assert household.state(CONNECTION) == "off"
    assert household.learnt() == {start: household.expected(start) for start in starts}
    sent = [parse_claim(message).window.start for message in household.traffic.sent]
    assert sorted(set(sent)) == starts[1:]
    assert sent == sorted(sent), "the oldest first"


async def test_return_of_the_provider_is_no_flood(household: Household) -> None:
    await household.async_agree()
    household.provider.kill()
    for _ in range(8):
        await household.async_window(700)
    # Tries are few while nobody answers: not one a message, not one a second.
    assert len(household.traffic.sent) < 8 * WINDOW / 120
    household.provider.start()
    before = len(household.traffic.sent)
    while not (moved := len(household.traffic.sent) - before):
        await household.async_pass(5)
    assert moved == 1, "one at a time"
    for _ in range(3):
        before = len(household.traffic.sent)
        await household.async_pass(0.2)
        await household.async_pass(0.2)
        assert len(household.traffic.sent) == before, "a pause between two"
        await household.async_pass(0.2)
        assert len(household.traffic.sent) == before + 1


async def test_provider_killed_in_between(household: Household) -> None:
    await household.async_agree()
    starts = []
    for watts in (400, 1900, 3300):
        starts.append(await household.async_window(watts))
        await household.async_pass(20)
        household.provider.kill()
        household.provider.start()
    await household.async_sent()
    assert household.learnt() == {start: household.expected(start) for start in starts}


async def test_restart_within_a_window(household: Household) -> None:
    await household.async_agree()
    start = household.now
    await household.async_live(420, 2800)
    await household.async_restart()
    await household.async_live(480, 800)
    await household.async_sent()
    assert household.mean_of(start) == pytest.approx(1733.3, abs=0.1)
    assert household.learnt() == {start: 2}
    assert household.state(BUCKET) == "bucket 2"


async def test_restart_with_a_full_outbox_sends_the_same_bytes(
    household: Household,
) -> None:
    await household.async_agree()
    household.provider.kill()
    starts = [await household.async_window(watts) for watts in (400, 1400, 2400)]
    await household.async_pass(60)
    kept = [entry.message for entry in household.reporter.outbox.entries]
    assert len(kept) == 3
    tried = set(household.traffic.sent)

    await household.async_restart()
    assert [entry.message for entry in household.reporter.outbox.entries] == kept
    household.traffic.sent.clear()
    household.provider.start()
    await household.async_sent()
    assert set(household.traffic.sent) == set(kept)
    assert tried <= set(kept), "nothing was garbled again"
    assert household.learnt() == {start: household.expected(start) for start in starts}


async def test_bucket_is_known_after_a_restart(household: Household) -> None:
    await household.async_agree()
    await household.async_window(1500)
    await household.async_sent()
    last_report = household.state(LAST_REPORT)
    await household.async_restart()
    assert household.state(BUCKET) == "bucket 2"
    assert household.state(LAST_REPORT) == last_report


async def test_what_ended_during_downtime_is_missing(household: Household) -> None:
    await household.async_agree()
    first = await household.async_window(1500)
    await household.async_live(840, 1500)
    # Nearly all of the window is in the checkpoint, and yet it isn't built.
    assert await household.hass.config_entries.async_unload(household.entry.entry_id)
    await household.async_pass(WINDOW + 120)
    await household.async_set_up()
    await household.async_sent()
    assert household.learnt() == {
        first: 2,
        first + WINDOW: None,
        first + 2 * WINDOW: None,
    }


async def test_restored_backup_never_reports_a_window_twice(
    household: Household, hass_storage: dict[str, object]
) -> None:
    await household.async_agree()
    first = await household.async_window(500)
    await household.async_sent()
    await household.async_live(600, 500)
    backup = {
        key: dict(value)  # type: ignore[call-overload]
        for key, value in hass_storage.items()
        if key.startswith("currentcost_private.")
    }
    await household.async_window(500)
    third = await household.async_window(2500)
    await household.async_sent()
    reports = dict.fromkeys(household.learnt(), 1)

    assert await household.hass.config_entries.async_unload(household.entry.entry_id)
    hass_storage.update(backup)
    await household.async_set_up()
    await household.async_sent()
    fourth = await household.async_window(1500)
    await household.async_sent()

    messages: dict[int, set[bytes]] = {}
    for message in household.traffic.sent:
        claim = parse_claim(message)
        if isinstance(claim, Report):
            messages.setdefault(claim.window.start, set()).add(message)
    assert all(len(reports) == 1 for reports in messages.values())
    assert set(messages) == {*reports, fourth}
    # What the provider holds is what the first life reported.
    assert household.learnt() == {
        first: 1,
        first + WINDOW: 1,
        third: 3,
        fourth: 2,
    }


async def test_clock_set_back_reports_no_window_twice(household: Household) -> None:
    await household.async_agree()
    first = await household.async_window(500)
    second = await household.async_window(500)
    await household.async_sent()
    household.drawn.clear()
    await household.async_pass(-WINDOW)
    await household.async_window(2500)
    third = await household.async_window(2500)
    await household.async_sent()
    assert household.learnt() == {first: 1, second: 1, third: 3}


@pytest.mark.parametrize("plan_options", [{"lateness": "3600"}])
async def test_what_nobody_takes_any_more_is_given_up(household: Household) -> None:
    await household.async_agree()
    household.provider.kill()
    for _ in range(8):
        await household.async_window(500)
    # The provider takes a window for an hour: but it may have answered already, so it
    # is asked. By its clock all of it is a day late.
    await household.async_pass(30)
    assert len(household.reporter.outbox.entries) == 8
    household.provider.start()
    await household.async_sent()
    assert household.reporter.outbox.endings == Counter(late=8)
    assert household.learnt() == {}
    assert household.state(BUCKET) == "unknown"


async def test_period_over(household: Household) -> None:
    await household.async_agree()
    plan = household.reporter.statement.plan
    await household.async_pass(plan.end - household.now - 10)
    # By the provider's clock it is early yet, so nothing may have got through for a day.
    assert set(issues_shown(household.hass)) - {"provider_gone"} == {"period_ending"}
    await household.async_pass(60)
    assert set(issues_shown(household.hass)) - {"provider_gone"} == {"period_over"}
    mark = household.reporter.outbox.mark
    await household.async_pass(2 * WINDOW)
    assert household.reporter.outbox.mark == mark == plan.end - WINDOW


async def test_message_is_not_written_until_it_is(household: Household) -> None:
    """While it stops, Home Assistant puts writes off: nothing may leave by then."""
    await household.async_agree()
    reporter = household.reporter
    household.hass.set_state(CoreState.stopping)
    with pytest.raises(NotWrittenError):
        await reporter.storage.async_save_outbox(reporter.outbox)
    household.hass.set_state(CoreState.running)
    await reporter.storage.async_save_outbox(reporter.outbox)


async def test_samples_are_kept_until_the_message_made_of_them_is(
    household: Household,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the disk takes the one and not the other, a day must not be lost."""
    await household.async_agree()
    agreement_id = household.subentry.unique_id
    write = Store._async_write_data

    async def no_space(store: Store[Any], data: Any) -> None:
        if store.key == f"{DOMAIN}.outbox.{agreement_id}":
            raise WriteError("no space")
        await write(store, data)

    def kept(start: int) -> Any:
        plan = household.reporter.statement.plan
        data = hass_storage[f"{DOMAIN}.checkpoint.{agreement_id}"]["data"]
        return recorder_of(plan, data).finish(start, start + WINDOW)

    with monkeypatch.context() as disk:
        disk.setattr(Store, "_async_write_data", no_space)
        start = await household.async_window(500)
        await household.async_live(90)
        assert kept(start) is not None
    await household.async_sent()
    await household.async_live(90)
    assert kept(start) is None
    assert household.learnt() == {start: 1}


async def test_disk_that_takes_nothing_lets_nothing_out(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.async_agree()

    async def no_space(_store: object, _data: object) -> None:
        raise WriteError("no space")

    with monkeypatch.context() as disk:
        disk.setattr(Store, "_async_write_data", no_space)
        start = await household.async_window(500)
        await household.async_live(90)
        assert household.state(CONNECTION) == "on"
        assert household.state(PENDING) == "1"
        assert not household.traffic.sent
    await household.async_sent()
    assert household.state(CONNECTION) == "off"
    assert household.learnt() == {start: 1}


async def test_removed_report_leaves_nothing(
    hass: HomeAssistant,
    household: Household,
    hass_storage: dict[str, object],
    entity_registry: er.EntityRegistry,
) -> None:
    await household.async_agree()
    await household.async_window(500)
    await household.async_sent()
    agreement_id = household.subentry.unique_id
    assert [key for key in hass_storage if str(agreement_id) in key]
    hass.config_entries.async_remove_subentry(
        household.entry, household.subentry.subentry_id
    )
    await household.async_settle()
    assert not [key for key in hass_storage if str(agreement_id) in key]
    assert not entity_registry.entities
    assert household.entry.runtime_data.reporters == {}


async def test_removed_entry_leaves_nothing(
    hass: HomeAssistant, household: Household, hass_storage: dict[str, object]
) -> None:
    await household.async_agree()
    await household.async_window(500)
    await hass.config_entries.async_remove(household.entry.entry_id)
    await household.async_settle()
    assert not [key for key in hass_storage if "currentcost_private" in key]


async def test_unload_does_not_wait_for_the_provider(household: Household) -> None:
    await household.async_agree()
    start = await household.async_window(500)
    household.provider.hang()
    while not household.traffic.under_way:
        await household.async_pass(5, settle=False)
        await household.hass.async_block_till_done()
    assert await household.hass.config_entries.async_unload(household.entry.entry_id)
    household.provider.kill()
    household.provider.start()
    await household.async_set_up()
    await household.async_sent()
    assert household.learnt() == {start: 1}


async def test_stop_of_home_assistant_keeps_the_window(household: Household) -> None:
    await household.async_agree()
    start = household.now
    await household.async_live(600, 2500)
    household.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await household.async_settle()
    sent = len(household.traffic.sent)
    await household.async_pass(30)
    assert len(household.traffic.sent) == sent
    await household.async_restart()
    await household.async_live(start + WINDOW - household.now, 2500)
    await household.async_sent()
    assert household.learnt() == {start: 3}
