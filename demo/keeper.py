"""Ends what the demonstration started, even when the demonstration was killed.

Runs as a process of its own, in a session of its own, with a pipe from its owner on
standard input. The owner tells what it starts and what has ended, one line each. The
end of the pipe is the end of the owner, by whatever cause: then every process group
that is left is terminated, after a grace killed, and the temporary folder is removed.
It uses the standard library alone, so that it starts at once.
"""

from contextlib import suppress
import os
from pathlib import Path
import shutil
import signal
import sys
import time

GRACE = 10.0
"""Seconds from the request to end to the kill."""


def main() -> None:
    """Follow the owner's lines until they end, then clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    folders: list[Path] = []
    for line in sys.stdin:
        match line.rstrip("\n").split(" ", 1):
            case ["started", group]:
                groups.add(int(group))
            case ["ended", group]:
                groups.discard(int(group))
            case ["folder", folder]:
                folders.append(Path(folder))
    end_groups(groups)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def end_groups(groups: set[int]) -> None:
    """Terminate the process groups, and kill what is left of them after the grace."""
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while any(map(_runs, groups)) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(groups, signal.SIGKILL)


def _signal(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _runs(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError, PermissionError:
        return False
    return True


if __name__ == "__main__":
    main()
