"""Forgetting what is known of a circuit's signals costs gates, and nothing else."""

from random import Random

from currentcost_exchange.compiler import compile_program, minimizing
import pytest

from .generator import Generator
from .reference import evaluate
from .test_differential import compiled_or_too_large, rows_for


@pytest.mark.parametrize("seed", range(8))
def test_forms_that_begin_anew_change_no_result(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  # choices, not secrets
    generated = Generator(random).program()
    whole = compiled_or_too_large(generated)
    monkeypatch.setattr(minimizing, "_MANY_FORM_BITS", random.choice([0, 500, 20_000]))
    forgetful = compiled_or_too_large(generated)
    if whole is None or forgetful is None:
        return
    for row in rows_for(generated, random):
        wanted = evaluate(whole, generated, row)
        assert evaluate(forgetful, generated, row) == wanted


def test_forms_are_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
        void f(uint16_t INPUT_A_x, uint16_t INPUT_B_y) {
            int OUTPUT_first = INPUT_A_x * INPUT_B_y;
            int OUTPUT_again = INPUT_A_x * INPUT_B_y + 1;
        }
    """
    once = compile_program(source).circuit.and_gates
    monkeypatch.setattr(minimizing, "_MANY_FORM_BITS", 5000)
    assert once < compile_program(source).circuit.and_gates < 3 * once
