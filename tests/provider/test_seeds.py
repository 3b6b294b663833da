"""The provider forgets a day's seeds when no window of the day is taken any more."""

from currentcost_exchange import ProviderAgreement, parse_claim
import pytest

from currentcost_provider.plans import DAY
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import AgreementRow

from .conftest import ENGINES, LATENESS, NOON, WINDOW, Provider, leave_claim
from .household import Household, problem

LAST = NOON - WINDOW
HALF_A_DAY = DAY // 2


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


async def stored(provider: Provider, anna: Household) -> ProviderAgreement:
    """Return the agreement as the database holds it."""
    async with provider.database.read() as session:
        row = await session.get_one(AgreementRow, anna.agreement.id)
    agreement = Ledger(provider.database).opened(row)
    assert agreement is not None
    return agreement


async def ask(anna: Household, start: int) -> int | None:
    sent = anna.report(anna.window(start), 2500)
    return anna.outcome(sent, await anna.send(sent))


async def test_seeds_are_forgotten_with_the_last_window_of_their_day(
    provider: Provider, anna: Household
) -> None:
    first = await stored(provider, anna)
    assert await ask(anna, LAST) == 3
    assert await stored(provider, anna) == first

    # The first day's windows are taken until six hours after midnight.
    midnight = NOON + HALF_A_DAY
    provider.clock.now = midnight + LATENESS - 1
    assert await ask(anna, midnight) == 3
    assert await ask(anna, midnight - WINDOW) == 3
    assert await stored(provider, anna) == first

    provider.clock.now = midnight + LATENESS
    assert await ask(anna, midnight + WINDOW) == 3
    kept = await stored(provider, anna)
    assert kept == first.advanced(1)
    assert not set(kept.seeds) & set(first.seeds)

    # A household that is behind by days and one that forgot as well are both answered.
    provider.clock.now = midnight + 3 * DAY
    assert await ask(anna, midnight + 3 * DAY - WINDOW) == 3
    anna._agreement = anna.agreement.advanced(3)
    assert await ask(anna, midnight + 3 * DAY - 2 * WINDOW) == 3
    assert (await stored(provider, anna)).day == 3


async def test_a_stored_answer_needs_no_seeds(
    provider: Provider, anna: Household
) -> None:
    sent = anna.report(anna.window(LAST), 2500)
    reply = await anna.send(sent)
    provider.clock.now += 3 * DAY
    await ask(anna, NOON + 3 * DAY - WINDOW)
    assert (await stored(provider, anna)).day == 3
    assert (await anna.send(sent)).content == reply.content


async def test_a_claim_that_nobody_came_back_for(
    provider: Provider, anna: Household
) -> None:
    sent = anna.report(anna.window(LAST), 2500)
    await leave_claim(provider.database, parse_claim(sent))
    provider.clock.now += 3 * DAY
    await ask(anna, NOON + 3 * DAY - WINDOW)
    assert problem(await anna.send(sent)) == (410, "window_late")


async def test_a_clock_that_once_ran_ahead(provider: Provider, anna: Household) -> None:
    provider.clock.now += 3 * DAY
    await ask(anna, NOON + 3 * DAY - WINDOW)
    provider.clock.now = NOON
    sent = anna.report(anna.window(LAST), 2500)
    assert problem(await anna.send(sent)) == (410, "window_late")
    results = await Ledger(provider.database).results()
    assert NOON - WINDOW not in {window.start for window, _, _ in results}
