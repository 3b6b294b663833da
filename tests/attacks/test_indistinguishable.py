"""Two readings of one bucket: nothing that the provider has tells them apart.

The small form of `python -m benchmarks.indistinguishability`: transcripts of coins,
classifiers that learn from one half and are tested on the other. With nothing to see,
each test is a fair coin: among n of them a classifier is right more often than
1/2 + d with a probability of exp(-2 n d^2) at most (Hoeffding).
"""

import math
from typing import Final

import pytest

from benchmarks.indistinguishability import PAIRS, Verdict, interval, judge
from benchmarks.transcripts import SOUND, WEAK, Build, Parties, agree

COUNT: Final = 1600
CLASSIFIERS: Final = 2
FALSE_ALARM: Final = 1e-7 / (CLASSIFIERS * len(SOUND))
REACH: Final = math.sqrt(-math.log(FALSE_ALARM) / COUNT)
"""With COUNT / 2 transcripts tested, n d^2 * 2 is COUNT d^2."""


@pytest.fixture(scope="module")
def parties() -> Parties:
    return agree()


def judged(build: Build, parties: Parties, pair: int) -> Verdict:
    return judge(build, parties, PAIRS[pair], count=COUNT, seed=pair)


@pytest.mark.parametrize("name", SOUND)
def test_no_better_than_a_coin(name: str, parties: Parties) -> None:
    pair = [*SOUND].index(name)
    verdict = judged(SOUND[name], parties, pair)
    assert verdict.tested == COUNT // 2
    assert max(verdict.regression, verdict.best_bit) < 0.5 + REACH
    assert REACH < 0.11
    # Of some 22 000 bits: by chance it is off 1 by 0.005.
    assert abs(verdict.spread - 1) < 0.04


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_build_is_seen(name: str, parties: Parties) -> None:
    verdict = judged(WEAK[name], parties, 1)
    assert max(verdict.regression, verdict.best_bit) > 0.95
    assert verdict.bytes_p < 1e-9
    assert verdict.spread > 1.02


def test_the_interval_holds_the_share() -> None:
    low, high = interval(0.5, 10_000)
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.5098, abs=1e-4)
    assert interval(1.0, 1500)[0] < 1.0 <= interval(1.0, 1500)[1] + 1e-12
