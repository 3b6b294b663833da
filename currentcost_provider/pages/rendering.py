"""Templates: what they are given, and how times and numbers are written."""

from datetime import UTC, datetime
import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from ..storage.models import Role
from .visitor import Visitor, set_cookie

ROOT: Final = "/console"
STATIC: Final = Path(__file__).with_name("static")

PAGES: Final = (
    ("/", "Fleet now", Role.VIEWER),
    ("/households", "Households", Role.VIEWER),
    ("/plans", "Plans", Role.VIEWER),
    ("/results", "Results", Role.VIEWER),
    ("/meters", "Meters", Role.VIEWER),
    ("/enrol", "Enrol", Role.OPERATOR),
    ("/audit", "Audit", Role.ADMIN),
    ("/operators", "Operators", Role.ADMIN),
)
"""What the menu leads to, and for whom."""

_NOTICES: Final = {
    "erased": "Everything about the household is erased.",
    "everywhere": "You are signed out everywhere else.",
    "discarded": "The draft is thrown away.",
    "ended": "That session is ended.",
    "operator-removed": "The operator is removed and signed out.",
    "password": "Your password is changed; you are signed out everywhere else.",
    "renewed": "The next period is signed. Publish its code.",
    "retired": "The plan is retired. Agreements that run go on to their period's end.",
    "revoked": "The household is signed out. A reset lets it come back.",
    "role": "The role is changed.",
    "signed": "The plan is signed and in force. Publish its code and enrol households.",
}
"""What a page says once, by the key in its address."""


def render(
    request: Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    **values: Any,
) -> HTMLResponse:
    """Return a page; its form's token fits the cookie that it sets or the one there."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    desk = request.app.state.desk
    text = _templates.get_template(template).render(
        values
        | {
            "visitor": visitor,
            "provider": desk.service.name,
            "fingerprint": desk.service.fingerprint,
            "now": desk.now(),
            "path": request.url.path.removeprefix(ROOT),
            "notice": _NOTICES.get(request.query_params.get("notice", "")),
        }
    )
    response = HTMLResponse(text, status_code=status)
    if visitor is not None and not visitor.has_cookie:
        set_cookie(request, response, visitor.token)
    return response


def redirect(path: str, *, notice: str | None = None) -> RedirectResponse:
    """Return the way to another page of the console, after a form."""
    query = f"?notice={notice}" if notice else ""
    return RedirectResponse(f"{ROOT}{path}{query}", status_code=HTTPStatus.SEE_OTHER)


def moment(seconds: int | None) -> Markup:
    """Return a time (UTC s); the browser writes it in its own zone."""
    if seconds is None:
        return Markup("-")
    time = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        time.strftime("%Y-%m-%dT%H:%M:%SZ"), time.strftime("%Y-%m-%d %H:%M UTC")
    )


def instant(text: str) -> Markup:
    """Return a time that is written as ISO 8601 already."""
    return moment(int(datetime.fromisoformat(text).timestamp()))


def field_time(text: str) -> str:
    """Return a time (ISO 8601, UTC) as a form's field takes it, "" if it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return time.replace(tzinfo=None).strftime("%Y-%m-%dT%H:%M")


def number(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def duration(seconds: int) -> str:
    """Return a length of time in words."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {name}s" if count > 1 else f"1 {name}"
    return f"{seconds:,} seconds"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def asset(name: str) -> str:
    """Return a static file's address, a new one whenever the file changes."""
    return f"{ROOT}/static/{name}?v={_digests[name]}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


_digests: Final = {path.name: _digest(path) for path in STATIC.iterdir()}
_templates: Final = Environment(
    autoescape=True,
    auto_reload=False,
    loader=PackageLoader("currentcost_provider.pages"),
    lstrip_blocks=True,
    trim_blocks=True,
    undefined=StrictUndefined,
)
_templates.globals["asset"] = asset
_templates.globals["pages"] = PAGES
_templates.globals["plural"] = plural
_templates.globals["root"] = ROOT
_templates.filters |= {
    "duration": duration,
    "field_time": field_time,
    "instant": instant,
    "moment": moment,
    "number": number,
}
