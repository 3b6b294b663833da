"""Can anything tell two readings of one bucket apart by what the provider has?

For pairs of readings, transcripts are drawn by tossing a coin for each; a classifier
learns from one half and is tested on the other. Against the build as it is it must do
no better than the coin. Against builds that were weakened on purpose it must do well,
which shows that it would see. (That nothing is found is no proof; the proof is in the
literature, and this looks for mistakes in following it.)

- regression: logistic regression over all bits;
- best bit: the one bit that told the classes apart best while learning;
- spread: standard deviation, over all bits that vary, of how far a bit's frequencies
  in the two classes are apart, in units of what chance makes of it: 1 by chance;
- bytes: for each position a chi-squared test of the byte's frequencies over all
  transcripts, the smallest p-value times the number of positions.

    python -m benchmarks.indistinguishability [transcripts of a pair]
"""

from dataclasses import dataclass
import math
from random import Random
import sys
from typing import Final

import numpy as np
import numpy.typing as npt

from .timing import machine
from .transcripts import SOUND, WEAK, Build, Parties, agree

PAIRS: Final = ((1001, 20_000), (8191, 8192), (1365, 10_922))
"""Readings of bucket 2: its ends, neighbours, and complements in their low bits."""

type Bytes = npt.NDArray[np.uint8]
type Floats = npt.NDArray[np.float32]
type Classes = npt.NDArray[np.bool]

_BATCH: Final = 250
_EPOCHS: Final = 4
_RATE: Final = 0.002
_LENGTH_BYTES: Final = 4
_VARIES: Final = 0.01
"""Variance from which on a bit counts as one that varies."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How well two readings were told apart.

    Attributes:
        tested: transcripts that the classifiers had not learnt from.
        regression: share of these that the regression got right.
        best_bit: share that the best single bit got right.
        spread: of all bits' differences, in standard deviations of a coin's.
        bytes_p: p-value of the frequencies of bytes, for all positions together.
    """

    tested: int
    regression: float
    best_bit: float
    spread: float
    bytes_p: float


def judge(
    build: Build, parties: Parties, readings: tuple[int, int], *, count: int, seed: int
) -> Verdict:
    """Draw transcripts of two readings and try to tell them apart."""
    samples, classes = _collect(build, parties, readings, count, Random(seed))  # noqa: S311  # coins that can be tossed again
    half = count // 2
    learnt, known = samples[:half], classes[:half]
    tested, truth = samples[half:], classes[half:]

    weights = _regression(learnt, known)
    guesses = np.concatenate([batch @ weights > 0 for batch in _batches(tested)])
    differences = _differences(learnt, known)
    best = int(np.argmax(np.abs(differences)))
    bit = np.concatenate([batch[:, best] > 0 for batch in _batches(tested)])
    by_bit = bit == (differences[best] > 0)
    return Verdict(
        tested=len(truth),
        regression=float(np.mean(guesses == truth)),
        best_bit=float(np.mean(by_bit == truth)),
        spread=_spread(samples, classes),
        bytes_p=_bytes_p(samples, classes),
    )


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share (Wilson)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count)
    reach *= math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - reach, middle + reach


def main() -> None:
    """Judge all builds and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    parties = agree()
    print(f"{machine()}\n")
    print(
        "| build | readings, W | unseen | regression | best bit | spread | bytes, p |"
    )
    print("|---|---|---:|---:|---:|---:|---:|")
    for name, build in {**SOUND, **WEAK}.items():
        for seed, readings in enumerate(PAIRS):
            verdict = judge(build, parties, readings, count=count, seed=seed)
            print(
                f"| {name} | {readings[0]}, {readings[1]} | {verdict.tested} "
                f"| {_shown(verdict.regression, verdict.tested)} "
                f"| {_shown(verdict.best_bit, verdict.tested)} "
                f"| {verdict.spread:.3f} | {verdict.bytes_p:.2g} |",
                flush=True,
            )


def _shown(share: float, count: int) -> str:
    low, high = interval(share, count)
    return f"{share:.3f} ({low:.3f} to {high:.3f})"


def _collect(
    build: Build,
    parties: Parties,
    readings: tuple[int, int],
    count: int,
    random: Random,
) -> tuple[Bytes, Classes]:
    """Return transcripts, padded, each with its length, and which reading it is of."""
    coins = [random.getrandbits(1) for _ in range(count)]
    drawn = [build(parties, readings[coin], n) for n, coin in enumerate(coins)]
    longest = max(map(len, drawn))
    joined = b"".join(
        data.ljust(longest, b"\0") + len(data).to_bytes(_LENGTH_BYTES) for data in drawn
    )
    samples = np.frombuffer(joined, np.uint8).reshape(count, longest + _LENGTH_BYTES)
    return samples, np.array(coins, bool)


def _batches(samples: Bytes) -> list[Floats]:
    """Return the samples' bits as -1 and 1, a batch at a time."""
    return [
        np.unpackbits(samples[start : start + _BATCH], axis=1).astype(np.float32) * 2
        - 1
        for start in range(0, len(samples), _BATCH)
    ]


def _regression(samples: Bytes, classes: Classes) -> Floats:
    """Return the weights of a logistic regression, found by gradient descent."""
    weights = np.zeros(8 * samples.shape[1], np.float32)
    signs = np.where(classes, np.float32(1), np.float32(-1))
    for _ in range(_EPOCHS):
        for start in range(0, len(samples), _BATCH):
            (bits,) = _batches(samples[start : start + _BATCH])
            truth = signs[start : start + _BATCH]
            margins = np.clip(truth * (bits @ weights), -30, 30)
            slopes = truth / (1 + np.exp(margins))
            weights += _RATE * (slopes @ bits) / math.sqrt(_BATCH)
    return weights


def _differences(samples: Bytes, classes: Classes) -> Floats:
    """Return how much more often each bit is one in the second class."""
    total = np.zeros((2, 8 * samples.shape[1]), np.float32)
    for start in range(0, len(samples), _BATCH):
        (bits,) = _batches(samples[start : start + _BATCH])
        of_second = classes[start : start + _BATCH]
        total[0] += bits[~of_second].sum(axis=0)
        total[1] += bits[of_second].sum(axis=0)
    counts = max(1, int(np.sum(~classes))), max(1, int(np.sum(classes)))
    difference: Floats = total[1] / counts[1] - total[0] / counts[0]
    return difference


def _spread(samples: Bytes, classes: Classes) -> float:
    """Return the standard deviation of the bits' differences, 1 if by chance."""
    ones = sum(batch.sum(axis=0) for batch in _batches(samples)) / len(samples)
    variance = 1 - np.square(ones)
    varies = variance > _VARIES
    shares = float(np.mean(classes)) * float(np.mean(~classes))
    scale = np.sqrt(variance[varies] / (shares * len(samples)))
    differences = _differences(samples, classes)[varies] / scale
    return float(np.sqrt(np.mean(np.square(differences))))


def _bytes_p(samples: Bytes, classes: Classes) -> float:
    """Return the p-value of the frequencies of bytes, for all positions together."""
    smallest, positions = 1.0, samples.shape[1]
    for position in range(positions):
        column = samples[:, position]
        counts = np.stack(
            [np.bincount(column[classes == c], minlength=256) for c in (False, True)]
        ).astype(np.float64)
        counts = counts[:, counts.sum(axis=0) > 0]
        freedom = counts.shape[1] - 1
        if freedom == 0:
            continue
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        found = float(((counts - expected) ** 2 / expected).sum())
        smallest = min(smallest, _chi_squared_p(found, freedom))
    p_value: float = min(1.0, smallest * positions)
    return p_value


def _chi_squared_p(found: float, freedom: int) -> float:
    """Return the chance of so much or more (Wilson and Hilferty's approximation)."""
    variance = 2 / (9 * freedom)
    z = (math.cbrt(found / freedom) - (1 - variance)) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2))


if __name__ == "__main__":
    main()
