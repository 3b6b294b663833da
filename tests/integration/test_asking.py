"""Questions on demand: the owner's limit, whatever the provider does."""

from collections.abc import Callable, Generator
import hashlib
import sqlite3
import time
from typing import Any, Final

import pytest

from custom_components.currentcost_private.exchange import (
    HouseholdAgreement,
    Window,
    parse_claim,
    window_to_ask,
)
from custom_components.currentcost_private.exchange.asking import ask_bytes
from custom_components.currentcost_private.exchange.report import Declined, Missing
from custom_components.currentcost_private.happening import Happening, ProviderAsked
from custom_components.currentcost_private.provider_client import (
    ProviderClient,
    UnreachableError,
)
from custom_components.currentcost_private.storage import Ending, NotWrittenError
from homeassistant.config_entries import SubentryFlowContext
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .household import Household
from .provider import Provider

pytestmark = pytest.mark.usefixtures("socket_enabled")

LAST_ASKED: Final = "sensor.example_energy_last_asked"
TOKEN: Final = "for-the-tests"  # noqa: S105  # of a provider that is thrown away


class Asker:
    """The provider's people, at the household's time."""

    def __init__(self, household: Household) -> None:
        self._household = household

    def set_clock(self) -> None:
        """The household's clock stands, the provider's does not."""
        self._household.provider.set_clock(self._household.now)

    async def async_ask(self) -> str:
        self.set_clock()
        asking = await self._request("POST", "", json={"household": "anna"})
        name: str = asking["asking"]
        return name

    async def async_answer(self, asking: str) -> tuple[str, int | None]:
        page = await self._request("GET", f"/{asking}")
        (answer,) = page["answers"]
        return answer["state"], (answer["result"] or {}).get("outcome")

    async def _request(self, method: str, path: str, **body: Any) -> Any:
        async with async_get_clientsession(self._household.hass).request(
            method,
            f"{self._household.provider.address}/v1/operator/asks{path}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            **body,
        ) as response:
            assert response.ok, await response.text()
            return await response.json()


async def allow(household: Household, every: str) -> None:
    """Choose how often, as the owner does."""
    flows = household.hass.config_entries.subentries
    menu = await flows.async_init(
        (household.entry.entry_id, "report"),
        context=SubentryFlowContext(
            source="reconfigure", subentry_id=household.subentry.subentry_id
        ),
    )
    assert menu["type"] is FlowResultType.MENU
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "asking"})
    assert (form["description_placeholders"] or {})["bits"] == "2.4"
    done = await flows.async_configure(form["flow_id"], {"ask_every": every})
    assert done["reason"] == "reconfigure_successful"
    await run(household, 25)


@pytest.fixture
def provider(providers: Callable[..., Provider], beginning: int) -> Generator[Provider]:
    """A provider with an operator, at the household's time."""
    provider = providers()
    with sqlite3.connect(provider.database) as database:
        database.execute(
            "INSERT INTO operator (id, name, role, created) VALUES (1, 'a', ?, 0)",
            ("operator",),
        )
        database.execute(
            "INSERT INTO operator_token (operator_id, token_hash, expires, created)"
            " VALUES (1, ?, 99999999999, 0)",
            (hashlib.sha256(TOKEN.encode()).digest(),),
        )
    database.close()
    provider.set_clock(beginning)
    provider.start()
    yield provider
    provider.kill()


@pytest.fixture
async def asker(household: Household) -> Asker:
    """Somebody who asks a household that has agreed."""
    await household.async_agree()
    return Asker(household)


async def run(household: Household, seconds: int) -> None:
    """Let time pass in steps in which nothing is left out."""
    for _ in range(seconds):
        await household.async_pass(1)


async def heard(household: Household, asker: Asker, asking: str) -> tuple[str, Any]:
    """Let time pass until a question has come to something."""
    for _ in range(150):
        asker.set_clock()
        state = await asker.async_answer(asking)
        if state[0] != "waiting":
            await household.async_settle()
            return state
        await later(household)
    return state


async def later(household: Household) -> None:
    """Give the provider some time, and let a little pass at home."""
    await household.hass.async_add_executor_job(time.sleep, 0.05)
    await household.async_pass(0.3)


async def test_never_is_the_default(household: Household, asker: Asker) -> None:
    assert not household.reporter.asking.is_allowed
    asking = await asker.async_ask()
    await run(household, 10)
    assert await asker.async_answer(asking) == ("waiting", None)
    assert household.state(LAST_ASKED) == "unknown"
    assert household.reporter.asking.asked.last is None


async def test_asked_and_answered_as_often_as_the_owner_allows(
    household: Household, asker: Asker
) -> None:
    household.draw(2500)
    await allow(household, "quarter_hour")
    told: list[Happening] = []
    household.reporter.happenings.async_add_listener(told.append)
    asking = await asker.async_ask()
    window = window_to_ask(household.now)
    assert await heard(household, asker, asking) == ("bucket", 3)
    assert told == [ProviderAsked(start=window.start, end=window.end, answered=True)]
    assert household.state(LAST_ASKED) != "unknown"
    asked = household.reporter.asking.asked
    assert asked.outbox.mark == window.start
    assert asked.outbox.endings == {Ending.REPORTED: 1}
    assert asked.lately == [window.end]
    # No regular window came to an end by that.
    assert household.reporter.outbox.endings == {}
    assert household.learnt() == {}

    # Too soon, after a restart too.
    await household.async_live(30, 2500)
    assert (await heard(household, asker, await asker.async_ask()))[0] == "declined"
    await household.async_restart()
    await run(household, 25)
    assert (await heard(household, asker, await asker.async_ask()))[0] == "declined"
    asked = household.reporter.asking.asked
    assert asked.outbox.mark == window.start
    assert asked.refused == {"too_often": 2}
    assert [
        isinstance(parse_claim(sent), Declined) for sent in household.traffic.sent
    ] == [False, True, True]

    await household.async_live(900, 500)
    # That long a wait is beyond what the clients' time-outs allow when time jumps.
    await household.async_restart()
    await run(household, 25)
    assert await heard(household, asker, await asker.async_ask()) == ("bucket", 1)
    assert household.reporter.asking.asked.outbox.endings == {Ending.REPORTED: 2}


async def test_a_silent_sensor_is_missing(household: Household, asker: Asker) -> None:
    household.draw(None)
    await allow(household, "minute")
    assert (await heard(household, asker, await asker.async_ask()))[0] == "missing"
    assert isinstance(parse_claim(household.traffic.sent[-1]), Missing)
    assert household.reporter.asking.asked.outbox.endings == {Ending.MISSING: 1}


async def test_nothing_leaves_that_the_disk_does_not_know(
    household: Household, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    household.draw(1500)
    await allow(household, "hour")
    asking_of = household.reporter.asking
    full = True
    save = asking_of._storage.async_save_asked

    async def async_save(asked: dict[str, Any]) -> None:
        if full:
            raise NotWrittenError
        await save(asked)

    monkeypatch.setattr(asking_of._storage, "async_save_asked", async_save)
    asking = await asker.async_ask()
    for _ in range(150):
        if asking_of.asked.outbox.entries:
            break
        await later(household)
    assert asking_of.asked.outbox.entries
    await run(household, 3)
    assert household.traffic.sent == []
    full = False
    assert await heard(household, asker, asking) == ("bucket", 2)


async def test_killed_before_the_reply_sends_the_same_bytes(
    household: Household, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    household.draw(1500)
    await allow(household, "hour")
    sent: list[bytes] = []

    async def lost(_client: ProviderClient, _id: bytes, message: bytes) -> bytes:
        sent.append(message)
        raise UnreachableError

    asking = await asker.async_ask()
    with monkeypatch.context() as patched:
        patched.setattr(ProviderClient, "async_report", lost)
        for _ in range(150):
            if sent:
                break
            await later(household)
        stored = await household.reporter.storage.async_load_asked()
    assert stored is not None
    assert len(sent) == 1
    assert stored["outbox"]["mark"] == parse_claim(sent[0]).window.start
    await household.async_restart()
    assert await heard(household, asker, asking) == ("bucket", 2)
    assert household.traffic.sent == sent
    assert household.reporter.asking.asked.outbox.endings == {Ending.REPORTED: 1}


class Cheat:
    """A provider that asks what it likes; in the place of the client."""

    def __init__(self, agreement: HouseholdAgreement) -> None:
        self.agreement = agreement
        self.asks: list[bytes] = []

    async def async_ask(
        self, _client: ProviderClient, _id: bytes, *, after: int, wait: int
    ) -> bytes | None:
        del after, wait
        return self.asks.pop(0) if self.asks else None

    def ask(self, window: Window) -> None:
        self.asks.append(ask_bytes(self.agreement.id, window, self.agreement.key))


async def test_a_provider_that_cheats_is_refused_and_seen(
    household: Household, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    del asker
    cheat = Cheat(household.reporter._agreement)

    async def async_ask(client: ProviderClient, of: bytes, **kw: Any) -> bytes | None:
        return await cheat.async_ask(client, of, **kw)

    monkeypatch.setattr(ProviderClient, "async_ask", async_ask)
    await allow(household, "hour")
    now = household.now
    asked = household.reporter.asking.asked

    async def refused(verdict: str, count: int = 1) -> None:
        for _ in range(20):
            await household.async_live(30, 1500)
            if not cheat.asks and asked.refused[verdict] >= count:
                break
        assert asked.refused[verdict] == count

    cheat.ask(Window.instant_at(now - 900))
    await refused("late")
    cheat.ask(Window.instant_at(household.now + 3600))
    await refused("early")
    # Not its own, and of another agreement.
    window = window_to_ask(household.now)
    cheat.asks.append(ask_bytes(cheat.agreement.id, window, bytes(32)))
    await refused("forged")
    cheat.asks.append(ask_bytes(bytes(16), window, cheat.agreement.key))
    await refused("forged", 2)
    cheat.ask(Window(window.kind, window.start + 5, window.end + 5))
    await refused("forged", 3)
    cheat.asks.append(b"")
    assert not any(
        not isinstance(parse_claim(message), Declined)
        for message in household.traffic.sent
        if parse_claim(message).window.kind == window.kind
    )
    assert asked.outbox.mark == 0
    assert household.state(LAST_ASKED) != "unknown"
