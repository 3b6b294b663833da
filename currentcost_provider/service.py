"""What a household's request means, whatever carries it.

Every answer that depends on a secret is stored before it goes out, and the same
bytes get the same answer again: a household that lost a reply asks again, and one
that cheats learns nothing from asking twice.
"""

import asyncio
from collections.abc import Callable
import hmac
import logging
import math
import time
from typing import Final

from currentcost_exchange import (
    PROTOCOL_VERSION,
    ExchangeError,
    Missing,
    PlanStatement,
    ProofRefused,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    Report,
    Request,
    UnsupportedVersion,
    Window,
    parse_claim,
    short_code,
)

from .credentials import hash_token, is_password, new_token
from .database import Database
from .ledger import Ledger
from .limits import RateLimit, source_key
from .models import AgreementRow, AgreementState, HouseholdRow, WindowRow
from .plans import unpack_values
from .problems import Problem, ProblemError
from .registry import Registry

MAX_SETUPS: Final = 3
"""Set-ups that a household may finish until the operator allows more.

Each might tell it one bit. One that was only begun tells nothing.
"""

_LOGGER: Final = logging.getLogger(__name__)


class Service:
    """The provider's answers to households."""

    def __init__(
        self,
        database: Database,
        *,
        name: str,
        identity: ProviderIdentity,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Answer for one provider; `clock` decides which windows are open."""
        self.name = name
        self.fingerprint = short_code(identity.key)
        self._registry = Registry(database)
        self._ledger = Ledger(database)
        self._identity = identity
        self._clock = clock
        self._verifying = asyncio.Lock()
        self._attempts_by_user = RateLimit(burst=5, seconds_each=60)
        self._attempts_by_source = RateLimit(burst=20, seconds_each=15)
        self._requests = RateLimit(burst=300, seconds_each=0.1)
        self._offers = RateLimit(burst=10, seconds_each=30)

    async def log_in(
        self, *, user: str, password: str, household_key: bytes, source: str
    ) -> tuple[str, str]:
        """Exchange a one-time password for a token; return it with the plan's id.

        Only failures count against the limits, so that a household that makes no
        mistake is stopped only by somebody who tries its name.
        """
        limits = (
            (self._attempts_by_user, user),
            (self._attempts_by_source, source_key(source)),
        )
        for limit, key in limits:
            if wait := limit.take(key):
                raise ProblemError(Problem.TOO_MANY_ATTEMPTS, retry_after=wait)
        household = await self._registry.household_named(user)
        stored = household.password_hash if household else None
        # One at a time: each takes 19 MiB.
        async with self._verifying:
            right = await asyncio.to_thread(is_password, password, stored)
        token = new_token()
        if (
            household is None
            or not right
            or self._clock() >= household.password_expires
            or not await self._registry.exchange_password(
                household, token_hash=hash_token(token), key=household_key
            )
        ):
            raise ProblemError(Problem.CREDENTIALS)
        for limit, key in limits:
            limit.give_back(key)
        plan = await self._registry.plan_of(household)
        return token, plan.plan_id

    async def authenticate(self, token: str) -> HouseholdRow:
        """Return the household that a token belongs to."""
        household = await self._registry.household_with_token(hash_token(token))
        if household is None:
            raise ProblemError(Problem.TOKEN)
        if wait := self._requests.take(household.user):
            raise ProblemError(Problem.RATE_LIMITED, retry_after=wait)
        return household

    async def statement(self, household: HouseholdRow) -> bytes:
        """Return the signed statement of a household's plan."""
        return (await self._registry.plan_of(household)).statement

    async def begin(self, household: HouseholdRow, message: bytes) -> bytes:
        """Answer a household's request for an agreement with the offer."""
        try:
            request = Request.from_bytes(message)
        except ExchangeError as err:
            raise _malformed(err) from err
        if household.blocked:
            raise ProblemError(Problem.POLICY_REFUSED)
        if begun := await self._ledger.setup_of_request(household, message):
            return ProviderSetup.from_bytes(begun.setup).offer
        plan = await self._registry.plan_of(household)
        statement = PlanStatement.from_bytes(plan.statement)
        if request.statement != statement.digest:
            raise ProblemError(Problem.PLAN_CHANGED)
        if self._clock() >= plan.end:
            raise ProblemError(Problem.PLAN_CHANGED, "The plan's period is over")
        if request.household_key != household.household_key:
            raise ProblemError(
                Problem.MALFORMED,
                "The request is not signed with the key of the log-in",
            )
        if wait := self._offers.take(household.user):
            raise ProblemError(Problem.RATE_LIMITED, retry_after=wait)
        setup = await asyncio.to_thread(
            ProviderSetup.begin,
            self._identity,
            statement,
            unpack_values(plan.private_values),
            message,
        )
        begun = await self._ledger.add_setup(
            household, message, setup, limit=MAX_SETUPS, now=self._now()
        )
        if begun is None:
            raise ProblemError(Problem.SETUPS_EXHAUSTED)
        return ProviderSetup.from_bytes(begun.setup).offer

    async def finish(
        self, household: HouseholdRow, agreement_id: bytes, transfer: bytes
    ) -> bytes:
        """Answer a household's transfer with the confirmation."""
        row = await self._agreement(household, agreement_id)
        if row.state is AgreementState.OFFERED:
            finished = await self._finish(household, row, transfer)
            if finished is None:
                raise ProblemError(Problem.AGREEMENT_UNKNOWN)
            row = finished
        if row.transfer is None:
            raise ProblemError(Problem.AGREEMENT_STOPPED)
        if not hmac.compare_digest(row.transfer, transfer):
            raise ProblemError(Problem.TRANSFER_TAKEN)
        if row.confirmation is None:
            raise ProblemError(Problem.POLICY_REFUSED)
        return row.confirmation

    async def _finish(
        self, household: HouseholdRow, row: AgreementRow, transfer: bytes
    ) -> AgreementRow | None:
        """Evaluate the policy and store what came out; return what stands, if any."""
        setup = ProviderSetup.from_bytes(row.setup)
        try:
            agreement, confirmation = await asyncio.to_thread(setup.finish, transfer)
        except ProofRefused:
            _LOGGER.warning(
                "Household %s garbled another policy than the plan's and is blocked;"
                " `currentcost-provider household reset` lets it try again",
                household.user,
            )
            return await self._ledger.refuse_setup(row, transfer)
        except ExchangeError as err:
            raise _malformed(err) from err
        return await self._ledger.confirm(
            row, transfer, agreement, confirmation, self._now()
        )

    async def take(
        self, household: HouseholdRow, agreement_id: bytes, message: bytes
    ) -> bytes:
        """Answer a report, or the message that a window is missing.

        In the order that keeps a cheating household from more than one answer a
        window: what depends on no secret is checked, the window is claimed for
        these bytes, they are evaluated, the answer is stored, the stored answer
        goes out. Killed anywhere between, the same bytes take it up again.
        """
        try:
            claim = parse_claim(message)
        except ExchangeError as err:
            raise _malformed(err) from err
        if claim.agreement_id != agreement_id:
            raise ProblemError(Problem.MALFORMED, "A message for another agreement")
        row = await self._agreement(household, agreement_id)
        if row.agreement is None:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        agreement = ProviderAgreement.from_bytes(row.agreement)
        try:
            agreement.check(claim)
        except ExchangeError as err:
            raise _malformed(err) from err

        window = await self._claim(household, agreement, claim)
        if window.digest != claim.digest:
            raise ProblemError(Problem.WINDOW_TAKEN)
        if window.reply is None:
            answer = agreement.answer(claim)
            answered = await self._ledger.answer(claim, answer, self._now())
            if answered is None:
                raise ProblemError(Problem.AGREEMENT_STOPPED)
            window = answered
            await self._forget_seeds(agreement)
        if window.reply is None:
            raise RuntimeError("an answered window has a reply")
        return window.reply

    async def open(self, household: HouseholdRow, agreement_id: bytes) -> bytes:
        """Return what opens an agreement's values, once its period is over."""
        row = await self._agreement(household, agreement_id)
        if row.agreement is None:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        plan = await self._registry.plan_of(row)
        if (wait := math.ceil(plan.end - self._clock())) > 0:
            raise ProblemError(Problem.PERIOD_RUNNING, retry_after=wait)
        agreement = ProviderAgreement.from_bytes(row.agreement)
        return agreement.opening(unpack_values(plan.private_values))

    async def _forget_seeds(self, agreement: ProviderAgreement) -> None:
        """Forget the seeds of days of which no window is taken any more."""
        plan = agreement.statement.plan
        oldest = plan.day_of(self._now() - plan.lateness)
        if oldest > agreement.day:
            await self._ledger.keep_seeds(agreement.advanced(oldest))

    async def _claim(
        self,
        household: HouseholdRow,
        agreement: ProviderAgreement,
        claim: Report | Missing,
    ) -> WindowRow:
        """Return what stands for a claim's window: this claim or an earlier one."""
        plan = agreement.statement.plan
        if not plan.has_window(claim.window):
            raise ProblemError(Problem.WINDOW_MISALIGNED)
        window = await self._ledger.window(claim)
        if window and window.reply is not None:
            return window
        if plan.day_of(claim.window.end - 1) < agreement.day:
            # Nobody came back for its answer in time, or the clock once ran ahead.
            raise ProblemError(Problem.WINDOW_LATE)
        if window:
            return window
        self._check_time(claim.window, plan.lateness)
        window = await self._ledger.claim(household, claim, self._now())
        if window is None:
            raise ProblemError(Problem.AGREEMENT_STOPPED)
        return window

    def _check_time(self, window: Window, lateness: int) -> None:
        """Refuse a window that hasn't ended, or ended too long ago."""
        now = self._clock()
        if now < window.end:
            wait = math.ceil(window.end - now)
            raise ProblemError(Problem.WINDOW_EARLY, retry_after=wait)
        if now >= window.end + lateness:
            raise ProblemError(Problem.WINDOW_LATE)

    async def _agreement(
        self, household: HouseholdRow, agreement_id: bytes
    ) -> AgreementRow:
        row = await self._ledger.agreement(household, agreement_id)
        if row is None:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        return row

    def _now(self) -> int:
        return int(self._clock())


def _malformed(err: ExchangeError) -> ProblemError:
    """Return the problem of a message that the exchange did not take."""
    if isinstance(err, UnsupportedVersion):
        return ProblemError(
            Problem.PROTOCOL_VERSION,
            f"This service speaks version {PROTOCOL_VERSION} of the exchange,"
            f" the message is of version {err.theirs}",
        )
    return ProblemError(Problem.MALFORMED, str(err))
