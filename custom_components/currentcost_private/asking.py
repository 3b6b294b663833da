"""Questions on demand: waits for them, and answers as often as the owner allows.

Nobody calls at a home. The household asks for a question with a request that the provider
answers when there is one, or after a while. The owner's limit is kept here, by what is on
the disk: whatever the provider sends, an answer is written down as given before it leaves.
"""

import asyncio
from collections.abc import Callable, Mapping
from secrets import SystemRandom
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .asked import Asked
from .const import LOGGER
from .exchange import (
    ASK_SECONDS,
    INSTANT_SECONDS,
    ExchangeError,
    HouseholdAgreement,
    PlanError,
    Verdict,
    Window,
    judge,
)
from .happening import Happenings, ProviderAsked
from .metering import Samples
from .provider_client import (
    ProblemError,
    ProviderClient,
    ProviderError,
    TokenRejectedError,
    TryLaterError,
)
from .sender import Sender
from .storage import Ended, Ending, OutboxEntry, ReportStorage

FORGED: Final = "forged"
"""Counted like a verdict: not the provider's question, or about no window of the plan."""

# Seconds that one request waits: below 60, after which proxies on the way give it up.
SHORTEST_WAIT: Final = 40
LONGEST_WAIT: Final = 50

# Between two requests, and after one that failed: longer each time, and at random.
PAUSE: Final = 1.0
FIRST_RETRY: Final = 15.0
LAST_RETRY: Final = 300.0
# A provider that doesn't know the question on demand may learn it some day.
UNKNOWN_RETRY: Final = 3600.0

# Seconds after a window in which its samples are known: a sample of a meter counts once
# the next message has come. Everything that is asked is answered as late as that.
METER_DELAY: Final = 7.0
SENSOR_DELAY: Final = 1.0

# Samples are kept for as long as a window may be asked about.
KEEP: Final = 2 * ASK_SECONDS

DAY: Final = 86_400
NEVER: Final = "never"
EVERY: Final[Mapping[str, int | None]] = {
    NEVER: None,
    "day": DAY,
    "hour": 3600,
    "quarter_hour": 900,
    "minute": 60,
}
"""What the owner can choose: seconds from one answer to the next."""

_random = SystemRandom()


class Asking:
    """Answers one report's questions on demand."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        agreement: Callable[[], HouseholdAgreement],
        asked: Asked,
        changed: Callable[[], None],
        client: ProviderClient,
        every: int | None,
        happenings: Happenings,
        of_meter: bool,
        storage: ReportStorage,
    ) -> None:
        """Take what was stored, and the owner's limit.

        Args:
            hass: Home Assistant.
            agreement: returns it with the seeds of the day.
            asked: what was asked and answered so far.
            changed: is called when that has changed.
            client: of the provider.
            every: seconds from one answer to the next; None is never.
            happenings: where the owner is told.
            of_meter: whether a meter's samples are measured.
            storage: the agreement's files.
        """
        self.asked = asked
        self._hass = hass
        self._agreement = agreement
        self._changed = changed
        self._client = client
        self._delay = METER_DELAY if of_meter else SENSOR_DELAY
        self._every = every if agreement().statement.plan.can_be_asked else None
        self._happenings = happenings
        self._storage = storage
        self._samples = Samples(INSTANT_SECONDS)
        self._secured = asked.outbox.mark
        self._retry = FIRST_RETRY
        self._sender = Sender(
            client=client,
            agreement_id=agreement().id,
            plan=agreement().statement.plan,
            outbox=asked.outbox,
            verify=lambda sent, reply: agreement().verify_reply(sent, reply),
            async_secure=self._async_secure,
            changed=self._async_sent,
            ended=self._async_ended,
            spread=0,
        )

    @property
    def is_allowed(self) -> bool:
        """Whether the owner allows questions on demand, and the plan has them."""
        return self._every is not None

    @property
    def most_a_day(self) -> float:
        """How many answers the owner allows in a day."""
        return 0 if self._every is None else DAY / self._every

    @callback
    def async_add_sample(self, time: float, watts: float) -> None:
        """Take a sample of `watts` at `time` (UTC s)."""
        if self._every is None:
            return
        self._samples.add(time, watts)
        self._samples.finished(time - KEEP)

    async def async_run(self) -> None:
        """Wait for questions and answer them, if the owner allows it."""
        if self._every is None:
            return
        now = dt_util.utcnow().timestamp()
        self.asked.outbox.expire(now - KEEP)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sender.async_run())
            group.create_task(self._async_listen(self._every))

    async def _async_listen(self, every: int) -> None:
        # Everyone's Home Assistant comes back at once after a power failure.
        await asyncio.sleep(_random.uniform(0, PAUSE))
        while True:
            wait = _random.randint(SHORTEST_WAIT, LONGEST_WAIT)
            begun = self._hass.loop.time()
            try:
                message = await self._client.async_ask(
                    self._agreement().id, after=self.asked.start, wait=wait
                )
            except TryLaterError as err:
                pause = self._failed() + (err.retry_after or 0)
            except TokenRejectedError:
                # The reports say so to the person.
                return
            except ProblemError as err:
                if err.code in {"agreement_stopped", "agreement_unknown"}:
                    return
                pause = UNKNOWN_RETRY * _random.uniform(0.5, 1)
            except ProviderError:
                pause = self._failed()
            else:
                if message is not None:
                    pause = await self._async_take(message, every)
                elif self._hass.loop.time() - begun < wait / 2:
                    # The service stops, or another one waits in this home's name.
                    pause = self._failed()
                else:
                    pause = _random.uniform(0, PAUSE)
                    self._retry = FIRST_RETRY
            await asyncio.sleep(pause)

    def _failed(self) -> float:
        """Return the seconds until the next try."""
        pause = self._retry * _random.uniform(0.5, 1)
        self._retry = min(2 * self._retry, LAST_RETRY)
        return pause

    async def _async_take(self, message: bytes, every: int) -> float:
        """Answer a question if that is allowed; return the pause after it."""
        agreement, outbox = self._agreement(), self.asked.outbox
        now = dt_util.utcnow().timestamp()
        try:
            window = agreement.read_ask(message)
        except ExchangeError as err:
            LOGGER.warning("A question on demand was refused: %s", err)
            self._note(now, FORGED)
            return self._failed()
        verdict = judge(
            window, now=now, every=every, answered=outbox.mark, asked=self.asked.start
        )
        LOGGER.debug("Asked about %s: %s", window.start, verdict)
        self._note(now, verdict)
        self._happenings.async_tell(
            ProviderAsked(
                start=window.start,
                end=window.end,
                answered=verdict is Verdict.ANSWER,
            )
        )
        if verdict not in {Verdict.REPEATED, Verdict.EARLY}:
            self.asked.start = window.start
        match verdict:
            case Verdict.ANSWER:
                await self._async_answer(agreement, window)
                self._retry = FIRST_RETRY
                return PAUSE
            case Verdict.REPEATED:
                return self._failed()
        await self._async_decline(agreement.declined(window))
        return INSTANT_SECONDS * _random.uniform(0.5, 1)

    @callback
    def _note(self, now: float, verdict: str) -> None:
        """Let the owner see that there was a question, and what became of it."""
        self.asked.last = int(now)
        if verdict != Verdict.ANSWER:
            self.asked.refused[verdict] += 1
        self._storage.async_save_asked_soon(self.asked.to_dict)
        self._changed()

    async def _async_answer(
        self, agreement: HouseholdAgreement, window: Window
    ) -> None:
        """Write an answer down as given, then let it leave.

        It leaves at a time that no measure has a part in.
        """
        now = dt_util.utcnow().timestamp()
        await asyncio.sleep(max(0, window.end + self._delay - now))
        mean = self._samples.finish(window.start).mean_power
        message = await self._hass.async_add_executor_job(
            _answer, agreement, window, mean
        )
        self.asked.outbox.expire(now - KEEP)
        self.asked.outbox.mark = window.start
        self.asked.outbox.entries.append(
            OutboxEntry(start=window.start, end=window.end, message=message)
        )
        self._changed()
        # It writes the outbox down before it sends.
        self._sender.wake()

    async def _async_decline(self, message: bytes) -> None:
        """Say that there is no answer; that it is lost does no harm."""
        try:
            await self._client.async_report(self._agreement().id, message)
        except ProviderError as err:
            LOGGER.debug("That a question is declined could not be said: %s", err)

    async def _async_secure(self) -> None:
        """Return once the disk knows what was answered; raise NotWrittenError."""
        mark = self.asked.outbox.mark
        if self._secured != mark:
            await self._storage.async_save_asked(self.asked.to_dict())
            self._secured = mark

    async def async_save(self) -> None:
        """Write down what was asked, if anything ever was; raise NotWrittenError."""
        if self.asked.last is not None:
            await self._storage.async_save_asked(self.asked.to_dict())

    @callback
    def _async_sent(self) -> None:
        self._storage.async_save_asked_soon(self.asked.to_dict)
        self._changed()

    @callback
    def _async_ended(self, ended: Ended) -> None:
        """Remember an answer that has arrived."""
        if ended.ending is Ending.REPORTED:
            self.asked.note_answer(ended.end)


def _answer(agreement: HouseholdAgreement, window: Window, mean: float | None) -> bytes:
    """Return a report, or that the window is missing."""
    if mean is None:
        return agreement.missing(window)
    try:
        measures = agreement.statement.plan.encode([[mean]])
        return agreement.report(window, measures)
    except PlanError:
        # The seeds of the day before are forgotten already.
        return agreement.missing(window)
