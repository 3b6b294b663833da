"""What a program's author is told when the compiler refuses."""

from ..errors import ExchangeError


class ProgramError(ExchangeError):
    """A program that can't be compiled: where, why, and what to write instead."""

    def __init__(
        self, reason: str, *, hint: str = "", line: int = 0, column: int = 0
    ) -> None:
        """Keep the place (counted from 1; 0 where there is none)."""
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.line = line
        self.column = column

    def show(self, name: str, source: str) -> str:
        """Return the message as compilers print it, with the line and a caret."""
        place = f"{name}:{self.line}:{self.column}: " if self.line else f"{name}: "
        shown = [f"{place}error: {self.reason}"]
        lines = source.splitlines()
        if 0 < self.line <= len(lines):
            shown.append(f"    {lines[self.line - 1]}".expandtabs(1))
            shown.append("    " + " " * max(0, self.column - 1) + "^")
        if self.hint:
            shown.append(f"  {self.hint}")
        return "\n".join(shown)
