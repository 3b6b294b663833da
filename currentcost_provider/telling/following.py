"""New results as they come, for whoever follows: server-sent events.

At least once, in the order of `numbering`, with nothing left out: whoever comes back
with the last id that it got goes on behind it, on any worker. Between two looks at the
database nothing is held, so a slow reader holds nobody up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
import json
import logging
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from ..problems import Problem, ProblemError
from ..refusals import Taken
from ..results import Results, document
from ..storage.database import Database, whole
from ..storage.numbering import Position, newest

MOST_FOLLOWERS: Final = 32
"""Of one process at a time."""
PAGE: Final = 500

_BEGINNING: Final = "0"
_LOOK_SECONDS: Final = 1.0
_HEARTBEAT_SECONDS: Final = 15.0
_RETRY_SECONDS: Final = 10
_LOGGER: Final = logging.getLogger(__name__)


class Following:
    """Tells new results to followers."""

    def __init__(self, database: Database, results: Results) -> None:
        """Use a database that was brought up to date."""
        self.closing = asyncio.Event()
        """Set when the process stops: followers are let go, and come back."""
        self._database = database
        self._results = results
        self._followers = 0

    async def position(self, text: str | None) -> Position:
        """Return where to go on.

        Args:
            text: the last id that was seen, "0" for all there is; None for what comes
                from now on.

        Raises:
            ProblemError: not a position.
            Taken: one that this database has not reached.
        """
        now = await newest(self._database)
        if text is None:
            return now
        if text == _BEGINNING:
            return Position.before(0)
        try:
            position = Position.parse(text)
        except ValueError:
            raise ProblemError(
                Problem.MALFORMED, "after: not the id of a result"
            ) from None
        if position.number > now.number:
            raise Taken(
                "This id is ahead of the database, which was restored from a backup."
                " Read the results of the last days again, and follow from now on."
            )
        return position

    def events(
        self, position: Position, allowed: Callable[[], Coroutine[Any, Any, bool]]
    ) -> AsyncIterator[str]:
        """Return the events behind a position, as they are sent.

        Args:
            position: behind it.
            allowed: asked now and then whether to go on.

        Raises:
            ProblemError: too many follow already.
        """
        if self._followers >= MOST_FOLLOWERS:
            raise ProblemError(Problem.BUSY, retry_after=_RETRY_SECONDS)
        return self._events(position, allowed)

    async def _events(
        self, position: Position, allowed: Callable[[], Coroutine[Any, Any, bool]]
    ) -> AsyncIterator[str]:
        self._followers += 1
        clock = asyncio.get_running_loop().time
        try:
            # With an id from the start, also a follower that got nothing can go on.
            yield f"retry: 3000\nid: {position}\nevent: ready\ndata: {{}}\n\n"
            heard = clock()
            while True:
                found = await whole(self._results.new(position, PAGE))
                if found:
                    position, heard = found[-1][0], clock()
                    yield "".join(
                        f"id: {each}\nevent: result\n"
                        f"data: {json.dumps(document(result))}\n\n"
                        for each, result in found
                    )
                elif clock() - heard >= _HEARTBEAT_SECONDS:
                    if not await whole(allowed()):
                        return
                    heard = clock()
                    yield ": still here\n\n"
                if len(found) == PAGE:
                    continue
                try:
                    await asyncio.wait_for(self.closing.wait(), _LOOK_SECONDS)
                except TimeoutError:
                    continue
                return
        except (SQLAlchemyError, OSError) as err:
            _LOGGER.warning("A follower is let go: %s", type(err).__name__)
        finally:
            self._followers -= 1
