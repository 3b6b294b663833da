"""A question in C, from the provider's file to an answer in Home Assistant."""

from datetime import datetime
from pathlib import Path

import pytest

from demo.household import power_entity, set_up_report
from demo.provider import THRESHOLDS, Provider
from demo.system import System
from demo.truth import mean_power, possible_buckets

from .waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("reloading"),
]

LIBRARY = (
    Path(__file__).parents[2]
    / "custom_components"
    / "currentcost_private"
    / "exchange"
    / "library"
)
WASHING_MACHINE = 3
"""Its sensor: the others are asked about already."""


async def test_a_program_is_answered(system: System, tmp_path: Path) -> None:
    for name in ("range.toml", "range.c", "range_policy.c"):
        text = (LIBRARY / name).read_text()
        (tmp_path / name).write_text(
            text.replace("window = 900", f"window = {system.window}")
        )
    provider = Provider(system.processes, window=system.window, name="Program-provider")
    values = [
        f"--value=INPUT_B_int{number}={top}" for number, top in enumerate(THRESHOLDS, 1)
    ]
    await provider.create(f"--program={tmp_path / 'range.toml'}", *values)
    await provider.start()
    report = await set_up_report(
        system.api,
        system.entry_id,
        url=f"http://127.0.0.1:{provider.port}",
        enrolment=provider.enrolment,
        source=await power_entity(system.api, system.entry_id, sensor=WASHING_MACHINE),
        outcome="answer",
    )

    async def answered() -> dict[str, object] | None:
        for row in await provider.results():
            start = datetime.fromisoformat(row["start"]).timestamp()
            if row["state"] == "bucket" and start >= report.since:
                return row
        return None

    async def is_answered() -> bool:
        return await answered() is not None

    await until(is_answered, within=60, every=1)
    row = await answered()
    assert row is not None
    start = int(datetime.fromisoformat(str(row["start"])).timestamp())
    samples = system.meter.samples(sensor=WASHING_MACHINE)
    mean = mean_power(samples, start, system.window)
    assert mean is not None
    assert row["outcome"] in possible_buckets(mean, THRESHOLDS)

    async def is_shown() -> bool:
        state = await system.api.get(f"states/{report.bucket}")
        options = state["attributes"]["options"]
        return len(options) == 4 and state["state"] in options

    await until(is_shown, within=30, every=1)
    await provider.process.stop()
