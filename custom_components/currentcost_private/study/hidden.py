"""Hidden Markov models whose transitions follow the time of day.

Forward-backward (Rabiner 1989, "A tutorial on hidden Markov models", section III) as
products of matrices over blocks of steps, so that a year takes a few hundred array
operations instead of one for each step.
"""

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


def posteriors(start: Floats, moves: Floats, likelihoods: Floats) -> Floats:
    """Return the probability of each state at each step, given everything seen.

    Args:
        start: shape (states,); probability of the states before the first step.
        moves: shape (steps, states, states); probability to move into each step, rows
            are where from.
        likelihoods: shape (steps, states); of what was seen, up to a factor each step;
            all ones where nothing was.

    Returns:
        Shape (steps, states); rows sum to one.
    """
    if not len(likelihoods):
        return np.zeros_like(likelihoods)
    scaled = likelihoods / likelihoods.max(axis=1, keepdims=True)
    matrices = moves * scaled[:, None, :]
    forward = _products(start, matrices)
    backward = np.ones_like(forward)
    backward[:-1] = _products(np.ones_like(start), matrices[:0:-1].transpose(0, 2, 1))[
        ::-1
    ]
    both = forward * backward
    scale: Floats = both.sum(axis=1, keepdims=True)
    return both / scale


def _products(row: Floats, matrices: Floats) -> Floats:
    """Return row M0, row M0 M1, ..., each scaled to sum one."""
    steps, states = len(matrices), len(row)
    block = max(round(steps**0.5), 1)
    blocks = -(-steps // block)
    padded = np.broadcast_to(np.eye(states), (blocks * block, states, states)).copy()
    padded[:steps] = matrices
    padded = padded.reshape(blocks, block, states, states)
    partial = np.empty_like(padded)
    product = np.broadcast_to(np.eye(states), (blocks, states, states))
    for step in range(block):
        product = product @ padded[:, step]
        product = product / product.sum(axis=(1, 2), keepdims=True)
        partial[:, step] = product
    rows = np.empty((blocks, states))
    for index in range(blocks):
        rows[index] = row
        row = row @ partial[index, -1]
        row = row / row.sum()
    result: Floats = np.einsum("bi,blij->blj", rows, partial).reshape(-1, states)[
        :steps
    ]
    scaled: Floats = result / result.sum(axis=1, keepdims=True)
    return scaled
