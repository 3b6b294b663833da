"""What happens, in words that a layman reads."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import sys
import time
from typing import Final, TextIO

_DIM: Final = "2"
_BOLD: Final = "1"
_GREEN: Final = "32"
_RED: Final = "31"

_STEP_WIDTH: Final = 62
_NAME_WIDTH: Final = 16


class Story:
    """Writes to people: with colours on a terminal, as plain lines elsewhere."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        """Take where to write."""
        self._out = out
        self._colours = out.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str = "") -> None:
        """Write a line, at once."""
        print(text, file=self._out, flush=True)

    def heading(self, text: str) -> None:
        """Write a heading after an empty line."""
        self.say(f"\n{self._styled(text, _BOLD)}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Write what is being done, and how long it took once it is."""
        print(
            f"  {text} {'.' * (_STEP_WIDTH - len(text))} ",
            end="",
            file=self._out,
            flush=True,
        )
        began = time.monotonic()
        try:
            yield
        except BaseException as err:
            self.say(self._styled("failed", _RED) if isinstance(err, Exception) else "")
            raise
        self.say(self._styled(f"{time.monotonic() - began:5.1f} s", _GREEN))

    def where(self, name: str, value: str) -> None:
        """Write where something is to be found."""
        self.say(f"  {name:<{_NAME_WIDTH}}{value}")

    def windows_heading(self) -> None:
        """Write the heads of the columns of `window`."""
        head = f"  {'window of':<10} {'home drew':>10}      {'sent':<12}     "
        self.say(self._styled(f"{head}the provider knows", _DIM))

    def window(
        self, *, start: float, watts: float | None, sent: int, known: str
    ) -> None:
        """Write what became of the window that began at `start` (UTC seconds)."""
        clock = time.strftime("%H:%M:%S", time.localtime(start))
        drew = "?" if watts is None else f"{watts:,.0f} W"
        self.say(
            f"  {clock:<10} {drew:>10}  ->  {f'{sent:,} bytes':<12} ->  "
            f"{self._styled(known, _BOLD)}"
        )

    def note(self, text: str) -> None:
        """Write something about the window above."""
        self.say(self._styled(f"  {'':<10} {text}", _DIM))

    def success(self, text: str) -> None:
        """Write a good end."""
        self.say(f"\n{self._styled(text, _GREEN)}")

    def failure(self, text: str) -> None:
        """Write a bad end."""
        self.say(f"\n{self._styled(text, _RED)}")

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colours else text
