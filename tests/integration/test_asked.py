"""Questions on demand, part by part: how they are waited for, and what is kept."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.currentcost_private import asking as asking_module
from custom_components.currentcost_private.asked import LATELY, Asked, async_hand_on
from custom_components.currentcost_private.asking import (
    FIRST_RETRY,
    LONGEST_WAIT,
    PAUSE,
    UNKNOWN_RETRY,
)
from custom_components.currentcost_private.exchange import Window, parse_claim
from custom_components.currentcost_private.exchange.report import Missing
from custom_components.currentcost_private.provider_client import (
    ProblemError,
    TokenRejectedError,
    TryLaterError,
    UnreachableError,
)
from custom_components.currentcost_private.storage import OutboxEntry, ReportStorage
from homeassistant.core import HomeAssistant

from .household import Household


class Enough(Exception):
    """Ends a loop that goes on for ever."""


@pytest.mark.parametrize(
    ("outcome", "seconds", "least", "most"),
    [
        (TryLaterError("busy", retry_after=40), 0, 40 + FIRST_RETRY / 2, 55),
        (UnreachableError(), 0, FIRST_RETRY / 2, FIRST_RETRY),
        (ProblemError("not_found"), 0, UNKNOWN_RETRY / 2, UNKNOWN_RETRY),
        # Nothing was asked; answered at once, as by a service that stops.
        (None, 0, FIRST_RETRY / 2, FIRST_RETRY),
        (None, LONGEST_WAIT, 0, PAUSE),
    ],
)
@pytest.mark.usefixtures("socket_enabled")
async def test_pause_between_two_requests(
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
    *,
    outcome: Exception | None,
    seconds: float,
    least: float,
    most: float,
) -> None:
    pauses: list[float] = []
    clock = 0.0

    async def ask(*_: object, **__: object) -> None:
        nonlocal clock
        clock += seconds
        if outcome is not None:
            raise outcome

    async def sleep(pause: float) -> None:
        pauses.append(pause)
        if len(pauses) > 1:
            raise Enough

    await household.async_agree()
    asking: Any = household.reporter.asking
    monkeypatch.setattr(asking, "_client", SimpleNamespace(async_ask=ask))
    loop = SimpleNamespace(time=lambda: clock)
    monkeypatch.setattr(asking, "_hass", SimpleNamespace(loop=loop))
    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", sleep)
        with pytest.raises(Enough):
            await asking._async_listen(60)
    assert least <= pauses[1] <= most


@pytest.mark.parametrize(
    "error",
    [TokenRejectedError("token"), ProblemError("agreement_stopped")],
    ids=["token", "stopped"],
)
@pytest.mark.usefixtures("socket_enabled")
async def test_nobody_waits_where_nothing_can_be_asked(
    household: Household, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def ask(*_: object, **__: object) -> None:
        raise error

    await household.async_agree()
    asking: Any = household.reporter.asking
    monkeypatch.setattr(asking, "_client", SimpleNamespace(async_ask=ask))
    monkeypatch.setattr(asking_module, "PAUSE", 0)
    async with asyncio.timeout(5):
        await asking._async_listen(60)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_window_of_a_forgotten_day_is_missing(household: Household) -> None:
    await household.async_agree()
    agreement = household.reporter._agreement
    plan = agreement.statement.plan
    window = Window.instant_at(household.now)
    tomorrow = agreement.advanced(plan.day_of(household.now) + 1)
    told = parse_claim(asking_module._answer(tomorrow, window, 500))
    assert isinstance(told, Missing)
    assert told.window == window


async def test_the_limit_goes_over_to_another_agreement(hass: HomeAssistant) -> None:
    old, new = ReportStorage(hass, "0a" * 16), ReportStorage(hass, "0b" * 16)
    await async_hand_on(old, new)
    assert await new.async_load_asked() is None

    asked = Asked(start=40, last=45, refused=Counter(too_often=2))
    asked.outbox.mark = 20
    asked.outbox.entries = [OutboxEntry(start=20, end=30, message=b"of the old one")]
    asked.note_answer(30)
    await old.async_save_asked(asked.to_dict())
    await async_hand_on(old, new)
    stored = await new.async_load_asked()
    assert stored is not None
    over = Asked.from_dict(stored)
    assert over.outbox.entries == []
    over.outbox.entries = asked.outbox.entries
    assert over == asked


def test_answers_are_remembered_for_a_day() -> None:
    asked = Asked()
    for end in (10, 20, LATELY + 15):
        asked.note_answer(end)
    assert asked.lately == [20, LATELY + 15]
