"""The command `currentcost-program`, as a process of its own."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from currentcost_exchange.bristol import read_bristol
from currentcost_exchange.compiler import compile_program
from currentcost_exchange.library import library_template
import pytest

COMMAND = (
    sys.executable,
    "-c",
    "from currentcost_exchange.compiler.command import main; main()",
)
SUM = """\
void sum(int INPUT_A_x[2], short INPUT_B_y)
{
    int OUTPUT_sum = INPUT_A_x[0] + INPUT_A_x[1] + INPUT_B_y;
    int OUTPUT_less = INPUT_A_x[0] < INPUT_B_y;
}
"""
VALUES = ("INPUT_A_x=-7,3", "INPUT_B_y=-100")
FRACTION = """\
void f(int INPUT_A_x)
{
    float OUTPUT_y = 1;
}
"""


def run(*arguments: str, source: str = SUM) -> subprocess.CompletedProcess[str]:
    """Run the command with a source on its standard input."""
    return subprocess.run(  # noqa: S603  # our own
        [*COMMAND, *arguments],
        input=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def answer(*arguments: str, source: str = SUM) -> dict[str, Any]:
    """Run the command and read its JSON."""
    done = run(*arguments, source=source)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refusal(*arguments: str, source: str = SUM) -> str:
    """Run the command, which must refuse, and return what it says."""
    done = run(*arguments, source=source)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_compile_writes_bristol_fashion(tmp_path: Path) -> None:
    shipped = library_template("range").question
    file, out = tmp_path / "range.c", tmp_path / "range.txt"
    file.write_text(shipped.source)
    widths = [
        f"--width={name}={width}" for name, width in sorted(shipped.widths.items())
    ]
    done = run("compile", str(file), *widths, "-o", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    program = compile_program(shipped.source, shipped.widths)
    circuit = read_bristol(out.read_text())
    assert circuit.inputs == program.circuit.inputs == (17, 51)
    thresholds = 1000 | 2000 << 17 | 3000 << 34
    assert circuit.evaluate(1500, thresholds) == (2,)
    assert run("compile", str(file), *widths).stdout == out.read_text()


def test_a_refused_program_leaves_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    assert "error" in refusal("compile", "-", "-o", str(out), source=FRACTION)
    assert not out.exists()


def test_gates() -> None:
    found = answer("gates", "-", "--width", "INPUT_A_x=17")
    circuit = compile_program(SUM, {"INPUT_A_x": 17}).circuit
    assert found["and"] == circuit.and_gates
    assert found["and"] + found["xor"] + found["inv"] == len(circuit.gates)
    assert 1 <= found["depth"] <= found["and"]
    assert found["household"] == [{"name": "INPUT_A_x", "width": 17, "count": 2}]
    assert found["provider"] == [{"name": "INPUT_B_y", "width": 16, "count": 1}]
    assert [(o["name"], o["least"], o["most"]) for o in found["outputs"]] == [
        ("OUTPUT_sum", -(2**15), 2 * (2**17 - 1) + 2**15 - 1),
        ("OUTPUT_less", 0, 1),
    ]
    outputs = sum(item["width"] for item in found["outputs"])
    assert found["report_bytes"] == 117 + 16 * 16 + 32 * found["and"] + 64 * outputs


def test_evaluate() -> None:
    found = answer("evaluate", "-", *VALUES)
    assert found == {"OUTPUT_sum": -104, "OUTPUT_less": 0}


def test_run() -> None:
    found = answer("run", "-", *VALUES)
    assert found["outcome"] == {"OUTPUT_sum": -104, "OUTPUT_less": 0}
    assert found["equals_plain"] is True
    assert found["garble_ms"] > 0
    assert found["evaluate_ms"] > 0
    assert found["report_bytes"] == answer("gates", "-")["report_bytes"]


def test_a_program_of_one_party() -> None:
    source = "void f(unsigned char INPUT_A_x) { int OUTPUT_y = INPUT_A_x * 3 - 4; }"
    assert answer("run", "-", "INPUT_A_x=1", source=source)["outcome"] == {
        "OUTPUT_y": -1
    }


def test_an_error_has_its_line_and_a_caret(tmp_path: Path) -> None:
    file = tmp_path / "fraction.c"
    file.write_text(FRACTION)
    place, line, caret, *hint = refusal("gates", str(file)).splitlines()
    assert place.startswith(f"{file}:3:")
    assert "error: the type float is not understood" in place
    assert line == "        float OUTPUT_y = 1;"
    assert caret == "        ^"
    assert hint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "INPUT_A_x is missing"),
        (("INPUT_A_x=1,2",), "INPUT_B_y is missing"),
        ((*VALUES, "INPUT_B_z=1"), "there is no input INPUT_B_z"),
        (("INPUT_A_x=1", "INPUT_B_y=1"), "INPUT_A_x takes 2 values, not 1"),
        ((*VALUES, "INPUT_B_y=1"), "INPUT_B_y is given twice"),
        (("INPUT_A_x=1,2", "INPUT_B_y=32768"), "It is from -32768 to 32767."),
        (("INPUT_A_x=1,2", "INPUT_B_y=-32769"), "INPUT_B_y can't be -32769"),
        (("INPUT_A_x=1,", "INPUT_B_y=1"), "INPUT_A_x=1, is not understood"),
        (("INPUT_A_x=1,2", "INPUT_B_y=1.5"), "INPUT_B_y=1.5 is not understood"),
        ((*VALUES, "--width=INPUT_A_x=5"), "It is from 0 to 31."),
        ((*VALUES, "--width=INPUT_A_x=33"), "INPUT_A_x can't have 33 bits"),
        ((*VALUES, "--width=INPUT_A_x=0"), "INPUT_A_x can't have 0 bits"),
        ((*VALUES, "--width=x=5"), "there is no input x"),
        ((*VALUES, "--width=17"), "--width 17 is not understood"),
        ((*VALUES, "--width=INPUT_A_x=-1"), "--width INPUT_A_x=-1 is not understood"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "run"])
def test_what_does_not_fit_is_refused(
    command: str, given: tuple[str, ...], said: str
) -> None:
    assert said in refusal(command, "-", *given)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "noise.c"
    file.write_bytes(bytes(range(256)))
    assert "a program is written in ASCII" in refusal("gates", str(file))


def test_a_file_that_is_not_there() -> None:
    done = run("gates", "nowhere.c")
    assert done.returncode == 2
    assert "nowhere.c" in done.stderr
