"""What isn't understood is refused: where it stands, why, and what to write instead."""

from typing import Final

from currentcost_exchange.compiler import ProgramError, compile_program
import pytest

ENTRY: Final = "void f(int INPUT_A_x, int INPUT_B_y) {\n"

# A statement in the entry function, what its caret points at, part of the reason, and
# part of the hint.
STATEMENTS: Final = {
    "float": ("float z = 1;", "float", "float is not understood", "smaller units"),
    "double": ("double z;", "double", "double is not understood", "smaller units"),
    "fraction": ("int z = 1.5;", "1.5", "1.5 is not an integer", "smaller units"),
    "pointer": ("int *z;", "*", "pointers", "array or a struct"),
    "address": ("int z = *&INPUT_A_x;", None, "* is not understood", "Pointers"),
    "arrow": ("INPUT_A_x = INPUT_B_y->z;", "INPUT_B_y", "pointers", "array"),
    "loop": (
        "while (INPUT_A_x > 0) INPUT_A_x--;",
        "INPUT_A_x > 0",
        "depends on an input",
        "leave with if",
    ),
    "endless": ("for (;;) ;", ";", "takes too long", "loop"),
    "endless do": ("do ; while (1);", None, "takes too long", "loop"),
    "goto": ("goto end; end: ;", "goto", "goto", "if and loops"),
    "assert": ("assert(INPUT_A_x > 0);", "assert", "no assert", "half-way"),
    "union": ("union { int a; char b; } z;", None, "unions", "struct"),
    "bit-field": ("struct { int a : 3; } z;", "a : 3", "bit-fields", "integer type"),
    "unassigned": ("int z; z++;", "z++", "not have been assigned", "declared"),
    "half assigned": (
        "int z; if (INPUT_A_x) z = 1; int y = z;",
        "z;\n",
        "not have been assigned",
        "every branch",
    ),
    "an array's rest": (
        "int z[2]; z[0] = 1; INPUT_A_x = z[1];",
        "z[1]",
        "not have been assigned",
        "",
    ),
    "a field": (
        "struct { int a; int b; } z; z.a = 1; INPUT_A_x = z.b;",
        "z.b",
        "not have been assigned",
        "",
    ),
    "division": ("int z = INPUT_A_x / 0;", None, "division by zero", "C leaves open"),
    "remainder": ("int z = 1 % (2 - 2);", None, "division by zero", "C leaves open"),
    "shift": ("int z = INPUT_A_x << 32;", None, "shifted by 32", "C leaves open"),
    "shift back": ("int z = INPUT_A_x >> -1;", None, "shifted by -1", "C leaves open"),
    "index": ("int z[4] = {1}; z[4] = 0;", "4] = 0", "index 4 is outside", "C leaves"),
    "index -1": ("int z[4] = {1}; z[-1]++;", "1]", "index -1 is outside", "C leaves"),
    "unknown name": ("nothing = 1;", "nothing", "nothing is not declared", ""),
    "unknown function": ("INPUT_A_x = g(1);", "g(1)", "no function g", ""),
    "a variable called": ("int g; g(1);", "g(1)", "no function g", ""),
    "twice": ("int z; int z;", "z;\n", "z is declared twice", ""),
    "string": ('int z = "no";', '"no"', "strings", ""),
    "sizeof": ("int z = sizeof(int);", "sizeof", "sizeof is not understood", "sizes"),
    "const": ("const int z = 1; z = 2;", None, "this is const", "first value"),
    "static": ("static int z;", "z", "static is not understood", "its block"),
    "extern": ("extern int z;", "z", "extern is not understood", "its block"),
    "cases": (
        "switch (INPUT_A_x) { case 1: ; case 1: ; }",
        "1: ; }",
        "two cases of 1",
        "",
    ),
    "defaults": (
        "switch (INPUT_A_x) { default: ; default: ; }",
        "default: ; }",
        "two defaults",
        "",
    ),
    "case of an input": (
        "switch (INPUT_A_x) { case INPUT_B_y: ; }",
        "INPUT_B_y:",
        "needs a constant",
        "",
    ),
    "before the case": ("switch (1) { INPUT_A_x++; }", None, "before the first", ""),
    "break": ("break;", "break", "outside of a loop", ""),
    "continue": ("switch (1) { case 1: continue; }", "continue", "outside of a", ""),
    "a value returned": ("return 1;", "return", "f returns nothing", ""),
    "inner output": (
        "{ int OUTPUT_z = 1; }",
        "OUTPUT_z",
        "nobody gets OUTPUT_z",
        "outermost block",
    ),
    "local input": ("int INPUT_A_z;", "INPUT_A_z", "nobody gives", "parameters"),
    "struct as a number": (
        "struct { int a; } z = {1}; INPUT_A_x = z + 1;",
        None,
        "an integer is needed, this is struct",
        "",
    ),
    "array as a whole": ("int z[2] = {1}; INPUT_A_x = z;", None, "does not become", ""),
    "no field": ("struct { int a; } z = {1}; z.b = 1;", "z.b", "no field b", ""),
    "no array": ("INPUT_A_x[0] = 1;", "INPUT_A_x[0]", "is not an array", ""),
    "length": ("int z[INPUT_A_x];", "z", "constant length", "between 1 and"),
    "too long an array": ("int z[4097];", "z", "constant length", "between 1 and"),
    "too much of arrays": ("int z[4000][4000];", "z", "constant length", "between"),
    "too many values": ("int z[1] = {1, 2};", None, "takes 1 values", ""),
    "a value's address": ("(INPUT_A_x + 1)++;", None, "a value and no variable", "Put"),
    "long number": ("long z = 99999999999999999999;", "999", "too large", ""),
    "character": (r"int z = '\x41';", None, "character is not understood", "number"),
}


def refusal(source: str) -> tuple[ProgramError, str]:
    """Return the error that a program is refused with, and how it is shown."""
    with pytest.raises(ProgramError) as caught:
        compile_program(source)
    return caught.value, caught.value.show("p.c", source)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_refused(name: str) -> None:
    statement, target, reason, hint = STATEMENTS[name]
    error, shown = refusal(
        f"{ENTRY}    {statement}\n    int OUTPUT_o = INPUT_A_x;\n}}\n"
    )
    assert reason in error.reason
    assert hint in error.hint
    assert error.line == 2
    message, line, caret, *_ = shown.splitlines()
    assert message.startswith(f"p.c:2:{error.column}: error: ")
    assert line.strip() == statement
    pointed = (line + "\n")[caret.index("^") :]
    assert pointed.strip()
    if target is not None:
        assert pointed.startswith(target)


# A whole program, part of the reason, part of the hint, the line.
PROGRAMS: Final = {
    "recursion": (
        "int g(int a) {\n return a ? g(a - 1) : 0; }\n"
        + ENTRY
        + "int OUTPUT_o = g(INPUT_A_x); }",
        "g calls itself",
        "constant bound",
        2,
    ),
    "recursion of two": (
        "int h(int a);\nint g(int a) { return h(a); }\nint h(int a) { return g(a); }\n"
        + ENTRY
        + "int OUTPUT_o = g(INPUT_A_x); }",
        "g calls itself",
        "constant bound",
        3,
    ),
    "global input": (
        "int INPUT_A_x;\n" + ENTRY + "}",
        "INPUT_A_x is global",
        "parameters",
        1,
    ),
    "global output": (
        "int OUTPUT_o;\n" + ENTRY + "OUTPUT_o = 1; }",
        "OUTPUT_o is global",
        "its variables",
        1,
    ),
    "output on some paths": (
        ENTRY + "int OUTPUT_o;\nif (INPUT_A_x) OUTPUT_o = 1; }",
        "OUTPUT_o may not have been assigned",
        "before any return",
        1,
    ),
    "output after a return": (
        ENTRY + "if (INPUT_A_x) return;\nint OUTPUT_o = 1; }",
        "OUTPUT_o may not have been assigned",
        "before any return",
        1,
    ),
    "missing return": (
        "int g(int a) { if (a) return 1; }\n" + ENTRY + "int OUTPUT_o = g(INPUT_A_x);}",
        "g may end without returning",
        "end with a return",
        1,
    ),
    "return without value": (
        "int g(int a) { return; }\n" + ENTRY + "int OUTPUT_o = g(INPUT_A_x); }",
        "g returns a value",
        "",
        1,
    ),
    "value of nothing": (
        "void g(void) { }\n" + ENTRY + "int OUTPUT_o = g() + 1; }",
        "an integer is needed, this is void",
        "",
        3,
    ),
    "arguments": (
        "int g(int a) { return a; }\n" + ENTRY + "int OUTPUT_o = g(1, 2); }",
        "g takes 1 arguments, not 2",
        "",
        3,
    ),
    "an array for an integer": (
        "int g(int a[2]) { return a[0]; }\n" + ENTRY + "int OUTPUT_o = g(INPUT_A_x); }",
        "an array is needed",
        "",
        3,
    ),
    "two functions": (
        "int g(void) { return 1; }\nint g(void) { return 2; }\n" + ENTRY + "}",
        "g is declared twice",
        "",
        2,
    ),
    "two parameters": (
        "int g(int a,\n int a) { return 1; }",
        "a is declared twice",
        "",
        2,
    ),
    "no result": (ENTRY + "}", "no result", "OUTPUT_", 1),
    "returned result": (
        "int f(int INPUT_A_x) { int OUTPUT_o = 1; return 2; }",
        "is no result",
        "Make it void",
        1,
    ),
    "an array as result": (
        ENTRY + "int OUTPUT_o[2] = {1, 2}; }",
        "not an integer",
        "",
        1,
    ),
    "another party": (
        "void f(int INPUT_C_x) { int OUTPUT_o = INPUT_C_x; }",
        "nobody gives INPUT_C_x",
        "INPUT_A_",
        1,
    ),
    "directive": ("\n#if 1\n#endif", "#if is not understood", "#define", 2),
    "header": ("#include <stdio.h>", "#include is not understood", "", 1),
    "macro with parameters": ("#define F(a) a", "#define is not understood", "", 1),
    "open macro": ("#define N 1 + 2", "not stand for a constant", "(3 + 4)", 1),
    "macro of a keyword": ("#define int 3", "not stand for a constant", "", 1),
    "macro of two": ("#define N 1); int y = (2", "not stand for a constant", "", 1),
    "macro twice": ("#define N 1\n#define N 2", "N is defined twice", "", 2),
    "macro and variable": ("#define N 1\nint N;", "also stands for", "", 2),
    "joined lines": ("int a; // \\\nint b;", "joined line", "", 1),
    "open comment": ("\n  /* never", "comment does not end", "", 2),
    "not C": ("int f( {", "not C", "", 1),
    "_Pragma": ("__attribute__((x)) int a;", "", "", 1),
    "enum": ("enum { A = 2147483648 };", "does not fit an int", "", 1),
    "enum twice": ("enum { A = 1 };\nenum { A = 2 };", "A is declared twice", "", 2),
    "struct twice": (
        "struct s { int a; };\nstruct s { long a; };",
        "struct s is declared twice",
        "",
        2,
    ),
    "unknown struct": ("struct s a;", "struct s is not declared", "", 1),
    "brackets": ("int a = " + "(" * 99 + "1" + ")" * 99 + ";", "nested too", "", 1),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_refused(name: str) -> None:
    source, reason, hint, line = PROGRAMS[name]
    error, shown = refusal(source)
    assert reason in error.reason
    assert hint in error.hint
    assert error.line == line
    assert shown.splitlines()[2].strip() == "^"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "no inputs"),
        ("void f(void) { int OUTPUT_o = 1; }", "no inputs"),
        (
            ENTRY + "int OUTPUT_o = 1; } void g(int INPUT_A_x) { }",
            "one function with inputs",
        ),
        ("int a; // \N{DEGREE SIGN}", "ASCII"),
        ("\0", "ASCII"),
        (" " * 65_537, "too long"),
    ],
)
def test_a_text_is_refused(source: str, reason: str) -> None:
    error, shown = refusal(source)
    assert reason in error.reason
    assert shown.startswith("p.c: error: ")


def test_widths_are_checked() -> None:
    source = ENTRY + "int OUTPUT_o = INPUT_A_x; }"
    for widths in ({"INPUT_A_x": 0}, {"INPUT_A_x": 33}, {"INPUT_A_z": 1}):
        with pytest.raises(ProgramError):
            compile_program(source, widths)
