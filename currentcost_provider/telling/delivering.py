"""Deliveries to webhooks: signed, in order, tried again until they are taken.

The body is signed with HMAC-SHA256 (RFC 2104) under the webhook's secret, over the time of
sending in UTC seconds, a dot and the body; the receiver compares in constant time and
refuses what is older than some minutes.
"""

import asyncio
from collections.abc import Callable, Sequence
import hashlib
import hmac
import json
import logging
import random
import time
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ..metrics import DELIVERIES
from ..results import Result, Results, document
from ..storage.database import Database, whole
from ..storage.models import WebhookRow
from ..storage.numbering import Position
from ..storage.vault import UnusableKeys
from .outgoing import Network, NotSent, post
from .webhooks import Webhooks

PAGE: Final = 200
"""Results of one delivery."""
TIMESTAMP: Final = "X-Currentcost-Timestamp"
SIGNATURE: Final = "X-Currentcost-Signature"

_LOOK_SECONDS: Final = 1.0
_LOGGER: Final = logging.getLogger(__name__)


class Deliveries:
    """Sends new results to the webhooks of a database."""

    def __init__(
        self,
        database: Database,
        results: Results,
        *,
        networks: Sequence[Network] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Deliver also to what is in some networks, besides public addresses."""
        self._webhooks = Webhooks(database, clock)
        self._results = results
        self._networks = networks
        self._clock = clock

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            try:
                again = await self.some()
            except (SQLAlchemyError, UnusableKeys, OSError) as err:
                _LOGGER.warning("No deliveries for now: %s", type(err).__name__)
                again = False
            if not again:
                # Workers look at different times.
                spread = random.uniform(0.5, 1.5)  # noqa: S311
                await asyncio.sleep(_LOOK_SECONDS * spread)

    async def some(self) -> bool:
        """Deliver one part to each webhook that is due; return whether more waits."""
        due = await whole(self._webhooks.due())
        return any(await asyncio.gather(*map(self._deliver, due)))

    async def _deliver(self, row: WebhookRow) -> bool:
        # Nothing is written while there is nothing new.
        if not await whole(self._results.new(Position.parse(row.position), 1)):
            return False
        taken = await whole(self._webhooks.take(row))
        if taken is None:
            return False
        found = await whole(self._results.new(Position.parse(taken.position), PAGE))
        if not found:
            return False
        body = body_of(taken.id, found)
        sent = int(self._clock())
        try:
            await post(
                taken.url,
                body,
                {
                    TIMESTAMP: str(sent),
                    SIGNATURE: sign(self._webhooks.secret(taken), sent, body),
                },
                self._networks,
            )
        except NotSent as err:
            DELIVERIES.labels("failed").inc()
            _LOGGER.warning("Webhook %s: %s", taken.id, err)
            await whole(self._webhooks.failed(taken, str(err)))
            return False
        DELIVERIES.labels("delivered").inc()
        await whole(self._webhooks.succeeded(taken, found[-1][0]))
        return len(found) == PAGE


def body_of(webhook_id: str, found: Sequence[tuple[Position, Result]]) -> bytes:
    """Return what a webhook gets."""
    results = [{"id": str(position), **document(result)} for position, result in found]
    return json.dumps({"webhook": webhook_id, "results": results}).encode()


def sign(secret: bytes, sent: int, body: bytes) -> str:
    """Return the signature of a delivery."""
    digest = hmac.new(secret, f"{sent}.".encode() + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"
