"""Everything that runs in one demonstration, and in the order in which it starts."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import secrets
from typing import Final

from aiohttp import ClientSession

from .api import Api
from .home_assistant import HomeAssistant
from .household import Report, set_up_meter, set_up_report
from .meter import Meter
from .processes import Processes
from .provider import Provider
from .tap import Tap

USERNAME: Final = "demo"

type Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class System:
    """A home and its provider, with everything set up."""

    processes: Processes
    meter: Meter
    provider: Provider
    tap: Tap
    home_assistant: HomeAssistant
    api: Api
    password: str
    entry_id: str
    """The meter's, in Home Assistant."""

    report: Report
    window: int
    """Seconds."""


@asynccontextmanager
async def run_system(
    folder: Path,
    *,
    window: int,
    interval: float,
    seed: int,
    step: Step,
    keep: bool,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[System]:
    """Start everything, go through every set-up, and end everything on the way out.

    Args:
        folder: an empty folder for all files; removed at the end unless `keep`.
        window: length of the plan's windows, in seconds.
        interval: seconds between two messages of the meter.
        seed: of the simulated household.
        step: called with what is done next, in words; entered while it is done.
        keep: whether to leave the folder.
        environment: of Home Assistant, beside this process's.

    Raises:
        DemoError: a step failed.
    """
    async with AsyncExitStack() as stack:
        processes = await stack.enter_async_context(Processes(folder, keep=keep))
        session = await stack.enter_async_context(ClientSession())
        with step("The provider creates a plan and enrols the household"):
            provider = Provider(processes, window=window)
            await provider.create()
        with step("The provider's service starts"):
            await provider.start()
            tap = await stack.enter_async_context(Tap(port=provider.port))
        with step("The meter is plugged in"):
            meter = Meter(processes, seed=seed, interval=interval)
            await meter.start()
        with step("Home Assistant starts"):
            home_assistant = HomeAssistant(processes, environment=environment)
            await home_assistant.start()
        with step("A person opens Home Assistant for the first time"):
            api = Api(session, home_assistant.url)
            password = secrets.token_urlsafe(9)
            await api.onboard(name="Demo", username=USERNAME, password=password)
            await api.running()
        with step("The person adds the meter"):
            entry_id = await set_up_meter(api, meter.port)
        with step("The person reads the provider's question and agrees"):
            report = await set_up_report(
                api, entry_id, url=tap.url, enrolment=provider.enrolment
            )
        yield System(
            processes=processes,
            meter=meter,
            provider=provider,
            tap=tap,
            home_assistant=home_assistant,
            api=api,
            password=password,
            entry_id=entry_id,
            report=report,
            window=window,
        )
