"""How figures look, and how they are kept: the same bytes for the same figure."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt  # after the backend is chosen
from matplotlib.figure import Figure

READING: Final = "#000000"
AWAY: Final = "#E69F00"
ASLEEP: Final = "#0072B2"
BUCKET: Final = "#56B4E9"
ACCENT: Final = "#D55E00"
GREY: Final = "#777777"
"""Okabe and Ito's colours, told apart by everybody; hatches where they are greys."""

_STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "currentcost-study",
    "svg.fonttype": "path",
    "figure.constrained_layout.use": True,
}


@contextmanager
def drawn(width: float, height: float) -> Iterator[Figure]:
    """Give a figure (inches), closed afterwards."""
    with mpl.rc_context(_STYLE):
        figure = plt.figure(figsize=(width, height))
        try:
            yield figure
        finally:
            plt.close(figure)


def keep(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as SVG and PNG, without a date."""
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})
