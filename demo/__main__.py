"""Run with `script/demo`: shows the whole path, from a meter to a bucket."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
import signal
import sys
import tempfile
from typing import Final

from .errors import DemoError
from .follow import follow
from .provider import THRESHOLDS, TITLE
from .story import Story
from .system import USERNAME, System, run_system

WINDOW: Final = 30
"""Seconds."""

USUAL_WINDOW: Final = 900
"""Seconds of a real plan's windows."""

SEED: Final = 38
"""Of the simulated household: an evening with cooking, a wash and tea."""

MESSAGE_INTERVAL: Final = 0.2
"""Seconds between two messages of the meter. A real one sends every 6 s, so the home
lives 30 times as fast, and a window is a quarter of an hour of its day."""

ONCE_WINDOWS: Final = 3
ONCE_TIMEOUT: Final = 300.0


def main() -> int:
    """Run the demonstration and return the exit status."""
    arguments = _parse(sys.argv[1:])
    story = Story()
    try:
        asyncio.run(_run(arguments, story))
    except DemoError as error:
        story.failure(str(error))
        return 1
    except asyncio.CancelledError, KeyboardInterrupt:
        # Nobody who watches a demonstration means failure by Ctrl-C.
        story.say("\nStopped: nothing is left running.")
        return 1 if arguments.once else 0
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/demo",
        description="A simulated meter, a real Home Assistant and a provider's "
        "service: shows what leaves the home, and what the provider learns.",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help=f"end after {ONCE_WINDOWS} windows; exit with 0 if each bucket was right",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="keep all files (configuration, databases, logs) in this new folder",
    )
    return parser.parse_args(arguments)


async def _run(arguments: argparse.Namespace, story: Story) -> None:
    if (task := asyncio.current_task()) is not None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    keep = arguments.keep is not None
    if keep:
        folder = arguments.keep.resolve()
        try:
            folder.mkdir(parents=True)
        except OSError as err:
            raise DemoError(f"{folder} can't be made as a new folder: {err}") from err
    else:
        folder = Path(tempfile.mkdtemp(prefix="currentcost-demo-"))

    story.heading("CurrentCost Private: a home, its meter and its energy provider")
    async with run_system(
        folder,
        window=WINDOW,
        interval=MESSAGE_INTERVAL,
        seed=SEED,
        step=story.step,
        keep=keep,
    ) as system:
        _tell_where(system, story)
        if arguments.once:
            await _follow_once(system, story)
        else:
            await follow(system, story, windows=None)


async def _follow_once(system: System, story: Story) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(ONCE_TIMEOUT):
            await follow(system, story, windows=ONCE_WINDOWS)
            story.success(
                f"{ONCE_WINDOWS} windows were reported, and every bucket is right."
            )
            return
    raise system.home_assistant.process.failure(
        f"has not reported {ONCE_WINDOWS} windows in {ONCE_TIMEOUT:.0f} s"
    )


def _tell_where(system: System, story: Story) -> None:
    story.heading("Where to look")
    story.where("Home Assistant", system.home_assistant.url)
    story.where("", f"user name {USERNAME}, password {system.password}")
    story.where("Provider", f"http://127.0.0.1:{system.provider.port}/v1/")
    story.where("What it knows", system.provider.results_command)
    story.where("Meter", str(system.meter.port))
    story.where("Logs", str(system.processes.folder))

    story.heading("The provider's question")
    story.say(f"  {TITLE}")
    story.say(
        f"  Below {THRESHOLDS[0]} W, up to {THRESHOLDS[1]} W, up to {THRESHOLDS[2]} W, or above?"
    )
    bits = system.report.bits_per_day
    usual = bits * system.window // USUAL_WINDOW
    story.say(
        f"  The answers can give away {bits:,} bits a day at most ({usual:,} with the"
    )
    story.say("  usual windows of a quarter of an hour), as the person was told.")

    story.heading(f"What happens, once every {system.window} s")
    story.say("  What the home drew on average stays at home. The bytes go out.")
    story.say("  All that the provider learns from them is the last column.\n")


if __name__ == "__main__":
    sys.exit(main())
