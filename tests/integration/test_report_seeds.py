"""Once a day the household forgets the seeds that the day's reports were made with."""

import base64
import time
from typing import Any

import pytest

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.exchange import HouseholdAgreement
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from .household import WINDOW, Household

pytestmark = pytest.mark.usefixtures("socket_enabled")

DAY = 86_400


@pytest.fixture
def beginning() -> int:
    """When the household's time begins: three days ago, in the morning."""
    return int(time.time()) // DAY * DAY - 3 * DAY + DAY // 3


def stored(household: Household, storage: dict[str, Any]) -> HouseholdAgreement:
    """Return the agreement as the disk holds it."""
    data = storage[f"{DOMAIN}.agreement.{household.subentry.unique_id}"]["data"]
    assert data["consent"]["code"] == household.provider.sheet["code"]
    return HouseholdAgreement.from_bytes(base64.b64decode(data["agreement"]))


async def test_seeds_are_forgotten_with_their_day(
    household: Household, hass_storage: dict[str, Any]
) -> None:
    await household.async_agree()
    first = stored(household, hass_storage)
    plan = first.statement.plan
    assert first.day == plan.day_of(household.now // WINDOW * WINDOW)

    # To a window before midnight, over it, and on after a restart.
    midnight = household.now // DAY * DAY + DAY
    await household.async_pass(midnight - household.now - WINDOW)
    await household.async_pass(5)
    assert stored(household, hass_storage) == first
    starts = [await household.async_window(watts) for watts in (400, 1400)]
    await household.async_pass(5)
    after = stored(household, hass_storage)
    assert after == first.advanced(first.day + 1)
    assert not set(after.pairs) & set(first.pairs)
    await household.async_restart()
    starts.append(await household.async_window(2400))
    await household.async_sent()
    learnt = household.learnt()
    assert [learnt[start] for start in starts] == [1, 2, 3]


async def test_a_disk_that_takes_nothing_keeps_them(
    household: Household, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.async_agree()
    first = stored(household, hass_storage)

    async def no_space(_store: object, _data: object) -> None:
        raise WriteError("no space")

    with monkeypatch.context() as disk:
        disk.setattr(Store, "_async_write_data", no_space)
        await household.async_pass(DAY)
        await household.async_pass(60)
    assert stored(household, hass_storage) == first
    start = await household.async_window(2500)
    await household.async_pass(60)
    assert stored(household, hass_storage).day == first.day + 1
    await household.async_sent()
    assert household.learnt()[start] == 3
