"""What the provider received, stored and logged is searched for the readings."""

import base64
from collections.abc import Iterator
import json
from pathlib import Path
import struct

import pytest

from custom_components.currentcost_private.const import CONF_END
from custom_components.currentcost_private.diagnostics import (
    async_get_config_entry_diagnostics,
)
from homeassistant.core import HomeAssistant

from .household import BUCKET, Household
from .line import Line

pytestmark = pytest.mark.usefixtures("socket_enabled")

# As large as the circuit takes, so that no encoding turns up by chance.
READINGS = (113_579, 127_331, 104_729)


def encodings(reading: int) -> Iterator[bytes]:
    """Yield every form in which a reading might have been written down."""
    for text in (str(reading), str(float(reading)), str(reading / 1000)):
        yield text.encode()
        yield text.encode().hex().encode()
        yield base64.b64encode(text.encode()).rstrip(b"=")[:-1]
    for length in (4, 8):
        for raw in (reading.to_bytes(length), reading.to_bytes(length, "little")):
            yield raw
            yield raw.hex().encode()
    for form in ("<f", ">f", "<d", ">d"):
        yield struct.pack(form, reading)
    bits = f"{reading:017b}"
    for order in (bits, bits[::-1]):
        yield order.encode()
        yield bytes(map(int, order))


def found(reading: int, places: dict[str, bytes]) -> list[str]:
    """Return the places that hold a reading in any form."""
    return [
        name
        for name, content in places.items()
        if any(form in content for form in encodings(reading))
    ]


def provider_files(folder: Path) -> dict[str, bytes]:
    """Return all that a provider has written, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_provider_never_holds_a_reading(household: Household, line: Line) -> None:
    await household.async_agree()
    for reading in READINGS:
        await household.async_window(reading)
    await household.async_sent()
    assert set(household.learnt().values()) == {0}
    household.provider.kill()

    places = provider_files(household.provider.folder)
    assert {"provider.db", "provider.log"} <= set(places)
    places["line"] = b"\n".join(line.heard)
    assert len(places["line"]) > 3 * 2600
    for reading in READINGS:
        assert found(reading, places) == []


def test_search_finds_what_was_planted() -> None:
    for reading in READINGS:
        for form in encodings(reading):
            places = {"clean": bytes(300), "provider.db": b"\xff" + form + b"\xff"}
            assert found(reading, places) == ["provider.db"], form


async def test_diagnostics_tell_neither_provider_nor_answers(
    hass: HomeAssistant, household: Household
) -> None:
    await household.async_agree()
    await household.async_window(1500)
    await household.async_sent()
    diagnostics = await async_get_config_entry_diagnostics(hass, household.entry)
    (report,) = diagnostics["reports"]
    assert report["endings"]["reported"] == 1
    assert (report["pending"], report["trouble"]) == (0, None)
    subentry, text = household.subentry, json.dumps(diagnostics)
    state = hass.states.get(BUCKET)
    assert state is not None
    data = {key: value for key, value in subentry.data.items() if key != CONF_END}
    for private in (*data.values(), subentry.title, state.state):
        assert str(private) not in text
