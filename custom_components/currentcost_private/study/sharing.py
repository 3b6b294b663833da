"""How much a view tells of a secret."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .entropy import Symbols, counts_of, entropy, joined
from .series import ENOUGH
from .views import View

SHIFTS: Final = 200
_LEVELS: Final = 8


@dataclass(frozen=True, slots=True)
class Shared:
    """What a view and a secret have in common.

    Attributes:
        windows: where both are known.
        secret: entropy of the secret, bits a window.
        bits: mutual information, bits a window, what chance gives taken off; at least 0.
        chance: what the same view gives when the secret is shifted in time: its mean.
        p_value: share of such shifts that give as much or more.
    """

    windows: int
    secret: float
    bits: float
    chance: float
    p_value: float

    @property
    def share(self) -> float:
        """Share of the secret's entropy that the view tells."""
        return min(self.bits / self.secret, 1.0) if self.secret else 0.0


def shared_information(
    view: View, secret: NDArray[np.int64], *, step: int, seed: int = 0
) -> Shared:
    """Return what a view's window tells of a secret of the same window.

    The plug-in estimate less the mean of what it gives for secrets shifted round by a
    chance time, which keeps how either follows on itself; the same shifts tell what is
    significant. Of readings that are finer than the secret's steps two numbers a step
    count, mean and range, each in eight parts as often met: a lower bound.

    Args:
        view: what is seen; its steps divide the secret's or are multiples of them.
        secret: shape (steps of the secret,), from the view's first midnight on: small
            numbers from 0, -1 where unknown.
        step: length of the secret's steps (s). For coarser windows the secret is what
            holds for most of the window.
        seed: of the shifts.

    Raises:
        ValueError: steps that don't fit together.
    """
    step_seen = view.series.step
    if max(step_seen, step) % min(step_seen, step):
        raise ValueError("the steps of a view and a secret have to fit together")
    if step_seen > step:
        secret = _mostly(secret, step_seen // step)
    seen = _symbols(view, max(step, step_seen))
    length = min(len(seen), len(secret))
    seen, secret = seen[:length], secret[:length]
    both = (seen >= 0) & (secret >= 0)
    if both.sum() < 2:
        return Shared(int(both.sum()), 0.0, 0.0, 0.0, 1.0)
    seen, secret = seen[both], secret[both]
    found = _plug_in(seen, secret)
    random = np.random.default_rng(seed)
    shifts = random.integers(1, len(secret), SHIFTS)
    chance = np.array([_plug_in(seen, np.roll(secret, shift)) for shift in shifts])
    return Shared(
        windows=len(secret),
        secret=entropy(secret),
        bits=max(found - float(chance.mean()), 0.0),
        chance=float(chance.mean()),
        p_value=float((1 + (chance >= found - 1e-12).sum()) / (1 + SHIFTS)),
    )


def _symbols(view: View, step: int) -> Symbols:
    """Return what is seen in each step from midnight on; -1 where nothing is."""
    whole = view.series.whole_days()
    ahead = (view.series.start - whole.start) // whole.step
    behind = len(whole) - len(view.series) - ahead
    if view.buckets is not None:
        padded = np.pad(view.buckets, (ahead, behind), constant_values=-1)
        if step == whole.step:
            return padded
        parts = padded.reshape(-1, step // whole.step)
        missing = (parts < 0).all(axis=1)
        # The highest and the lowest bucket of the step, and how many were the highest.
        top = parts.max(axis=1)
        low = np.where(parts < 0, top[:, np.newaxis], parts).min(axis=1)
        often = (parts == top[:, np.newaxis]).sum(axis=1)
        return np.where(missing, -1, joined([top, low, often]))
    watts = whole.watts.reshape(-1, step // whole.step)
    measured = np.isfinite(watts)
    enough = measured.mean(axis=1) >= ENOUGH
    total = np.where(measured, watts, 0.0).sum(axis=1)
    mean = total / np.maximum(measured.sum(axis=1), 1)
    highest = np.where(measured, watts, -np.inf).max(axis=1)
    lowest = np.where(measured, watts, np.inf).min(axis=1)
    spread = np.where(enough, highest - lowest, 0.0)
    return np.where(
        enough, joined([_parted(mean, enough), _parted(spread, enough)]), -1
    )


def _parted(numbers: NDArray[np.float64], valid: NDArray[np.bool_]) -> Symbols:
    """Return the eighth in which each number is among the valid ones."""
    if not valid.any():
        return np.zeros(len(numbers), dtype=np.int64)
    edges = np.quantile(numbers[valid], np.arange(1, _LEVELS) / _LEVELS)
    return np.searchsorted(edges, numbers).astype(np.int64)


def _mostly(secret: Symbols, parts: int) -> Symbols:
    """Return what holds for most of each so many steps; -1 where that is unknown."""
    filled = np.pad(secret, (0, -len(secret) % parts), constant_values=-1)
    steps = filled.reshape(-1, parts)
    votes = np.stack(
        [(steps == value).sum(axis=1) for value in range(-1, secret.max(initial=0) + 1)]
    )
    most: Symbols = votes.argmax(axis=0)
    return most - 1


def _plug_in(seen: Symbols, secret: Symbols) -> float:
    """Return mutual information of the frequencies, bits."""

    def bits(symbols: Symbols) -> float:
        shares = counts_of(symbols) / len(symbols)
        return float(-(shares * np.log2(shares)).sum())

    return max(bits(seen) + bits(secret) - bits(joined([seen, secret])), 0.0)
