"""Every number stays in the range that the compiler claims for it."""

from collections.abc import Sequence
from random import Random
from typing import Final

from currentcost_exchange.builder import Word
from currentcost_exchange.compiler import (
    Output,
    arithmetic,
    compile_program,
    program,
)
from currentcost_exchange.compiler.minimizing import MinimizingBuilder
from currentcost_exchange.compiler.numbers import Number, number
from currentcost_exchange.compiler.ranges import Range
from currentcost_exchange.compiler.running import circuit_values, evaluate_plain
from currentcost_exchange.library import LIBRARY, library_template
from hypothesis import given, strategies as st
import pytest

from ..exchange.strategies import examples
from .generator import Generator
from .reference import pack
from .test_differential import PROGRAMS, SEED, compiled_or_too_large, rows_for

ENTRY: Final = "void f(uint8_t INPUT_A_x, uint8_t INPUT_B_y, int8_t INPUT_B_z) {{ {} }}"

# A result, and its least and most.
RESULTS: Final = {
    "INPUT_A_x + INPUT_B_y": (0, 510),
    "INPUT_A_x - INPUT_B_y": (-255, 255),
    "INPUT_A_x * INPUT_B_z": (-32640, 32385),
    "INPUT_B_z * INPUT_B_z": (0, 16384),
    "-INPUT_B_z": (-127, 128),
    "~INPUT_A_x": (-256, -1),
    "INPUT_A_x / 10": (0, 25),
    "INPUT_A_x % 10": (0, 9),
    "INPUT_B_z / 10": (-12, 12),
    "INPUT_B_z % 10": (-9, 9),
    "INPUT_A_x / (INPUT_B_y | 4)": (0, 63),
    "INPUT_A_x % (INPUT_B_y % 7 + 1)": (0, 6),
    "(INPUT_A_x + 50) / 100": (0, 3),
    "INPUT_A_x >> 3": (0, 31),
    "INPUT_A_x << (INPUT_B_y & 3)": (0, 2040),
    "INPUT_B_z >> (INPUT_B_y & 3)": (-128, 127),
    "INPUT_A_x & INPUT_B_z": (0, 255),
    "INPUT_A_x % 11 & INPUT_B_y": (0, 10),
    "INPUT_A_x % 4 | INPUT_B_y % 3": (0, 3),
    "INPUT_A_x > INPUT_B_y ? 3 : 20": (3, 20),
    "INPUT_A_x < 300": (1, 1),
    "INPUT_A_x + 1 <= 0": (0, 0),
    "INPUT_A_x == -1": (0, 0),
    "(INPUT_A_x + 1) && (INPUT_B_y + 7)": (1, 1),
    "(uint8_t)(INPUT_A_x % 16 + 255)": (0, 255),
    "(uint8_t)(INPUT_A_x % 16 + 256)": (0, 15),
    "(uint32_t)(INPUT_A_x - 256) >> 8": (0xFFFFFF, 0xFFFFFF),
    "INPUT_A_x % 4 + 12u - 12u": (0, 3),
    "INPUT_A_x / INPUT_B_y": (-1, 255),
}


@pytest.mark.parametrize("expression", RESULTS)
def test_bounds_of_a_result(expression: str) -> None:
    source = ENTRY.format(f"long OUTPUT_o = {expression};")
    (output,) = compile_program(source).outputs
    assert (output.least, output.most) == RESULTS[expression]


def test_bounds_of_what_loops_calls_and_arrays_make() -> None:
    source = """
        int twice(int x) { if (x > 3) return 20; return 2 * x; }
        void f(unsigned INPUT_A_x, uint8_t INPUT_B_y) {
            int t[3] = { 7, 9, 11 };
            int OUTPUT_count = 0;
            for (int i = 0; i < 32; i++) OUTPUT_count += INPUT_A_x >> i & 1;
            int OUTPUT_left = 0;
            for (int i = 0; i < 9; i++) { if (INPUT_A_x == i) break; OUTPUT_left += 2; }
            int OUTPUT_read = t[INPUT_A_x % 3];
            t[INPUT_B_y] = 5;
            int OUTPUT_written = t[1];
            int OUTPUT_call = twice(INPUT_A_x % 5);
        }
    """
    found = {
        output.name: (output.least, output.most)
        for output in compile_program(source).outputs
    }
    assert found == {
        "OUTPUT_count": (0, 32),
        "OUTPUT_left": (0, 18),
        "OUTPUT_read": (7, 11),
        "OUTPUT_written": (5, 9),
        "OUTPUT_call": (0, 20),
    }


MOST = {
    "range": 3,
    "n_band": 7,
    "capacity_tier": 9,
    "contracted_power": 31,
    "time_of_use_bill": 515_364,
    "demand_response": 1,
}


@pytest.mark.parametrize("name", LIBRARY)
def test_bounds_of_the_shipped_programs_are_exact(name: str) -> None:
    question = library_template(name).question
    (output,) = compile_program(question.source, question.widths).outputs
    most = MOST[name]
    assert output == Output(output.name, False, most.bit_length(), 0, most)  # noqa: FBT003


def test_a_constant_result_needs_no_gate() -> None:
    compiled = compile_program(
        "void f(uint8_t INPUT_A_x) { int n = 0;"
        " for (int i = 0; i < 9; i++) n += INPUT_A_x > i; int OUTPUT_o = n < 10; }"
    )
    assert compiled.circuit.and_gates == 0
    assert evaluate_plain(compiled, {"INPUT_A_x": [3]}) == {"OUTPUT_o": 1}


class Recorder:
    """Keeps every number that the compiler's arithmetic makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Listen to the compiler."""
        self.numbers: list[Number] = []
        self.builder = MinimizingBuilder(())
        monkeypatch.setattr(arithmetic, "number", self._number)
        monkeypatch.setattr(program, "MinimizingBuilder", self._new_builder)

    def _number(self, word: Word, span: Range) -> Number:
        self.numbers.append(number(word, span))
        return self.numbers[-1]

    def _new_builder(self, inputs: Sequence[int]) -> MinimizingBuilder:
        self.numbers.clear()
        self.builder = MinimizingBuilder(inputs)
        return self.builder

    def outside(self, rows: Sequence[Sequence[int]]) -> list[tuple[Range, int]]:
        """Return the values that aren't in the range claimed for them."""
        made = [found for found in dict.fromkeys(self.numbers) if found.word]
        circuit = self.builder.build([found.word for found in made])
        return [
            (found.range, value)
            for row in rows
            for found, bits in zip(made, circuit.evaluate(*row), strict=True)
            if not found.range.least
            <= (value := signed_value(bits, found.range))
            <= found.range.most
        ]


def signed_value(bits: int, span: Range) -> int:
    """Return the integer that bits stand for in a range."""
    return bits - (1 << span.width) if span.signed and bits >> span.width - 1 else bits


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(0, PROGRAMS, 2))
def test_every_number_stays_in_its_range(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(SEED * 2_000_003 + seed)  # noqa: S311  # choices, not secrets
    recorder = Recorder(monkeypatch)
    generated = Generator(random).program()
    if compiled_or_too_large(generated) is not None:
        rows = [pack(generated, row) for row in rows_for(generated, random)]
        assert recorder.outside(rows) == [], generated.source


@pytest.mark.parametrize("name", LIBRARY)
@examples(3)
@given(data=st.data())
def test_every_number_of_a_shipped_program_stays_in_its_range(
    name: str, data: st.DataObject
) -> None:
    question = library_template(name).question
    with pytest.MonkeyPatch.context() as monkeypatch:
        recorder = Recorder(monkeypatch)
        compiled = compile_program(question.source, question.widths)
    values = [
        {
            item.name: data.draw(
                st.lists(
                    st.integers(0, top) | st.sampled_from([0, top]),
                    min_size=item.count,
                    max_size=item.count,
                )
            )
            for item in (*compiled.household, *compiled.provider)
            for top in [(1 << item.width) - 1]
        }
        for _ in range(3)
    ]
    assert recorder.outside([circuit_values(compiled, row) for row in values]) == []
