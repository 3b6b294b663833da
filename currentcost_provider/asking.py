"""Asking on demand: an operator asks, a household that waits is told.

Nobody can be asked into their home. A household that allows it waits for a question with
a request of its own, and answers as it reports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from secrets import SystemRandom
from typing import Final

from currentcost_exchange import Window

from .asks import AskAndAnswer, Asking, Asks
from .limits import RateLimit
from .problems import Problem, ProblemError
from .results import Result, Results
from .storage.audit import Audit
from .storage.batches import Batches
from .storage.database import Database
from .storage.ledger import Ledger
from .storage.models import AgreementState, HouseholdRow, WindowState
from .waiters import Full, Waiters

_RETRY_SECONDS: Final = (60, 120)
_random: Final = SystemRandom()


class AskState(StrEnum):
    """What a question to a household came to."""

    WAITING = "waiting"
    BUCKET = "bucket"
    MISSING = "missing"
    """Its meter is silent."""
    DECLINED = "declined"
    """Its owner allows it less often, or the clocks differ."""
    REFUSED = "refused"
    """Its report could not be evaluated."""
    EXPIRED = "expired"
    """No answer came: off line, or not allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAnswer:
    """What a question to a household came to.

    Attributes:
        asking: the asking's id.
        household: its user name.
        start, end: of the window that was asked about (UTC s).
        state: see `AskState`.
        result: the window's result, None if it has none.
    """

    asking: str
    household: str
    start: int
    end: int
    state: AskState
    result: Result | None


class AskService:
    """Asks households on demand."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        results: Results,
        clock: Callable[[], float],
    ) -> None:
        """Ask the households of a database; `clock` says what is now."""
        self._asks = Asks(database)
        self._audit = Audit(database)
        self._clock = clock
        self._ledger = ledger
        self._limit = RateLimit(burst=10, seconds_each=6)
        self._results = results
        self._standings = Batches[bytes, tuple[int, AgreementState] | None](
            self._asks.standings
        )
        self._waiters = Waiters(lambda: self._asks.pending(self._clock()))

    async def wait(
        self, household: HouseholdRow, agreement_id: bytes, *, after: int, seconds: int
    ) -> bytes | None:
        """Return the question that a household is asked, None if there comes none.

        Raises:
            ProblemError: it can't be asked.
        """
        standing = await self._standings(agreement_id)
        if standing is None or standing[0] != household.id:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        if standing[1] is not AgreementState.RUNNING:
            raise ProblemError(Problem.AGREEMENT_STOPPED)
        try:
            start = await self._waiters.wait(agreement_id, after=after, seconds=seconds)
        except Full:
            again = _random.randint(*_RETRY_SECONDS)
            raise ProblemError(Problem.BUSY, retry_after=again) from None
        if start is None:
            return None
        row = await self._ledger.agreement(household, agreement_id)
        agreement = self._ledger.opened(row) if row else None
        if agreement is None:
            raise ProblemError(Problem.AGREEMENT_UNKNOWN)
        return agreement.ask(Window.instant_at(start))

    def stop_waiting(self) -> None:
        """Let no household wait any longer: the service stops."""
        self._waiters.stop()

    async def ask(self, actor: str, *, user: str | None, plan: str | None) -> Asking:
        """Ask one household, or all of a plan; nobody else counts.

        Raises:
            ProblemError: nobody can be asked, or the operator asks too often.
        """
        if wait := self._limit.take(actor):
            raise ProblemError(Problem.RATE_LIMITED, retry_after=wait)
        now = self._clock()
        asking = await self._asks.ask(user=user, plan=plan, actor=actor, now=now)
        subject = subject_of(asking, user=user, plan=plan)
        await self._audit.add(actor, "ask", subject, int(now))
        self._waiters.ring()
        return asking

    async def asking(self, asking_id: str) -> Asking:
        """Return an asking; raise ProblemError if there is none of this id."""
        asking = await self._asks.asking(asking_id)
        if asking is None:
            raise ProblemError(Problem.NOT_FOUND)
        return asking

    async def answers(
        self, asking: Asking, *, after: str | None, limit: int
    ) -> list[AskAnswer]:
        """Return what an asking came to, by household."""
        rows = await self._asks.answers(asking, after=after, limit=limit)
        return answers_of(rows, self._results, self._clock())

    async def of_household(
        self, user: str, *, before: int | None, limit: int
    ) -> list[AskAnswer]:
        """Return what the questions to a household came to, the newest first."""
        rows = await self._asks.of_household(user, before=before, limit=limit)
        return answers_of(rows, self._results, self._clock())


def answers_of(
    rows: Sequence[AskAndAnswer], results: Results, now: float
) -> list[AskAnswer]:
    """Return what questions came to by now (UTC s)."""
    answers = []
    for ask, user, plan, window in rows:
        if window is None or window.state is WindowState.CLAIMED:
            state = AskState.WAITING if now < ask.expires else AskState.EXPIRED
            result = None
        else:
            state = AskState(window.state)
            result = results.result(window, user, plan)
        span = Window.instant_at(ask.start)
        answers.append(
            AskAnswer(
                asking=ask.asking,
                household=user,
                start=span.start,
                end=span.end,
                state=state,
                result=result,
            )
        )
    return answers


def subject_of(asking: Asking, *, user: str | None, plan: str | None) -> str:
    """Return what the audit log says of who was asked."""
    of = user or f"plan {plan}"
    return f"{of} ({asking.households})" if plan else of
