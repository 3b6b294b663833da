"""Random programs of the subset, free of what C leaves undefined.

Divisors are made odd and never -1, shift counts and indexes are masked, loops count
up to constants, and what a statement changes it doesn't read elsewhere unsequenced.
Signed overflow is left in: both sides wrap around.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

TYPES: Final = {
    "int8_t": (8, True),
    "uint8_t": (8, False),
    "int16_t": (16, True),
    "uint16_t": (16, False),
    "int32_t": (32, True),
    "uint32_t": (32, False),
    "int64_t": (64, True),
    "uint64_t": (64, False),
    "_Bool": (1, False),
    "char": (8, True),
    "unsigned char": (8, False),
    "short": (16, True),
    "int": (32, True),
    "unsigned": (32, False),
    "long": (64, True),
    "unsigned long int": (64, False),
}
_WIDE: Final = [name for name, (bits, _) in TYPES.items() if bits > 32]
_NARROW: Final = [name for name in TYPES if name not in _WIDE]
_MOST_PRODUCTS: Final = 4


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input of the entry function; a length makes it an array."""

    name: str
    kind: str
    length: int | None
    width: int

    @property
    def signed(self) -> bool:
        """Whether it may be negative: not where it has fewer bits than its type."""
        bits, signed = TYPES[self.kind]
        return signed and self.width == bits

    def __str__(self) -> str:
        """Return the declaration."""
        tail = "" if self.length is None else f"[{self.length}]"
        return f"{self.kind} {self.name}{tail}"


@dataclass(frozen=True, slots=True)
class Generated:
    """A program: its text up to the entry's last brace, inputs and outputs."""

    name: str
    text: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[str, ...]

    @property
    def source(self) -> str:
        """The program as the compiler takes it."""
        return self.text + "}\n"

    @property
    def widths(self) -> dict[str, int]:
        """The width of each input, for the compiler."""
        return {given.name: given.width for given in self.inputs}


class Generator:
    """Writes one program."""

    def __init__(self, random: Random, name: str = "p") -> None:
        """Take the source of choices and a prefix for global names."""
        self._random = random
        self._name = name
        self._lines: list[str] = []
        self._depth = 0
        self._scopes: list[list[str]] = [[]]
        self._readable: list[list[str]] = [[]]
        self._arrays: list[list[tuple[str, int]]] = [[]]
        self._functions: list[tuple[str, int]] = []
        self._changing: list[tuple[str, int]] = []
        self._constants: list[str] = []
        self._count = 0
        self._products = 0
        self._loops = 0
        self._result: str | None = None
        self._budget = 0

    def program(self) -> Generated:
        """Return the program."""
        self._preamble()
        for _ in range(self._random.randrange(3)):
            self._function()
        if self._random.random() < 0.4:
            self._changing_function()
        inputs = self._inputs()
        self._line(f"void {self._name}_main({', '.join(map(str, inputs))}) {{")
        outputs = []
        with self._scope():
            for given in inputs:
                if given.length is None:
                    self._scopes[-1].append(given.name)
                else:
                    self._arrays[-1].append((given.name, given.length))
            for number in range(self._random.randint(1, 3)):
                name = f"OUTPUT_{number}"
                self._line(f"{self._kind()} {name} = {self._expression(1)};")
                self._scopes[-1].append(name)
                outputs.append(name)
            self._result = None
            self._budget = 12
            self._statements(self._random.randint(2, 7))
            for name in outputs:
                self._line(f"{name} {self._pick(['=', '+=', '^='])} {self._sum()};")
        return Generated(
            self._name, "\n".join([*self._lines, ""]), tuple(inputs), tuple(outputs)
        )

    # Declarations

    def _preamble(self) -> None:
        name = self._name
        self._line(f"#define {name}_K {self._literal()}")
        self._line(f"enum {{ {name}_E0, {name}_E1 = {self._random.randint(-9, 99)},")
        self._line(f"       {name}_E2 }};")
        self._line(f"struct {name}_s {{ {self._kind()} a; {self._kind()} b[2]; }};")
        self._line(f"static const {self._kind()} {name}_t[4] = {{")
        self._line("    " + ", ".join(self._literal() for _ in range(3)) + " };")
        self._constants = [f"{name}_K", f"{name}_E0", f"{name}_E1", f"{name}_E2"]

    def _inputs(self) -> list[Parameter]:
        inputs = []
        for party in "AB":
            for number in range(self._random.randint(1, 2)):
                length = self._pick([None, None, None, 2, 4])
                name = f"INPUT_{party}_{number}"
                kind = self._kind()
                width, _ = TYPES[kind]
                if self._random.random() < 0.3:
                    width = self._random.randint(1, width)
                inputs.append(Parameter(name, kind, length, width))
        self._random.shuffle(inputs)
        return inputs

    def _function(self) -> None:
        count = self._random.randint(1, 3)
        name = f"{self._name}_f{len(self._functions)}"
        kinds = [self._kind() for _ in range(count)]
        given = ", ".join(f"{kind} x{n}" for n, kind in enumerate(kinds))
        self._line(f"{self._kind()} {name}({given}) {{")
        with self._scope():
            self._scopes[-1].extend(f"x{number}" for number in range(count))
            self._result = name
            self._budget = 6
            self._statements(self._random.randint(1, 4))
            self._line(f"return {self._expression(2)};")
        self._line("}")
        self._functions.append((name, count))

    def _changing_function(self) -> None:
        name = f"{self._name}_g"
        kind = self._kind()
        self._line(f"void {name}(int v[4], {kind} x) {{")
        with self._scope():
            self._scopes[-1].append("x")
            self._arrays[-1].append(("v", 4))
            self._result = None
            self._budget = 5
            self._statements(3)
        self._line("}")
        self._changing.append((name, 4))

    # Statements

    def _statements(self, count: int) -> None:
        for _ in range(count):
            self._statement()

    def _statement(self) -> None:
        self._budget -= 1
        simple = [
            self._declare,
            self._assign,
            self._assign,
            self._store,
            self._count_up,
        ]
        nested = [
            self._if,
            self._if,
            self._switch,
            self._loop,
            self._leave,
            self._block,
        ]
        rare = [self._structure, self._sequence, self._call]
        choices = simple + rare
        if self._budget > 0 and self._depth < 3:
            choices += nested
        self._pick(choices)()

    def _declare(self) -> None:
        name = self._new()
        if self._random.random() < 0.3:
            length = self._pick([2, 4, 8])
            values = ", ".join(self._expression(1) for _ in range(length - 1))
            self._line(f"{self._kind()} {name}[{length}] = {{ {values} }};")
            self._arrays[-1].append((name, length))
            return
        if self._random.random() < 0.2:
            self._line(f"{self._kind()} {name};")
            self._line(f"if ({self._condition()}) {name} = {self._expression(1)};")
            self._line(f"else {name} = {self._expression(1)};")
        else:
            self._line(f"{self._kind()} {name} = {self._expression(2)};")
        self._scopes[-1].append(name)

    def _structure(self) -> None:
        name, copy = self._new(), self._new()
        kind = f"struct {self._name}_s"
        self._line(f"{kind} {name} = {{ {self._expression(1)} }};")
        self._line(f"{name}.b[{self._expression(1)} & 1] = {self._expression(1)};")
        self._line(f"{kind} {copy} = {name};")
        self._line(f"if ({self._condition()}) {{ {copy}.a += {self._expression(1)};")
        self._line(f"    {name} = {copy}; }}")
        self._scopes[-1] += [f"{name}.a", f"{copy}.a", f"{name}.b[1]", f"{copy}.b[0]"]

    def _assign(self) -> None:
        operators = ["=", "=", "+=", "-=", "&=", "|=", "^="]
        operator = self._pick(operators)
        self._line(f"{self._target()} {operator} {self._expression(3)};")

    def _store(self) -> None:
        if not (arrays := self._all(self._arrays)):
            self._assign()
            return
        name, length = self._pick(arrays)
        index = f"({self._expression(1)}) & {length - 1}"
        if self._random.random() < 0.4:
            index = str(self._random.randrange(length))
        self._line(f"{name}[{index}] {self._pick(['=', '+='])} {self._expression(2)};")

    def _count_up(self) -> None:
        target = self._target()
        choices = [f"{target}++;", f"--{target};", f"{target} <<= 1;"]
        choices.append(f"{target} >>= {self._expression(1)} & 7;")
        if self._product():
            choices.append(f"{target} *= {self._leaf()};")
            choices.append(f"{target} /= {self._divisor()};")
            choices.append(f"{target} %= {self._divisor()};")
        self._line(self._pick(choices))

    def _sequence(self) -> None:
        target, other = self._target(), self._leaf()
        operator = self._pick(["&&", "||"])
        change = self._pick([f"{target}++", f"{target} += {other}", f"--{target}"])
        left = self._expression(1)
        line = f"if ({left} {operator} ({change}, {self._expression(1)}))"
        self._line(f"{line} {self._target()} = {self._expression(1)};")
        self._line(f"{left} {operator} {self._pick([f'{target}--', f'++{target}'])};")

    def _call(self) -> None:
        arrays = [name for name, _ in self._all(self._arrays) if name.startswith("w")]
        if not self._changing or not arrays:
            if self._changing and self._depth < 2 and not self._loops:
                name = f"w{self._new()}"
                self._line(f"int {name}[4] = {{ {self._leaf()}, {self._leaf()} }};")
                self._arrays[-1].append((name, 4))
            else:
                self._assign()
            return
        name, _ = self._pick(self._changing)
        call = f"{name}({self._pick(arrays)}, {self._expression(1)});"
        guard = f"if ({self._condition()}) " if self._random.random() < 0.5 else ""
        self._line(guard + call)

    def _if(self) -> None:
        self._line(f"if ({self._condition()}) {{")
        self._body()
        if self._random.random() < 0.6:
            self._line("} else {")
            self._body()
        self._line("}")

    def _block(self) -> None:
        shadowed = self._pick(self._all(self._scopes) or ["z"])
        self._line("{")
        with self._scope():
            if "." not in shadowed and "[" not in shadowed and "_" not in shadowed:
                self._line(f"{self._kind()} {shadowed} = {self._literal()};")
                self._scopes[-1].append(shadowed)
            self._statements(2)
        self._line("}")

    def _switch(self) -> None:
        self._line(f"switch (({self._expression(2)}) & {self._pick([3, 7])}) {{")
        labels = [f"case {n}:" for n in self._random.sample(range(8), 4)]
        if self._random.random() < 0.7:
            labels.insert(self._random.randrange(5), "default:")
        for label in labels:
            self._line(label)
            if self._random.random() < 0.3:
                continue
            self._line("{")
            self._body(1)
            self._line("}")
            if self._random.random() < 0.6:
                self._line("break;")
        self._line("break; }")

    def _loop(self) -> None:
        if self._loops == 2:
            self._if()
            return
        counter, bound = f"i{self._new()}", self._random.randint(1, 4)
        self._loops += 1
        with self._scope():
            match self._random.randrange(3):
                case 0:
                    self._line(
                        f"for (int {counter} = 0; {counter} < {bound}; {counter}++) {{"
                    )
                    end = "}"
                case 1:
                    self._line(
                        f"{{ int {counter} = {bound}; while ({counter}-- > 0) {{"
                    )
                    end = "} }"
                case _:
                    self._line(f"{{ unsigned {counter} = 0; do {{")
                    end = f"}} while (++{counter} < {bound}); }}"
            self._readable[-1].append(counter)
            self._body()
            if self._random.random() < 0.6:
                leave = self._pick(["break", "continue"])
                self._line(f"if ({self._condition()}) {leave};")
                self._body(1)
            self._line(end)
        self._loops -= 1

    def _leave(self) -> None:
        value = "" if self._result is None else f" {self._expression(1)}"
        self._line(f"if ({self._condition()}) return{value};")

    def _body(self, count: int = 2) -> None:
        with self._scope():
            self._statements(self._random.randint(1, count))

    # Expressions

    def _condition(self) -> str:
        return f"{self._expression(1)} {self._comparison()} {self._expression(1)}"

    def _comparison(self) -> str:
        return self._pick(["<", ">", "<=", ">=", "==", "!="])

    def _sum(self) -> str:
        names = self._all(self._scopes)
        terms = self._random.sample(names, min(3, len(names)))
        for name, length in self._all(self._arrays)[-2:]:
            terms.append(f"{name}[{self._random.randrange(length)}]")
        return " + ".join([*terms, self._expression(1)])

    def _expression(self, depth: int) -> str:  # one return a form
        if depth == 0 or self._random.random() < 0.15:
            return self._leaf()
        a, b = self._expression(depth - 1), self._expression(depth - 1)
        match self._random.randrange(14):
            case 0 | 1 | 2:
                return f"({a} {self._pick(['+', '-', '&', '|', '^'])} {b})"
            case 3:
                return f"({a} {self._comparison()} {b})"
            case 4:
                return f"({a} {self._pick(['<<', '>>'])} ({self._leaf()} & 31))"
            case 5:
                return f"({a} {self._pick(['<<', '>>'])} {self._random.randrange(32)})"
            case 6:
                return f"({a} ? {b} : {self._leaf()})"
            case 7:
                return f"({a} {self._pick(['&&', '||'])} {b})"
            case 8:
                return f"{self._pick(['-', '~', '!', '+'])}({a})"
            case 9:
                return f"(({self._kind()})({a}))"
            case 10 if self._product():
                return f"({a} {self._pick(['*', '*', '/', '%'])} {self._divisor()})"
            case 11 if self._functions:
                name, count = self._pick(self._functions)
                given = ", ".join(self._expression(0) for _ in range(count))
                return f"{name}({given})"
            case 12 if self._all(self._scopes):
                # gcc 12 itself fails on a comma after a constant, as a _Bool.
                return f"({self._target()}, {b})"
            case _:
                # Without parentheses of its own: precedence is tested too.
                return f"({a} {self._pick(['+', '^', '<', '&'])} {self._leaf()} {self._pick(['-', '==', '|'])} {b})"

    def _divisor(self) -> str:
        a = self._expression(0)
        return self._pick(
            [
                f"(({a} & 0x7f) | 1)",
                f"((unsigned)({a}) | 1u)",
                f"(-(({a} & 14) | 3))",
                str(self._pick([1, 2, 3, 7, 10, 16, 1000, -5])),
            ]
        )

    def _leaf(self) -> str:
        names = self._all(self._scopes) + self._all(self._readable)
        arrays = self._all(self._arrays)
        choice = self._random.random()
        if names and choice < 0.6:
            return self._pick(names)
        if arrays and choice < 0.75:
            name, length = self._pick(arrays)
            if names and self._random.random() < 0.5:
                return f"{name}[{self._pick(names)} & {length - 1}]"
            return f"{name}[{self._random.randrange(length)}]"
        if self._constants and choice < 0.85:
            return self._pick([*self._constants, f"{self._name}_t[2]"])
        return self._literal()

    def _literal(self) -> str:
        return self._pick(
            [
                str(self._random.randrange(10)),
                str(self._random.randrange(1 << 31)),
                f"{self._random.randrange(1 << 32):#x}",
                f"{self._random.randrange(1 << 16)}u",
                f"0{self._random.randrange(1 << 9):o}",
                f"{self._random.randrange(1 << 20)}L",
                "2147483648",
                "'a'",
                r"'\n'",
                "(-1)",
            ]
        )

    # Choices

    def _pick[T](self, items: list[T]) -> T:
        return self._random.choice(items)

    def _kind(self) -> str:
        return self._pick(_WIDE if self._random.random() < 0.12 else _NARROW)

    def _target(self) -> str:
        names = self._all(self._scopes)
        return self._pick(names)

    def _product(self) -> bool:
        """Return whether another multiplication may stand here."""
        if self._loops or self._products == _MOST_PRODUCTS:
            return False
        self._products += 1
        return True

    def _new(self) -> str:
        self._count += 1
        return f"v{self._count}"

    @staticmethod
    def _all[T](scopes: list[list[T]]) -> list[T]:
        return [item for scope in scopes for item in scope]

    @contextmanager
    def _scope(self) -> Iterator[None]:
        stacks = (self._scopes, self._readable, self._arrays)
        for stack in stacks:
            stack.append([])
        self._depth += 1
        yield
        self._depth -= 1
        for stack in stacks:
            stack.pop()

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)
