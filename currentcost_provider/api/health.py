"""For the machines that watch the service: alive, ready, and its numbers."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from ..metrics import CONTENT_TYPE, exposition
from ..service import Service
from .serving import get_service, viewer

router: Final = APIRouter(tags=["watching"])


@router.get("/healthz", summary="Whether the process answers")
async def alive() -> JSONResponse:
    """Say that this process answers."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz", summary="Whether it can take reports")
async def ready(service: Annotated[Service, Depends(get_service)]) -> JSONResponse:
    """Say that the database can be used; otherwise 503."""
    await service.check_ready()
    return JSONResponse({"status": "ready"})


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    dependencies=[Depends(viewer)],
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def metrics() -> Response:
    """Return the numbers of all workers, for a viewer's token."""
    return Response(exposition(), media_type=CONTENT_TYPE)
