"""A day that a home has had: made up, and put into a real Home Assistant's recorder."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from currentcost_envir.load import HouseholdLoad
from currentcost_exchange import bucket_of

from demo.api import Api, Json
from demo.provider import THRESHOLDS

from .waiting import until

PRICE: Final = 0.29
STEP: Final = 6
PIECE: Final = 300
LABELS: Final = ("above 3 kW", "up to 1 kW", "up to 2 kW", "up to 3 kW")
AWAY: Final = (13 * 3600, 14.25 * 3600)
"""When the meter's cable was out, in seconds of the day."""


def zone_at(hour: int) -> ZoneInfo:
    """Return a time zone in which it is so late now."""
    behind = (datetime.now(UTC).hour - hour + 12) % 24 - 12
    return ZoneInfo(f"Etc/GMT{behind:+}")


def _drawn(seed: int, start: datetime, until: datetime) -> Iterator[tuple[float, int]]:
    """Yield what the home draws from midnight on: UTC s and W."""
    load = HouseholdLoad(Random(seed))  # noqa: S311  # a model
    time = start
    while time < until:
        drawn = load.advance(STEP, time).house
        seconds = (time - start).total_seconds()
        if drawn is not None and not AWAY[0] <= seconds < AWAY[1]:
            yield time.timestamp(), drawn
        time += timedelta(seconds=STEP)


def _means(samples: list[tuple[float, int]], length: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for time, watts in samples:
        found.setdefault(int(time) // length * length, []).append(watts)
    return found


async def remember_today(
    api: Api,
    *,
    zone: ZoneInfo,
    seed: int,
    window: int,
    power: str,
    outcome: str,
    last_report: str,
) -> None:
    """Have Home Assistant remember a day up to now, with an answer to each window.

    Args:
        api: a person's session; the integration `hurry` has to be set up.
        zone: Home Assistant's.
        seed: of the household.
        window: seconds.
        power: the sensor of the power.
        outcome: the sensor of the outcome, whose labels are `LABELS`.
        last_report: the sensor of the latest report.
    """
    now = datetime.now(zone)
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    samples = list(_drawn(seed, start, now))
    pieces = [
        {
            "start": datetime.fromtimestamp(time, UTC).isoformat(),
            "mean": sum(watts) / len(watts),
            "min": min(watts),
            "max": max(watts),
        }
        for time, watts in _means(samples, PIECE).items()
        if time + PIECE <= now.timestamp()
    ]
    outcomes: list[tuple[float, str]] = [(start.timestamp() + 1, "unknown")]
    reports: list[tuple[float, str]] = [(start.timestamp() + 1, "unknown")]
    held = window // STEP // 2
    means = _means(samples, window)
    for time in range(int(start.timestamp()), int(now.timestamp()) - window, window):
        watts, told = means.get(time, []), time + window + 20.0
        if len(watts) < held:
            outcomes.append((told, "unknown"))
            continue
        bucket = bucket_of(round(sum(watts) / len(watts)), THRESHOLDS)
        outcomes.append((told, LABELS[bucket]))
        ended = datetime.fromtimestamp(time + window, UTC)
        reports.append((told, ended.isoformat()))
    await api.post(
        "services/hurry/remember",
        {"power": {power: pieces}, "states": {outcome: outcomes, last_report: reports}},
    )
    # What the report's entities would show by now.
    for entity_id, rows in ((outcome, outcomes), (last_report, reports)):
        shown = await api.get(f"states/{entity_id}")
        now_shown = {"state": rows[-1][1], "attributes": shown["attributes"]}
        await api.post(f"states/{entity_id}", now_shown)


async def remember_month(
    api: Api, *, seed: int, power: str, energy: str, cost: str
) -> None:
    """Have Home Assistant remember the hours of a month, as an import does."""
    hour = timedelta(hours=1)
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    time = end - timedelta(days=31)
    load = HouseholdLoad(Random(seed))  # noqa: S311  # a model
    total = 0.0
    powers, energies, costs = [], [], []
    while time < end:
        watts = [
            load.advance(60, time + timedelta(minutes=minute)).house or 0
            for minute in range(60)
        ]
        mean = sum(watts) / 60
        total += mean / 1000
        start = time.isoformat()
        powers.append(
            {"start": start, "mean": mean, "min": min(watts), "max": max(watts)}
        )
        energies.append({"start": start, "state": total, "sum": total})
        cost_so_far = total * PRICE
        costs.append({"start": start, "state": cost_so_far, "sum": cost_so_far})
        time += hour
    kinds = (
        (cost, costs, {"unit_class": None, "unit_of_measurement": "EUR"}),
        (power, powers, {"unit_class": "power", "unit_of_measurement": "W"}),
        (energy, energies, {"unit_class": "energy", "unit_of_measurement": "kWh"}),
    )
    async with api.websocket() as websocket:
        for entity_id, rows, unit in kinds:
            await websocket.call(
                "recorder/import_statistics",
                metadata={
                    "has_sum": "sum" in rows[0],
                    "mean_type": 0 if "sum" in rows[0] else 1,
                    "name": None,
                    "source": "recorder",
                    "statistic_id": entity_id,
                    **unit,
                },
                stats=rows,
            )

        async def is_imported() -> bool:
            found = await websocket.call(
                "recorder/statistics_during_period",
                start_time=energies[0]["start"],
                statistic_ids=[power, energy, cost],
                period="hour",
            )
            return len(found) == len(kinds)

        await until(is_imported, within=30, every=0.5)


async def add_dashboard(
    api: Api, path: str, config: Json, *, title: str | None = None
) -> None:
    """Add a dashboard as its editor does; with a title it stands in the sidebar."""
    async with api.websocket() as websocket:
        await websocket.call(
            "lovelace/dashboards/create",
            url_path=path,
            title=title or path,
            show_in_sidebar=title is not None,
            mode="storage",
        )
        await websocket.call("lovelace/config/save", url_path=path, config=config)


def dashboard_of(*cards: dict[str, Any]) -> Json:
    """Return a dashboard of sections with one card each."""
    sections = [{"type": "grid", "cards": [card]} for card in cards]
    return {
        "views": [
            {"title": "Home", "path": "0", "type": "sections", "sections": sections}
        ]
    }
