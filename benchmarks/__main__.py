"""Runs all benchmarks, each in a process of its own, and writes what they find.

script/benchmark [--quick] [NAME ...]
"""

import argparse
from datetime import UTC, datetime
from importlib import import_module
import json
import os
from pathlib import Path
import subprocess
import sys
from time import perf_counter
from typing import Any, Final

from . import check
from .results import Result, UnavailableError, table
from .timing import environment

BENCHMARKS: Final = {
    "report": "One report",
    "instructions": "Instructions, and a small computer",
    "peers": "The same question by another library",
    "latency": "From the end of a window to the verified bucket",
    "provider_load": "The provider's service under load",
    "agreements": "Households at one provider",
    "asking": "Questions on demand",
    "growth": "Growth",
    "programs": "Programs",
    "parser": "The meter's parser",
    "home_assistant": "Inside Home Assistant",
    "soak": "A day compressed",
}
"""By their modules, with their titles."""
ON_REQUEST: Final = {"soak"}
"""Takes longer than all others together, and has a page of its own."""
FOLDER: Final = Path("build/benchmarks")
DOCUMENT: Final = Path("docs/benchmarks.md")
_BEGIN: Final = "<!-- figures -->\n"
_END: Final = "<!-- end of figures -->"


def run(name: str, file: Path, *, quick: bool) -> None:
    """Be the process of one benchmark: write what it finds to a file."""
    found: list[Result] = []
    skipped = ""
    try:
        found.extend(import_module(f".{name}", __package__).results(quick=quick))
    except UnavailableError as err:
        skipped = str(err)
    file.write_text(
        json.dumps({"results": [each.document() for each in found], "skipped": skipped})
    )


def measure(name: str, *, quick: bool) -> dict[str, Any]:
    """Let a process run a benchmark; return its document."""
    file = FOLDER / f"{name}.json"
    file.unlink(missing_ok=True)
    command = [sys.executable, "-m", __package__, "--run", str(file), name]
    begun = perf_counter()
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, *(["--quick"] if quick else [])],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    document: dict[str, Any] = {"results": [], "skipped": ""}
    if done.returncode == 0:
        document = json.loads(file.read_text())
    else:
        (FOLDER / f"{name}.log").write_text(done.stdout)
        document["failed"] = f"it failed: {FOLDER / name}.log"
    return document | {"seconds": round(perf_counter() - begun, 1)}


def markdown(about: dict[str, str], documents: dict[str, dict[str, Any]]) -> str:
    """Return everything for people."""
    parts = ["\n".join(f"- {name}: {value}" for name, value in about.items())]
    for name, document in documents.items():
        parts.append(f"### {BENCHMARKS[name]}")
        results = [
            Result(**{k: v for k, v in each.items() if k not in {"ratio", "is_met"}})
            for each in document["results"]
        ]
        if results:
            parts.append(table(results))
        if missing := document.get("failed") or document["skipped"]:
            parts.append(f"Not measured: {missing}")
    return "\n\n".join(parts) + "\n"


def write_document(text: str) -> None:
    """Put the tables in their place in the documentation."""
    before, _, rest = DOCUMENT.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}")


def main() -> int:
    """Run what is named; return the status."""
    parser = argparse.ArgumentParser(prog="script/benchmark")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(unknown)}; --list names them")
    if options.list:
        print("\n".join(f"{name:<15} {title}" for name, title in BENCHMARKS.items()))
        return 0
    if options.check:
        return check.main()
    if options.run:
        run(options.names[0], options.run, quick=options.quick)
        return 0
    names = options.names or [name for name in BENCHMARKS if name not in ON_REQUEST]
    return run_all(names, quick=options.quick)


def run_all(names: list[str], *, quick: bool) -> int:
    """Run benchmarks one after the other, and write the files; return the status."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    about = environment() | {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "form": "quick" if quick else "full",
    }
    print("\n".join(f"{name}: {value}" for name, value in about.items()))
    documents: dict[str, dict[str, Any]] = {}
    for position, name in enumerate(names, 1):
        print(f"[{position}/{len(names)}] {BENCHMARKS[name]} ... ", end="", flush=True)
        documents[name] = document = measure(name, quick=quick)
        told = document.get("failed") or document["skipped"]
        print(f"{document['seconds']:.0f} s{'; ' if told else ''}{told}", flush=True)
    text = markdown(about, documents)
    (FOLDER / "results.md").write_text(text)
    everything = {"environment": about, "benchmarks": documents}
    (FOLDER / "results.json").write_text(json.dumps(everything, indent=1) + "\n")
    print(f"\n{text}")
    if not quick and {*names, *ON_REQUEST} == {*BENCHMARKS}:
        write_document(text)
    return int(any("failed" in document for document in documents.values()))


if __name__ == "__main__":
    sys.exit(main())
