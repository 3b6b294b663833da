"""Token buckets, and who an address counts as."""

import resource

from hypothesis import given, strategies as st
import pytest

from currentcost_provider import limits
from currentcost_provider.limits import RateLimit, source_key
from currentcost_provider.running import raise_limit


class Watch:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_burst_then_one_at_a_time() -> None:
    watch = Watch()
    limit = RateLimit(burst=3, seconds_each=60, clock=watch)
    assert [limit.take("anna") for _ in range(4)] == [0, 0, 0, 60]
    watch.now += 59.5
    assert limit.take("anna") == 1
    watch.now += 0.5
    assert [limit.take("anna"), limit.take("anna")] == [0, 60]
    assert limit.take("ben") == 0


def test_what_is_given_back_can_be_taken_again() -> None:
    limit = RateLimit(burst=1, seconds_each=60, clock=Watch())
    for _ in range(5):
        assert limit.take("anna") == 0
        limit.give_back("anna")
    limit.give_back("nobody")
    assert limit.take("nobody") == 0
    assert limit.take("nobody") > 0


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=60))
def test_never_more_than_burst_and_rate(pauses: list[float]) -> None:
    watch = Watch()
    limit = RateLimit(burst=4, seconds_each=10, clock=watch)
    taken: list[float] = []
    for pause in pauses:
        watch.now += pause
        if limit.take("anna") == 0:
            taken.append(watch.now)
    for first, since in enumerate(taken):
        for count, until in enumerate(taken[first:], 1):
            assert count <= 4 + (until - since) / 10 + 1e-6


@given(st.integers(min_value=0, max_value=20))
def test_waiting_as_told_is_enough(used: int) -> None:
    watch = Watch()
    limit = RateLimit(burst=5, seconds_each=7, clock=watch)
    for _ in range(used):
        limit.take("anna")
    watch.now += limit.take("anna")
    assert limit.take("anna") == 0 or used < 5


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    limit = RateLimit(burst=1, seconds_each=60, clock=Watch())
    for number in range(50):
        assert limit.take(str(number)) == 0
    assert len(limit._full_at) == 10
    assert limit.take("49") > 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_source(address: str, key: str) -> None:
    assert source_key(address) == key


def test_as_many_connections_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        raise_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
