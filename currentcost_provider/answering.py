"""What claims of windows come to, in the order in which nothing is given away twice.

What depends on no secret is checked first; a report is evaluated if its window is free
or its own. No database is known here: `windows` brings what stands, under a lock, and
stores what came out.
"""

from dataclasses import dataclass
import logging
import math
from typing import Any, Final, Protocol

from currentcost_exchange import (
    ASK_SECONDS,
    INSTANT_SECONDS,
    Answer,
    Declined,
    ExchangeError,
    Missing,
    ProviderAgreement,
    Report,
    WindowKind,
)

from .problems import Problem, ProblemError, malformed
from .storage.models import AgreementState, HouseholdRow, WindowState

MAX_REFUSALS: Final = 3
"""Refused reports after which an agreement stops."""

_LOGGER: Final = logging.getLogger(__name__)

type Claim = Report | Missing
type Key = tuple[bytes, int, int]
"""A window: agreement, kind, start."""


class Stored(Protocol):
    """What stands for a window."""

    @property
    def digest(self) -> bytes:
        """Of the bytes that have claimed it."""

    @property
    def reply(self) -> bytes | None:
        """What they were answered, None if they weren't yet."""


@dataclass(slots=True)
class Job:
    """A claim with the household whose token it came with."""

    household_id: int
    claim: Claim
    key: Key
    digest: bytes

    @classmethod
    def of(cls, household: HouseholdRow, claim: Claim) -> Job:
        """Return the job of a household's claim."""
        window = claim.window
        key = claim.agreement_id, int(window.kind), window.start
        return cls(household.id, claim, key, claim.digest)


@dataclass(slots=True)
class Opened:
    """An agreement as it is stored, and with the seeds of the last day asked for.

    Most reports are of today, and the stored seeds of the oldest day that is open.
    """

    agreement: ProviderAgreement
    latest: ProviderAgreement

    def on_day(self, day: int) -> ProviderAgreement:
        """Return the agreement with the seeds of a day, or of one before it."""
        if day < self.latest.day:
            return self.agreement
        self.latest = self.latest.advanced(day)
        return self.latest


@dataclass(slots=True)
class Standing:
    """An agreement, within a transaction that has its household's lock."""

    household_id: int
    has_password: bool
    state: AgreementState
    refusals: int
    opened: Opened | None
    failure: Exception | None = None
    """Why the agreement can't be opened."""
    changed: bool = False

    @property
    def agreement(self) -> ProviderAgreement | None:
        """What was agreed, None before the set-up was finished."""
        return self.opened.agreement if self.opened else None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A window that is about to be stored, with its answer if there is one."""

    end: int
    digest: bytes
    state: WindowState
    outcome: int | None = None
    reply: bytes | None = None


class Batch:
    """What the jobs of one transaction come to; knows no database."""

    def __init__(
        self,
        standings: dict[bytes, Standing],
        stored: dict[Key, Stored],
        asked: dict[Key, int],
        now: float,
    ) -> None:
        """Begin with what stands at a time.

        Args:
            standings: the agreements that the jobs are of.
            stored: their windows; nobody else claims one meanwhile.
            asked: until when (UTC s) windows may be answered that were asked on demand.
            now: UTC seconds.
        """
        self.standings = standings
        self.claimed: dict[Key, Claimed] = {}
        """What is to be stored before any reply goes out."""
        self._stored = stored
        self._asked = asked
        self._now = now

    def settle(self, job: Job) -> bytes | Exception:
        """Return the reply to a job."""
        if malformed := self._malformed(job):
            return malformed
        stored = self.claimed.get(job.key) or self._stored.get(job.key)
        if stored is None:
            obstacle = self._closed(job)
        elif stored.digest != job.digest:
            return ProblemError(Problem.WINDOW_TAKEN)
        elif stored.reply is not None:
            return stored.reply
        else:
            obstacle = self._unanswerable(job)
        return obstacle or self._answer(job)

    def rows(self) -> list[dict[str, Any]]:
        """Return what is to be stored of the windows."""
        now = int(self._now)
        return [
            {
                "agreement_id": agreement_id,
                "kind": kind,
                "start": start,
                "end": claimed.end,
                "digest": claimed.digest,
                "state": claimed.state,
                "outcome": claimed.outcome,
                "reply": claimed.reply,
                "claimed": now,
                "answered": None if claimed.reply is None else now,
            }
            for (agreement_id, kind, start), claimed in self.claimed.items()
        ]

    def _malformed(self, job: Job) -> Exception | None:
        """Return why a message is not one of its agreement's windows."""
        standing = self.standings.get(job.claim.agreement_id)
        if standing is None or standing.household_id != job.household_id:
            return ProblemError(Problem.AGREEMENT_UNKNOWN)
        if standing.agreement is None:
            return standing.failure or ProblemError(Problem.AGREEMENT_UNKNOWN)
        try:
            standing.agreement.check(job.claim)
        except ExchangeError as err:
            return malformed(err)
        if not standing.agreement.statement.plan.has_window(job.claim.window):
            return ProblemError(Problem.WINDOW_MISALIGNED)
        return None

    def _unanswerable(self, job: Job) -> ProblemError | None:
        """Return why a claimed window of a sound message can't be answered."""
        standing, opened = self._of(job)
        if standing.state is AgreementState.STOPPED:
            return ProblemError(Problem.AGREEMENT_STOPPED)
        plan = opened.agreement.statement.plan
        if plan.day_of(job.claim.window.end - 1) < opened.agreement.day:
            # Nobody came back for its answer in time, or the clock once ran ahead.
            return ProblemError(Problem.WINDOW_LATE)
        return None

    def _closed(self, job: Job) -> ProblemError | None:
        """Return why a sound message may not claim its window now."""
        standing, opened = self._of(job)
        end = job.claim.window.end
        closes: int | None = end + opened.agreement.statement.plan.lateness
        if job.claim.window.kind is WindowKind.INSTANT:
            closes = self._asked.get(job.key)
        if closes is None:
            return ProblemError(Problem.NOT_ASKED)
        if self._now < end:
            wait = math.ceil(end - self._now)
            return ProblemError(Problem.WINDOW_EARLY, retry_after=wait)
        if self._now >= closes:
            return ProblemError(Problem.WINDOW_LATE)
        if standing.state is not AgreementState.RUNNING:
            return ProblemError(Problem.AGREEMENT_STOPPED)
        return self._unanswerable(job)

    def _answer(self, job: Job) -> bytes | Exception:
        """Evaluate a claim.

        If that fails the claim stands all the same: the window is these bytes'.
        """
        standing, opened = self._of(job)
        agreement, window = opened.agreement, job.claim.window
        day = agreement.statement.plan.day_of(window.end - 1)
        try:
            answer = opened.on_day(day).answer(job.claim)
        except Exception as err:
            _LOGGER.exception("A report can't be evaluated")
            self.claimed[job.key] = Claimed(window.end, job.digest, WindowState.CLAIMED)
            return err
        state = _state(job.claim, answer)
        self.claimed[job.key] = Claimed(
            window.end, job.digest, state, answer.outcome, answer.reply
        )
        if state is WindowState.REFUSED:
            standing.changed = True
            standing.refusals += 1
            if standing.refusals >= MAX_REFUSALS:
                standing.state = AgreementState.STOPPED
        self._forget_seeds(standing, agreement)
        return answer.reply

    def _forget_seeds(self, standing: Standing, agreement: ProviderAgreement) -> None:
        """Forget the seeds of days of which no window is taken any more."""
        plan = agreement.statement.plan
        open_for = max(plan.lateness, ASK_SECONDS + INSTANT_SECONDS)
        oldest = plan.day_of(int(self._now) - open_for)
        if oldest > agreement.day:
            standing.changed = True
            kept = agreement.advanced(oldest)
            standing.opened = Opened(kept, kept)

    def _of(self, job: Job) -> tuple[Standing, Opened]:
        standing = self.standings[job.claim.agreement_id]
        if standing.opened is None:
            raise RuntimeError("a job without an agreement was admitted")
        return standing, standing.opened


def _state(claim: Claim, answer: Answer) -> WindowState:
    if isinstance(claim, Declined):
        return WindowState.DECLINED
    if isinstance(claim, Missing):
        return WindowState.MISSING
    return WindowState.REFUSED if answer.outcome is None else WindowState.BUCKET
