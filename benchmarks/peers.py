"""The same question by another library: MPyC from PyPI, in processes of its own.

MPyC computes on Shamir shares among parties that keep to the protocol (semi-honest). With
three parties (t = 1) the measure stays private as long as no two of them put their shares
together, so a home and its provider need a third that both trust not to help the other.
With two parties (t = 0) each share is the value itself: nothing is private, and the figure
shows what the library takes. Neither withstands a party that deviates.

Ours stands beside it with one message and one reply over TCP on loopback, like theirs.
"""

from collections.abc import Iterator
import json
import multiprocessing
from pathlib import Path
import socket
import subprocess
from time import perf_counter
from typing import Final

from currentcost_exchange import Report

from .results import Result, UnavailableError, of_times, table
from .timing import machine
from .transcripts import agree

PYTHON: Final = Path(".venv-benchmark/bin/python")
_SCRIPT: Final = Path(__file__).with_name("mpyc_range.py")


def results(*, quick: bool) -> Iterator[Result]:
    """Yield the bucket of one measure against three thresholds, by MPyC and by us."""
    runs = 30 if quick else 300
    own = of_times("a bucket over TCP", _own(10 * runs))
    yield own
    if not PYTHON.exists():
        raise UnavailableError("MPyC is missing: script/benchmark sets it up")
    for parties, promise in ((3, "semi-honest, honest majority"), (2, "no privacy")):
        done = subprocess.run(  # noqa: S603  # our own command
            [str(PYTHON), str(_SCRIPT), str(runs), f"-M{parties}", "--no-log"],
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        )
        yield of_times(
            f"MPyC, {parties} parties ({promise})",
            json.loads(done.stdout.splitlines()[-1])[runs // 10 :],
            beside="a bucket over TCP, as here",
            reference=own.value,
        )


def _own(runs: int) -> list[float]:
    """Return the seconds from a measure to the verified bucket."""
    parties = agree()
    household, provider = parties.household, parties.provider
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                for _ in range(runs):
                    claim = Report.from_bytes(_receive(connection))
                    provider.check(claim)
                    _send(connection, provider.answer(claim).reply)

        process = multiprocessing.get_context("fork").Process(target=serve)
        process.start()
        times = []
        with socket.create_connection(listening.getsockname()) as connection:
            for run in range(runs):
                begun = perf_counter()
                sent = household.report(parties.window(run), ((7919 * run) % 5000,))
                _send(connection, sent)
                household.verify_reply(sent, _receive(connection))
                times.append(perf_counter() - begun)
        process.join()
    return times[runs // 10 :]


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(4) + message)


def _receive(connection: socket.socket) -> bytes:
    return _exactly(connection, int.from_bytes(_exactly(connection, 4)))


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        if not (chunk := connection.recv(size - len(data))):
            raise ConnectionError
        data += chunk
    return bytes(data)


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
