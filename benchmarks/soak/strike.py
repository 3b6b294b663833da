"""Lets each fault happen, and notes what can't be known of the home because of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import resource
from typing import Final

from demo.processes import Process

from .home import Home
from .home_log import HomeLog
from .plan import Answer, Damage, Fault, Kind
from .truth import CHECKPOINT, HEARD_AGAIN

_NO_LIMIT: Final = resource.RLIM_INFINITY


@dataclass
class Striker:
    """Makes the faults of a schedule happen."""

    home: Home
    start: float
    """Of the day, UTC seconds."""

    rate: float
    told: Callable[[str], None]
    log: HomeLog = field(default_factory=HomeLog)
    _starting: int = 0

    async def strike_all(self, faults: Iterable[Fault]) -> None:
        """Let each happen at its time; return when the last is over.

        Raises:
            ExceptionGroup: of DemoError, what did not come back by itself.
        """
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._strike(fault))

    async def _strike(self, fault: Fault) -> None:
        await self.home.clock.sleep_until(self.start + fault.at)
        self.told(str(fault))
        strikes: dict[Kind, Callable[[Fault], Awaitable[None]]] = {
            Kind.BUSY: self._answer_instead,
            Kind.CLOCK: self._set_clock,
            Kind.CUT: self._damage_line,
            Kind.DISK_FULL: self._fill_provider_disk,
            Kind.HOME_DISK_FULL: self._fill_home_disk,
            Kind.HOME_KILLED: self._kill_home,
            Kind.HOME_RESTARTED: self._restart_home,
            Kind.LINE: self._damage_line,
            Kind.PROVIDER_KILLED: self._kill_provider,
            Kind.UNPLUGGED: self._unplug,
        }
        await strikes[fault.kind](fault)

    @asynccontextmanager
    async def in_real_time(self) -> AsyncIterator[None]:
        """Let time run as it does: a start takes what it takes."""
        self._starting += 1
        self.home.clock.run(1)
        try:
            yield
        finally:
            self._starting -= 1
            if not self._starting:
                self.home.clock.run(self.rate)

    async def _answer_instead(self, fault: Fault) -> None:
        if isinstance(fault.how, Answer):
            self.home.front.answer = fault.how
        await self.home.clock.sleep(fault.lasting)
        self.home.front.answer = None

    async def _set_clock(self, fault: Fault) -> None:
        if isinstance(fault.how, float):
            self._step(fault.how)
        await self.home.clock.sleep(fault.lasting)
        self._step(0.0)

    def _step(self, wrong: float) -> None:
        self.home.clock.set_wrong(wrong)
        self.log.stepped(self.home.clock.now(), wrong)

    async def _damage_line(self, fault: Fault) -> None:
        if fault.how is Damage.LOST:
            self.home.front.losing = True
        elif isinstance(fault.how, Damage):
            self.home.line.become(fault.how)
        await self.home.clock.sleep(fault.lasting)
        self.home.front.losing = False
        self.home.line.become(None)

    async def _fill_provider_disk(self, fault: Fault) -> None:
        await self._fill_disk(fault, lambda: self.home.provider.process)

    async def _fill_home_disk(self, fault: Fault) -> None:
        await self._fill_disk(fault, lambda: self.home.home_assistant.process)

    async def _fill_disk(self, fault: Fault, of: Callable[[], Process]) -> None:
        """Let the kernel refuse to let files grow, as on a full disk."""
        end, full = self.home.clock.now() + fault.lasting, 0
        while self.home.clock.now() < end:
            # It may be another process by now, started on a disk that is full.
            if of().running and of().pid != full:
                full = of().pid
                resource.prlimit(full, resource.RLIMIT_FSIZE, (0, _NO_LIMIT))
            await self.home.clock.sleep(1)
        if of().running:
            resource.prlimit(of().pid, resource.RLIMIT_FSIZE, (_NO_LIMIT, _NO_LIMIT))

    async def _kill_home(self, fault: Fault) -> None:
        killed = self.home.clock.now()
        await self.home.home_assistant.kill()
        self.log.uncertain.append((killed - CHECKPOINT, killed))
        await self._start_home(killed, fault.lasting)

    async def _restart_home(self, fault: Fault) -> None:
        stopped = self.home.clock.now()
        async with self.in_real_time():
            await self.home.home_assistant.stop()
        self.log.uncertain.append((stopped - HEARD_AGAIN, self.home.clock.now()))
        await self._start_home(stopped, fault.lasting)

    async def _start_home(self, ended: float, after: float) -> None:
        await self.home.clock.sleep(after)
        async with self.in_real_time():
            started = self.home.clock.now()
            await self.home.home_assistant.start()
            await self.home.api.running()
        up = self.home.clock.now()
        self.log.uncertain.append((started, up + HEARD_AGAIN))
        self.log.away.append((ended, started, up))

    async def _kill_provider(self, fault: Fault) -> None:
        await self.home.provider.kill()
        await self.home.clock.sleep(fault.lasting)
        async with self.in_real_time():
            await self.home.provider.start()

    async def _unplug(self, fault: Fault) -> None:
        unplugged = self.home.clock.now()
        await self.home.meter.kill()
        self.log.uncertain.append((unplugged - HEARD_AGAIN, unplugged))
        await self.home.clock.sleep(fault.lasting)
        async with self.in_real_time():
            await self.home.meter.start()
        again = self.home.clock.now()
        # Home Assistant looks for it once a minute at least.
        self.log.uncertain.append((again, again + HEARD_AGAIN + 60))
