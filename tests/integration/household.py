"""A household to test with: Home Assistant at a time of its own, and what it sends."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
import math
import time
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed_exact,
)

from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.provider_client import ProviderClient
from custom_components.currentcost_private.reporter import Reporter
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .provider import THRESHOLDS, Provider

SOURCE: Final = "sensor.house"
BUCKET: Final = "sensor.example_energy_bucket"
LAST_REPORT: Final = "sensor.example_energy_last_report"
PENDING: Final = "sensor.example_energy_pending_reports"
CONNECTION: Final = "binary_sensor.example_energy_connection"
WINDOW: Final = 900
STEP: Final = 30


@dataclass
class Traffic:
    """Every report that left, and how many are under way."""

    sent: list[bytes] = field(default_factory=list)
    under_way: int = 0


class Household:
    """Home Assistant with one report, and a clock that the test moves."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        *,
        entry: MockConfigEntry,
        provider: Provider,
        traffic: Traffic,
    ) -> None:
        """Take what the fixtures made; nothing is agreed on yet."""
        self.hass = hass
        self.entry = entry
        self.provider = provider
        self.traffic = traffic
        self.address = provider.address
        self.drawn: dict[int, list[tuple[float, float]]] = {}
        """By start of window: how long, and how much (W)."""
        self._freezer = freezer
        self._watts: float | None = None

    @property
    def subentry(self) -> ConfigSubentry:
        """The one report."""
        subentries: list[ConfigSubentry] = list(self.entry.subentries.values())
        (subentry,) = subentries
        return subentry

    @property
    def reporter(self) -> Reporter:
        """What runs it."""
        (reporter,) = self.entry.runtime_data.reporters.values()
        assert isinstance(reporter, Reporter)
        return reporter

    @property
    def now(self) -> int:
        """Home Assistant's time, UTC seconds."""
        return int(time.time())

    def letter(self, **changes: Any) -> dict[str, Any]:
        """Return what a person types from the enrolment sheet."""
        sheet = self.provider.sheet
        return {
            "url": self.address,
            "username": sheet["user"],
            "password": sheet["password"],
            "source": SOURCE,
            **changes,
        }

    async def async_start_flow(self) -> str:
        """Open the form of a new report and return the flow's id."""
        flows = self.hass.config_entries.subentries
        form = await flows.async_init(
            (self.entry.entry_id, "report"), context={"source": "user"}
        )
        assert form["type"] is FlowResultType.FORM
        assert form["step_id"] == "user"
        return form["flow_id"]

    async def async_submit(self, flow_id: str, typed: dict[str, Any]) -> Any:
        """Send a form and return what comes next."""
        result = await self.hass.config_entries.subentries.async_configure(
            flow_id, typed
        )
        await self.hass.async_block_till_done()
        return result

    async def async_agree(self, **changes: Any) -> None:
        """Set the report up."""
        flow_id = await self.async_start_flow()
        consent = await self.async_submit(flow_id, self.letter(**changes))
        assert consent["step_id"] == "consent", consent["errors"]
        created = await self.async_submit(flow_id, {"agreed": True})
        assert created["type"] is FlowResultType.CREATE_ENTRY, created["errors"]

    async def async_live(
        self, seconds: int, watts: Callable[[int], float] | float | None = None
    ) -> None:
        """Let time pass in steps of 30 s; draw `watts` of the time from each on."""
        end = self.now + seconds
        while self.now < end:
            if watts is not None:
                self.draw(watts(self.now) if callable(watts) else watts)
            await self.async_pass(min(STEP, end - self.now))

    async def async_window(self, watts: float) -> int:
        """Draw this until the window is over; return its start."""
        start = self.now // WINDOW * WINDOW
        await self.async_live(start + WINDOW - self.now, watts)
        return start

    async def async_pass(self, seconds: float, *, settle: bool = True) -> None:
        """Move the clock once, and let everything happen that is due."""
        now = time.time()
        start = self.now // WINDOW * WINDOW
        within = min(now + seconds, start + WINDOW) - now
        if self._watts is not None:
            self.drawn.setdefault(start, []).append((within, self._watts))
            if within < seconds:
                following = self.drawn.setdefault(start + WINDOW, [])
                following.append((seconds - within, self._watts))
        self._freezer.tick(seconds)
        async_fire_time_changed_exact(self.hass)
        if settle:
            await self.async_settle()

    def draw(self, watts: float | None, *, unit: str = "W") -> None:
        """Show this on the power sensor; None is unavailable."""
        self._watts = watts
        value = watts
        if watts is not None and unit == "kW":
            value = watts / 1000
        self.hass.states.async_set(
            SOURCE,
            "unavailable" if value is None else str(value),
            {"unit_of_measurement": unit, "device_class": "power"},
        )

    async def async_settle(self) -> None:
        """Wait until no request is under way and nothing is left to do."""
        await self.hass.async_block_till_done()
        for _ in range(2):
            # The clock stands still, so it is the real one that is waited by.
            await self.async_until(lambda: not self.traffic.under_way)
            await self.hass.async_block_till_done()

    async def async_until(self, condition: Callable[[], bool]) -> None:
        """Wait for what another process or thread has to do."""
        for _ in range(2000):
            if condition():
                return
            await self.hass.async_add_executor_job(time.sleep, 0.005)
        raise TimeoutError

    async def async_sent(self) -> None:
        """Let time pass until each window that is over was sent."""
        schedule = self.reporter.statement.plan.schedule
        latest = schedule.window_at(schedule.window_at(self.now).start - 1).start
        for _ in range(600):
            outbox = self.reporter.outbox
            if outbox.mark >= latest and not outbox.entries:
                return
            await self.async_pass(5)
        raise TimeoutError

    async def async_restart(self) -> None:
        """Unload and set up again; what is stored is all that goes on."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.async_set_up()

    async def async_set_up(self) -> None:
        """Set the entry up."""
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.async_settle()

    def state(self, entity_id: str) -> str:
        """Return the state of one of the report's entities."""
        state = self.hass.states.get(entity_id)
        assert state is not None, entity_id
        return state.state

    def mean_of(self, start: int) -> float | None:
        """Return the mean power of a window, None where half of it is missing."""
        drawn = self.drawn.get(start, [])
        covered = sum(seconds for seconds, _ in drawn)
        if covered < WINDOW / 2:
            return None
        return sum(seconds * watts for seconds, watts in drawn) / covered

    def expected(self, start: int) -> int | None:
        """Return the plain computation on what was drawn in a window."""
        mean = self.mean_of(start)
        return None if mean is None else plain_bucket(mean)

    def learnt(self) -> dict[int, int | None]:
        """Return the provider's outcomes by start of window; None for missing."""
        outcomes = {}
        for result in self.provider.results():
            assert result["state"] == (
                "missing" if result["outcome"] is None else "bucket"
            )
            start = int(datetime.fromisoformat(result["start"]).timestamp())
            outcomes[start] = result["outcome"]
        return outcomes


def plain_bucket(measure: float) -> int:
    """Return the bucket of a measure, computed in the clear."""
    rounded = math.floor(measure + 0.5)
    if rounded < 0:
        return 0
    return next((n for n, t in enumerate(THRESHOLDS, 1) if rounded <= t), 0)


def watch(traffic: Traffic) -> Callable[..., Any]:
    """Return `ProviderClient.async_report` with an eye on what passes."""
    send = ProviderClient.async_report

    async def watched(
        client: ProviderClient, agreement_id: bytes, message: bytes
    ) -> bytes:
        traffic.sent.append(message)
        traffic.under_way += 1
        try:
            return await send(client, agreement_id, message)
        finally:
            with suppress(RuntimeError):
                # After the sender has had the answer.
                asyncio.get_running_loop().call_soon(_done, traffic)

    return watched


def _done(traffic: Traffic) -> None:
    traffic.under_way -= 1


def new_entry() -> MockConfigEntry:
    """Return the entry of a home without a meter."""
    return MockConfigEntry(
        domain=DOMAIN, entry_id="01JHOME", title="Home", data={"device": None}
    )
