"""Sends what a report's outbox holds: one message at a time, the oldest first.

Messages go out as they stand in the outbox, as often as it takes, and are never made
anew. Everyone's windows end at the same instant, and after an outage everyone has
much to send: so each household waits for a random moment before it begins, backs off
at random while it fails, and pauses between two messages.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from secrets import SystemRandom
from typing import Final

from homeassistant.util import dt as dt_util

from .const import LOGGER
from .exchange import ExchangeError, NotAuthentic, Plan, Refused
from .provider_client import (
    CertificateError,
    NotAProviderError,
    OtherVersionError,
    ProblemError,
    ProviderClient,
    ProviderError,
    TokenRejectedError,
    TryLaterError,
    UnreachableError,
)
from .storage import Ended, Ending, NotWrittenError, Outbox, OutboxEntry

PAUSE: Final = 0.5
FIRST_RETRY: Final = 5.0
LAST_RETRY: Final = 300.0

# Home Assistant writes a new report or token down a second after it was made. A message
# spends the password that they came from, so none leaves before that.
FIRST_PAUSE: Final = 3.0

# The random moment lies within a tenth of a window, and within a minute.
SPREAD_SHARE: Final = 0.1
LONGEST_SPREAD: Final = 60.0

# What the provider will never take, however often it is sent.
_ENDINGS: Final = {
    "malformed": Ending.REJECTED,
    "not_asked": Ending.REJECTED,
    "too_large": Ending.REJECTED,
    "window_late": Ending.LATE,
    "window_misaligned": Ending.REJECTED,
    "window_taken": Ending.REJECTED,
}
_STOPS: Final = {"agreement_stopped", "agreement_unknown"}

_random = SystemRandom()


class Trouble(StrEnum):
    """Why nothing gets through to the provider."""

    BUSY = "busy"
    CERTIFICATE = "certificate"
    DISK = "disk"
    NOT_A_PROVIDER = "not_a_provider"
    OTHER_VERSION = "other_version"
    STOPPED = "stopped"
    TOKEN = "token"  # noqa: S105  # the name of a trouble, no token
    UNREACHABLE = "unreachable"

    @property
    def lasting(self) -> bool:
        """Whether sending again can't help: the agreement or the token is over."""
        return self in {Trouble.STOPPED, Trouble.TOKEN}


# The first that an error is an instance of.
_TROUBLES: Final = (
    (NotWrittenError, Trouble.DISK),
    (TokenRejectedError, Trouble.TOKEN),
    (OtherVersionError, Trouble.OTHER_VERSION),
    (NotAProviderError, Trouble.NOT_A_PROVIDER),
    (NotAuthentic, Trouble.NOT_A_PROVIDER),
    (CertificateError, Trouble.CERTIFICATE),
    (UnreachableError, Trouble.UNREACHABLE),
)


class Sender:
    """Empties one report's outbox; the reporter fills it."""

    def __init__(
        self,
        *,
        client: ProviderClient,
        agreement_id: bytes,
        plan: Plan,
        outbox: Outbox,
        verify: Callable[[bytes, bytes], int | None],
        async_secure: Callable[[], Awaitable[None]],
        changed: Callable[[], None],
        ended: Callable[[Ended], None],
        spread: float | None = None,
    ) -> None:
        """Take the outbox and four callbacks.

        `verify` returns what a reply to a message proves; `async_secure` returns once the disk holds the outbox, or raises
        NotWrittenError; `changed` is called when entries or trouble have changed, and
        `ended` after it with the window that came to its end. A message waits for
        up to `spread` seconds, by default a part of the plan's window.
        """
        self.trouble: Trouble | None = None
        self._client = client
        self._agreement_id = agreement_id
        self._plan = plan
        self._outbox = outbox
        self._verify = verify
        self._async_secure = async_secure
        self._changed = changed
        self._ended = ended
        self._retry = FIRST_RETRY
        self._filled = asyncio.Event()
        self._hurry = asyncio.Event()
        self._stands = asyncio.Event()
        if spread is None:
            spread = min(plan.schedule.longest * SPREAD_SHARE, LONGEST_SPREAD)
        self._spread = spread

    def wake(self) -> None:
        """Tell that the outbox was filled."""
        self._filled.set()

    async def async_hurry(self) -> None:
        """Try at once instead of at a random moment; return when it stands how it went.

        What has to be waited for is: the pauses that keep a new report safe and that
        the provider asked for.
        """
        if self._outbox.entries and not (self.trouble and self.trouble.lasting):
            self._stands.clear()
            self._hurry.set()
            await self._stands.wait()

    async def async_run(self) -> None:
        """Send for as long as it isn't cancelled, or until trouble is lasting."""
        await asyncio.sleep(FIRST_PAUSE)
        await self._async_pause(_random.uniform(0, self._spread))
        while not (self.trouble and self.trouble.lasting):
            if not self._outbox.entries:
                self._filled.clear()
                await self._filled.wait()
                await self._async_pause(_random.uniform(0, self._spread))
            else:
                await self._async_attempt(self._outbox.entries[0])

    async def _async_pause(self, seconds: float) -> None:
        """Wait, unless somebody is in a hurry."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _async_attempt(self, entry: OutboxEntry) -> None:
        """Try to send the oldest message, and wait until the next try."""
        try:
            await self._async_secure()
            reply = await self._client.async_report(self._agreement_id, entry.message)
        except ProblemError as err:
            if (ending := _ENDINGS.get(err.code)) is not None:
                await self._async_settle(entry, ending)
            else:
                await self._async_fail(err)
            return
        except (NotWrittenError, ProviderError) as err:
            await self._async_fail(err)
            return
        try:
            outcome = self._verify(entry.message, reply)
        except NotAuthentic as err:
            await self._async_fail(err)
        except Refused:
            await self._async_settle(entry, Ending.REFUSED)
        except ExchangeError as err:
            # The provider gives one answer to a window: asking again brings no other.
            LOGGER.warning("The provider's reply could not be verified: %s", err)
            await self._async_settle(entry, Ending.FORGED)
        else:
            ending = Ending.MISSING if outcome is None else Ending.REPORTED
            await self._async_settle(entry, ending, outcome)

    async def _async_settle(
        self, entry: OutboxEntry, ending: Ending, outcome: int | None = None
    ) -> None:
        """Note what became of a message, and pause before the next."""
        LOGGER.debug("Window at %s: %s", entry.start, ending)
        if self.trouble:
            LOGGER.info("The provider %s is reached again", self._plan.provider)
        self.trouble = None
        self._retry = FIRST_RETRY
        ended = self._outbox.settle(entry, ending, outcome=outcome)
        if ending in {Ending.REPORTED, Ending.MISSING}:
            self._outbox.note_told(dt_util.now().date().isoformat())
        self._changed()
        if ended is not None:
            self._ended(ended)
        if self._outbox.entries:
            await asyncio.sleep(PAUSE)
        else:
            self._calm_down()

    async def _async_fail(self, err: Exception) -> None:
        """Note why a message wasn't taken, and wait until the next try."""
        trouble = _trouble(err)
        if self.trouble is None:
            LOGGER.info(
                "Reports to %s are waiting (%s: %s)",
                self._plan.provider,
                trouble,
                err,
            )
        if trouble is not self.trouble:
            self.trouble = trouble
            self._changed()
        self._calm_down()
        delay = self._retry * _random.uniform(0.5, 1)
        self._retry = min(2 * self._retry, LAST_RETRY)
        if isinstance(err, TryLaterError) and err.retry_after is not None:
            # As late as it was told, and not all at once.
            await asyncio.sleep(
                err.retry_after + _random.uniform(0, min(delay, self._spread))
            )
        else:
            await self._async_pause(delay)

    def _calm_down(self) -> None:
        """Go on without a hurry: all is sent, or it can't be now."""
        self._hurry.clear()
        self._stands.set()


def _trouble(err: Exception) -> Trouble:
    """Return the name of what went wrong."""
    if isinstance(err, ProblemError) and err.code in _STOPS:
        return Trouble.STOPPED
    return next(
        (trouble for kind, trouble in _TROUBLES if isinstance(err, kind)), Trouble.BUSY
    )
