"""The command `currentcost-meter`, as a process of its own."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import dropwhile, islice
import json
from pathlib import Path
import signal
import socket
import subprocess
import sys
from typing import Any

from currentcost_envir import Reading
from currentcost_envir.encoding import encode
from currentcost_envir.simulator import simulate
import pytest

from .client import PATIENCE, Client
from .meter_lines import (
    CLASSIC_HISTORY,
    ENVIR,
    FAHRENHEIT,
    HISTORY,
    IMPULSES,
    history,
    parse,
)

COMMAND = (
    sys.executable,
    "-c",
    "from currentcost_envir.command import main; main()",
)
LONG = history({f"h{n:03}": "0.000" for n in range(102, 3, -2)})
STREAM = (
    ENVIR[30:]
    + b"\r\n"
    + FAHRENHEIT
    + b"\r\n"
    + LONG
    + b"\r\n\xfc"
    + IMPULSES
    + b"\r\n"
)


@asynccontextmanager
async def meter(*arguments: str | Path) -> AsyncIterator[tuple[Process, str]]:
    """Run the command, and yield it with the first address that it prints."""
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            address = (await process.stdout.readline()).decode().strip()
        yield process, address
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: Process) -> int:
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


def run(
    *arguments: str | Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603  # the project's own command
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


async def test_record_is_what_a_client_read(tmp_path: Path) -> None:
    link, record = tmp_path / "meter", tmp_path / "record.jsonl"
    options = (
        "--link",
        link,
        "--record",
        record,
        "--interval",
        "0.02",
        "--sensors",
        "3",
    )
    async with meter("simulate", *options) as (process, address):
        assert address == str(link)
        with Client(link) as client:
            stream = await client.read(20 * len(ENVIR))
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    assert not link.is_symlink()
    readings = [item for item in parse(stream) if isinstance(item, Reading)]
    assert len(readings) >= 19
    entries = records(record)
    assert "".join(entry["line"] for entry in entries).startswith(
        b"\r\n".join(stream.split(b"\r\n")[:-1]).decode()
    )
    assert [(entry["sensor"], entry["watts"]) for entry in entries][
        : len(readings)
    ] == [(reading.sensor, reading.total) for reading in readings]
    times = [entry["time"] for entry in entries]
    assert times == sorted(times)
    assert all(time.endswith("+00:00") for time in times)


async def test_wrong_rate_is_not_recorded(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    options = ("--record", record, "--interval", "0.02")
    async with meter("simulate", *options) as (process, address):
        with Client(address, rate=None) as client:
            garbage = await client.read(5 * len(ENVIR))
        process.send_signal(signal.SIGINT)
        assert await ended(process) == 0
    assert not any(isinstance(item, Reading) for item in parse(garbage))
    assert records(record) == []


async def test_meter_comes_back_after_a_kill(tmp_path: Path) -> None:
    link, record = tmp_path / "meter", tmp_path / "record.jsonl"
    options = ("--link", link, "--record", record, "--interval", "0.02")
    for _ in range(2):
        async with meter("simulate", *options) as (process, _):
            with Client(link) as client:
                await client.read(3 * len(ENVIR))
                process.kill()
                await ended(process)
        assert link.is_symlink()
    assert len(records(record)) >= 6


async def test_seed_and_clock_determine_the_lines(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    options = ("--seed", "7", "--clock", "17:30", "--interval", "0.02")
    async with meter("simulate", *options, "--record", record) as (_, address):
        with Client(address) as client:
            await client.read(5 * len(ENVIR))
    readings = simulate(seed=7, start=datetime(1900, 1, 1, 17, 30))  # noqa: DTZ001  # a display knows no time zone
    first, *others = (entry["line"].encode() for entry in records(record))
    lines = (encode(reading) for _, reading in islice(readings, 2000))
    following = dropwhile(lambda line: line != first, lines)
    assert next(following) == first
    assert list(islice(following, len(others))) == others


@pytest.mark.usefixtures("socket_enabled")
async def test_bridge_sends_the_same(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    options = ("--listen", "127.0.0.1:0", "--interval", "0.02", "--record", record)
    async with meter("simulate", *options, "--model", "classic") as (process, _):
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        host, port = address.removeprefix("socket://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        lines = [await reader.readline() for _ in range(5)]
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
        writer.close()
    assert [item.model for item in parse(b"".join(lines)) if isinstance(item, Reading)]
    assert [entry["line"].encode() for entry in records(record)][:5] == lines


async def test_replay_sends_byte_for_byte_and_ends_with_its_client(
    tmp_path: Path,
) -> None:
    file = tmp_path / "stream"
    file.write_bytes(STREAM)
    async with meter("replay", file, "--interval", "0.05") as (process, address):
        with Client(address) as client:
            assert await client.read(len(STREAM)) == STREAM
        assert await ended(process) == 0


def test_decode_accounts_for_every_byte(tmp_path: Path) -> None:
    stream = STREAM + CLASSIC_HISTORY + b"\r\n\r\n" + HISTORY[:-2]
    file = tmp_path / "stream"
    file.write_bytes(stream)
    result = run("decode", file)
    assert result.returncode == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["item"] for line in lines] == [
        "damaged",
        "reading",
        "history",
        "damaged",
        "reading",
        "reading",
        "history",
        "damaged",
    ]
    assert [(line["offset"], line["length"]) for line in lines] == [
        (item.offset, item.length) for item in parse(stream)
    ]
    messages = sum(line["length"] for line in lines if line["item"] != "damaged")
    damaged = sum(line["length"] for line in lines if line["item"] == "damaged")
    blank = len(stream) - messages - damaged
    assert result.stderr.decode() == (
        f"{len(stream)} bytes = {messages} in messages (readings: 3, histories: 2) "
        f"+ {damaged} damaged (stretches: 3, stray: 1, truncated: 2) "
        f"+ {blank} of line ends and blanks\n"
    )
    assert blank == 2 * 6


def test_decode_prints_what_was_said() -> None:
    result = run("decode", "-", stdin=IMPULSES + b"\xfc" + HISTORY)
    impulses, damaged, past = map(json.loads, result.stdout.splitlines())
    assert impulses == {
        "item": "reading",
        "model": "CC128",
        "firmware": "1.48.03",
        "days": 2,
        "time": "14:28:32",
        "temperature": 25.5,
        "sensor": 0,
        "transmitter": 1039,
        "channels": {},
        "impulses": {"count": 14768, "per_unit": 1000},
        "offset": 0,
        "length": len(IMPULSES),
    }
    assert damaged == {
        "item": "damaged",
        "kind": "stray",
        "reason": "bytes outside of any message",
        "raw": "\\xfc",
        "offset": len(IMPULSES),
        "length": 1,
    }
    assert past["sensors"]["0"] == {"two_hourly": {"10": 0.362, "8": 2.386, "6": 3.346}}


@pytest.mark.parametrize("command", ["decode", "replay"])
def test_no_such_file(command: str) -> None:
    result = run(command, "no-such-file")
    assert result.returncode == 2
    assert b"No such file" in result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--listen", "nonsense"), "nonsense isn't HOST:PORT"),
        (("--listen", "127.0.0.1:70000"), "isn't HOST:PORT"),
        (("--link", "/no/such/folder/meter"), "there is no folder /no/such/folder"),
        (("--link", "/"), "isn't a link"),
        (("--model", "classic", "--sensors", "1"), "A Classic has neither plugs"),
    ],
)
def test_options_that_can_not_be(arguments: tuple[str, ...], message: str) -> None:
    result = run("simulate", *arguments)
    assert result.returncode == 1
    assert message in result.stderr.decode()
    assert b"Traceback" not in result.stderr


@pytest.mark.usefixtures("socket_enabled")
def test_port_of_the_bridge_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run("simulate", "--listen", f"127.0.0.1:{port}")
    assert result.returncode == 1
    assert b"can't be made" in result.stderr


def test_parser_needs_neither_the_command_nor_a_terminal() -> None:
    program = (
        "import sys, currentcost_envir; "
        "sys.exit(bool({'asyncio', 'termios', 'typer'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)  # noqa: S603
    assert done.returncode == 0
