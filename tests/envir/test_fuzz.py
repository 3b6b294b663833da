"""Mutated streams in random chunks: the short form of `benchmarks/fuzz.py`."""

import pytest

from benchmarks.fuzz import LARGEST_CHUNK, messages_of, run

from .meter_lines import MESSAGES
from .test_captures import CAPTURES


def check(messages: list[bytes], seed: int) -> None:
    result = run(messages, 4000, seed=seed)
    assert result.delivered == result.undamaged > 100
    assert result.items > result.undamaged
    assert result.most_kept <= result.longest + LARGEST_CHUNK


@pytest.mark.parametrize("seed", range(4))
def test_every_undamaged_message_comes_out(seed: int) -> None:
    check([*MESSAGES], seed)


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not here")
def test_every_undamaged_message_of_the_captures_comes_out() -> None:
    messages = messages_of(CAPTURES)
    assert len(messages) > 50
    check([message for message in messages if len(message) < 2000], 7)
