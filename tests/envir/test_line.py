"""The line on a real pseudo-terminal, and the bridge on real sockets."""

import asyncio
from pathlib import Path
import termios

from currentcost_envir import Reading
from currentcost_envir.bridge import BACKLOG, SerialBridge
from currentcost_envir.line import SerialLine
from currentcost_envir.serving import serve_lines
import pytest

from .client import PATIENCE, Client, until
from .meter_lines import ENVIR, history, parse

LINE = ENVIR + b"\r\n"
LONG = history({f"h{n:03}": "0.000" for n in range(102, 3, -2)}) + b"\r\n"


async def test_client_at_the_right_rate_gets_the_line() -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address) as client:
            assert line.connected
            assert await line.send(LINE)
            assert await client.read(len(LINE)) == LINE


async def test_classic_rate() -> None:
    async with SerialLine(baudrate=9600) as line:
        with Client(line.address, rate=termios.B9600) as client:
            assert await line.send(LINE)
            assert await client.read(len(LINE)) == LINE


@pytest.mark.parametrize("rate", [termios.B9600, termios.B115200, None])
async def test_client_at_a_wrong_rate_gets_garbage(rate: int | None) -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address, rate=rate) as client:
            assert not await line.send(LINE)
            garbage = await client.read(len(LINE))
            assert not any(isinstance(item, Reading) for item in parse(garbage))
            assert not set(garbage) & set(LINE)


async def test_client_that_corrects_its_rate() -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address, rate=termios.B9600) as client:
            await line.send(LINE)
            await client.read(len(LINE))
        with Client(line.address) as client:
            assert await line.send(LINE)
            assert await client.read(len(LINE)) == LINE


async def test_what_nobody_hears_is_lost() -> None:
    async with SerialLine(baudrate=57600) as line:
        assert not line.connected
        for _ in range(1000):
            assert not await line.send(b"old")
        with Client(line.address) as client:
            assert await line.send(b"new")
            assert await client.read(3) == b"new"


async def test_what_the_last_client_left_is_not_for_the_next() -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address):
            assert await line.send(b"old" * 100)
        for _ in range(3):
            await asyncio.sleep(0)
        with Client(line.address) as client:
            assert await line.send(b"new")
            assert await client.read(3) == b"new"


async def test_client_that_does_not_read_loses_lines_and_blocks_nobody() -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address) as client:
            taken = [await line.send(LINE) for _ in range(1000)]
            assert taken[0]
            assert not taken[-1]
            while client.read_now():
                pass
            assert await line.send(LINE)
            assert (await client.read(len(LINE))).endswith(LINE)


async def test_long_message_arrives_whole() -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address) as client:
            reading = asyncio.create_task(client.read(len(LONG)))
            assert await line.send(LONG)
            assert await reading == LONG
    assert len(LONG) == 9444


async def test_long_message_takes_the_time_of_its_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses = []

    async def sleep(seconds: float) -> None:  # stands in for another
        pauses.append(seconds)

    async with SerialLine(baudrate=57600) as line:
        with Client(line.address), monkeypatch.context() as patch:
            patch.setattr(asyncio, "sleep", sleep)
            assert await line.send(LONG)
    assert sum(pauses) == pytest.approx(10 * len(LONG) / 57600, abs=0.1)


async def test_what_a_client_sends_is_dropped() -> None:
    async with SerialLine(baudrate=57600) as line:
        with Client(line.address) as client:
            for _ in range(100):
                client.write(b"?" * 1000)
                await asyncio.sleep(0.001)
            assert await line.send(LINE)
            assert await client.read(len(LINE)) == LINE


async def test_client_sees_when_the_meter_is_gone() -> None:
    async with SerialLine(baudrate=57600) as line:
        client = Client(line.address)
    with client, pytest.raises(OSError, match="Input/output error"):
        client.write(b"?")


async def test_link_stays_the_same_over_a_restart(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    async with SerialLine(baudrate=57600, link=link) as first:
        assert first.address == str(link)
        async with SerialLine(baudrate=57600, link=link) as second:
            with Client(link) as client:
                assert second.connected
                assert not first.connected
                assert await second.send(LINE)
                assert await client.read(len(LINE)) == LINE
        assert not link.is_symlink()


async def test_link_that_a_killed_meter_left_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    link.symlink_to(tmp_path / "gone")
    async with SerialLine(baudrate=57600, link=link) as line:
        with Client(link) as client:
            assert await line.send(LINE)
            assert await client.read(len(LINE)) == LINE
    assert not link.is_symlink()


async def test_link_that_another_meter_took_over_stays(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    async with SerialLine(baudrate=57600, link=link):
        second = SerialLine(baudrate=57600, link=link)
    async with second:
        assert link.exists()


def test_nothing_but_a_link_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "meter"
    file.write_text("mine")
    with pytest.raises(FileExistsError, match="isn't a link"):
        SerialLine(baudrate=57600, link=file)
    assert file.read_text() == "mine"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        SerialLine(baudrate=57600, link=tmp_path / "folder" / "meter")


def test_rate_that_no_port_has() -> None:
    with pytest.raises(ValueError, match="12345 baud"):
        SerialLine(baudrate=12345)


async def test_captured_stream_waits_for_its_client() -> None:
    async with SerialLine(baudrate=57600) as line:
        stream = [LINE, b"\xfc" + LINE, LINE[:-2]]
        serving = asyncio.create_task(serve_lines([line], stream, interval=0.01))
        await asyncio.sleep(0.2)
        with Client(line.address) as client:
            expected = b"".join(stream)
            assert await client.read(len(expected)) == expected
            assert not serving.done()
        async with asyncio.timeout(PATIENCE):
            await serving


async def connect(
    bridge: SerialBridge,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    before = len(bridge._clients)
    host, port = bridge.address.removeprefix("socket://").split(":")
    connection = await asyncio.open_connection(host, int(port))
    await until(lambda: len(bridge._clients) > before)
    return connection


@pytest.mark.usefixtures("socket_enabled")
async def test_bridge_serves_all_clients() -> None:
    async with SerialBridge(host="127.0.0.1", port=0) as bridge:
        assert not await bridge.send(LINE)
        clients = [await connect(bridge) for _ in range(3)]
        assert bridge.connected
        assert await bridge.send(LINE)
        for reader, writer in clients:
            assert await reader.readexactly(len(LINE)) == LINE
            writer.close()
        await until(lambda: not bridge.connected)


@pytest.mark.usefixtures("socket_enabled")
async def test_bridge_bounds_what_waits_for_a_client() -> None:
    async with SerialBridge(host="127.0.0.1", port=0) as bridge:
        reader, writer = await connect(bridge)
        (served,) = bridge._clients
        while await bridge.send(LINE * 100):
            assert served.transport.get_write_buffer_size() <= BACKLOG
        assert (await reader.readexactly(len(LINE))) == LINE
        writer.close()


def test_address_of_a_bridge() -> None:
    assert SerialBridge(host="::1", port=4000).address == "socket://[::1]:4000"
