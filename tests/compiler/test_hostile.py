"""Whatever text a stranger wrote, it compiles or is refused, within bounds."""

from random import Random
from typing import Final

from currentcost_exchange.compiler import ProgramError, compile_program
from currentcost_exchange.compiler.minimizing import MOST_ANDS
from hypothesis import given, strategies as st
import pytest

from ..exchange.strategies import examples
from .generator import Generator

BODY: Final = "void f(int INPUT_A_x, long INPUT_B_y) {{ {} int OUTPUT_o = INPUT_A_x; }}"

# Each asks for more than the household would give.
GREEDY: Final = {
    "multiplications": BODY.format(
        "for (int i = 0; i < 100000; i++) INPUT_B_y = INPUT_B_y * INPUT_B_y + 1;"
        " INPUT_A_x = INPUT_B_y;"
    ),
    "divisions of constants": BODY.format(
        "long a = 1; for (int i = 0; i < 100000; i++) a = (a + 977) / 3;"
    ),
    "divisions": BODY.format(
        "for (int i = 0; i < 1000; i++) INPUT_B_y = INPUT_B_y / (INPUT_A_x | 1) + i;"
    ),
    "XORs alone": BODY.format(
        "long a[64] = {0}; for (int i = 0; i < 64; i++) a[i] = INPUT_B_y << i;"
        " for (int i = 0; i < 100000; i++) a[i & 63] ^= a[(i * 7 + 3) & 63] << 1;"
    ),
    "an endless loop of branches": BODY.format(
        "for (;;) if (INPUT_A_x) INPUT_A_x++; else INPUT_B_y--;"
    ),
    "branches over an array": BODY.format(
        "int a[4096] = {0}; for (int i = 0; i < 9999; i++) { if (INPUT_A_x == i)"
        " a[i & 4095]++; }"
    ),
    "a computed index": BODY.format(
        "int a[4096] = {0}; for (int i = 0; i < 9999; i++) a[INPUT_A_x] = i;"
    ),
    "many variables": BODY.format(
        "".join(f"int v{n} = INPUT_A_x;" for n in range(1000))
        + "for (;;) { if (INPUT_A_x) v1++; }"
    ),
    "macros that double": "".join(
        f"#define M{n} (M{n + 1} + M{n + 1})\n" for n in range(40)
    )
    + "#define M40 1\n"
    + BODY.format("int a = M0;"),
    "types of macros that double": "".join(
        f"#define M{n} (M{n + 1} + M{n + 1})\n" for n in range(40)
    )
    + "#define M40 1\n"
    + BODY.format("int a = 1 ? 1 : M0;"),
    "a macro of itself": "#define M (M + 1)\n" + BODY.format("int a = M;"),
    "calls that double": "int g0(int x) { return x; }"
    + "".join(f"int g{n + 1}(int x) {{ return g{n}(x) + g{n}(x); }}" for n in range(12))
    + "int h(int x) { for (int i = 0; i < 1000; i++) x += g12(x); return x; }"
    + BODY.format("INPUT_A_x = h(1);"),
    "a struct that doubles": "struct s0 { int a[2]; };"
    + "".join(
        f"struct s{n + 1} {{ struct s{n} a; struct s{n} b; }};" for n in range(60)
    )
    + BODY.format("struct s60 z;"),
    "an array of arrays": BODY.format("int a[4096][4096][4096];"),
    "parentheses": BODY.format(f"int a = {'(' * 30_000}1{')' * 30_000};"),
    "signs": BODY.format(f"int a = {'- ' * 20_000}1;"),
    "a long sum": BODY.format(f"int a = 1{'+1' * 20_000};"),
    "else if": BODY.format("if (INPUT_A_x) ; else " * 2000 + ";"),
    "blocks": BODY.format("if (1) " * 5000 + ";"),
    "open comments": "/*" * 30_000,
    "open strings": '"\\' * 30_000,
    "blanks after a directive": "#x" + " \t" * 30_000 + "x",
    "many macros": "".join(f"#define A{n} {n}\n" for n in range(4000)),
    "a long number": BODY.format(f"int a = {'9' * 60_000};"),
    "a huge shift": BODY.format("int a = 1 << 99999999999;"),
}


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_program_is_refused(name: str) -> None:
    with pytest.raises(ProgramError):
        compile_program(GREEDY[name])


def attempt(source: str) -> None:
    """Compile whatever it is; a refusal shows the text's own line."""
    refusal = None
    try:
        assert compile_program(source).circuit.and_gates <= MOST_ANDS
    except ProgramError as err:
        refusal = err
    if refusal is not None:
        assert refusal.reason
        assert 0 <= refusal.line <= source.count("\n") + 2
        assert refusal.reason in refusal.show("p.c", source)


@examples(60)
@given(st.text(max_size=200))
def test_any_text(source: str) -> None:
    attempt(source)


@examples(60)
@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_any_statement(text: str) -> None:
    attempt(BODY.format(text.replace("{", "{{").replace("}", "}}")))


WORDS: Final = [
    "int",
    "unsigned",
    "char",
    "long",
    "_Bool",
    "void",
    "struct",
    "union",
    "enum",
    "const",
    "static",
    "typedef",
    "if",
    "else",
    "for",
    "while",
    "do",
    "switch",
    "case",
    "default",
    "break",
    "continue",
    "return",
    "goto",
    "sizeof",
    "INPUT_A_x",
    "INPUT_B_y",
    "OUTPUT_o",
    "f",
    "g",
    "a",
    "b",
    "0",
    "1",
    "-1",
    "7u",
    "'a'",
    "1.5",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "~",
    "!",
    "<",
    ">",
    "==",
    "&&",
    "||",
    "?",
    ":",
    ";",
    ";",
    ",",
    ".",
    "->",
    "=",
    "+=",
    "++",
    "--",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<<",
    ">>",
]


@examples(150)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_words(words: list[str]) -> None:
    attempt(BODY.format(" ".join(words)))


@examples(60)
@given(st.randoms(use_true_random=False))
def test_a_damaged_program(random: Random) -> None:
    words = Generator(random).program().source.split(" ")
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(words))
        match random.randrange(3):
            case 0:
                del words[place : place + 2]
            case 1:
                words[place] = random.choice(WORDS)
            case _:
                words.insert(place, words[random.randrange(len(words))])
    attempt(" ".join(words))
