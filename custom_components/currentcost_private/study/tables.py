"""Tables of a study as CSV, the same bytes for the same study."""

from collections.abc import Iterable, Sequence
import csv
from dataclasses import asdict, astuple
from pathlib import Path

from .advising import Advice
from .investigation import Investigation


def write_tables(folder: Path, found: Investigation) -> None:
    """Write attacks.csv, disclosure.csv and secrets.csv."""
    rows = [list(asdict(row).values()) for row in found.rows]
    if rows:
        _write(folder / "attacks.csv", list(asdict(found.rows[0])), rows)
    _write(
        folder / "disclosure.csv",
        [
            "view",
            "windows",
            "bound (bits/day)",
            "windows by themselves (bits/day)",
            "from blocks (bits/day)",
            "coded (bits/day)",
            "beyond habits (bits/day)",
        ],
        ([view, *astuple(each)] for view, each in found.disclosures.items()),
    )
    _write(
        folder / "secrets.csv",
        [
            "secret",
            "view",
            "windows",
            "entropy of the secret (bits/window)",
            "shared (bits/window)",
            "by chance (bits/window)",
            "p",
            "share of the secret",
        ],
        (
            [secret, view, *astuple(each), each.share]
            for (secret, view), each in found.shared.items()
        ),
    )


def write_advice(path: Path, advice: Advice) -> None:
    """Write all candidates, the least telling first."""
    pareto = {id(each) for each in advice.pareto}
    _write(
        path,
        [
            "window (s)",
            "measure",
            "thresholds (W)",
            "MCC",
            "balanced accuracy",
            "bits/day",
            "at most (bits/day)",
            "occupancy MCC",
            "decisions",
            "share yes",
            "not beaten",
            "recommended",
        ],
        (
            [
                each.candidate.window,
                each.candidate.measure.value,
                " ".join(f"{bound:g}" for bound in each.candidate.bounds),
                each.mcc,
                each.balanced,
                each.bits,
                each.bound,
                each.occupancy,
                each.decisions,
                each.positive,
                "yes" if id(each) in pareto else "no",
                "yes" if each is advice.best else "no",
            ]
            for each in sorted(advice.weighed, key=lambda each: each.bits)
        ),
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_shown(value) for value in row] for row in rows)


def _shown(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value
