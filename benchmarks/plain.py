"""The provider's command with one more route: it takes the reading itself.

Everything else is as for a private report: server, token, database, one durable
transaction for all that wait, one answer for a window. What differs is the price of
privacy.
"""

from collections.abc import Sequence
import hashlib
from typing import Annotated, Any, Final

from currentcost_exchange import bucket_of
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql, sqlite

from currentcost_provider import running
from currentcost_provider.api.application import create_app as create_private_app
from currentcost_provider.api.serving import Household, read_body
from currentcost_provider.command import main
from currentcost_provider.problems import Problem, ProblemError
from currentcost_provider.service import Service
from currentcost_provider.storage.batches import Batches
from currentcost_provider.storage.models import WindowRow, WindowState
from currentcost_provider.storage.numbering import number_of_transaction

THRESHOLDS: Final = (1000, 2000, 3000)
KIND: Final = 99
"""Of plain windows, beside the private ones of the same agreement."""


class Reading(BaseModel):
    """What a household without privacy sends."""

    agreement: str
    start: int
    end: int
    watts: int


class Plain:
    """Takes readings, as `Windows` takes reports."""

    def __init__(self, service: Service) -> None:
        """Use the service's database."""
        self._database = service._windows._database  # noqa: SLF001  # only here
        self._batches = Batches[dict[str, Any], int](self._take_all)
        dialect = sqlite if self._database.is_sqlite else postgresql
        table: Any = WindowRow.__table__
        self._insert = (
            dialect.insert(table)
            .values(number=number_of_transaction(self._database))
            .on_conflict_do_nothing()
            .returning(table.c.agreement_id, table.c.start)
        )

    async def take(self, body: bytes) -> int:
        """Return a reading's bucket, once it is stored."""
        reading = Reading.model_validate_json(body)
        outcome = bucket_of(reading.watts, THRESHOLDS)
        return await self._batches(
            {
                "agreement_id": bytes.fromhex(reading.agreement),
                "kind": KIND,
                "start": reading.start,
                "end": reading.end,
                "digest": hashlib.blake2b(body, digest_size=32).digest(),
                "state": WindowState.BUCKET,
                "outcome": outcome,
                "reply": outcome.to_bytes(),
                "claimed": reading.end,
                "answered": reading.end,
            }
        )

    async def _take_all(
        self, jobs: Sequence[dict[str, Any]]
    ) -> Sequence[int | Exception]:
        async with self._database.write() as session:
            rows = await session.execute(self._insert, jobs)
            taken = {(row[0], row[1]) for row in rows}
        return [
            job["outcome"]
            if (job["agreement_id"], job["start"]) in taken
            else ProblemError(Problem.WINDOW_TAKEN)
            for job in jobs
        ]


router = APIRouter()


async def _plain(request: Request) -> Plain:
    plain: Plain = request.app.state.plain
    return plain


@router.post("/plain")
async def take(
    request: Request, household: Household, plain: Annotated[Plain, Depends(_plain)]
) -> JSONResponse:
    """Take a reading."""
    del household
    return JSONResponse({"outcome": await plain.take(await read_body(request, 4096))})


def create_app(service: Service, console: FastAPI | None = None) -> FastAPI:
    """Return the provider's application with the route."""
    app = create_private_app(service, console)
    app.state.plain = Plain(service)
    app.include_router(router)
    return app


running.create_app = create_app  # type: ignore[attr-defined]

if __name__ == "__main__":
    main()
