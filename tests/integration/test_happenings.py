"""What happens to a report, as its event entity tells it."""

import pytest

from custom_components.currentcost_private.happening import (
    Happening,
    Happenings,
    ProviderAsked,
)
from custom_components.currentcost_private.storage import (
    Ended,
    Ending,
    Outbox,
    OutboxEntry,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .household import BUCKET, WINDOW, Household

pytestmark = pytest.mark.usefixtures("socket_enabled")

ACTIVITY = "event.example_energy_activity"


def window(start: int, end: int | None = None) -> dict[str, str]:
    """Return a window as an event's attributes show it."""
    times = {"window_start": start, "window_end": end or start + WINDOW}
    return {
        name: dt_util.as_local(dt_util.utc_from_timestamp(time)).isoformat()
        for name, time in times.items()
    }


def happened(hass: HomeAssistant) -> dict[str, object]:
    """Return what the event entity shows, without its window."""
    state = hass.states.get(ACTIVITY)
    assert state is not None
    shown = {"event_type", "from", "to", "reason", "windows"}
    return {key: value for key, value in state.attributes.items() if key in shown}


async def test_each_end_of_a_window_is_told(
    hass: HomeAssistant, household: Household
) -> None:
    await household.async_agree()
    first = hass.states.get(ACTIVITY)
    assert first is not None
    assert first.state == "unknown"
    assert first.attributes["event_types"] == [
        "bucket_changed",
        "provider_asked",
        "report_missed",
    ]

    async def after(watts: float | None) -> dict[str, object]:
        household.draw(watts)
        start = household.now // WINDOW * WINDOW
        await household.async_live(start + WINDOW - household.now)
        await household.async_sent()
        state = hass.states.get(ACTIVITY)
        assert state is not None
        if household.now - state.last_changed.timestamp() < WINDOW / 2:
            assert window(start).items() <= state.attributes.items()
        return happened(hass)

    changed = {"event_type": "bucket_changed"}
    assert await after(1500) == changed | {"from": None, "to": "bucket 2"}
    assert await after(500) == changed | {"from": "bucket 2", "to": "bucket 1"}
    asked = ProviderAsked(start=household.now, end=household.now + 10, answered=True)
    household.reporter.happenings.async_tell(asked)
    # The bucket is the same: nothing has happened since.
    assert await after(400) == {"event_type": "provider_asked"}
    missed = {"event_type": "report_missed", "reason": "missing", "windows": 1}
    assert await after(None) == missed
    assert household.state(BUCKET) == "unknown"
    await household.async_restart()
    assert happened(hass) == missed
    # It is compared with the last bucket that is known, over the restart too.
    assert await after(450) == missed
    assert household.state(BUCKET) == "bucket 1"
    assert await after(9000) == changed | {"from": "bucket 1", "to": "outside"}
    bucket = hass.states.get(BUCKET)
    assert bucket is not None
    assert bucket.attributes["previous"] == "bucket 1"


async def test_windows_that_end_too_late_are_told_together(
    household: Household,
) -> None:
    await household.async_agree()
    told: list[Happening] = []
    household.reporter.happenings.async_add_listener(told.append)
    start = household.now
    await household.async_pass(7 * 86_400)
    await household.async_pass(60)
    late, *_ = told
    assert late.kind == "report_missed"
    assert late.details["reason"] == "late"
    assert late.details["windows"] > 50
    assert late.details["window_start"] == window(start)["window_start"]


def test_a_message_given_up_is_told_once() -> None:
    entry = OutboxEntry(start=900, end=1800, message=b"")
    outbox = Outbox(mark=900, entries=[entry])
    assert outbox.expire(1000) == []
    assert outbox.expire(1801) == [Ended(ending=Ending.LATE, start=900, end=1800)]
    assert outbox.settle(entry, Ending.REPORTED, outcome=1) is None
    assert outbox.known is None


def test_amounts_have_no_buckets() -> None:
    happenings = Happenings(())
    assert happenings.kinds == ["provider_asked", "report_missed"]
    told: list[Happening] = []
    unsubscribe = happenings.async_add_listener(told.append)
    ended = Ended(ending=Ending.REPORTED, start=0, end=900, before=3, outcome=70_000)
    happenings.async_tell_ended(ended)
    assert told == []
    happenings.async_tell_ended(Ended(ending=Ending.REFUSED, start=0, end=900))
    assert [item.details["reason"] for item in told] == ["refused"]
    unsubscribe()
    happenings.async_tell_ended(Ended(ending=Ending.REFUSED, start=0, end=900))
    assert len(told) == 1
