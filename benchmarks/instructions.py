"""How many instructions a report takes, and from them the time on a small computer.

Counted by valgrind (`--tool=cachegrind`), which runs the same machine code one instruction
after the other: unlike time the counts don't depend on what else the machine does. A
process does one thing so many times and once more than that; the difference counts.

The small computers are estimated, not measured, from

    instructions x expansion / (instructions per cycle x frequency)

- *Expansion*: instructions of their code for one of x86-64. On 64-bit ARM about one
  (Blem, Menon and Sankaralingam, "Power Struggles", HPCA 2013, find the same counts within
  some ten per cent). On 32-bit ARM two: integers of Python have digits of 30 bits, which fit,
  but BLAKE2b works on 64-bit words and the interpreter's objects hold 64-bit hashes. This
  is an assumption. AES in software: a block of 16 bytes takes about 350 instructions more.
- *Instructions per cycle*: an interpreter branches and chases pointers. ARM1176 (one
  instruction at a time, 16 KiB of caches each): 0.4. Cortex-A72 (three at a time, out of
  order): 1.0. Both are assumptions at the low end of what is published for such programs;
  twice as fast or half as fast is possible.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
import os
import re
import shutil
import subprocess
import sys
from typing import Final

from .report import steps
from .results import Result, UnavailableError, table
from .timing import machine
from .transcripts import agree

TALK: Final = 40_000.0
"""ms that one query took in the talk, on a Raspberry Pi (Costantino, Martinelli 2014)."""
_AES_IN_SOFTWARE: Final = 350
_STEPS: Final = {
    "report": "make a report (household)",
    "verify": "verify the reply (household)",
    "answer": "answer it (provider)",
    "report floor": "AES and BLAKE2b of a report, alone",
    "answer floor": "AES and BLAKE2b of an answer, alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """A small computer, as it is assumed to be."""

    name: str
    hertz: float
    expansion: float
    per_cycle: float
    has_aes: bool

    def milliseconds(self, instructions: float, blocks: int) -> float:
        """Return the time of so many instructions and blocks of AES."""
        if not self.has_aes:
            instructions += _AES_IN_SOFTWARE * blocks
        return instructions * self.expansion / (self.per_cycle * self.hertz) * 1e3


COMPUTERS: Final = (
    Computer(
        name="Raspberry Pi 1 (ARM1176, 700 MHz)",
        hertz=700e6,
        expansion=2.0,
        per_cycle=0.4,
        has_aes=False,
    ),
    Computer(
        name="Raspberry Pi 4 (Cortex-A72, 1.5 GHz)",
        hertz=1.5e9,
        expansion=1.1,
        per_cycle=1.0,
        has_aes=False,
    ),
)


def count(*, times: int) -> dict[str, float]:
    """Return the instructions of one run of each step.

    Raises:
        UnavailableError: there is no valgrind.
    """
    # What comes before the first run is the same for all.
    steps_and_nothing = [*_STEPS, next(iter(_STEPS))]
    often = [times] * len(_STEPS) + [0]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        *found, before = pool.map(_counted, steps_and_nothing, often)
    return {
        step: (whole - before) / times
        for step, whole in zip(_STEPS, found, strict=True)
    }


def _counted(step: str, times: int) -> int:
    if (valgrind := shutil.which("valgrind")) is None:
        raise UnavailableError("valgrind is missing: sudo apt-get install valgrind")
    done = subprocess.run(  # noqa: S603  # our own command
        [
            *(valgrind, "--tool=cachegrind", "--cache-sim=no"),
            "--cachegrind-out-file=/dev/null",
            *(sys.executable, "-m", "benchmarks.instructions", step, str(times)),
        ],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if found is None:
        raise RuntimeError(done.stderr)
    return int(found[1].replace(",", ""))


def results(*, quick: bool) -> Iterator[Result]:
    """Yield the counts, and the estimates."""
    times = 100 if quick else 400
    counts = count(times=times)
    for step, name in _STEPS.items():
        floor = f"{step} floor" in counts
        yield Result(
            name=name,
            value=round(counts[step], -3),
            unit="instructions",
            beside="its AES and BLAKE2b" if floor else "",
            reference=round(counts[f"{step} floor"], -3) if floor else None,
        )
    # A report: four blocks a gate, each encrypted twice.
    blocks = 8 * agree().plan.circuit.and_gates
    for computer in COMPUTERS:
        yield Result(
            name=f"a report at home, estimated: {computer.name}",
            value=computer.milliseconds(counts["report"] + counts["verify"], blocks),
            unit="ms",
            beside="the talk's query, both sides and the network",
            reference=TALK,
        )


def _work(step: str, times: int) -> None:
    """Be the process that is counted."""
    functions = steps(agree())
    # What is made once is made before, and what comes before is the same for all steps.
    for function in functions.values():
        for _ in range(10):
            function()
    for _ in range(times):
        functions[step]()


def main() -> None:
    """Measure and print a table; with a step and a number, be what is counted."""
    if len(sys.argv) > 1:
        _work(sys.argv[1], int(sys.argv[2]))
    else:
        print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
