"""The console's door: passwords, sessions, cookies, forms, headers, roles."""

from itertools import product
from pathlib import Path
import re
from typing import Final

from fastapi.openapi.utils import get_openapi
import httpx
import pytest
from sqlalchemy import select

from currentcost_provider.api.application import create_app
from currentcost_provider.credentials import hash_token, is_chosen, weakness
from currentcost_provider.operating.operators import Operators
from currentcost_provider.operating.sessions import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    Sessions,
)
from currentcost_provider.pages import create_console
from currentcost_provider.settings import read_settings
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.models import OperatorSessionRow, Role

from .conftest import ENGINES, NOON, Provider, listening
from .console import PASSWORD, SAME_SITE, Document, Person, new_client
from .household import problem
from .shell import Shell


def where(response: httpx.Response) -> str:
    assert response.status_code == 303, response.text
    return response.headers["Location"]


async def test_sign_in_leads_back_to_the_page(provider: Provider) -> None:
    await Person.of(provider)
    stranger = Person(new_client(provider))
    sent = where(await stranger.get("/results?household=anna"))
    assert sent == "/console/sign-in?next=%2Fresults%3Fhousehold%3Danna"
    page = await stranger.client.get(sent)
    assert Document(page.text).hidden["next"] == "/results?household=anna"
    answer = await stranger.post(
        "/sign-in",
        {"name": "admin", "password": PASSWORD, "next": "/results?household=anna"},
        page="/sign-in",
    )
    assert where(answer) == "/console/results?household=anna"
    assert "admin" in (await stranger.see("/account")).text


async def test_sign_in_leads_nowhere_else(provider: Provider) -> None:
    person = await Person.of(provider)
    for path in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\nb"):
        assert where(await person.get("/sign-in", params={"next": path})) == "/console/"


async def test_wrong_passwords_are_limited(provider: Provider) -> None:
    await Person.of(provider)
    stranger = Person(new_client(provider))
    for _ in range(5):
        answer = await stranger.sign_in("admin", "wrong")
        assert answer.status_code == 401
        assert "wrong" in answer.text
    refused = await stranger.sign_in("admin")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    for name in ("nobody", "x" * 65, "'; --"):
        assert (await stranger.sign_in(name)).status_code == 401
    entries = await provider.service.audit.last(before=None, limit=10)
    assert [entry.action for entry in entries[:5]] == ["console.refused"] * 5


async def test_a_program_can_not_sign_in(provider: Provider) -> None:
    await Operators(provider.database).add("billing", Role.VIEWER, NOON)
    stranger = Person(new_client(provider))
    for password in ("", "x"):
        assert (await stranger.sign_in("billing", password)).status_code == 401


async def test_cookie_is_new_at_sign_in_and_the_database_has_its_hash(
    provider: Provider,
) -> None:
    await Person.of(provider)
    stranger = Person(new_client(provider))
    first = await stranger.get("/sign-in")
    flags = first.headers["Set-Cookie"]
    assert re.search("HttpOnly", flags)
    assert re.search("SameSite=strict", flags)
    assert re.search("Path=/(;|$)", flags)
    before = stranger.client.cookies["currentcost"]
    await stranger.sign_in("admin")
    after = stranger.client.cookies["currentcost"]
    assert before != after
    rows = await stored(provider.database)
    assert hash_token(after) in rows
    assert hash_token(before) not in rows
    assert after.encode() not in provider.database.path.read_bytes()
    # Signing in once more leaves no session behind.
    await stranger.post("/sign-in", {"name": "admin", "password": PASSWORD})
    assert hash_token(after) not in await stored(provider.database)


async def stored(database: Database) -> list[bytes]:
    async with database.read() as session:
        rows = await session.scalars(select(OperatorSessionRow))
        return [row.token_hash for row in rows]


async def test_over_tls_the_cookie_is_for_this_host_alone(provider: Provider) -> None:
    proxied = {"X-Forwarded-Proto": "https", "Host": "acme.example"}
    answer = await provider.client.get("/console/sign-in", headers=proxied)
    assert answer.headers["Set-Cookie"].startswith("__Host-currentcost=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Domain" not in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    local = await provider.client.get("/console/sign-in")
    assert "Strict-Transport-Security" not in local.headers


async def test_nothing_is_shown_in_the_clear_to_another_machine(
    provider: Provider,
) -> None:
    for path in ("/sign-in", "/results", "/account"):
        answer = await provider.client.get(
            f"/console{path}", headers={"Host": "acme.example"}
        )
        assert answer.status_code == 403
        assert "not encrypted" in answer.text
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("step", "steps", "good"),
    [
        (IDLE_SECONDS - 1, 3, True),
        (IDLE_SECONDS, 1, False),
        (IDLE_SECONDS - 1, LONGEST_SECONDS // (IDLE_SECONDS - 1) + 1, False),
    ],
)
async def test_sessions_end_by_themselves(
    provider: Provider, step: int, steps: int, *, good: bool
) -> None:
    person = await Person.of(provider)
    for _ in range(steps):
        provider.clock.now += step
        answer = await person.get("/account")
    assert (answer.status_code == 200) == good
    if not good:
        assert where(answer).startswith("/console/sign-in")


async def test_sessions_end_when_their_owner_says_so(provider: Provider) -> None:
    first = await Person.of(provider)
    second, third = Person(new_client(provider)), Person(new_client(provider))
    for each in (second, third):
        await each.sign_in("admin")
    assert (await first.see("/account")).text.count("this one") == 1
    before = first.client.cookies["currentcost"]
    where(await first.post("/sign-out-everywhere", page="/account")) if False else None
    where(await first.post("/account/sign-out-everywhere"))
    for each in (second, third):
        assert where(await each.get("/account")).startswith("/console/sign-in")
    await first.see("/account")
    # What was written down of the cookie is of no use any more.
    assert first.client.cookies["currentcost"] != before
    await second.sign_in("admin")
    [other] = re.findall(
        r"/console(/account/sessions/\d+/end)", (await first.get("/account")).text
    )
    where(await first.post(other))
    assert where(await second.get("/account")).startswith("/console/sign-in")
    kept = first.client.cookies["currentcost"]
    assert where(await first.post("/sign-out")) == "/console/sign-in"
    first.client.cookies.set("currentcost", kept, domain="127.0.0.1")
    assert where(await first.get("/account")).startswith("/console/sign-in")


async def test_no_session_of_somebody_else_is_ended(provider: Provider) -> None:
    admin, viewer = await Person.of(provider), await Person.of(provider, Role.VIEWER)
    where(await viewer.post("/account/sessions/1/end"))
    await admin.see("/account")


async def test_a_new_password_ends_sessions(provider: Provider) -> None:
    person = await Person.of(provider)
    other = Person(new_client(provider))
    await other.sign_in("admin")
    new = "marble lantern 47 fjord"
    for current, first, second, words in (
        ("wrong", new, new, "current password is not right"),
        (PASSWORD, new, new + "x", "not the same"),
        (PASSWORD, "short", "short", "12 characters or more"),
        (PASSWORD, "my-admin-password", "my-admin-password", "contain the name"),
    ):
        answer = await person.post(
            "/account/password", {"current": current, "new": first, "again": second}
        )
        assert answer.status_code == 422
        assert words in answer.text
        assert first not in answer.text
    await other.see("/account")
    fields = {"current": PASSWORD, "new": new, "again": new}
    where(await person.post("/account/password", fields))
    await person.see("/account")
    assert where(await other.get("/account")).startswith("/console/sign-in")
    assert (await other.sign_in("admin")).status_code == 401
    where(await other.sign_in("admin", new))


FORMS = (
    "/account/password",
    "/account/sign-out-everywhere",
    "/account/sessions/1/end",
    "/operators",
    "/operators/viewer/password",
    "/operators/viewer/role",
    "/operators/viewer/remove",
    "/sign-in",
    "/sign-out",
)


async def test_no_form_of_another_site(provider: Provider) -> None:
    person = await Person.of(provider)
    page = Document((await person.get("/account")).text)
    token = page.hidden["form_token"]
    origin = str(provider.client.base_url).rstrip("/")
    fields = {"name": "admin", "password": PASSWORD, "role": "admin"}
    foreign: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
        ({"form_token": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"form_token": token}, {"Sec-Fetch-Site": "same-site"}),
        ({"form_token": token}, {"Sec-Fetch-Site": "none"}),
        ({"form_token": token}, {"Origin": "https://evil.example"}),
        ({"form_token": token}, {"Origin": "null"}),
        ({"form_token": token}, {}),
        ({}, SAME_SITE),
        ({"form_token": token[:-1]}, SAME_SITE),
        ({"form_token": "\u00e9"}, {"Origin": origin}),
    )
    for path, (sent, headers) in product(FORMS, foreign):
        answer = await person.client.post(
            f"/console{path}", data=sent | fields, headers=headers
        )
        assert answer.status_code == 403
        assert "no longer good" in answer.text
    await person.see("/account")
    [operator] = await Operators(provider.database).all()
    assert operator[0].name == "admin"


async def test_older_browsers_say_where_a_form_is_from(provider: Provider) -> None:
    person = await Person.of(provider)
    origin = str(provider.client.base_url).rstrip("/")
    where(await person.post("/sign-out", headers={"Origin": origin}))


async def test_a_token_is_of_one_browser(provider: Provider) -> None:
    admin, viewer = await Person.of(provider), await Person.of(provider, Role.VIEWER)
    token = Document((await viewer.get("/account")).text).hidden["form_token"]
    answer = await admin.client.post(
        "/console/sign-out", data={"form_token": token}, headers=SAME_SITE
    )
    assert answer.status_code == 403


async def test_what_is_no_form(provider: Provider) -> None:
    for kind, body, status in (
        ("application/json", b"{}", 400),
        ("application/x-www-form-urlencoded", b"a=%ff", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 100, 400),
        ("application/x-www-form-urlencoded", b"a" * 20_000, 413),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n", 400),
        ("multipart/form-data; boundary=b", b"", 403),
    ):
        answer = await provider.client.post(
            "/console/sign-in",
            content=body,
            headers=SAME_SITE | {"Content-Type": kind},
        )
        assert answer.status_code == status, (kind, body[:20])


async def test_headers_of_every_answer(provider: Provider) -> None:
    person = await Person.of(provider)
    for path, status in (
        ("/account", 200),
        ("/sign-in", 303),
        ("/nothing", 404),
        ("/static/console.css", 200),
        ("/static/nothing", 404),
        ("/audit?before=x", 400),
        ("/results?since=yesterday", 400),
    ):
        answer = await person.get(path)
        assert answer.status_code == status
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        kept = "?v=" in path or "no-store" in answer.headers["Cache-Control"]
        assert kept
    put = await person.client.put("/console/account")
    assert (put.status_code, put.headers["X-Frame-Options"]) == (405, "DENY")
    # The interface of households is as it was.
    assert "X-Frame-Options" not in (await provider.client.get("/v1/")).headers
    assert (await provider.client.get("/console")).headers["Location"] == "/console/"


ADMINS = ("/audit", "/operators")


async def test_roles(provider: Provider) -> None:
    for role in Role:
        person = await Person.of(provider, role)
        refused = () if role is Role.ADMIN else ADMINS
        menu = (await person.see("/account")).addresses
        for path in ("/account", "/results", *ADMINS):
            status = 403 if path in refused else 200
            assert (await person.get(path)).status_code == status
            assert (f"/console{path}" in menu) == (path not in refused)
        if refused:
            answer = await person.post("/operators", {"name": "me", "role": "admin"})
            assert answer.status_code == 403
    assert len(await Operators(provider.database).all()) == 3


OWN: Final = {
    "/account/password",
    "/account/sessions/{session_id}/end",
    "/account/sign-out-everywhere",
    "/meters",
    "/sign-in",
    "/sign-out",
}
"""What a viewer may send: about themselves, and to compare meters."""


async def test_a_viewer_changes_nothing(provider: Provider) -> None:
    """Whatever form there is: one that is added is known here, or is refused."""
    routes = create_console(provider.service).routes
    document = get_openapi(title="", version="", routes=routes)
    forms = {path for path, found in document["paths"].items() if "post" in found}
    assert forms > OWN
    viewer = await Person.of(provider, Role.VIEWER)
    async with new_client(provider) as nobody:
        for form in sorted(forms - {"/sign-in", "/sign-out"}):
            path = re.sub(r"\{\w+\}", "anna", form)
            if form not in OWN:
                answer = await viewer.post(path)
                assert answer.status_code == 403, form
                assert "role" in Document(answer.text).text, form
            answer = await nobody.post(f"/console{path}", headers=SAME_SITE)
            assert answer.status_code in {303, 403}, form


async def test_operators(provider: Provider) -> None:
    admin = await Person.of(provider)
    page = await admin.post("/operators", {"name": "zoe", "role": "viewer"})
    [password] = re.findall(r"<code>((?:\w{4}-){3}\w{4})</code>", page.text)
    again = await admin.post("/operators", {"name": "zoe", "role": "viewer"})
    assert "already" in again.text
    nobody = await admin.post("/operators", {"name": "<b>", "role": "viewer"})
    assert "letters, digits" in nobody.text
    zoe = Person(new_client(provider))
    where(await zoe.sign_in("zoe", password))
    assert (await zoe.get("/audit")).status_code == 403
    where(await admin.post("/operators/zoe/role", {"role": "admin"}))
    log = (await zoe.see("/audit")).text
    assert "console:admin operator.role zoe (admin)" in log
    where(await admin.post("/operators/zoe/remove"))
    assert where(await zoe.get("/audit")).startswith("/console/sign-in")
    for path in ("/operators/admin/remove", "/operators/admin/role"):
        answer = await admin.post(path, {"role": "viewer"})
        assert answer.status_code == 409
    assert (await admin.post("/operators/zoe/remove")).status_code == 404
    assert password not in (await admin.get("/audit")).text


async def test_names_are_not_markup(provider: Provider) -> None:
    person = await Person.of(provider)
    name = '"><img src=x>'
    for answer in (
        await person.post("/operators", {"name": name, "role": "viewer"}),
        await Person(new_client(provider)).sign_in(name),
        await person.get("/results", params={"household": name}),
    ):
        assert "<img src=x>" not in answer.text


@pytest.mark.parametrize("engine", ENGINES)
async def test_any_worker_knows_a_session(database: Database, engine: str) -> None:
    assert engine
    await Operators(database).add("ann", Role.VIEWER, NOON)
    ann = await Operators(database).named("ann")
    assert ann is not None
    here, there = Sessions(database), Sessions(database)
    token = await here.begin(ann.id, "Firefox on Linux", NOON)
    found = await there.find(token, NOON + IDLE_SECONDS - 1)
    assert found is not None
    assert found.operator.name == "ann"
    assert token not in repr(found)
    assert await there.find(token, NOON + 2 * IDLE_SECONDS - 3) is not None
    assert await there.find(token, NOON + 4 * IDLE_SECONDS) is None
    # Whoever signs in next sweeps away what is over.
    await here.begin(ann.id, "Firefox on Linux", NOON + 4 * IDLE_SECONDS)
    assert len(await stored(database)) == 1
    assert await Operators(database).remove("ann")
    assert await stored(database) == []


@pytest.mark.parametrize(
    ("options", "served"),
    [
        ({}, True),
        ({"console": False}, False),
        ({"host": "0.0.0.0", "insecure": True}, False),  # noqa: S104
        (
            {"host": "0.0.0.0", "certificate": "c.pem", "private_key": "k.pem"},  # noqa: S104
            True,
        ),
    ],
)
def test_where_the_console_is_served(
    options: dict[str, object], *, served: bool
) -> None:
    assert read_settings(Path("provider.toml"), **options).serves_console == served


async def test_service_without_a_console(provider: Provider) -> None:
    async with listening(create_app(provider.service)) as address:
        for path in ("/console", "/console/", "/console/sign-in"):
            answer = await provider.client.get(f"{address}{path}")
            assert problem(answer) == (404, "not_found")


def test_password_by_command(shell: Shell) -> None:
    shell.done("operator", "add", "ann", "--role", "admin")
    made = shell.done("operator", "password", "ann", "--generate").strip()
    assert weakness(made, "ann") is None
    assert "no operator ben" in shell.refused(
        "operator", "password", "ben", "--generate"
    )
    assert "operator.password" in shell.done("operator", "audit")
    assert made not in shell.done("operator", "audit")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 characters or more"),
        ("x" * 129, "128 characters at most"),
        ("Ann-is-the-best", "must not contain the name"),
        ("abababababab", "same few characters"),
    ],
)
def test_weak_passwords(password: str, why: str) -> None:
    assert why in (weakness(password, "ann") or "")
    assert not is_chosen(password, None)
