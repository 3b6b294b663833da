"""The far end of a serial line: a pseudo-terminal that behaves as a meter's cable does.

What is sent while nobody has the port open is lost, and so is what a client doesn't
read in time; a client that opens the port later gets fresh bytes only. A client that
has set another rate than the meter's gets garbage.
"""

import asyncio
from contextlib import suppress
import os
from pathlib import Path
import select
import termios
import tty
from types import TracebackType
from typing import Final, Self

# Bytes sent at once: a tenth of a second at 57600 baud. A client's buffer has room for
# 4095, and a history message is longer.
CHUNK: Final = 576

# A start or stop bit in the wrong place makes such bytes.
_NOISE: Final = b"\x00\x80\xc0\xe0\xf0\xf8\xfc\xfe"
GARBAGE: Final = bytes(_NOISE[byte % len(_NOISE)] for byte in range(256))
"""A table for `bytes.translate`: what a byte looks like at a wrong rate."""


class SerialLine:
    """A pseudo-terminal; its other end is at `address`."""

    def __init__(self, *, baudrate: int, link: Path | None = None) -> None:
        """Open it, and let `link`, if any, lead to it.

        Raises OSError, among them FileExistsError if something else than a link is
        where the link should be, and ValueError for a rate that no port has.
        """
        rate = getattr(termios, f"B{baudrate}", None)
        if rate is None:
            raise ValueError(f"no serial port has {baudrate} baud")
        self.baudrate = baudrate
        self._rate = rate
        self._link = link
        self._master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self._device = os.ttyname(slave)
            os.set_blocking(self._master, False)
            if link is not None:
                _replace_link(link, self._device)
        except BaseException:
            os.close(self._master)
            raise
        finally:
            # As long as this end has no other open, a client can be told by that.
            os.close(slave)
        self._poll = select.poll()
        self._poll.register(self._master, 0)
        self._changes = select.epoll()
        self._changes.register(
            self._master, select.EPOLLIN | select.EPOLLHUP | select.EPOLLET
        )

    async def __aenter__(self) -> Self:
        """Watch for what the client does."""
        asyncio.get_running_loop().add_reader(self._changes, self._changed)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, and remove the link unless another meter has taken it over."""
        asyncio.get_running_loop().remove_reader(self._changes)
        self._changes.close()
        os.close(self._master)
        if self._link is not None:
            with suppress(OSError):
                if str(self._link.readlink()) == self._device:
                    self._link.unlink()

    @property
    def address(self) -> str:
        """What a client opens."""
        return self._device if self._link is None else str(self._link)

    @property
    def connected(self) -> bool:
        """Whether a client has the port open."""
        return not self._poll.poll(0)

    async def send(self, data: bytes) -> bool:
        """Send at the line's speed; return whether a client could take all of it."""
        taken = True
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            if not self.connected:
                return False
            if termios.tcgetattr(self._master)[4] != self._rate:
                chunk = chunk.translate(GARBAGE)
                taken = False
            try:
                if os.write(self._master, chunk) < len(chunk):
                    return False
            except BlockingIOError:
                return False
            if start + CHUNK < len(data):
                await asyncio.sleep(10 * CHUNK / self.baudrate)
        return taken

    def _changed(self) -> None:
        """Drop what the client sent, as a meter does; clean up after one that left."""
        self._changes.poll(0)
        try:
            while os.read(self._master, 4096):
                pass
        except BlockingIOError:
            return
        except OSError:
            self._forget_unread()

    def _forget_unread(self) -> None:
        """Discard what the last client didn't read: only the other end can."""
        with suppress(OSError):
            slave = os.open(self._device, os.O_RDWR | os.O_NOCTTY)
            try:
                termios.tcflush(slave, termios.TCIFLUSH)
            finally:
                os.close(slave)
            # Closing it was a change too.
            self._changes.poll(0)


def _replace_link(link: Path, target: str) -> None:
    """Let a link lead elsewhere, with no moment at which there is none."""
    if link.exists(follow_symlinks=False) and not link.is_symlink():
        raise FileExistsError(f"{link} exists and isn't a link; choose another path")
    if not link.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {link.parent}; make it first")
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
