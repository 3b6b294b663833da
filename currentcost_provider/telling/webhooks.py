"""Where new results are sent, and how far that has come.

Each webhook has a position of its own among the results (`numbering`) and gets them in
that order, at least once: the position moves on when the receiver has answered with
success. One worker at a time delivers to a webhook: it puts `due` ahead of the time that a
delivery can take, and nobody else tries before. One that dies leaves it to the others.
"""

from collections.abc import Callable, Sequence
import random
import secrets
import time
from typing import Final

from sqlalchemy import delete, func, select, update

from ..plans import DAY
from ..refusals import Taken, Unknown
from ..storage.audit import entry
from ..storage.database import Database
from ..storage.models import WebhookRow
from ..storage.numbering import Position, newest
from ..storage.sealed import open_webhook, seal_webhook
from .outgoing import SECONDS, check_url

MOST_WEBHOOKS: Final = 16
LEASE: Final = int(SECONDS) + 40
"""Seconds that one worker has for a delivery."""
GIVE_UP: Final = 3 * DAY
"""Seconds of failures after which a webhook is disabled."""

_LONGEST_PAUSE: Final = 3600
_MOST_DOUBLINGS: Final = 12


class Webhooks:
    """The webhooks of a database. `actor` is who does it, for the audit log."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._clock = clock

    async def add(
        self, url: str, *, from_beginning: bool, actor: str
    ) -> tuple[WebhookRow, str]:
        """Register an address; return it with the secret that signs what it gets.

        Raises:
            Taken: there are too many.
            Unfit: not an address to send to.
        """
        check_url(url)
        start = Position.before(0) if from_beginning else await newest(self._database)
        webhook_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        row = WebhookRow(
            id=webhook_id,
            url=url,
            secret=seal_webhook(self._database.vault, webhook_id, secret.encode()),
            position=str(start),
            failures=0,
            due=0,
            disabled=False,
            created=self._now(),
        )
        async with self._database.write() as session:
            count = await session.scalar(select(func.count(WebhookRow.id)))
            if (count or 0) >= MOST_WEBHOOKS:
                raise Taken(f"There are {MOST_WEBHOOKS} webhooks: remove some.")
            session.add(row)
            session.add(entry(actor, "webhook.add", webhook_id, self._now()))
        return row, secret

    async def remove(self, webhook_id: str, *, actor: str) -> None:
        """Send nothing there any more; raise Unknown."""
        query = delete(WebhookRow).where(WebhookRow.id == webhook_id)
        async with self._database.write() as session:
            if await session.scalar(query.returning(WebhookRow.id)) is None:
                raise Unknown("webhook", webhook_id)
            session.add(entry(actor, "webhook.remove", webhook_id, self._now()))

    async def enable(self, webhook_id: str, *, actor: str) -> None:
        """Try again, where it stopped; raise Unknown."""
        query = (
            update(WebhookRow)
            .where(WebhookRow.id == webhook_id)
            .values(disabled=False, failures=0, failing_since=None, error=None, due=0)
        )
        async with self._database.write() as session:
            if await session.scalar(query.returning(WebhookRow.id)) is None:
                raise Unknown("webhook", webhook_id)
            session.add(entry(actor, "webhook.enable", webhook_id, self._now()))

    async def all(self) -> Sequence[WebhookRow]:
        """Return all webhooks, the oldest first."""
        query = select(WebhookRow).order_by(WebhookRow.created, WebhookRow.id)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def due(self) -> Sequence[WebhookRow]:
        """Return the webhooks that may be delivered to."""
        query = select(WebhookRow).where(
            ~WebhookRow.disabled, WebhookRow.due <= self._now()
        )
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def take(self, row: WebhookRow) -> WebhookRow | None:
        """Return a webhook that is this worker's for a while; None if another has it."""
        query = (
            update(WebhookRow)
            .where(
                WebhookRow.id == row.id,
                WebhookRow.due == row.due,
                WebhookRow.position == row.position,
                ~WebhookRow.disabled,
            )
            .values(due=self._now() + LEASE)
        )
        async with self._database.write() as session:
            found: WebhookRow | None = await session.scalar(
                query.returning(WebhookRow),
                execution_options={"populate_existing": True},
            )
            return found

    def secret(self, row: WebhookRow) -> bytes:
        """Return what signs the deliveries to a webhook."""
        return open_webhook(self._database.vault, row)

    async def succeeded(self, row: WebhookRow, position: Position) -> None:
        """Go on behind what was delivered."""
        await self._settle(
            row,
            position=str(position),
            delivered=self._now(),
            failures=0,
            failing_since=None,
            error=None,
            due=0,
        )

    async def failed(self, row: WebhookRow, error: str) -> None:
        """Try again later: after twice the time, give or take; never after days."""
        now = self._now()
        since = now if row.failing_since is None else row.failing_since
        failures = row.failures + 1
        await self._settle(
            row,
            failures=failures,
            failing_since=since,
            error=error[:200],
            due=now + round(pause(failures)),
            disabled=now - since >= GIVE_UP,
        )

    async def _settle(self, row: WebhookRow, **values: object) -> None:
        """Store what came out, unless the time of this worker was over."""
        query = update(WebhookRow).where(
            WebhookRow.id == row.id, WebhookRow.due == row.due
        )
        async with self._database.write() as session:
            await session.execute(query.values(**values))

    def _now(self) -> int:
        return int(self._clock())


def pause(failures: int) -> float:
    """Return seconds to wait after failures: doubled each time, and spread."""
    longest = min(1 << min(failures, _MOST_DOUBLINGS), _LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1)  # noqa: S311  # spreads, hides nothing
