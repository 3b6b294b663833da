"""The interface for admins: webhooks."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ..results import iso
from ..storage.models import WebhookRow
from ..telling.outgoing import MAX_URL
from .serving import Admin, ServiceOf, actor, admin, described, json_of

router: Final = APIRouter(prefix="/v1/operator/webhooks", tags=["operators"])

type Id = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Its id.")]


class NewWebhook(BaseModel):
    """Where new results are to be sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str = Field(min_length=1, max_length=MAX_URL)
    """https, or http on this machine."""
    from_beginning: bool = False
    """All results that there are come first; otherwise only new ones come."""


class WebhookItem(BaseModel):
    """Where new results are sent, and how that goes."""

    id: str
    url: str
    created: str
    delivered: str | None
    """When something was taken last."""
    failures: int
    """Since then."""
    failing_since: str | None
    error: str | None
    next_try: str | None
    """Not before, after a failure."""
    disabled: bool
    """After three days of failures; `enable` tries again."""


class WebhookList(BaseModel):
    """All webhooks."""

    webhooks: list[WebhookItem]


class MadeWebhook(WebhookItem):
    """A new webhook, with the secret that signs: shown this once."""

    secret: str = Field(repr=False)


@router.get("", dependencies=[Depends(admin)], summary="Where new results are sent")
async def webhooks(service: ServiceOf) -> WebhookList:
    """Return the webhooks and how they go."""
    rows = await service.webhooks.all()
    return WebhookList(
        webhooks=[WebhookItem.model_validate(_item(row)) for row in rows]
    )


@router.post(
    "",
    status_code=201,
    summary="Register an address",
    openapi_extra=described(NewWebhook),
)
async def add(
    service: ServiceOf,
    who: Admin,
    wanted: Annotated[NewWebhook, Depends(json_of(NewWebhook))],
) -> MadeWebhook:
    """Send new results to an address from now on."""
    row, secret = await service.webhooks.add(
        wanted.url, from_beginning=wanted.from_beginning, actor=actor(who)
    )
    return MadeWebhook.model_validate({**_item(row), "secret": secret})


@router.post("/{webhook_id}/enable", status_code=204, summary="Try again now")
async def enable(service: ServiceOf, who: Admin, webhook_id: Id) -> Response:
    """Try again, where it stopped."""
    await service.webhooks.enable(webhook_id, actor=actor(who))
    return Response(status_code=204)


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook")
async def remove(service: ServiceOf, who: Admin, webhook_id: Id) -> Response:
    """Send nothing there any more."""
    await service.webhooks.remove(webhook_id, actor=actor(who))
    return Response(status_code=204)


def _item(row: WebhookRow) -> dict[str, object]:
    return {
        "id": row.id,
        "url": row.url,
        "created": iso(row.created),
        "delivered": None if row.delivered is None else iso(row.delivered),
        "failures": row.failures,
        "failing_since": None if row.failing_since is None else iso(row.failing_since),
        "error": row.error,
        "next_try": iso(row.due) if row.failures and not row.disabled else None,
        "disabled": row.disabled,
    }
