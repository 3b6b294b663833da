"""What claims of windows come to, in the order in which nothing is given away twice.

What depends on no secret is checked, the window is claimed, the report is evaluated. No
database is known here: `windows` brings what stands, claims, and stores what came out.
"""

from dataclasses import dataclass
import logging
import math
from typing import Any, Final, Protocol

from currentcost_exchange import (
    Answer,
    ExchangeError,
    Missing,
    ProviderAgreement,
    Report,
)

from .models import AgreementState, HouseholdRow, WindowState
from .problems import Problem, ProblemError, malformed

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
    malformed: Exception | None = None
    """Why it is no message of its agreement."""
    obstacle: Exception | None = None
    """Why it may not claim its window."""

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
class Answered:
    """An answer that is about to be stored."""

    digest: bytes
    state: WindowState
    outcome: int | None
    reply: bytes


class Batch:
    """What the jobs of one transaction come to; knows no database."""

    def __init__(self, standings: dict[bytes, Standing], now: float) -> None:
        """Take the agreements that the jobs are of, and the time (UTC s)."""
        self.standings = standings
        self.answers: dict[Key, Answered] = {}
        self._now = now

    def admit(self, job: Job) -> bool:
        """Return whether a job may claim its window."""
        job.malformed = self._malformed(job)
        job.obstacle = job.malformed or self._closed(job)
        return job.obstacle is None

    def settle(self, job: Job, stored: Stored | None) -> bytes | Exception:
        """Return the reply to a job.

        Args:
            job: went through `admit`.
            stored: what stands for its window, unless this job has just claimed it.
        """
        if job.malformed:
            return job.malformed
        known = self.answers.get(job.key)
        if known and known.digest == job.digest:
            return known.reply
        if stored is not None:
            if stored.digest != job.digest:
                return ProblemError(Problem.WINDOW_TAKEN)
            if stored.reply is not None:
                return stored.reply
        elif job.obstacle:
            return job.obstacle
        return self._unanswerable(job) or self._answer(job)

    def answer_rows(self, now: int) -> list[dict[str, Any]]:
        """Return what is stored of the answers."""
        return [
            {
                "the_agreement": key[0],
                "the_kind": key[1],
                "the_start": key[2],
                "state": answer.state,
                "outcome": answer.outcome,
                "reply": answer.reply,
                "answered": now,
            }
            for key, answer in self.answers.items()
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
        lateness = opened.agreement.statement.plan.lateness
        end = job.claim.window.end
        if self._now < end:
            wait = math.ceil(end - self._now)
            return ProblemError(Problem.WINDOW_EARLY, retry_after=wait)
        if self._now >= end + lateness:
            return ProblemError(Problem.WINDOW_LATE)
        if standing.state is not AgreementState.RUNNING:
            return ProblemError(Problem.AGREEMENT_STOPPED)
        return self._unanswerable(job)

    def _answer(self, job: Job) -> bytes | Exception:
        """Evaluate a claim.

        If that fails the claim stands all the same: the window is these bytes'.
        """
        standing, opened = self._of(job)
        agreement = opened.agreement
        day = agreement.statement.plan.day_of(job.claim.window.end - 1)
        try:
            answer = opened.on_day(day).answer(job.claim)
        except Exception as err:
            _LOGGER.exception("A report can't be evaluated")
            return err
        state = _state(job.claim, answer)
        self.answers[job.key] = Answered(
            job.digest, state, answer.outcome, answer.reply
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
        oldest = plan.day_of(int(self._now) - plan.lateness)
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
    if isinstance(claim, Missing):
        return WindowState.MISSING
    return WindowState.REFUSED if answer.outcome is None else WindowState.BUCKET
