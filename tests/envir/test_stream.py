"""Properties of the stream parser: whatever comes, in whatever pieces."""

from itertools import pairwise

from currentcost_envir import Damage, Damaged, StreamParser
from currentcost_envir.framing import LIMIT
from hypothesis import given, strategies as st
import pytest

from .meter_lines import ENVIR, HISTORY, MESSAGES, Item, check_account, parse, places

FRAGMENTS = st.one_of(
    st.sampled_from([*MESSAGES, *(message + b"\r\n" for message in MESSAGES)]),
    st.sampled_from([b"<msg>", b"</msg>", b"<", b"</", b"<m", b"\r\n", b"\n", b" "]),
    st.binary(max_size=20),
    st.builds(
        lambda message, start, end: message[start:end],
        st.sampled_from(MESSAGES),
        st.integers(0, 200),
        st.integers(0, 200),
    ),
)
STREAMS = st.lists(FRAGMENTS, max_size=12).map(b"".join)


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    borders = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:end] for start, end in pairwise(borders)]


@given(stream=STREAMS, cuts=st.lists(st.integers(min_value=0), max_size=30))
def test_chunks_make_no_difference(stream: bytes, cuts: list[int]) -> None:
    whole = parse(stream)
    parser = StreamParser()
    items = [item for chunk in split(stream, cuts) for item in parser.feed(chunk)]
    items += parser.flush()
    assert items == whole
    assert places(items) == places(whole)


@given(stream=STREAMS)
def test_single_bytes_make_no_difference(stream: bytes) -> None:
    parser = StreamParser()
    items = [item for byte in stream for item in parser.feed(bytes([byte]))]
    items += parser.flush()
    assert items == parse(stream)
    assert places(items) == places(parse(stream))


@given(stream=STREAMS)
def test_every_byte_is_accounted_for(stream: bytes) -> None:
    check_account(stream, parse(stream))


@given(
    messages=st.lists(st.sampled_from(MESSAGES), max_size=6),
    garbage=st.lists(FRAGMENTS, min_size=7, max_size=7),
)
def test_intact_messages_survive_any_garbage(
    messages: list[bytes], garbage: list[bytes]
) -> None:
    stream = garbage[0]
    expected: dict[int, Item] = {}
    for message, rubbish in zip(messages, garbage[1:], strict=False):
        for item in parse(message):
            expected[len(stream) + item.offset] = item
        stream += message + rubbish
    found = {item.offset: item for item in parse(stream)}
    assert {offset: found.get(offset) for offset in expected} == expected


@given(
    message=st.sampled_from(MESSAGES),
    place=st.integers(min_value=0),
    removed=st.integers(0, 3),
    inserted=st.binary(max_size=3),
)
def test_mutations_are_damage_or_another_message(
    message: bytes, place: int, removed: int, inserted: bytes
) -> None:
    place %= len(message)
    mutated = message[:place] + inserted + message[place + removed :]
    stream = mutated + b"\r\n" + ENVIR
    items = parse(stream)
    check_account(stream, items)
    assert items[-1:] == parse(ENVIR)


@given(data=st.binary(max_size=2000))
def test_random_bytes_raise_nothing(data: bytes) -> None:
    check_account(data, parse(data))


@given(stream=STREAMS)
def test_counts_are_those_of_the_items(stream: bytes) -> None:
    parser = StreamParser()
    items = parser.feed(stream) + parser.flush()
    damaged = [item.kind for item in items if isinstance(item, Damaged)]
    assert parser.counts.damaged == {
        kind: damaged.count(kind) for kind in Damage if kind in damaged
    }
    # A Classic's reading and history are one message.
    ends = {item.offset + item.length for item in items} - {
        item.offset for item in items if stream[item.offset :].startswith(b"<hist>")
    }
    assert parser.counts.accepted == len(ends) - len(damaged)


@pytest.mark.parametrize(
    "garbage",
    [b"\x00", b"<", b"<msg>", b"</msg>", b"<msg>7", b" ", b"<msg><src>CC128-v", b"<ms"],
)
def test_memory_is_bounded_under_endless_garbage(garbage: bytes) -> None:
    parser = StreamParser()
    chunk = garbage * (4096 // len(garbage))
    for _ in range(200):
        parser.feed(chunk)
        assert len(parser._framer._buffer) <= LIMIT
    assert parser.feed(b"\r\n" + ENVIR)[-1] == parse(ENVIR)[0]


def test_no_byte_is_searched_twice() -> None:
    parser = StreamParser()
    for start in range(len(HISTORY) - 1):
        parser.feed(HISTORY[start : start + 1])
        assert parser._framer._searched >= start - len(b"</msg>")


def test_parser_goes_on_after_the_end_of_a_stream() -> None:
    parser = StreamParser()
    parser.feed(ENVIR[:50])
    (rest,) = parser.flush()
    assert isinstance(rest, Damaged)
    (reading,) = parser.feed(ENVIR)
    assert reading.offset == 50
    assert parser.flush() == []
    assert parser.counts.accepted == 1
    assert parser.counts.damaged == {Damage.TRUNCATED: 1}
