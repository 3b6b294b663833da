"""Fixtures of the integration's tests: Home Assistant, and a meter on a real line."""

from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import time
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from serialx import AsyncSerial
from syrupy.assertion import SnapshotAssertion

# Imported here so that Home Assistant finds this integration before the test plugin's.
import custom_components.currentcost_private  # noqa: F401
from custom_components.currentcost_private import coordinator
from custom_components.currentcost_private.const import DOMAIN
from custom_components.currentcost_private.port import async_open_port
from custom_components.currentcost_private.provider_client import ProviderClient
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowHandler, FlowManager
from homeassistant.helpers import issue_registry as ir

from .household import WINDOW, Household, Traffic, new_entry, watch
from .line import Line
from .meter import Meter
from .provider import Provider
from .translations import flow_problems, issue_problems


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load custom integrations."""


@pytest.fixture(autouse=True)
def _nobody_watches() -> Generator[None]:
    """Let listening take no longer than it does."""
    with patch("custom_components.currentcost_private.config_flow.SEEN", 0):
        yield


@pytest.fixture(autouse=True)
def _shown_texts() -> Generator[None]:
    """Fail a test that shows a flow or an issue with a text missing."""
    problems: list[str] = []
    handle_step = FlowManager._async_handle_step

    async def checked(
        manager: FlowManager[Any, Any, Any],
        flow: FlowHandler[Any, Any, Any],
        step_id: str,
        user_input: dict[str, Any] | None,
    ) -> Any:
        result = await handle_step(manager, flow, step_id, user_input)
        problems.extend(flow_problems(flow, result))
        return result

    create_issue = ir.IssueRegistry.async_get_or_create

    def created(registry: ir.IssueRegistry, *args: Any, **kwargs: Any) -> ir.IssueEntry:
        issue = create_issue(registry, *args, **kwargs)
        problems.extend(issue_problems(issue))
        return issue

    with (
        patch.object(FlowManager, "_async_handle_step", checked),
        patch.object(ir.IssueRegistry, "async_get_or_create", created),
    ):
        yield
    assert problems == []


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def meter(tmp_path: Path) -> Generator[Meter]:
    """A meter at the other end of a pseudo-terminal, which nobody has opened yet."""
    meter = Meter(tmp_path)

    async def watched(device: str, baudrate: int) -> AsyncSerial:
        try:
            port = await async_open_port(device, baudrate)
        except OSError:
            meter.failures += 1
            raise
        meter.openings += 1
        return port

    with (
        patch.object(coordinator, "async_open_port", watched),
        # A pause in which a frozen clock would hold serialx for ever.
        patch("serialx.platforms.serial_posix.AFTER_OPEN_DELAY", 0),
    ):
        yield meter
    meter.unplug()


@pytest.fixture
def config_entry(meter: Meter) -> MockConfigEntry:
    """The entry of the meter."""
    return MockConfigEntry(
        domain=DOMAIN,
        entry_id="01JMETER",
        title="CurrentCost EnviR",
        data={"device": meter.device, "baudrate": 57600},
    )


@pytest.fixture
async def loaded_entry(
    hass: HomeAssistant, meter: Meter, config_entry: MockConfigEntry
) -> AsyncGenerator[MockConfigEntry]:
    """The entry, loaded, with the meter's port open; unloaded again after the test."""
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await meter.async_opened()
    yield config_entry
    if config_entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Provider]:
    """Return providers that were created but don't serve yet; one of a kind is kept."""
    kinds: dict[str, Provider] = {}
    # Home Assistant's clock will be a day late, so that its windows have all ended.
    start = f"{datetime.now(UTC) - timedelta(days=4):%Y-%m-%d}"

    def provider(**options: str) -> Provider:
        kind = " ".join(f"{name}={value}" for name, value in options.items())
        if kind not in kinds:
            kinds[kind] = Provider(tmp_path_factory.mktemp("provider"))
            kinds[kind].create(start=start, **{"lateness": "500000"} | options)
        return kinds[kind].copy_to(tmp_path_factory.mktemp("copy") / "provider")

    return provider


@pytest.fixture
def plan_options(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the plan has other than usual; tests override it."""
    if request.node.get_closest_marker("same_clock"):
        return {"days": "28", "lateness": "3600"}
    return {}


@pytest.fixture
def provider(
    request: pytest.FixtureRequest,
    providers: Callable[..., Provider],
    plan_options: dict[str, str],
    beginning: int,
) -> Generator[Provider]:
    """A provider that serves."""
    provider = providers(**plan_options)
    if request.node.get_closest_marker("same_clock"):
        provider.set_clock(beginning)
    provider.start()
    yield provider
    provider.kill()


@pytest.fixture
def beginning() -> int:
    """When a household's time begins: a day ago, at a window's start."""
    return int(time.time() - 86_400) // WINDOW * WINDOW


@pytest.fixture
async def household(
    hass: HomeAssistant,
    provider: Provider,
    freezer: FrozenDateTimeFactory,
    beginning: int,
) -> AsyncGenerator[Household]:
    """A home without a meter, loaded, in the past."""
    freezer.move_to(datetime.fromtimestamp(beginning, UTC))
    entry = new_entry()
    entry.add_to_hass(hass)
    traffic = Traffic()
    household = Household(
        hass, freezer, entry=entry, provider=provider, traffic=traffic
    )
    with patch.object(ProviderClient, "async_report", watch(traffic)):
        household.draw(0)
        await household.async_set_up()
        yield household
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def line(household: Household) -> AsyncGenerator[Line]:
    """What the household takes for its provider: the real one, behind a line."""
    line = Line(household.provider.address)
    await line.async_open()
    household.address = line.address
    yield line
    await line.async_close()
