"""Feeds mutated streams in random chunks to all that reads a meter's bytes.

Undamaged messages stand between mutated ones and garbage. Nothing may be raised, no
more bytes may be kept than the bound, and every undamaged message must come out.

    python -m benchmarks.fuzz CHUNKS [CAPTURES]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
import sys
from time import process_time
from typing import Final

from currentcost_envir import Damaged, Judge, Reading, StepFilter, StreamParser
from currentcost_envir.corruption import damaged
from currentcost_envir.framing import LIMIT
from currentcost_metering import Confirmation

from .streams import simulated

LARGEST_CHUNK: Final = 64
_PIECES: Final = (
    b"<msg>",
    b"</msg>",
    b"<",
    b"\0" * 9,
    b"\r\n",
    b"\xfc",
    b"<ms",
    b"7" * 300,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run has seen."""

    chunks: int
    size: int
    undamaged: int
    delivered: int
    """Of the undamaged ones."""

    items: int
    most_kept: int
    """Bytes that waited for more at most."""

    longest: int
    """Bytes of a message at most."""


def messages_of(folder: Path) -> list[bytes]:
    """Return every message of the captures in a folder."""
    messages = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".data", ".xml"}:
            continue
        stream = path.read_bytes()
        messages += [
            stream[item.offset : item.offset + item.length]
            for item in StreamParser().feed(stream)
            if not isinstance(item, Damaged)
            and stream.startswith(b"<msg>", item.offset)
            and stream.endswith(b"</msg>", 0, item.offset + item.length)
        ]
    return messages


def run(messages: Sequence[bytes], chunks: int, *, seed: int) -> Result:
    """Feed so many chunks."""
    random = Random(seed)  # noqa: S311
    parser, judge, steps = StreamParser(), Judge(), StepFilter()
    confirmation = Confirmation()
    # By where they end: a Classic's comes out as a reading and a history.
    expected: set[int] = set()
    undamaged = items = most_kept = fed = size = 0
    stream = bytearray()
    while fed < chunks:
        if len(stream) < LARGEST_CHUNK:
            piece = _piece(messages, random)
            if piece in messages:
                expected.add(size + len(stream) + len(piece))
                undamaged += 1
            stream += piece + random.choice((b"", b"\r\n", b"\r\n", b"\r\n"))
            continue
        length = random.randint(1, LARGEST_CHUNK)
        chunk = bytes(stream[:length])
        del stream[:length]
        size += len(chunk)
        fed += 1
        for item in parser.feed(chunk):
            items += 1
            if isinstance(item, Damaged):
                continue
            message = judge.judge(item, fed / 10).message
            expected.discard(item.offset + item.length)
            if isinstance(message, Reading) and message.total is not None:
                steps.shows(fed / 10, message.channels)
                confirmation.add(fed / 10, message.total)
        most_kept = max(most_kept, len(parser._framer._buffer))  # noqa: SLF001  # what is bounded
    waiting = {end for end in expected if end > size}
    return Result(
        chunks=fed,
        size=size,
        undamaged=undamaged - len(waiting),
        delivered=undamaged - len(expected),
        items=items,
        most_kept=most_kept,
        longest=LIMIT,
    )


def _piece(messages: Sequence[bytes], random: Random) -> bytes:
    """Return an undamaged message, a damaged one, a cut one, two joined, or garbage."""
    message = random.choice(messages)
    match random.randrange(8):
        case 0 | 1 | 2:
            return message
        case 3 | 4:
            return damaged(message, random, rate=random.choice((0.001, 0.01, 0.1)))
        case 5:
            return message[: random.randrange(len(message))]
        case 6:
            return message[random.randrange(len(message)) :]
        case _:
            pieces = random.choices(_PIECES, k=random.randrange(4))
            return b"".join(pieces) + random.randbytes(random.randrange(40))


def main() -> None:
    """Run and print the result."""
    chunks = int(sys.argv[1])
    messages = [item.line.rstrip() for item in simulated(50)]
    if len(sys.argv) > 2:
        # Long ones would be most of the stream.
        found = messages_of(Path(sys.argv[2]))
        messages += [message for message in found if len(message) < 2000] * 2
        messages += [message for message in found if len(message) >= 2000][:2]
    begin = process_time()
    result = run(messages, chunks, seed=1)
    print(f"{result}\n{process_time() - begin:.0f} s of processor time")
    if result.delivered != result.undamaged:
        sys.exit("undamaged messages were lost")
    if result.most_kept > result.longest + LARGEST_CHUNK:
        sys.exit("more was kept than the bound")


if __name__ == "__main__":
    main()
