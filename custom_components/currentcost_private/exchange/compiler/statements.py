"""Runs statements: both ways of every branch, loops for as long as they go on.

Where a condition isn't known, both branches run on copies of the variables, which
are then merged. Loops are unrolled for as long as their condition is known to hold.
"""

from collections.abc import Callable
from typing import Protocol

from pycparser import c_ast

from ..builder import ONE, ZERO, Signal
from .declarations import Declarations
from .expressions import Expressions, Machine
from .names import Frame
from .operators import Operand, Operators
from .source import refuse
from .state import Exit
from .types import Void, promoted


class Execution(Machine, Protocol):
    """What statements need of the program that they stand in."""

    declarations: Declarations

    @property
    def frame(self) -> Frame:
        """The call that is going on."""

    def declare(self, node: c_ast.Decl) -> None:
        """Make a variable."""


class Statements:
    """Executes the statements of a program."""

    def __init__(
        self, machine: Execution, expressions: Expressions, operators: Operators
    ) -> None:
        """Take what holds names, what evaluates, and what computes."""
        self._machine = machine
        self._state = machine.state
        self._expressions = expressions
        self._operators = operators
        self._builder = operators.arithmetic.builder

    def execute(self, node: c_ast.Node | None) -> None:
        """Run a statement where execution comes to it."""
        if node is None or self._state.path == ZERO:
            return
        self._machine.step(node)
        self._machine.nested(node, self._statement)

    def _statement(self, node: c_ast.Node) -> None:  # one case a statement
        match node:
            case c_ast.Compound():
                self._block(node.block_items or [])
            case c_ast.Decl():
                self._machine.declare(node)
            case c_ast.DeclList():
                for declaration in node.decls:
                    self._machine.declare(declaration)
            case c_ast.Typedef():
                self._machine.declarations.name_type(node)
            case c_ast.If():
                self._state.branch(
                    self._expressions.truth(node.cond),
                    lambda: self.execute(node.iftrue),
                    lambda: self.execute(node.iffalse),
                )
            case c_ast.For():
                self._scoped(lambda: self._for(node))
            case c_ast.While():
                self._loop(node.cond, node.stmt, None, first=True)
            case c_ast.DoWhile():
                self._loop(node.cond, node.stmt, None, first=False)
            case c_ast.Switch():
                self._switch(node)
            case c_ast.Return():
                self._return(node)
            case c_ast.Break() | c_ast.Continue():
                self._jump(node)
            case c_ast.EmptyStatement():
                pass
            case c_ast.Goto() | c_ast.Label():
                raise refuse(node, "goto is not understood", "Use if and loops.")
            case _:
                self._expressions.evaluate(node)

    def _block(self, statements: list[c_ast.Node]) -> None:
        def run() -> None:
            for statement in statements:
                self.execute(statement)

        self._scoped(run)

    def _scoped(self, action: Callable[[], None]) -> None:
        scopes = self._machine.frame.scopes
        scopes.append({})
        action()
        scopes.pop()

    def _for(self, node: c_ast.For) -> None:
        self.execute(node.init)
        self._loop(node.cond, node.stmt, node.next, first=True)

    def _loop(
        self,
        condition: c_ast.Node | None,
        body: c_ast.Node,
        following: c_ast.Node | None,
        *,
        first: bool,
    ) -> None:
        """Run a loop for as long as its condition is known to hold."""
        frame = self._machine.frame
        breaks: list[Exit] = []
        checks = first
        while self._state.path != ZERO:
            if checks and condition is not None:
                holds = self._expressions.truth(condition)
                if holds == ZERO:
                    break
                if holds != ONE:
                    raise refuse(
                        condition,
                        "how often this loop runs depends on an input",
                        "Loop up to a constant, and leave with if (...) break;",
                    )
            checks = True
            continues: list[Exit] = []
            frame.breaks.append(breaks)
            frame.continues.append(continues)
            self.execute(body)
            frame.breaks.pop()
            frame.continues.pop()
            self._state.join(continues)
            if self._state.path != ZERO:
                self.execute(following)
        self._state.join(breaks)

    def _switch(self, node: c_ast.Switch) -> None:
        value = self._expressions.integer(node.cond)
        items = _cases(node)
        hits, missed = self._hits(value, items)
        defaults = [item for item in items if isinstance(item, c_ast.Default)]
        if len(defaults) > 1:
            raise refuse(defaults[1], "there are two defaults")
        frame, start = self._machine.frame, self._state.leave()
        breaks = [] if defaults else [self._entering(start, missed)]
        frame.breaks.append(breaks)
        frame.scopes.append({})
        for item, hit in zip(items, hits, strict=True):
            enters = missed if isinstance(item, c_ast.Default) else hit
            self._state.join([self._entering(start, enters)])
            for statement in item.stmts or ():
                self.execute(statement)
        frame.scopes.pop()
        frame.breaks.pop()
        self._state.join(breaks)

    def _hits(
        self, value: Operand, items: list[c_ast.Case | c_ast.Default]
    ) -> tuple[list[Signal], Signal]:
        """Return which case a value meets, and whether it meets none."""
        hits, missed, labels = [], ONE, set()
        for item in items:
            if isinstance(item, c_ast.Default):
                hits.append(ZERO)
                continue
            label = self._expressions.integer(item.expr)
            kind = promoted(value.kind)  # type: ignore[arg-type]
            label = self._operators.convert(label, kind, item)
            number = label.number.range.only
            if number is None:
                raise refuse(item.expr, "a case needs a constant")
            if number in labels:
                raise refuse(item.expr, f"there are two cases of {number}")
            labels.add(number)
            same = self._operators.binary(item, "==", value, label)
            hits.append(self._operators.arithmetic.any(same.number))
            missed = self._builder.and_(missed, self._builder.inv(hits[-1]))
        return hits, missed

    def _entering(self, start: Exit, condition: Signal) -> Exit:
        return Exit(self._builder.and_(start.path, condition), start.environment)

    def _return(self, node: c_ast.Return) -> None:
        frame = self._machine.frame
        if isinstance(frame.result, Void):
            if node.expr is not None:
                raise refuse(node, f"{frame.name} returns nothing")
        elif node.expr is None:
            raise refuse(node, f"{frame.name} returns a value")
        else:
            found = self._expressions.evaluate(node.expr)
            frame.values.append(self._operators.convert(found, frame.result, node))
        frame.returns.append(self._state.leave())

    def _jump(self, node: c_ast.Break | c_ast.Continue) -> None:
        frame = self._machine.frame
        leaving = isinstance(node, c_ast.Break)
        targets = frame.breaks if leaving else frame.continues
        if not targets:
            raise refuse(node, "this stands outside of a loop")
        targets[-1].append(self._state.leave())


def _cases(node: c_ast.Switch) -> list[c_ast.Case | c_ast.Default]:
    body = node.stmt
    items = body.block_items or [] if isinstance(body, c_ast.Compound) else [body]
    for item in items:
        if not isinstance(item, c_ast.Case | c_ast.Default):
            raise refuse(item, "a statement before the first case")
    return list(items)
