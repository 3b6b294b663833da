"""What is given away comes out right where it can be calculated."""

from collections.abc import Callable
from fractions import Fraction

from currentcost_study import (
    Series,
    View,
    bucket_view,
    coarse_view,
    disclosed_bits,
    disclosure,
    raw_view,
    shared_information,
    upper_bound,
)
from currentcost_study.coding import before, mixed_length, reading_bits, tree_length
from currentcost_study.disclosure import coded_bits
from currentcost_study.entropy import block_rate, entropy, grassberger_entropy, joined
from hypothesis import given, settings, strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest

MIDNIGHT = 86_400 * 20_000
BOUNDS = [1000.0, 2000.0, 3000.0]


def view_of(symbols: NDArray[np.int64], window: int = 900) -> View:
    """Return buckets, -1 for a missing one, as a view of the bounds above."""
    watts = np.where(symbols < 0, np.nan, 1000.0 * symbols + 500)
    return bucket_view(Series(MIDNIGHT, window, watts), window, BOUNDS)


def chain(matrix: NDArray[np.float64], length: int, seed: int) -> NDArray[np.int64]:
    """Return a Markov chain from state 0."""
    random = np.random.default_rng(seed)
    edges = matrix.cumsum(axis=1)
    state, states = 0, []
    for chance in random.random(length):
        state = int(np.searchsorted(edges[state], chance))
        states.append(state)
    return np.array(states)


STICKY = np.array(
    [[0.9, 0.1, 0, 0], [0.1, 0.8, 0.1, 0], [0, 0.1, 0.8, 0.1], [0, 0, 0.1, 0.9]]
)


def rate_of(matrix: NDArray[np.float64]) -> float:
    """Return the entropy rate of a chain whose states are all as frequent."""
    logs = np.log2(np.where(matrix > 0, matrix, 1))
    return float(-(matrix * logs).sum(axis=1).mean())


def test_entropy_of_dice() -> None:
    rolls = np.random.default_rng(1).integers(0, 6, 5000)
    assert entropy(rolls) == pytest.approx(np.log2(6), abs=0.003)
    assert grassberger_entropy(rolls) == pytest.approx(np.log2(6), abs=0.003)


def test_few_samples_are_corrected() -> None:
    random = np.random.default_rng(2)
    rolls = [random.integers(0, 16, 64) for _ in range(200)]
    plain = [
        -sum(share * np.log2(share) for share in np.bincount(roll) / 64 if share)
        for roll in rolls
    ]
    assert np.mean(plain) < 3.85
    assert np.mean([entropy(roll) for roll in rolls]) == pytest.approx(4, abs=0.03)
    grassberger = np.mean([grassberger_entropy(roll) for roll in rolls])
    assert grassberger == pytest.approx(4, abs=0.03)


@pytest.mark.parametrize("estimate", [entropy, grassberger_entropy, block_rate])
def test_nothing_and_always_the_same_tell_nothing(
    estimate: Callable[[NDArray[np.int64]], float],
) -> None:
    assert estimate(np.array([], dtype=np.int64)) == 0
    assert estimate(np.full(1000, 3)) == pytest.approx(0, abs=0.001)


def test_a_chain_s_rate_is_found() -> None:
    symbols = chain(STICKY, 20_000, 3)
    rate = rate_of(STICKY)
    assert block_rate(symbols) == pytest.approx(rate, abs=0.02)
    found = disclosure(view_of(symbols))
    assert found.each / 96 == pytest.approx(2, abs=0.01)
    assert found.chained is not None
    assert found.chained / 96 == pytest.approx(rate, abs=0.02)
    assert rate < found.coded / 96 < rate + 0.02
    assert coded_bits(view_of(symbols)) == found.coded
    assert found.bound == pytest.approx(96 * np.log2(5))


def test_a_chain_of_second_order_is_found() -> None:
    """Each symbol is the one two before, but for one in ten."""
    random = np.random.default_rng(4)
    symbols = list(random.integers(0, 4, 2))
    for _ in range(20_000):
        guess = symbols[-2]
        other = random.random() < 0.1
        symbols.append((guess + random.integers(1, 4)) % 4 if other else guess)
    rate = 0.1 * np.log2(3) - 0.1 * np.log2(0.1) - 0.9 * np.log2(0.9)
    array = np.array(symbols)
    assert block_rate(array) == pytest.approx(rate, abs=0.03)
    coded = disclosure(view_of(array)).coded / 96
    assert rate - 0.01 < coded < rate + 0.03


def test_what_repeats_every_day_tells_nothing_new() -> None:
    day = np.random.default_rng(5).integers(0, 4, 96)
    found = disclosure(view_of(np.tile(day, 60)))
    assert found.each / 96 > 1.9
    assert found.beyond_habits < 0.04 * found.each
    assert found.beyond_habits < found.coded


def test_dice_cost_the_bound_and_no_more() -> None:
    found = disclosure(view_of(np.random.default_rng(6).integers(0, 4, 4000)))
    assert found.coded / 96 == pytest.approx(2, abs=0.02)
    assert found.bound is not None
    assert found.coded < found.bound


@given(
    st.lists(st.integers(-1, 3), min_size=1, max_size=300),
    st.sampled_from([900, 1800, 3600]),
)
@settings(deadline=None)
def test_a_code_is_never_much_above_the_bound(symbols: list[int], window: int) -> None:
    found = disclosure(view_of(np.array(symbols), window))
    assert found.bound is not None
    slack = 3 / len(symbols) * 86_400 / window
    assert 0 <= found.coded <= found.bound + slack
    assert -1e-6 <= found.beyond_habits <= found.bound + 2 * slack
    assert found.windows == len(symbols)


def weighted(symbols: list[int], depth: int, context: tuple[int, ...] = ()) -> Fraction:
    """Return a node's probability of binary symbols, word by word as in the source."""
    estimate, seen = Fraction(1), [0, 0]
    for place in range(depth, len(symbols)):
        if context == tuple(symbols[place - 1 - back] for back in range(len(context))):
            symbol = symbols[place]
            estimate *= Fraction(2 * seen[symbol] + 1, 2 * sum(seen) + 2)
            seen[symbol] += 1
    if len(context) == depth:
        return estimate
    below = [weighted(symbols, depth, (*context, symbol)) for symbol in (0, 1)]
    return (estimate + below[0] * below[1]) / 2


@given(st.lists(st.integers(0, 1), min_size=4, max_size=30), st.integers(0, 3))
@settings(deadline=None)
def test_the_weighting_is_that_of_the_source(symbols: list[int], depth: int) -> None:
    array = np.array(symbols)
    contexts = [before(array, back, 2)[depth:] for back in range(1, depth + 1)]
    bits = tree_length(array[depth:], 2, contexts)
    assert 2**-bits == pytest.approx(float(weighted(symbols, depth)))


def test_a_code_tells_every_series_apart() -> None:
    """Kraft: over all series of a length, 2^-bits sum up to 1."""
    every = np.indices((3,) * 6).reshape(6, -1).T
    total = sum(
        2
        ** -mixed_length(s, 3, [[before(s, 1, 3), before(s, 2, 3)], [before(s, 3, 3)]])
        for s in every.astype(np.int64)
    )
    assert total == pytest.approx(1)


def test_missing_windows_are_answers() -> None:
    symbols = np.random.default_rng(7).integers(0, 2, 4000) - 1
    assert disclosure(view_of(symbols)).coded / 96 == pytest.approx(1, abs=0.01)


def test_the_bits_of_a_day_add_up() -> None:
    symbols = chain(STICKY, 96 * 20, 8)
    whole = disclosed_bits(view_of(symbols), len(symbols))
    last_day = disclosed_bits(view_of(symbols), 96)
    before_it = disclosed_bits(view_of(symbols[:-96]), 96 * 19)
    assert last_day + before_it == pytest.approx(whole)
    assert 0 < last_day < 96 * 2


@pytest.mark.parametrize(
    ("watts", "expected", "slack"),
    [
        (np.full(20_000, 230.0), 0, 0.01),
        (np.tile([100.0, 2100.0], 10_000), 0, 0.01),
        (np.repeat(np.random.default_rng(9).integers(0, 2000, 400), 50), 0.35, 0.1),
        (np.random.default_rng(10).integers(0, 100, 40_000), np.log2(100), 0.1),
        (500 + np.random.default_rng(11).integers(-1, 2, 40_000).cumsum(), 1.585, 0.1),
    ],
    ids=["constant", "two levels in turn", "steps", "dice", "a random walk"],
)
def test_readings_cost_what_they_tell(
    watts: NDArray[np.float64], expected: float, slack: float
) -> None:
    hours = np.zeros(len(watts), dtype=np.int64)
    bits = reading_bits(watts.astype(np.float64), hours)
    assert expected - 0.01 <= bits.mean() <= expected + slack


def test_gaps_in_readings_are_told_too() -> None:
    random = np.random.default_rng(12)
    watts = np.where(random.random(20_000) < 0.5, np.nan, 100.0)
    found = disclosure(raw_view(Series(MIDNIGHT, 60, watts)))
    assert found.coded / 1440 == pytest.approx(1, abs=0.02)
    assert found.bound is None


def test_a_bucket_tells_less_than_a_reading() -> None:
    random = np.random.default_rng(13)
    on = (random.random(14_400) < 0.1).astype(np.float64)
    watts: NDArray[np.float64] = 300 + 2000 * on + random.integers(-5, 6, 14_400)
    series = Series(MIDNIGHT, 60, watts)
    raw, quarter = disclosure(raw_view(series)), disclosure(coarse_view(series, 900))
    buckets = disclosure(bucket_view(series, 900, BOUNDS))
    assert buckets.coded < quarter.coded < raw.coded


def secret_and_view(seed: int, noise: float) -> tuple[NDArray[np.int64], View]:
    """Return a secret that lasts for hours, and buckets that show it but for noise."""
    random = np.random.default_rng(seed)
    secret = np.repeat(random.integers(0, 2, 300), 8)
    wrong = random.random(len(secret)) < noise
    return secret, view_of(np.where(wrong, 1 - secret, secret))


def test_a_view_that_shows_a_secret_tells_all_of_it() -> None:
    secret, view = secret_and_view(14, 0)
    found = shared_information(view, secret, step=900)
    assert found.secret == pytest.approx(1, abs=0.02)
    assert found.bits == pytest.approx(1, abs=0.03)
    assert found.share > 0.97
    assert found.p_value < 0.01
    assert found.windows == 2400


def test_a_noisy_view_tells_what_the_channel_lets_through() -> None:
    secret, view = secret_and_view(15, 0.11)
    found = shared_information(view, secret, step=900)
    assert found.bits == pytest.approx(0.5, abs=0.05)


def test_an_independent_secret_shares_nothing() -> None:
    _, view = secret_and_view(16, 0)
    values = []
    for seed in range(20, 40):
        other, _ = secret_and_view(seed, 0)
        values.append(shared_information(view, other, step=900, seed=seed))
    assert np.mean([value.bits for value in values]) < 0.003
    assert np.mean([value.p_value < 0.1 for value in values]) <= 0.25


def test_steps_of_another_length_are_put_together() -> None:
    secret, _ = secret_and_view(17, 0)
    minutes = np.repeat(secret, 15)
    series = Series(MIDNIGHT, 60, 200 + 1500 * minutes.astype(np.float64))
    for seen in (raw_view(series), coarse_view(series, 3600)):
        found = shared_information(seen, secret, step=900)
        assert found.share > 0.95
    unknown = np.where(np.arange(len(secret)) % 4 < 3, -1, secret)
    assert shared_information(raw_view(series), unknown, step=900).windows == 600
    with pytest.raises(ValueError, match="fit"):
        shared_information(coarse_view(series, 3600), secret, step=1000)


def test_a_secret_nobody_has_shares_nothing() -> None:
    secret, view = secret_and_view(18, 0)
    found = shared_information(view, np.full(len(secret), -1), step=900)
    assert (found.windows, found.bits, found.share) == (0, 0, 0)


def test_the_bound_counts_the_missing_answer() -> None:
    assert upper_bound(3, 900) == pytest.approx(96 * 2)
    assert upper_bound(1, 86_400) == pytest.approx(1)


def test_nothing_is_refused() -> None:
    series = Series(MIDNIGHT, 900, np.array([]))
    with pytest.raises(ValueError, match="nothing"):
        disclosure(raw_view(series))
    with pytest.raises(ValueError, match="buckets"):
        disclosed_bits(raw_view(series), 1)


def test_symbols_are_joined_by_what_they_are() -> None:
    left, right = np.array([5, 5, -1, 5]), np.array([2, 9, 2, 2])
    assert joined([left, right]).tolist() == [1, 2, 0, 1]
