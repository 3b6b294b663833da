"""A household that attacks over many windows, against the provider's real service.

Each of its reports has one bad correction: it brings a bucket where that bit of the
thresholds is 0, and a refusal where it is 1. What stops it is that a refusal uses its
window up, and that the third one stops the agreement.
"""

from dataclasses import replace
import math

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    Refused,
    Report,
)
from currentcost_exchange.proof import GarbledProof
import pytest

from currentcost_provider.answering import MAX_REFUSALS
from currentcost_provider.credentials import hash_password, new_password
from currentcost_provider.plans import DAY
from currentcost_provider.problems import Problem, ProblemError
from currentcost_provider.service import MAX_SETUPS, Service
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.models import HouseholdRow
from currentcost_provider.storage.registry import Registry

from ..exchange.parties import report_with, transfer_again
from ..provider.conftest import NOON, THRESHOLDS, WINDOW, Clock
from .evaluating import bits_of_all

PINNED = bits_of_all(THRESHOLDS, 17)
REPLIES = 4 + 1
"""Outcomes of a window, and a refusal."""


class Enrolled:
    """A household that the service knows."""

    def __init__(
        self,
        service: Service,
        registry: Registry,
        row: HouseholdRow,
        statement: bytes,
    ) -> None:
        self.service = service
        self.row = row
        self.identity = HouseholdIdentity.new()
        self.registry = registry
        self.statement = statement

    @classmethod
    async def new(cls, database: Database, clock: Clock) -> Enrolled:
        registry, password = Registry(database), new_password()
        plan, provider = await registry.plan_named("evening"), await registry.provider()
        assert plan is not None
        assert provider is not None
        await registry.add_household(
            "mallory",
            plan,
            password_hash=hash_password(password),
            expires=NOON + 7 * DAY,
            now=NOON,
        )
        identity = registry.identity(provider)
        service = Service(database, name="Acme", identity=identity, clock=clock)
        row = await registry.household_named("mallory")
        assert row is not None
        enrolled = cls(service, registry, row, plan.statement)
        token, _ = await service.log_in(
            user="mallory",
            password=password,
            household_key=enrolled.identity.key,
            source="127.0.0.1",
        )
        enrolled.row = await service.authenticate(token)
        return enrolled

    async def begin(self) -> tuple[HouseholdSetup, bytes]:
        statement = PlanStatement.from_bytes(self.statement)
        setup = HouseholdSetup(self.identity, statement)
        return setup, await self.service.begin(self.row, setup.request())

    async def agree(self) -> HouseholdAgreement:
        setup, offer = await self.begin()
        transfer = setup.transfer(offer)
        confirmation = await self.service.finish(self.row, setup.agreement_id, transfer)
        return setup.finish(confirmation)

    async def refuses(self, setup: HouseholdSetup, transfer: bytes) -> bool:
        """Return whether the policy is refused; the row is read again."""
        try:
            await self.service.finish(self.row, setup.agreement_id, transfer)
        except ProblemError as err:
            refused = err.problem is Problem.POLICY_REFUSED
        else:
            refused = False
        row = await self.registry.household_named("mallory")
        assert row is not None
        self.row = row
        return refused

    async def take(
        self, agreement: HouseholdAgreement, message: bytes
    ) -> bytes | Problem:
        """Return the reply to a report, or what it is refused for."""
        try:
            return await self.service.take(self.row, agreement.id, message)
        except ProblemError as err:
            return err.problem


@pytest.fixture
async def mallory(database: Database, clock: Clock) -> Enrolled:
    return await Enrolled.new(database, clock)


def asking(agreement: HouseholdAgreement, number: int, index: int, x: int) -> Report:
    """Return a report for the window before, that asks for one bit as well."""
    plan = agreement.statement.plan
    window = plan.schedule.window_at(NOON - (number + 1) * WINDOW)
    honest = Report.from_bytes(agreement.report(window, (x,)))
    corrections = bytearray(honest.body(plan).corrections)
    corrections[16 * index] ^= 1
    return report_with(honest, plan, agreement.key, corrections=bytes(corrections))


async def test_refusals_tell_few_bits_and_are_over_soon(mallory: Enrolled) -> None:
    agreement = await mallory.agree()
    plan = agreement.statement.plan
    known: dict[int, int] = {}
    replies = 0
    for number in range(20):
        # From the highest bit down, of the first threshold first.
        index = 16 - number
        report = asking(agreement, number, index, 500)
        reply = await mallory.take(agreement, report.data)
        if reply is Problem.AGREEMENT_STOPPED:
            break
        assert isinstance(reply, bytes)
        replies += 1
        try:
            agreement.verify_reply(report.data, reply)
            known[index] = 0
        except Refused:
            known[index] = 1
        # Asked again, otherwise, in the same window: nothing.
        other = asking(agreement, number, index - 1, 500)
        assert await mallory.take(agreement, other.data) is Problem.WINDOW_TAKEN
    assert all(PINNED[index] == bit for index, bit in known.items())
    assert sum(known.values()) == MAX_REFUSALS
    assert len(known) == replies
    # A bit a window here; log2(5) would be the most that any attack gets.
    assert len(known) <= replies * math.log2(REPLIES)
    assert len(known) < 17
    # The agreement is over for honest reports too.
    window = plan.schedule.window_at(NOON - 22 * WINDOW)
    honest = agreement.report(window, (500,))
    assert await mallory.take(agreement, honest) is Problem.AGREEMENT_STOPPED


async def test_lying_tells_a_threshold_without_any_attack(mallory: Enrolled) -> None:
    """The measure that the attacks have to beat: a household may enter what it likes.

    Seventeen windows tell it a threshold to the watt, and nobody notices.
    """
    agreement = await mallory.agree()
    plan = agreement.statement.plan
    low, high, windows = 0, 2**17 - 1, 0
    while low < high:
        middle = (low + high) // 2
        window = plan.schedule.window_at(NOON - (windows + 1) * WINDOW)
        sent = agreement.report(window, (middle,))
        reply = await mallory.take(agreement, sent)
        assert isinstance(reply, bytes)
        windows += 1
        if agreement.verify_reply(sent, reply) == 1:
            low = middle + 1
        else:
            high = middle
    assert low - 1 == THRESHOLDS[0]
    assert windows == 17


async def test_set_ups_tell_two_bits_until_the_operator_acts(
    mallory: Enrolled,
) -> None:
    """Three set-ups, none after a refusal: four courses that it can take.

    Passing, passing, passing; or a refusal at the first, second or third.
    """
    told: list[int] = []
    index = 16
    while len(told) < MAX_SETUPS and 1 not in told:
        setup, offer = await mallory.begin()
        honest = setup.transfer(offer)

        def spoil(policy: GarbledProof, at: int = 16 * index) -> GarbledProof:
            corrections = bytearray(policy.corrections)
            corrections[at] ^= 1
            return replace(policy, corrections=bytes(corrections))

        transfer = transfer_again(setup, honest, policy=spoil)
        told.append(await mallory.refuses(setup, transfer))
        index -= 1
    with pytest.raises(ProblemError) as caught:
        await mallory.begin()
    assert caught.value.problem in {Problem.SETUPS_EXHAUSTED, Problem.POLICY_REFUSED}
    assert told == list(PINNED[16 : 16 - len(told) : -1])
    courses = [[1], [0, 1], [0, 0, 1], [0, 0, 0]]
    assert told in courses
    assert math.log2(len(courses)) == 2
