"""A program's variables and its path, for every branch that execution may take.

The path is the bit that says whether execution comes here at all: a `return`,
`break` or `continue` ends it, and leaves its variables and its path to be merged
where it leads.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pycparser import c_ast

from ..builder import ONE, ZERO, Signal
from .arithmetic import Arithmetic
from .memory import Data, Place, merge, read, unassigned, write
from .source import refuse
from .types import Integer, Type

type Environment = dict[int, Data]


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a loop, a switch or a function; its variables don't change."""

    path: Signal
    environment: Environment


class State:
    """Variables, changed where the path is one."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        """Start without variables, where execution certainly comes."""
        self.path: Signal = ONE
        self._arithmetic = arithmetic
        self._builder = arithmetic.builder
        self._environment: Environment = {}
        self._kinds: list[Type] = []
        self._constants: set[int] = set()

    def new_variable(self, kind: Type, data: Data, *, fixed: bool = False) -> Place:
        """Return the place of a new variable, one that is `const` where fixed."""
        number = len(self._kinds)
        self._kinds.append(kind)
        self._environment[number] = data
        if fixed:
            self._constants.add(number)
        return Place(number, kind)

    def load(self, place: Place, node: c_ast.Node) -> Data:
        """Return what stands at a place; an integer must have been assigned."""
        data = self.peek(place)
        if isinstance(place.kind, Integer) and data is None:
            raise refuse(
                node,
                "this may not have been assigned a value",
                "Give it one where it is declared, or in every branch.",
            )
        return data

    def peek(self, place: Place) -> Data:
        """Return what stands at a place, None where it may not be assigned."""
        return read(self._arithmetic, self._data(place.variable), place.steps)

    def store(self, place: Place, value: Data, node: c_ast.Node) -> None:
        """Put a value at a place."""
        number = place.variable
        if number in self._constants:
            raise refuse(node, "this is const", "It keeps its first value.")
        self._environment[number] = write(
            self._arithmetic, self._data(number), place.steps, value
        )

    def branch[T](
        self, choice: Signal, yes: Callable[[], T], no: Callable[[], T]
    ) -> tuple[T | None, T | None]:
        """Run one side where the choice is known, else both; return their results."""
        if choice == ONE:
            return yes(), None
        if choice == ZERO:
            return None, no()
        before, path = self._environment, self.path
        self._environment = dict(before)
        self.path = self._builder.and_(path, choice)
        first = yes()
        way = self.leave()
        self._environment = before
        self.path = self._builder.and_(path, self._builder.inv(choice))
        second = no()
        if ZERO not in {self.path, way.path}:
            # Where execution comes here, the choice tells which way it came.
            self._environment = self._merged(choice, way.environment, self._environment)
            self.path = self._builder.xor(way.path, self.path)
        else:
            self.join([way])
        return first, second

    def here(self, condition: Signal = ONE) -> Exit:
        """Return a way from here, taken where the condition is one."""
        self._builder.spend(len(self._environment))
        return Exit(self._builder.and_(self.path, condition), dict(self._environment))

    def leave(self) -> Exit:
        """Return the way from here and end the path."""
        way = self.here()
        self.path = ZERO
        return way

    def join(self, ways: Iterable[Exit]) -> None:
        """Let other ways come in here, beside the one that is going on."""
        for way in ways:
            if way.path == ZERO:
                continue
            if self.path == ZERO:
                self._environment = dict(way.environment)
            else:
                self._environment = self._merged(
                    way.path, way.environment, self._environment
                )
            self.path = self._builder.xor(self.path, way.path)

    def _data(self, number: int) -> Data:
        """Return a variable's value; a way that passed its declaration has none."""
        if number in self._environment:
            return self._environment[number]
        return unassigned(self._kinds[number])

    def _merged(self, choice: Signal, a: Environment, b: Environment) -> Environment:
        """Return variables of a where the choice is one, of b elsewhere."""
        self._builder.spend(len(a))
        return {
            number: merge(self._arithmetic, choice, data, b[number])
            for number, data in a.items()
            if number in b
        }
