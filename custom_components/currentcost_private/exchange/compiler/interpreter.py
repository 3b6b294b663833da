"""Runs a program on signals instead of numbers: its names, declarations, calls."""

from collections.abc import Callable
from typing import Final

from pycparser import c_ast

from ..builder import ONE, ZERO
from .arithmetic import Arithmetic
from .declarations import Declarations
from .expressions import Expressions
from .memory import Data, Place, merge, unassigned, zero
from .names import Frame, Function, check_macros, check_storage, parameters
from .numbers import Number
from .operators import Operand, Operators
from .source import Source, refuse
from .state import State
from .statements import Statements
from .types import VOID, Array, Integer, Type, Void
from .variables import Initialiser

MOST_STEPS: Final = 200_000
_MOST_CALLS: Final = 16
_MOST_DEPTH: Final = 100


class Interpreter:
    """A program's functions, and what is known while they run."""

    def __init__(self, source: Source, arithmetic: Arithmetic) -> None:
        """Take the program; only its global variables are made."""
        self.arithmetic = arithmetic
        self.state = State(arithmetic)
        self.last: c_ast.Node = source.tree
        self._macros = source.macros
        self._operators = Operators(arithmetic)
        self._expressions = Expressions(self, self._operators)
        self.declarations = Declarations(self._expressions.number)
        self._initialiser = Initialiser(
            self._expressions, self._operators, self.declarations
        )
        self._statements = Statements(self, self._expressions, self._operators)
        self._functions: dict[str, Function] = {}
        self._globals: dict[str, Place] = {}
        self._frames = [Frame("", VOID, [self._globals])]
        self._steps = 0
        self._depth = 0
        check_macros(source.tree, source.macros)
        for node in source.tree.ext:
            self._declare_global(node)

    @property
    def functions(self) -> list[Function]:
        """The program's functions, in order."""
        return list(self._functions.values())

    @property
    def frame(self) -> Frame:
        """The call that is going on."""
        return self._frames[-1]

    # What expressions and statements need

    def step(self, node: c_ast.Node, cost: int = 1) -> None:
        """Count a step, and end a program that takes too many."""
        self.last = node
        self._steps += cost
        if self._steps > MOST_STEPS:
            raise refuse(
                node, "the program takes too long", "Does a loop run too often?"
            )

    def nested[T](self, node: c_ast.Node, action: Callable[[c_ast.Node], T]) -> T:
        """Do something with a part of the program, and end one of too many parts."""
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise refuse(
                node, "the program is nested too deeply", "Use variables for parts."
            )
        result = action(node)
        self._depth -= 1
        return result

    def constant_named(self, name: str) -> c_ast.Node | int | None:
        """Return what an enumerator or macro stands for."""
        if self.frame.place(name) is not None:
            return None
        return self.declarations.enumerators.get(name, self._macros.get(name))

    def place_named(self, node: c_ast.ID) -> Place:
        """Return where a variable stands."""
        if (place := self.frame.place(node.name)) is None:
            raise refuse(node, f"{node.name} is not declared")
        return place

    def kind_named(self, node: c_ast.ID) -> Type:
        """Return a variable's type."""
        return self.place_named(node).kind

    def kind_of_call(self, node: c_ast.FuncCall) -> Type:
        """Return the type that a call returns."""
        return self._called(node).result

    def type_of(self, node: c_ast.Node) -> Type:
        """Return the type that a node names."""
        return self.declarations.type_of(node)

    def result_type(self, node: c_ast.Node) -> Type:
        """Return the type that a node names, which may be void."""
        return self.declarations.result_type(node)

    # Calls

    def call(self, node: c_ast.FuncCall) -> Operand:
        """Call a function by running its body here."""
        function = self._called(node)
        name = function.name
        if name in (frame.name for frame in self._frames):
            raise refuse(
                node, f"{name} calls itself", "Write a loop with a constant bound."
            )
        if len(self._frames) > _MOST_CALLS:
            raise refuse(node, "calls are nested too deeply")
        given = node.args.exprs if node.args else []
        if len(given) != (count := len(function.parameters)):
            raise refuse(node, f"{name} takes {count} arguments, not {len(given)}")
        scope = {
            parameter.name: self._argument(parameter, argument)
            for parameter, argument in zip(function.parameters, given, strict=True)
        }
        return self.run(function, scope)

    def run(self, function: Function, scope: dict[str, Place]) -> Operand:
        """Run a function's body with its parameters in place; return its value."""
        frame = Frame(function.name, function.result, [self._globals, scope])
        self._frames.append(frame)
        path, self.state.path = self.state.path, ONE
        for statement in function.node.body.block_items or ():
            self._statements.execute(statement)
        if self.state.path != ZERO:
            if not isinstance(function.result, Void):
                raise refuse(
                    function.node.decl,
                    f"{frame.name} may end without returning a value",
                    "Let it end with a return.",
                )
            frame.returns.append(self.state.leave())
        self.state.join(frame.returns)
        value = self._returned(frame)
        self._frames.pop()
        self.state.path = path
        return value

    def _returned(self, frame: Frame) -> Operand:
        """Return the value of the return that execution came to."""
        if not frame.values:
            return Operand(VOID, ())
        *others, last = zip(frame.returns, frame.values, strict=True)
        data = last[1].data
        for way, value in reversed(others):
            data = merge(self.arithmetic, way.path, value.data, data)
        return Operand(frame.result, data)

    def run_entry(
        self, function: Function, scope: dict[str, Place], prefix: str
    ) -> list[tuple[str, Number]]:
        """Run the entry function; return its variables whose names begin so.

        They are those of its outermost block, in order of declaration.
        """
        node = function.node.decl
        if not isinstance(function.result, Void):
            raise refuse(
                node,
                f"the value that {function.name} returns is no result",
                f"Make it void, and name a variable {prefix}...",
            )
        self.run(function, scope)
        results = []
        for name, place in scope.items():
            if not name.startswith(prefix):
                continue
            if not isinstance(place.kind, Integer):
                raise refuse(node, f"{name} is {place.kind}, not an integer")
            if self.state.peek(place) is None:
                raise refuse(
                    node,
                    f"{name} may not have been assigned a value",
                    "Give it one where it is declared, before any return.",
                )
            value = Operand(place.kind, self.state.load(place, node))
            results.append((name, value.number))
        return results

    def _called(self, node: c_ast.FuncCall) -> Function:
        name = getattr(node.name, "name", "")
        function = self._functions.get(name) if isinstance(name, str) else None
        if function is not None and self.frame.place(function.name) is None:
            return function
        if name == "assert":
            raise refuse(node, "there is no assert", "A circuit can't stop half-way.")
        raise refuse(node, f"there is no function {name if function is None else ''}")

    def _argument(self, parameter: c_ast.Decl, argument: c_ast.Node) -> Place:
        """Return the place of a parameter: an array's own, or a copy of a value."""
        if isinstance(parameter.type, c_ast.ArrayDecl):
            element = self.type_of(parameter.type.type)
        else:
            kind = self.type_of(parameter.type)
            if not isinstance(kind, Array):
                value = self._expressions.evaluate(argument)
                data = self._operators.convert(value, kind, argument).data
                return self.state.new_variable(kind, data)
            element = kind.element
        place = self._expressions.place(argument)
        if not isinstance(place.kind, Array):
            raise refuse(argument, f"an array is needed, this is {place.kind}")
        if place.kind.element != element:
            raise refuse(argument, f"an array of {element} is needed")
        return place

    # Declarations

    def declare(
        self, node: c_ast.Decl, initial: Callable[[Type], Data] = unassigned
    ) -> None:
        """Make a variable where the program has come to."""
        if node.name is None:
            self.type_of(node.type)
            return
        frame = self.frame
        check_storage(node, outside=len(self._frames) == 1)
        self._check_party(node, frame)
        scope = frame.scopes[-1]
        if node.name in scope or (
            scope is self._globals and node.name in self._functions
        ):
            raise refuse(node, f"{node.name} is declared twice")
        kind, data = self._initialiser.variable(node, initial)
        scope[node.name] = self.state.new_variable(
            kind, data, fixed="const" in node.quals
        )

    def _declare_global(self, node: c_ast.Node) -> None:
        match node:
            case c_ast.FuncDef():
                self._define(node)
            case c_ast.Typedef():
                self.declarations.name_type(node)
            case c_ast.Decl(type=c_ast.FuncDecl()):
                pass
            case c_ast.Decl(name=str(name)) if "INPUT_" in name or "OUTPUT_" in name:
                raise refuse(
                    node,
                    f"{name} is global",
                    "Inputs are parameters of a function, outputs its variables.",
                )
            case c_ast.Decl():
                self.declare(node, zero)
            case _:
                raise refuse(node, "this is not understood")

    def _define(self, node: c_ast.FuncDef) -> None:
        name = node.decl.name
        if name in self._functions or name in self._globals:
            raise refuse(node.decl, f"{name} is declared twice")
        result = self.result_type(node.decl.type.type)
        if isinstance(result, Array):
            raise refuse(node.decl, "a function can't return an array")
        if node.param_decls:
            raise refuse(node.decl, "each parameter needs a type and a name")
        self._functions[name] = Function(name, result, parameters(node), node)

    def _check_party(self, node: c_ast.Decl, frame: Frame) -> None:
        """Refuse inputs that nobody gives and outputs that nobody gets."""
        if "INPUT_" in node.name:
            raise refuse(
                node,
                f"nobody gives {node.name}",
                "Inputs are parameters of the function that the program begins with.",
            )
        # Below the entry's frame are only the global names.
        if "OUTPUT_" in node.name and (len(self._frames), len(frame.scopes)) != (2, 2):
            raise refuse(
                node,
                f"nobody gets {node.name}",
                "Declare it in the outermost block of the function with the inputs.",
            )
