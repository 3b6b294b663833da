"""Entropy of symbols from samples of them: bits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

type Symbols = NDArray[np.int64]

_LN2 = float(np.log(2))
_EULER = 0.5772156649015329


def entropy(symbols: Symbols) -> float:
    """Return bits a symbol: the frequencies' entropy, Miller and Madow's correction.

    H + (K - 1) / 2n nats, K symbols that occur in n (G. Miller, "Note on the bias of
    information estimates", 1955). 0 for no symbols.
    """
    counts = counts_of(symbols)
    total = counts.sum()
    if not total:
        return 0.0
    shares = counts / total
    plain = float(-(shares * np.log2(shares)).sum())
    return plain + (len(counts) - 1) / (2 * float(total) * _LN2)


def grassberger_entropy(symbols: Symbols) -> float:
    """Return bits a symbol, by Grassberger's estimator for few samples.

    ln n - sum(n_i G(n_i)) / n nats (P. Grassberger, "Entropy estimates from
    insufficient samplings", arXiv physics/0307138, eq. 27-30).
    """
    counts = counts_of(symbols)
    total = counts.sum()
    if not total:
        return 0.0
    harmonics = _grassberger_numbers(int(counts.max()))
    nats = np.log(total) - (counts * harmonics[counts]).sum() / total
    return max(float(nats / _LN2), 0.0)


def block_rate(symbols: Symbols, longest: int = 8) -> float:
    """Return bits a symbol adds to those before it, from entropies of blocks.

    H(k + 1) - H(k), Grassberger's estimates, at the longest k at which each block was
    seen fifty times on average: beyond, an estimate tells the number of samples and no
    entropy. At most so many symbols of the past.
    """
    shorter, rate = 0.0, 0.0
    blocks = symbols
    for length in range(1, min(longest + 1, len(symbols)) + 1):
        if length > 1:
            blocks = joined([blocks[:-1], symbols[length - 1 :]])
        if length > 1 and len(blocks) < 50 * len(np.unique(blocks)):
            break
        longer = grassberger_entropy(blocks)
        rate, shorter = longer - shorter, longer
    return max(rate, 0.0)


def relabelled(symbols: Symbols) -> Symbols:
    """Return them as numbers from 0 on, in their order and none left out."""
    return np.unique(symbols, return_inverse=True)[1].astype(np.int64)


def joined(columns: Sequence[Symbols]) -> Symbols:
    """Return one symbol for each combination of symbols."""
    joint = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        labels = relabelled(column)
        joint = relabelled(joint * (int(labels.max(initial=0)) + 1) + labels)
    return joint


def counts_of(symbols: Symbols) -> Symbols:
    """Return how often each symbol that occurs does."""
    return np.unique(symbols, return_counts=True)[1].astype(np.int64)


def _grassberger_numbers(highest: int) -> NDArray[np.float64]:
    """Return G(0) to G(highest): G(2n) = G(2n + 1) = 2 - gamma - ln 2 + 2/3 + 2/5 ..."""
    odd = 2 / np.arange(3, highest + 3, 2)
    even = 2 - _EULER - _LN2 + np.concatenate(([0.0], np.cumsum(odd)))
    numbers = np.repeat(np.concatenate(([0.0], even)), 2)
    numbers[1] = -_EULER - _LN2
    return numbers[: highest + 1]
