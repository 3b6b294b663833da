"""Reading from afar: what the meters say now, and what is stored of it.

Read-only, on Home Assistant's own server. Views can't be taken away again, so each
request looks up which entries are loaded.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
import csv
from http import HTTPStatus
import io
from typing import Any, Final, override

from aiohttp import hdrs
from aiohttp.web import Request, Response

from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util import dt as dt_util

from .const import CONF_PASSWORDS, DOMAIN
from .coordinator import CurrentCostConfigEntry, MeterCoordinator, Transmitter
from .entity import (
    async_display_entity_id,
    async_transmitter_entity_id,
    may_read,
)
from .remote_auth import Doorkeeper, Reader
from .remote_openapi import DESCRIPTION
from .remote_query import Format, Quantity, Query, QueryError, parse, parse_format

URL: Final = f"/api/{DOMAIN}"
PRIVATE: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "no-store"}


@callback
def async_setup_remote(hass: HomeAssistant) -> None:
    """Register the views."""
    doorkeeper = Doorkeeper(hass)
    for view in (OpenApiView, ReadingsView, HistoryView):
        hass.http.register_view(view(hass, doorkeeper))


class RemoteView(HomeAssistantView, ABC):
    """Something that can be read from afar."""

    # It asks for a token itself, or for a password where that is allowed.
    requires_auth = False

    def __init__(self, hass: HomeAssistant, doorkeeper: Doorkeeper) -> None:
        """Take what all views share."""
        self._doorkeeper = doorkeeper
        self._hass = hass

    async def get(self, request: Request) -> Response:
        """Answer whoever may read."""
        entries = [
            entry
            for entry in self._hass.config_entries.async_entries(DOMAIN)
            if entry.state is ConfigEntryState.LOADED
        ]
        reader = await self._doorkeeper.async_admit(
            request, passwords=any(map(_takes_passwords, entries))
        )
        if reader.by_password:
            entries = [entry for entry in entries if _takes_passwords(entry)]
        try:
            return await self._async_answer(request, reader, entries)
        except QueryError as err:
            return self.json_message(str(err), HTTPStatus.BAD_REQUEST)

    @abstractmethod
    async def _async_answer(
        self,
        request: Request,
        reader: Reader,
        entries: Sequence[CurrentCostConfigEntry],
    ) -> Response:
        """Answer a reader that was let in, of the meters that it may read."""


class OpenApiView(RemoteView):
    """The description of the others."""

    url = f"{URL}/openapi.json"
    name = f"api:{DOMAIN}:openapi"

    @override
    async def _async_answer(
        self,
        request: Request,
        reader: Reader,
        entries: Sequence[CurrentCostConfigEntry],
    ) -> Response:
        return self.json(DESCRIPTION)


class ReadingsView(RemoteView):
    """The latest reading of every sensor and channel."""

    url = f"{URL}/readings"
    name = f"api:{DOMAIN}:readings"

    @override
    async def _async_answer(
        self,
        request: Request,
        reader: Reader,
        entries: Sequence[CurrentCostConfigEntry],
    ) -> Response:
        if unknown := sorted(request.query.keys() - {"format"}):
            raise QueryError(f"There is no parameter {unknown[0][:40]}.")
        meters = [
            _meter(self._hass, reader.user, entry, entry.runtime_data.meter)
            for entry in entries
            if entry.runtime_data.meter is not None
        ]
        if parse_format(request.query) is Format.JSON:
            return self.json({"time": _now(), "meters": meters}, headers=PRIVATE)
        return _csv(
            ("entry_id", "sensor", "channel", "power", "energy"), _lines(meters)
        )


class HistoryView(RemoteView):
    """A range of what is stored of one sensor."""

    url = f"{URL}/history"
    name = f"api:{DOMAIN}:history"

    @override
    async def _async_answer(
        self,
        request: Request,
        reader: Reader,
        entries: Sequence[CurrentCostConfigEntry],
    ) -> Response:
        query = parse(request.query, dt_util.utcnow())
        entity_id = _entity_id(self._hass, entries, query)
        if entity_id is None or not may_read(reader.user, entity_id):
            return self.json_message(
                "There is no such meter, sensor or channel.", HTTPStatus.NOT_FOUND
            )
        if "recorder" not in self._hass.config.components:
            return self.json_message(
                "Home Assistant's recorder is not running.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        from .remote_rows import UNITS, async_page  # noqa: PLC0415  # needs a recorder

        page = await async_page(self._hass, entity_id, query)
        following = None
        if page.next is not None:
            following = str(request.rel_url.update_query(start=page.next.isoformat()))
        if query.format is Format.CSV:
            return _csv(page.columns, page.rows, following)
        return self.json(
            {
                "entity_id": entity_id,
                "quantity": query.quantity,
                "unit": UNITS[query.quantity],
                "resolution": query.resolution,
                "start": query.start.isoformat(),
                "end": query.end.isoformat(),
                "columns": page.columns,
                "rows": page.rows,
                "next": following,
            },
            headers=PRIVATE,
        )


def _takes_passwords(entry: CurrentCostConfigEntry) -> bool:
    return bool(entry.options.get(CONF_PASSWORDS))


def _entity_id(
    hass: HomeAssistant, entries: Iterable[CurrentCostConfigEntry], query: Query
) -> str | None:
    """Return the entity that is asked for: of the first meter, unless it says which."""
    for entry in entries:
        if entry.runtime_data.meter is None:
            continue
        if query.entry_id in (None, entry.entry_id):
            if query.quantity is Quantity.TEMPERATURE:
                return async_display_entity_id(hass, entry.entry_id, query.key)
            return async_transmitter_entity_id(
                hass, entry.entry_id, query.sensor, query.key
            )
    return None


def _meter(
    hass: HomeAssistant,
    user: User,
    entry: CurrentCostConfigEntry,
    meter: MeterCoordinator,
) -> dict[str, Any]:
    """Return what a meter says now, as far as the user may know it."""
    latest = meter.data.latest
    display = async_display_entity_id(hass, entry.entry_id, "temperature")
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "model": latest.model if latest else None,
        "firmware": latest.firmware if latest else None,
        "heard": meter.last_update_success and latest is not None,
        "temperature": latest.temperature
        if latest and may_read(user, display)
        else None,
        "sensors": [
            _sensor(sensor, transmitter)
            for sensor, transmitter in sorted(meter.data.transmitters.items())
            if may_read(
                user, async_transmitter_entity_id(hass, entry.entry_id, sensor, "power")
            )
        ],
    }


def _sensor(sensor: int, transmitter: Transmitter) -> dict[str, Any]:
    reading = transmitter.reading
    return {
        "sensor": sensor,
        "heard": reading is not None,
        "power": reading.total if reading else None,
        "channels": {
            str(channel): reading.channels.get(channel) if reading else None
            for channel in sorted(transmitter.channels)
        },
        "energy": round(transmitter.energy / 1000, 6),
    }


def _lines(meters: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[Any]]:
    """Yield a row for each sensor, and one for each channel of several."""
    for meter in meters:
        for item in meter["sensors"]:
            row = meter["entry_id"], item["sensor"]
            yield *row, None, item["power"], item["energy"]
            if len(item["channels"]) > 1:
                for channel, power in item["channels"].items():
                    yield *row, channel, power, None


def _csv(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    following: str | None = None,
) -> Response:
    headers = dict(PRIVATE)
    if following is not None:
        headers[hdrs.LINK] = f'<{following}>; rel="next"'
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return Response(
        text=text.getvalue(),
        content_type="text/csv",
        charset="utf-8",
        headers=headers,
    )


def _now() -> str:
    return dt_util.utcnow().isoformat()
