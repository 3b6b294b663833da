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
    ExchangeError,
    PlanError,
    PlanStatement,
    ProofRefused,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    Request,
    parse_claim,
    renewed_agreement,
    short_code,
)

from .asking import AskService
from .credentials import hash_token, is_password, new_token
from .limits import RateLimit, source_key
from .operating.consents import Consents
from .operating.enrolling import is_user
from .operating.fleet import FleetView
from .operating.households import Households
from .operating.operators import Operators
from .operating.plan_life import PlanLife
from .problems import Problem, ProblemError, malformed
from .results import Results
from .storage.audit import Audit
from .storage.batches import Batches
from .storage.database import Database
from .storage.ledger import Ledger, transfer_digest
from .storage.models import (
    AgreementRow,
    AgreementState,
    HouseholdRow,
    OperatorRow,
    PlanRow,
)
from .storage.registry import Registry
from .telling.following import Following
from .telling.webhooks import Webhooks
from .windows import Windows

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
        address: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Answer for one provider.

        Args:
            database: brought up to date.
            name: the provider's.
            identity: its key.
            address: where households reach it, for their sheets.
            clock: decides which windows are open.
        """
        self.database = database
        self.name = name
        self.fingerprint = short_code(identity.key)
        self._registry = Registry(database)
        self._ledger = Ledger(database)
        self._windows = Windows(database, clock)
        self._authentications = Batches[bytes, HouseholdRow | None](
            self._registry.households_with_tokens
        )
        self.operators = Operators(database)
        self.households = Households(database, address=address, clock=clock)
        self.plans = PlanLife(database, clock)
        self.consents = Consents(database, clock)
        self.fleet = FleetView(database, clock)
        self.results = Results(self._ledger, self._registry)
        self.following = Following(database, self.results)
        self.webhooks = Webhooks(database, clock)
        self.audit = Audit(database)
        self.asking = AskService(database, self._ledger, self.results, clock)
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
        # Nobody has another name, and no database has to be asked for it.
        known = is_user(user)
        household = await self._registry.household_named(user) if known else None
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
        plan = await self._registry.plan_in_force(household, self._clock())
        return token, plan.plan_id

    async def authenticate(self, token: str) -> HouseholdRow:
        """Return the household that a token belongs to."""
        household = await self._authentications(hash_token(token))
        if household is None:
            raise ProblemError(Problem.TOKEN)
        if wait := self._requests.take(household.user):
            raise ProblemError(Problem.RATE_LIMITED, retry_after=wait)
        return household

    async def operator(self, token: str) -> OperatorRow:
        """Return the operator that a token belongs to."""
        operator = await self.operators.with_token(hash_token(token), self.now())
        if operator is None:
            raise ProblemError(Problem.TOKEN)
        if wait := self._requests.take(f"operator {operator.name}"):
            raise ProblemError(Problem.RATE_LIMITED, retry_after=wait)
        return operator

    async def check_ready(self) -> None:
        """Fail as every request would that needs the database."""
        if await self._registry.provider() is None:
            raise ProblemError(Problem.BUSY)

    async def statement(self, household: HouseholdRow) -> bytes:
        """Return the signed statement of a household's plan."""
        plan = await self._registry.plan_in_force(household, self._clock())
        return plan.statement

    async def renewal(self, household: HouseholdRow, agreement_id: bytes) -> bytes:
        """Return the signed statement that an agreement may be renewed on."""
        row = await self._agreement(household, agreement_id)
        if row.state is not AgreementState.RUNNING:
            raise ProblemError(Problem.AGREEMENT_STOPPED)
        following = await self._registry.period_after(await self._registry.plan_of(row))
        if following is None or following.retired is not None:
            raise ProblemError(Problem.NO_RENEWAL)
        return following.statement

    async def begin(self, household: HouseholdRow, message: bytes) -> bytes:
        """Answer a household's request for an agreement with the offer."""
        try:
            request = Request.from_bytes(message)
        except ExchangeError as err:
            raise malformed(err) from err
        if household.blocked:
            raise ProblemError(Problem.POLICY_REFUSED)
        if begun := await self._ledger.setup_of_request(household, message):
            return self._offer(begun)
        plan, statement = await self._plan_asked(household, request)
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
            self._registry.values(plan),
            message,
        )
        begun = await self._ledger.add_setup(
            household, plan, message, setup, limit=MAX_SETUPS, now=self.now()
        )
        if begun is None:
            raise ProblemError(Problem.SETUPS_EXHAUSTED)
        return self._offer(begun)

    def _offer(self, begun: AgreementRow) -> bytes:
        setup = self._ledger.setup(begun)
        if setup is None:
            raise ProblemError(Problem.TRANSFER_TAKEN)
        return setup.offer

    async def _plan_asked(
        self, household: HouseholdRow, request: Request
    ) -> tuple[PlanRow, PlanStatement]:
        """Return what a request is about: the plan in force, or its next period."""
        in_force = await self._registry.plan_in_force(household, self._clock())
        following = await self._registry.period_after(in_force)
        for plan in (in_force, following):
            if plan is None or plan.retired is not None or self._clock() >= plan.end:
                continue
            statement = PlanStatement.from_bytes(plan.statement)
            if request.statement == statement.digest:
                return plan, statement
        raise ProblemError(Problem.PLAN_CHANGED)

    async def finish(
        self, household: HouseholdRow, agreement_id: bytes, transfer: bytes
    ) -> bytes:
        """Answer a household's transfer with the confirmation."""
        row = await self._agreement(household, agreement_id)
        if (setup := self._ledger.setup(row)) is not None:
            finished = await self._finish(household, row, setup, transfer)
            if finished is None:
                raise ProblemError(Problem.AGREEMENT_UNKNOWN)
            row = finished
        if row.transfer_digest is None:
            raise ProblemError(Problem.AGREEMENT_STOPPED)
        if not hmac.compare_digest(row.transfer_digest, transfer_digest(transfer)):
            raise ProblemError(Problem.TRANSFER_TAKEN)
        if row.confirmation is None:
            raise ProblemError(Problem.POLICY_REFUSED)
        return row.confirmation

    async def _finish(
        self,
        household: HouseholdRow,
        row: AgreementRow,
        setup: ProviderSetup,
        transfer: bytes,
    ) -> AgreementRow | None:
        """Evaluate the policy and store what came out; return what stands, if any."""
        try:
            earlier = await self._agreement_to_renew(household, transfer)
            agreement, confirmation = await asyncio.to_thread(
                setup.finish, transfer, earlier=earlier
            )
        except PlanError as err:
            raise ProblemError(Problem.PLAN_CHANGED, str(err)) from err
        except ProofRefused:
            _LOGGER.warning(
                "Household %s garbled another policy than the plan's and is blocked;"
                " `currentcost-provider household reset` lets it try again",
                household.user,
            )
            return await self._ledger.refuse_setup(row, transfer)
        except ExchangeError as err:
            raise malformed(err) from err
        return await self._ledger.confirm(
            row, transfer, agreement, confirmation, self.now()
        )

    async def _agreement_to_renew(
        self, household: HouseholdRow, transfer: bytes
    ) -> ProviderAgreement | None:
        """Return the running agreement that a transfer renews, if it does."""
        if (agreement_id := renewed_agreement(transfer)) is None:
            return None
        row = await self._agreement(household, agreement_id)
        if row.state is not AgreementState.RUNNING:
            raise ProblemError(Problem.AGREEMENT_STOPPED)
        return self._ledger.opened(row)

    async def take(
        self, household: HouseholdRow, agreement_id: bytes, message: bytes
    ) -> bytes:
        """Answer a report, or the message that a window is missing.

        Killed anywhere in between, the same bytes take it up again.
        """
        try:
            claim = parse_claim(message)
        except ExchangeError as err:
            raise malformed(err) from err
        if claim.agreement_id != agreement_id:
            raise ProblemError(Problem.MALFORMED, "A message for another agreement")
        return await self._windows.take(household, claim)

    async def open(self, household: HouseholdRow, agreement_id: bytes) -> bytes:
        """Return what opens an agreement's values, once its period is over."""
        row = await self._agreement(household, agreement_id)
        if (agreement := self._ledger.opened(row)) is None:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        plan = await self._registry.plan_of(row)
        if (wait := math.ceil(plan.end - self._clock())) > 0:
            raise ProblemError(Problem.PERIOD_RUNNING, retry_after=wait)
        await self._ledger.note_opening(row, self.now())
        return agreement.opening(self._registry.values(plan))

    async def _agreement(
        self, household: HouseholdRow, agreement_id: bytes
    ) -> AgreementRow:
        row = await self._ledger.agreement(household, agreement_id)
        if row is None:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        return row

    def now(self) -> int:
        """Return the time in UTC seconds."""
        return int(self._clock())
