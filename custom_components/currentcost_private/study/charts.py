"""Tables as figures: attacks by granularity, bits a day, usefulness by disclosure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from .advising import Advice
from .disclosure import Disclosure
from .drawing import ACCENT, ASLEEP, BUCKET, GREY, READING, drawn, keep
from .evaluation import Row
from .series import DAY

_DARK: Final = 0.55
_MARKERS: Final = "o^sDv"
_LEAST: Final = 0.01
"""Bits a day that are drawn where there are fewer: the axis is logarithmic."""


def draw_attacks(folder: Path, rows: Sequence[Row], source: str) -> None:
    """Draw the best attack on each secret by view: MCC with its interval."""
    best = best_of(rows, "MCC")
    secrets = list(dict.fromkeys(row.attack for row in best))
    views = list(dict.fromkeys(row.view for row in best))
    values = np.full((len(secrets), len(views)), np.nan)
    for row in best:
        values[secrets.index(row.attack), views.index(row.view)] = row.value
    with drawn(1.6 + 0.78 * (len(views) + 1), 1.7 + 0.5 * len(secrets)) as figure:
        axes = figure.subplots()
        clocks = np.array(
            [[max(r.clock for r in best if r.attack == secret)] for secret in secrets]
        )
        shown = axes.imshow(
            np.concatenate([values, clocks], axis=1),
            cmap="cividis",
            vmin=0,
            vmax=1,
            aspect="auto",
        )
        for row in best:
            axes.text(
                views.index(row.view),
                secrets.index(row.attack),
                f"{row.value:.2f}\n{row.low:.2f} to {row.high:.2f}",
                ha="center",
                va="center",
                fontsize=6.5,
                color="black" if row.value > _DARK else "white",
            )
        for place, value in enumerate(clocks[:, 0]):
            axes.text(
                len(views),
                place,
                f"{value:.2f}",
                ha="center",
                va="center",
                fontsize=6.5,
                color="black" if value > _DARK else "white",
            )
        axes.axvline(len(views) - 0.5, color="white", linewidth=3)
        axes.set_xticks(
            range(len(views) + 1),
            [*(view.replace(", ", "\n") for view in views), "clock\nonly"],
            fontsize=7,
        )
        axes.set_yticks(range(len(secrets)), secrets)
        axes.set_title(
            f"Best attack, {source}: MCC with 95 % interval (always guessing the "
            "majority: 0)"
        )
        figure.colorbar(shown, ax=axes, label="MCC", shrink=0.9)
        keep(figure, folder, f"attacks-{source}")


def draw_disclosure(folder: Path, found: Mapping[str, Disclosure]) -> None:
    """Draw bits a day by view, on a logarithmic axis, with the plans' upper bounds."""
    with drawn(7.2, 1.2 + 0.28 * len(found)) as figure:
        axes = figure.subplots()
        for place, each in enumerate(found.values()):
            hatch = None if each.bound is None else "//"
            axes.barh(
                place,
                max(each.coded, 0.1),
                color=GREY if each.bound is None else BUCKET,
                hatch=hatch,
                edgecolor=READING,
                linewidth=0.4,
            )
            if each.bound is not None:
                axes.plot([each.bound] * 2, [place - 0.4, place + 0.4], color=READING)
            axes.text(
                max(each.coded, each.bound or 0, 1) * 1.1,
                place,
                _bits(each.coded)
                + ("" if each.bound is None else f" of {_bits(each.bound)}"),
                va="center",
                fontsize=7,
            )
        axes.set_yticks(range(len(found)), list(found), fontsize=7)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xlim(1, 4 * max(each.coded for each in found.values()))
        axes.set_xlabel("bits a day (line: the plan's upper bound)")
        axes.set_title("How much information is given away")
        keep(figure, folder, "disclosure")


def _bits(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def best_of(rows: Sequence[Row], metric: str) -> list[Row]:
    """Return the row of the strongest method for each secret and view."""
    best: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key = row.source, row.attack, row.view
        if row.metric == metric and (key not in best or row.value > best[key].value):
            best[key] = row
    return list(best.values())


def draw_advice(folder: Path, advice: Advice, name: str) -> None:
    """Draw usefulness against disclosure: all candidates, and those not beaten."""
    with drawn(7.2, 4.0) as figure:
        axes = figure.subplots()
        windows = sorted({each.candidate.window for each in advice.weighed})
        for window, marker in zip(windows, _MARKERS, strict=False):
            points = [w for w in advice.weighed if w.candidate.window == window]
            axes.plot(
                [max(point.bits, _LEAST) for point in points],
                [point.mcc for point in points],
                marker,
                color=GREY,
                markerfacecolor="none",
                markersize=4,
                label="a day" if window == DAY else f"{window // 60} min",
            )
        axes.step(
            [max(point.bits, _LEAST) for point in advice.pareto],
            [point.mcc for point in advice.pareto],
            where="post",
            color=ASLEEP,
            label="not beaten",
        )
        best = advice.best
        axes.plot(
            max(best.bits, _LEAST),
            best.mcc,
            "*",
            color=ACCENT,
            markersize=14,
            label="recommended",
        )
        axes.set_xscale("log")
        axes.set_xlabel("given away (bits a day)")
        axes.set_ylabel("usefulness (MCC of the provider's decision)")
        axes.set_ylim(-0.05, 1.05)
        axes.set_title("What a plan tells the provider, and what it gives away")
        axes.grid(color="#dddddd", linewidth=0.5)
        axes.legend(frameon=False, fontsize=7, loc="lower right", ncols=2)
        keep(figure, folder, name)
