"""One report: it measures each window, has it garbled, and keeps it until it is sent.

A window is built once: its mark and the message are on the disk before a byte leaves,
and no window up to the mark is ever built again. What ended while the reporter was not
there is reported as missing, whatever a checkpoint may know of it: after a backup was
restored, another measure of a window that was reported already must not be garbled.
Not so a day or a month: it is not to be lost by a restart at midnight, and what a
restored backup may cost is one more answer.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_SOURCE, CONF_TOKEN, CONF_URL
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .asked import Asked
from .asking import EVERY, NEVER, Asking
from .const import CONF_ASK_EVERY, DOMAIN
from .coordinator import CurrentCostConfigEntry, MeterCoordinator
from .exchange import HouseholdAgreement, Window, WindowKind
from .happening import Happenings
from .metering import Recorder
from .provider_client import ProviderClient
from .report_opening import Opening
from .report_renewal import Renewal
from .report_source import WHOLE_HOUSE, async_follow_entity, async_follow_meter
from .report_watch import ReportWatch
from .sender import Sender, Trouble
from .storage import Ended, Ending, NotWrittenError, Outbox, OutboxEntry, ReportStorage

# The samples of a window's last second have arrived by then.
GRACE: Final = 1.0
CHECKPOINT_INTERVAL: Final = 30.0

# What a person waits for a report that they want now.
HURRY: Final = 30.0

# A bound on the outbox, whatever a plan allows: a month of quarters of an hour.
MOST_WINDOWS: Final = 3000

type Earlier = tuple[HouseholdAgreement, ReportStorage]
"""An agreement that was renewed and is still to be opened, with its files."""


class Reporter:
    """Makes the messages of one report; its sender delivers them."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: CurrentCostConfigEntry,
        subentry: ConfigSubentry,
        *,
        agreement: HouseholdAgreement,
        asked: Asked,
        earlier: Earlier | None,
        outbox: Outbox,
        recorder: Recorder,
        storage: ReportStorage,
    ) -> None:
        """Take what was stored; nothing runs yet."""
        self.subentry = subentry
        self.statement = agreement.statement
        self.outbox = outbox
        self.storage = storage
        self.happenings = Happenings(agreement.statement.plan.question.labels)
        self._hass = hass
        self._entry = entry
        self._agreement = agreement
        self._plan = agreement.statement.plan
        self._recorder = recorder
        client = ProviderClient(
            async_get_clientsession(hass),
            subentry.data[CONF_URL],
            token=subentry.data[CONF_TOKEN],
        )
        self._openings = [self._opening_of(agreement, storage, client, is_news=True)]
        if earlier is not None:
            # Renewed on the same values, they come out when this one is over.
            is_news = earlier[0].statement.plan.plan_id != self._plan.plan_id
            self._openings.append(self._opening_of(*earlier, client, is_news=is_news))
        self._renewal = Renewal(
            hass,
            entry,
            subentry,
            agreement=lambda: self._agreement,
            client=client,
            storage=storage,
            is_over=self._is_over,
            samples=recorder.to_dict,
        )
        self._watch = ReportWatch(
            hass=hass,
            entry=entry,
            subentry=subentry,
            plan=self._plan,
            outbox=outbox,
            trouble=lambda: self.trouble,
            goes_on=lambda: self.goes_on,
        )
        self._sender = Sender(
            client=client,
            agreement_id=agreement.id,
            plan=self._plan,
            outbox=outbox,
            verify=self._verify_reply,
            async_secure=self._async_secure,
            changed=self._async_sender_changed,
            ended=self.happenings.async_tell_ended,
        )
        self.asking = Asking(
            hass,
            agreement=lambda: self._agreement,
            asked=asked,
            changed=self._async_changed,
            client=client,
            every=EVERY[subentry.data.get(CONF_ASK_EVERY, NEVER)],
            happenings=self.happenings,
            of_meter=subentry.data[CONF_SOURCE] is None,
            storage=storage,
        )
        self._building = asyncio.Lock()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._day = dt_util.now().date()
        self._listeners: list[Callable[[], None]] = []
        self._meter: MeterCoordinator | None = None
        self._secured = outbox.mark
        self._started = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._unfollow: CALLBACK_TYPE | None = None

    def _opening_of(
        self,
        agreement: HouseholdAgreement,
        storage: ReportStorage,
        client: ProviderClient,
        *,
        is_news: bool,
    ) -> Opening:
        """Return what asks for an agreement's opening, and holds no seeds of it."""
        return Opening(
            self._hass,
            self.subentry,
            agreement_id=agreement.id,
            plan=agreement.statement.plan,
            verify=replace(agreement, pairs=[]).verify_opening,
            client=client,
            storage=storage,
            is_news=is_news,
        )

    @property
    def goes_on(self) -> bool:
        """Whether there is an agreement for the next period."""
        return self._renewal.is_settled

    @property
    def trouble(self) -> Trouble | None:
        """Why nothing gets through to the provider, if so."""
        return self._sender.trouble

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when the outbox or the trouble has changed."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    async def async_start(self, meter: MeterCoordinator | None) -> None:
        """Follow the source, build windows as they end, and send."""
        self._started = dt_util.utcnow().timestamp()
        source = self.subentry.data[CONF_SOURCE]
        if source is not None:
            self._unfollow = async_follow_entity(
                self._hass, source, self._async_add_sample
            )
        elif meter is not None:
            self._meter = meter
            self._unfollow = async_follow_meter(meter, self._async_add_sample)
        works: list[Asking | Sender | Renewal | Opening]
        works = [self._sender, self._renewal, self.asking, *self._openings]
        self._tasks = [
            self._entry.async_create_background_task(
                self._hass, work.async_run(), f"{DOMAIN} {type(work).__name__}"
            )
            for work in works
        ]
        await self._async_tick()

    async def async_report_now(self) -> None:
        """Build the windows that have ended and try to send what waits, at once.

        Returns when all is sent or it stands why not, after half a minute at most.
        Raises NotWrittenError.
        """
        async with self._building:
            await self._async_build(self._settled())
        with suppress(TimeoutError):
            async with asyncio.timeout(HURRY):
                await self._sender.async_hurry()

    async def async_stop(self, _event: Event | None = None) -> None:
        """Stop, and write down everything that isn't yet."""
        if not self._tasks:
            return
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if self._unfollow is not None:
            self._unfollow()
        if self._cancel_timer is not None:
            self._cancel_timer()
        await asyncio.wait(tasks)
        async with self._building:
            # A window that has just ended would be missing after the next start.
            with suppress(NotWrittenError):
                await self._async_build(dt_util.utcnow().timestamp())
            await self._async_checkpoint()
            with suppress(NotWrittenError):
                await self.storage.async_save_outbox(self.outbox)
            with suppress(NotWrittenError):
                await self.asking.async_save()

    async def async_remove(self) -> None:
        """Delete everything that is kept of the report."""
        await self.storage.async_remove()

    @callback
    def _async_add_sample(self, time: float, watts: float) -> None:
        self._recorder.add(time, watts)
        self.asking.async_add_sample(time, watts)

    async def _async_tick(self, _now: datetime | None = None) -> None:
        """Build the windows that have ended, make a checkpoint, and come again.

        The timer counts from now, by a clock that nobody sets, and never far: a step
        of the host's clock is noticed within a checkpoint.
        """
        async with self._building:
            with suppress(NotWrittenError):
                await self._async_build(self._settled())
                await self._async_forget_seeds()
            self._recorder.advance(self._settled())
            await self._async_checkpoint()
        if not self._tasks:
            return
        self._watch.async_check()
        if (day := dt_util.now().date()) != self._day:
            self._day = day
            self._async_changed()
        now = dt_util.utcnow().timestamp()
        due = self._plan.schedule.window_at(self._settled()).end + GRACE
        delay = min(max(due - now, GRACE), CHECKPOINT_INTERVAL)
        self._cancel_timer = async_call_later(self._hass, delay, self._async_tick)

    def _settled(self) -> float:
        """Return up to what time (UTC s) all samples have come."""
        now = dt_util.utcnow().timestamp()
        if self._meter is None:
            return now - GRACE
        return min(now - GRACE, self._meter.confirmed_until(WHOLE_HOUSE, now))

    async def _async_build(self, settled: float) -> None:
        """Build every window that has ended by then and isn't built.

        Raises NotWrittenError.
        """
        plan, now = self._plan, dt_util.utcnow().timestamp()
        if self.trouble is Trouble.STOPPED:
            return
        schedule = plan.schedule
        longest = MOST_WINDOWS * schedule.longest
        for expired in self.outbox.expire(now - longest):
            self.happenings.async_tell_ended(expired)
        horizon = now - min(plan.lateness, longest)
        since = max(schedule.window_at(self.outbox.mark).end, plan.start)
        until = min(settled, plan.end)
        ended = list(schedule.windows(since=since, until=until))
        if not ended:
            return
        windows = [window for window in ended if window.end >= horizon]
        measures = [self._measures(window) for window in windows]
        messages = await self._hass.async_add_executor_job(
            _garble, self._agreement, windows, measures
        )
        self.outbox.entries += [
            OutboxEntry(start=window.start, end=window.end, message=message)
            for window, message in zip(windows, messages, strict=True)
        ]
        late = ended[: len(ended) - len(windows)]
        self.outbox.endings[Ending.LATE] += len(late)
        self.outbox.mark = ended[-1].start
        self._async_changed()
        if late:
            self.happenings.async_tell_ended(
                Ended(
                    ending=Ending.LATE,
                    start=late[0].start,
                    end=late[-1].end,
                    windows=len(late),
                )
            )
        # Even if the disk takes nothing: then it is the sender that tells and retries.
        self._sender.wake()
        await self._async_secure()

    async def _async_forget_seeds(self) -> None:
        """Once a day, forget the seeds that no window needs any more.

        The mark is on the disk by then, or a window could come up again without them.
        """
        await self._async_secure()
        built = self._plan.schedule.window_at(self.outbox.mark).end
        day = self._plan.day_of(built)
        if day <= self._agreement.day:
            return
        advanced = await self._hass.async_add_executor_job(
            self._agreement.advanced, day
        )
        await self.storage.async_replace_agreement(advanced.to_bytes())
        self._agreement = advanced

    def _is_over(self) -> bool:
        """Return whether the period is over and all of it was sent, or is too late."""
        plan, schedule = self._plan, self._plan.schedule
        now = dt_util.utcnow().timestamp()
        since = max(schedule.window_at(self.outbox.mark).end, plan.start)
        unbuilt = next(schedule.windows(since=since, until=plan.end), None)
        return now >= plan.end and (
            now >= plan.end + plan.lateness
            or (unbuilt is None and not self.outbox.entries)
        )

    def _measures(self, window: Window) -> tuple[int, ...] | None:
        """Return a window's measures as the exchange takes them, None if missing."""
        numbers = self._recorder.finish(window.start, window.end)
        if window.kind is WindowKind.INTERVAL and window.end <= self._started:
            return None
        return None if numbers is None else self._plan.encode(numbers)

    def _verify_reply(self, sent: bytes, reply: bytes) -> int | None:
        """Ask the agreement as it stands: the one of an earlier day is forgotten."""
        return self._agreement.verify_reply(sent, reply)

    async def _async_secure(self) -> None:
        """Return once the mark is on the disk; raise NotWrittenError."""
        mark = self.outbox.mark
        if self._secured != mark:
            await self.storage.async_save_outbox(self.outbox)
            self._secured = mark

    async def _async_checkpoint(self) -> None:
        """Write the samples down, unless that forgets a window before its message is."""
        if self._secured == self.outbox.mark:
            await self.storage.async_save_checkpoint(self._recorder.to_dict())

    @callback
    def _async_sender_changed(self) -> None:
        """Write down what the sender did, and tell the person what only they can do."""
        self.storage.async_save_outbox_soon(self.outbox)
        self._watch.async_trouble_changed()
        self._async_changed()

    @callback
    def _async_changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _garble(
    agreement: HouseholdAgreement,
    windows: list[Window],
    measures: list[tuple[int, ...] | None],
) -> list[bytes]:
    """Return a message for each window: a report, or that it is missing."""
    return [
        agreement.missing(window)
        if measured is None
        else agreement.report(window, measured)
        for window, measured in zip(windows, measures, strict=True)
    ]
