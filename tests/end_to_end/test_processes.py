"""What the demonstration starts ends with it, however it ends itself."""

import asyncio
from pathlib import Path
import signal
import sys

import pytest

from demo.errors import DemoError
from demo.processes import Process, Processes, reserve_port

from .waiting import until

# Says its number, and leaves a grandchild in its group that ignores the request to end.
STUBBORN = (
    "import os, signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c',\n"
    "    'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);'\n"
    "    'time.sleep(600)'])\n"
    "print('ready', os.getpid(), child.pid, flush=True)\n"
    "time.sleep(600)\n"
)
PLAIN = "import os, time; print('ready', os.getpid(), flush=True); time.sleep(600)"

OWNER = """
import asyncio, sys
from pathlib import Path
from demo.processes import Processes

async def main():
    async with Processes(Path(sys.argv[1])) as processes:
        process = await processes.start("plain", [sys.executable, "-c", sys.argv[2]])
        print((await process.ready(r"ready (\\d+)", timeout=20))[1], flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def is_gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError, ProcessLookupError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


async def gone(*pids: int) -> bool:
    return all(map(is_gone, pids))


async def removed(folder: Path) -> bool:
    return not await asyncio.to_thread(folder.exists)


async def start(processes: Processes, program: str) -> Process:
    return await processes.start("a program", [sys.executable, "-c", program])


async def test_ends_what_runs_and_removes_the_folder(tmp_path: Path) -> None:
    async with Processes(tmp_path) as processes:
        process = await start(processes, PLAIN)
        await process.ready("ready", timeout=20)
        assert process.running
    assert is_gone(process.pid)
    await until(lambda: removed(tmp_path), within=30)


async def test_keeps_the_folder_when_asked(tmp_path: Path) -> None:
    async with Processes(tmp_path, keep=True) as processes:
        process = await start(processes, "print('words')")
        await process.ready("words", timeout=20)
    assert (tmp_path / "a-program.log").read_text() == "words\n"


async def test_a_group_that_does_not_end_is_killed(tmp_path: Path) -> None:
    async with Processes(tmp_path) as processes:
        process = await start(processes, STUBBORN)
        match = await process.ready(r"ready (\d+) (\d+)", timeout=20)
        await process.stop(grace=0.2)
        assert not process.running
        await until(lambda: gone(int(match[1]), int(match[2])), within=30)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_nothing_is_left_when_the_owner_is_killed(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    owner = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        OWNER,
        folder,
        PLAIN,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert owner.stdout is not None
    pid = int(await owner.stdout.readline())
    assert not is_gone(pid)
    owner.send_signal(number)
    await owner.wait()
    await until(lambda: gone(pid), within=30)
    await until(lambda: removed(folder), within=30)


async def test_says_what_a_failed_process_said(tmp_path: Path) -> None:
    async with Processes(tmp_path) as processes:
        process = await start(processes, "print('first'); raise SystemExit('no port')")
        with pytest.raises(DemoError, match=r"(?s)a program ended.*first.*no port"):
            await process.ready("ready", timeout=20)
        with pytest.raises(DemoError, match="no port"):
            processes.check()


async def test_says_what_was_not_ready(tmp_path: Path) -> None:
    async with Processes(tmp_path) as processes:
        process = await start(processes, PLAIN)
        with pytest.raises(DemoError, match=r"not ready after 0 s"):
            await process.ready("never said", timeout=0.2)


async def test_a_second_start_reads_its_own_words_only(tmp_path: Path) -> None:
    async with Processes(tmp_path) as processes:
        await (await start(processes, "print('old')")).ready("old", timeout=20)
        process = await start(processes, "print('new')")
        await process.ready("new", timeout=20)
        assert process.output() == "new\n"


async def test_a_reserved_port_can_be_served_and_is_given_to_nobody_else() -> None:
    reservation = reserve_port()
    port = reservation.getsockname()[1]
    others = [reserve_port() for _ in range(200)]
    assert port not in {other.getsockname()[1] for other in others}
    for other in others:
        other.close()

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b""
    writer.close()
    server.close()
    reservation.close()
