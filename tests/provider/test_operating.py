"""What operators do over the interface: households, plans, people; and what it shows."""

import json
import math
from typing import Any

import httpx
from hypothesis import given, strategies as st
import pytest
from sqlalchemy import func, select

from currentcost_provider.operating.knowledge import knowledge
from currentcost_provider.operating.subject import belonging
from currentcost_provider.storage.audit import Audit
from currentcost_provider.storage.models import (
    AgreementRow,
    Base,
    HouseholdRow,
    Role,
    WindowRow,
)

from .conftest import ENGINES, NOON, THRESHOLDS, WINDOW, Provider
from .household import Household, problem
from .shell import Shell
from .test_interface import operator

LAST = NOON - WINDOW
HOUSEHOLDS = "/v1/operator/households"
PLANS = "/v1/operator/plans"
RANGE = {
    "title": "How much?",
    "thresholds": [500, 1500],
    "days": 60,
    "start": "2026-01-01",
}


class Desk:
    """An admin at work."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def get(self, path: str, **query: Any) -> Any:
        response = await self.client.get(path, params=query, headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(path, json=body or {}, headers=self.headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers=self.headers)


@pytest.fixture
async def desk(provider: Provider) -> Desk:
    return Desk(provider.client, await operator(provider, Role.ADMIN))


async def enrolled(desk: Desk, *users: str, plan: str = "evening") -> list[Household]:
    made = await desk.post(HOUSEHOLDS, {"users": list(users), "plan": plan})
    assert made.status_code == 201, made.text
    return [
        Household(desk.client, sheet["user"], sheet["password"])
        for sheet in made.json()["sheets"]
    ]


async def deeds(provider: Provider) -> list[tuple[str, str, str]]:
    rows = await Audit(provider.database).last(before=None, limit=100)
    return [(row.actor, row.action, row.subject) for row in reversed(rows)]


async def test_enrolled_over_the_interface_a_household_agrees(
    provider: Provider, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    made = await desk.post(
        HOUSEHOLDS, {"users": ["anna", "ben"], "plan": "evening", "days": 2}
    )
    assert made.headers["Cache-Control"] == "no-store"
    anna, ben = made.json()["sheets"]
    assert anna["expires"] == "2026-01-03T12:00:00Z"
    assert anna["qr"].startswith("<svg")
    assert anna["password"] != ben["password"]
    household = Household(desk.client, "anna", anna["password"])
    await household.set_up()
    sheet = (await desk.post(f"{HOUSEHOLDS}/anna/reset")).json()
    assert problem(await household.get("/v1/plan")) == (401, "token")
    again = Household(desk.client, "anna", sheet["password"])
    assert (await again.log_in()).status_code == 200
    assert await deeds(provider) == [
        ("operator admin", "household.enrol", "2 households"),
        ("operator admin", "household.reset", "anna"),
    ]
    async with provider.database.snapshot() as connection:
        rows = [
            str(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in await connection.execute(select(table))
        ]
    for password in (anna["password"], ben["password"], sheet["password"]):
        assert password not in caplog.text
        assert not any(password in row for row in rows)


async def test_enrolment_is_all_or_nothing(provider: Provider, desk: Desk) -> None:
    await enrolled(desk, "anna")
    cases: list[tuple[Any, tuple[int, str]]] = [
        ({"users": ["ben", "anna"], "plan": "evening"}, (409, "conflict")),
        ({"users": ["ben", "ben"], "plan": "evening"}, (422, "unfit")),
        ({"users": ["b n"], "plan": "evening"}, (400, "malformed")),
        ({"users": [], "plan": "evening"}, (400, "malformed")),
        ({"users": ["b"] * 201, "plan": "evening"}, (400, "malformed")),
        ({"users": ["ben"], "plan": "morning"}, (404, "not_found")),
        ({"users": ["ben"], "plan": "evening", "days": 91}, (400, "malformed")),
        ({"users": ["b" * 64] * 900, "plan": "evening"}, (413, "too_large")),
    ]
    for body, expected in cases:
        assert problem(await desk.post(HOUSEHOLDS, body)) == expected
    async with provider.database.read() as session:
        assert await session.scalar(select(func.count(HouseholdRow.id))) == 1
    assert len(await deeds(provider)) == 1


async def test_blocked_revoked_and_gone(provider: Provider, desk: Desk) -> None:
    [anna] = await enrolled(desk, "anna")
    await anna.set_up()
    assert (await desk.post(f"{HOUSEHOLDS}/anna/block")).status_code == 204
    assert problem((await anna.begin())[1]) == (403, "policy_refused")
    # What runs goes on.
    report = anna.report(anna.window(LAST), 700)
    assert anna.outcome(report, await anna.send(report)) == 1
    assert (await desk.post(f"{HOUSEHOLDS}/anna/unblock")).status_code == 204
    assert (await anna.begin())[1].status_code == 201
    assert (await desk.delete(f"{HOUSEHOLDS}/anna/token")).status_code == 204
    assert problem(await anna.get("/v1/plan")) == (401, "token")
    assert problem(await anna.log_in()) == (401, "credentials")
    assert (await desk.delete(f"{HOUSEHOLDS}/anna")).status_code == 204
    async with provider.database.read() as session:
        for row in (HouseholdRow, AgreementRow, WindowRow):
            assert not await session.scalar(select(func.count()).select_from(row))
    for path in ("", "/knowledge", "/export"):
        response = await desk.client.get(
            f"{HOUSEHOLDS}/anna{path}", headers=desk.headers
        )
        assert problem(response) == (404, "not_found")
    assert [action for _, action, _ in await deeds(provider)][1:] == [
        "household.block",
        "household.unblock",
        "household.revoke",
        "household.erase",
    ]


async def test_one_household(desk: Desk) -> None:
    anna, ben = await enrolled(desk, "anna", "ben")
    await anna.set_up()
    await ben.set_up()
    for number, watts in enumerate((700, 700, 2500)):
        start = LAST - number * WINDOW
        await anna.send(anna.report(anna.window(start), watts))
        await ben.send(ben.report(ben.window(start), watts))
    await anna.send(anna.agreement.missing(anna.window(LAST - 3 * WINDOW)))
    shown = await desk.get(f"{HOUSEHOLDS}/anna", windows=3)
    assert shown["plan"] == "evening"
    assert shown["has_token"]
    assert shown["password_until"] is None
    [agreement] = shown["agreements"]
    assert (agreement["state"], agreement["refusals"]) == ("running", 0)
    assert agreement["id"] == anna.agreement.id.hex()
    assert [window["outcome"] for window in shown["windows"]] == [1, 1, 3]
    assert {window["household"] for window in shown["windows"]} == {"anna"}

    known = await desk.get(f"{HOUSEHOLDS}/anna/knowledge")
    [plan] = known["plans"]
    assert known["stored"]["window_claim"] == 4
    # Four outcomes, or none: log2(5) each.
    assert plan["bits_each"] == pytest.approx(math.log2(5))
    assert known["at_most"] == pytest.approx(4 * math.log2(5))
    # Two of one kind and two others: 2 x 1 + 2 x 2 bits.
    assert known["as_answered"] == pytest.approx(6)
    first, *_ = plan["answers"]
    assert (first["outcome"], first["windows"], first["bits"]) == (1, 2, 1)
    assert (first["lower"], first["upper"]) == (0, 1000)
    assert {answer["outcome"] for answer in plan["answers"]} == {1, 3, None}


async def test_export_is_all_that_is_stored_of_one(
    provider: Provider, desk: Desk
) -> None:
    anna, ben = await enrolled(desk, "anna", "ben")
    for household in (anna, ben):
        await household.set_up()
        for number in range(3):
            window = household.window(LAST - number * WINDOW)
            await household.send(household.report(window, 700))
    document = await desk.get(f"{HOUSEHOLDS}/anna/export")
    assert document["household"][0]["user"] == "anna"
    assert document["agreement"][0]["id"] == anna.agreement.id.hex()
    assert [row["outcome"] for row in document["window_claim"]] == [1, 1, 1]
    assert document["plans"][0]["outcomes"][1]["upper"] == THRESHOLDS[0]
    assert [row["action"] for row in document["audit"]] == ["household.export"]
    text = json.dumps(document)
    assert "ben" not in text
    assert ben.agreement.id.hex() not in text
    withheld = {(each["table"], each["column"]) for each in document["not_included"]}
    async with provider.database.read() as session:
        row = await session.scalar(select(AgreementRow).limit(1))
    assert row is not None
    assert ("agreement", "agreement") in withheld
    assert row.agreement is not None
    assert row.agreement.hex() not in text


def test_every_table_is_a_households_or_known_not_to_be() -> None:
    """A table that is added is exported and erased, or named here."""
    own = {table.name for table, _ in belonging(1)}
    others = {
        *("alembic_version", "audit", "operator", "operator_session"),
        *("operator_token", "plan", "plan_draft", "provider", "webhook"),
    }
    assert {"household", "agreement", "window_claim"} <= own
    assert set(Base.metadata.tables) - own <= others


@given(
    st.integers(1, 64),
    st.lists(st.integers(0, 1000), min_size=1, max_size=65),
)
def test_answers_never_tell_more_than_the_bound(
    outcomes: int, given_counts: list[int]
) -> None:
    counts: dict[int | None, int] = dict(
        enumerate(given_counts[: outcomes + 1], start=-1)
    )
    known = knowledge(
        outcomes, {None if k < 0 else k: n for k, n in counts.items() if k is not None}
    )
    assert 0 <= known.as_answered <= known.at_most + 1e-6
    assert known.windows == sum(counts.values())
    assert sum(answer.windows for answer in known.answers) == known.windows


def test_knowledge_of_known_answers() -> None:
    # The same answer always tells nothing; four alike tell two bits each.
    assert knowledge(3, {1: 50}).as_answered == 0
    even = knowledge(3, {None: 5, 1: 5, 2: 5, 3: 5})
    assert even.as_answered == even.at_most == 40
    # One of sixteen: 4 bits, the others log2(16/15).
    once = knowledge(3, {1: 15, 2: 1})
    assert once.as_answered == pytest.approx(4 + 15 * math.log2(16 / 15))
    assert knowledge(3, {}).at_most == 0


async def test_a_plans_life(provider: Provider, desk: Desk) -> None:
    draft = await desk.post(PLANS, {"plan": "night", "draft": True, **RANGE})
    assert draft.status_code == 201, draft.text
    assert (draft.json()["state"], draft.json()["code"]) == ("draft", None)
    # A draft is nobody's question, and can be made again.
    enrol = {"users": ["anna"], "plan": "night"}
    assert problem(await desk.post(HOUSEHOLDS, enrol)) == (404, "not_found")
    again = {"plan": "night", "draft": True, **RANGE, "thresholds": [600, 1600]}
    assert (await desk.post(PLANS, again)).json()["values"] == {
        "thresholds": [600, 1600]
    }
    signed = (await desk.post(f"{PLANS}/night/activate")).json()
    assert (signed["state"], len(signed["code"]) > 8) == ("active", True)
    assert signed["values"] == {"thresholds": [600, 1600]}
    assert problem(await desk.post(f"{PLANS}/night/activate")) == (404, "not_found")
    assert problem(await desk.post(PLANS, again)) == (409, "conflict")
    assert problem(await desk.delete(f"{PLANS}/night")) == (404, "not_found")

    # Other thresholds are another plan, which each household has to consent to.
    anna, _ = await enrolled(desk, "anna", "ben", plan="night")
    await anna.set_up()
    assert (await desk.get(f"{PLANS}/night"))["waiting"] == 1
    await desk.post(PLANS, {"plan": "night-2", **RANGE, "thresholds": [700]})
    retired = await desk.post(f"{PLANS}/night/retire", {"successor": "night-2"})
    assert retired.json() == {"moved": 2}
    page = await desk.get(f"{PLANS}/night-2/waiting", limit=1)
    assert (page["households"][0]["household"], page["next"]) == ("anna", "anna")
    page = await desk.get(f"{PLANS}/night-2/waiting", after="anna")
    assert [item["household"] for item in page["households"]] == ["ben"]
    # Until then what was agreed goes on.
    report = anna.report(anna.window(LAST), 650)
    assert anna.outcome(report, await anna.send(report)) == 2
    assert (await anna.statement()).plan.plan_id == "night-2"
    await anna.agree()
    assert (await desk.get(f"{PLANS}/night-2"))["waiting"] == 1
    report = anna.report(anna.window(LAST), 650)
    assert anna.outcome(report, await anna.send(report)) == 1

    # A retired plan takes no household and no period.
    for path, body in (
        (HOUSEHOLDS, {"users": ["c"], "plan": "night"}),
        (f"{PLANS}/night/renew", {}),
        (f"{PLANS}/night-2/retire", {"successor": "night"}),
        (f"{PLANS}/night-2/retire", {"successor": "night-2"}),
    ):
        assert problem(await desk.post(path, body)) == (409, "conflict")
    states = {item["plan"]: item["state"] for item in (await desk.get(PLANS))["plans"]}
    assert states == {"evening": "active", "night": "retired", "night-2": "active"}
    assert [deed for deed in await deeds(provider) if deed[1].startswith("plan")] == [
        ("operator admin", "plan.draft", "night"),
        ("operator admin", "plan.draft", "night"),
        ("operator admin", "plan.activate", "night"),
        ("operator admin", "plan.create", "night-2"),
        ("operator admin", "plan.retire", "night for night-2"),
    ]


async def test_no_agreement_begins_on_a_retired_plan(desk: Desk) -> None:
    [anna] = await enrolled(desk, "anna")
    await anna.log_in()
    assert (await desk.post(f"{PLANS}/evening/retire")).json() == {"moved": 0}
    assert problem((await anna.begin())[1]) == (409, "plan_changed")


async def test_a_program_and_its_next_period(desk: Desk) -> None:
    order = {
        "plan": "tier",
        "program": "contracted_power",
        "values": {"INPUT_B_contracted": [4600]},
        "start": "2026-01-01",
        "days": 60,
    }
    made = await desk.post(PLANS, order)
    assert made.status_code == 201, made.text
    assert made.json()["kind"] == "program"
    renewed = await desk.post(f"{PLANS}/tier/renew", {"days": 59})
    assert renewed.status_code == 201, renewed.text
    assert (renewed.json()["start"], renewed.json()["state"]) == (
        made.json()["end"],
        "coming",
    )
    assert problem(await desk.post(f"{PLANS}/tier/renew", {"days": 400})) == (
        422,
        "unfit",
    )
    for unfit in (
        {"program": "/etc/passwd"},
        {"program": "question.toml"},
        {"thresholds": [5, 4]},
        {"values": {"INPUT_B_x": [1]}},
    ):
        order = {"plan": "x", "title": "x", "thresholds": [500], **unfit}
        refused = await desk.post(PLANS, order)
        assert problem(refused) == (422, "unfit")
        assert "root" not in refused.text


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_fleet_at_a_glance(
    provider: Provider, desk: Desk, engine: str
) -> None:
    assert engine
    names = ("anna", "ben", "cleo", "dora", "emil", "fred")
    anna, ben, cleo, dora, emil, _ = await enrolled(desk, *names)
    for household in (anna, ben, cleo, dora):
        await household.set_up()
    # The clock goes on: these agreed before the window began, Emil within it.
    provider.clock.now += WINDOW + 60
    await emil.set_up()
    provider.clock.now += WINDOW - 60
    start = int(provider.clock.now) - WINDOW
    await anna.send(anna.report(anna.window(start), 700))
    await ben.send(ben.report(ben.window(start), 700))
    await cleo.send(cleo.agreement.missing(cleo.window(start)))
    await desk.post(f"{HOUSEHOLDS}/fred/block")
    fleet = await desk.get(f"{PLANS}/evening/fleet")
    assert fleet["start"] == "2026-01-01T12:15:00Z"
    assert fleet["open_until"] == "2026-01-01T18:30:00Z"
    assert [bucket["households"] for bucket in fleet["buckets"]] == [0, 2, 0, 0]
    assert fleet["buckets"][1]["upper"] == 1000
    counts = {name: fleet[name] for name in ("missing", "refused", "late", "new")}
    assert counts == {"missing": 1, "refused": 0, "late": 1, "new": 1}
    counts = {name: fleet[name] for name in ("waiting", "blocked", "stopped")}
    assert counts == {"waiting": 1, "blocked": 1, "stopped": 0}
    # Everybody stands somewhere, once.
    answered = sum(bucket["households"] for bucket in fleet["buckets"])
    assert answered + 1 + 1 + 1 + 1 == len(names)

    for number in range(3):
        window = anna.window(start - (2 + number) * WINDOW)
        await anna.send(anna.broken(anna.report(window, 700)))
    fleet = await desk.get(f"{PLANS}/evening/fleet", at="2026-01-01T12:05:00Z")
    assert (fleet["start"], fleet["refused"]) == ("2026-01-01T11:45:00Z", 1)
    early = await desk.get(f"{PLANS}/evening/fleet", at="2025-01-01T00:00:00Z")
    assert (early["start"], early["late"]) == (None, 0)


async def test_people(provider: Provider, desk: Desk) -> None:
    path = "/v1/operator/operators"
    added = await desk.post(path, {"name": "billing", "role": "viewer"})
    assert added.status_code == 204
    assert problem(await desk.post(path, {"name": "billing"})) == (409, "conflict")
    made = await desk.post(f"{path}/billing/tokens", {"days": 1})
    billing = {"Authorization": f"Bearer {made.json()['token']}"}
    client = provider.client
    assert (await client.get(PLANS, headers=billing)).status_code == 200
    refused = await client.post(
        HOUSEHOLDS, json={"users": ["x"], "plan": "evening"}, headers=billing
    )
    assert problem(refused) == (403, "role")
    assert (await desk.get(path))["operators"][1] == {
        "name": "billing",
        "role": "viewer",
        "tokens": 1,
        "good_until": "2026-01-02T12:00:00Z",
    }
    assert (await desk.delete(f"{path}/billing/tokens")).status_code == 204
    assert problem(await client.get(PLANS, headers=billing)) == (401, "token")
    assert problem(await desk.delete(f"{path}/admin")) == (409, "conflict")
    assert (await desk.delete(f"{path}/billing")).status_code == 204
    for gone in ("", "/tokens"):
        assert problem(await desk.delete(f"{path}/billing{gone}"))[0] == 404
    assert problem(await desk.post(f"{path}/billing/tokens"))[0] == 404
    assert [(action, about) for _, action, about in await deeds(provider)] == [
        ("operator.add", "billing (viewer)"),
        ("operator.token", "billing"),
        ("operator.revoke", "billing"),
        ("operator.remove", "billing"),
    ]


ROLES: tuple[tuple[str, str, Role], ...] = (
    ("GET", HOUSEHOLDS, Role.VIEWER),
    ("POST", HOUSEHOLDS, Role.OPERATOR),
    ("GET", f"{HOUSEHOLDS}/anna", Role.VIEWER),
    ("GET", f"{HOUSEHOLDS}/anna/knowledge", Role.VIEWER),
    ("GET", f"{HOUSEHOLDS}/anna/export", Role.OPERATOR),
    ("POST", f"{HOUSEHOLDS}/anna/reset", Role.OPERATOR),
    ("POST", f"{HOUSEHOLDS}/anna/block", Role.OPERATOR),
    ("POST", f"{HOUSEHOLDS}/anna/unblock", Role.OPERATOR),
    ("DELETE", f"{HOUSEHOLDS}/anna/token", Role.OPERATOR),
    ("DELETE", f"{HOUSEHOLDS}/anna", Role.ADMIN),
    ("GET", PLANS, Role.VIEWER),
    ("POST", PLANS, Role.OPERATOR),
    ("GET", f"{PLANS}/evening", Role.VIEWER),
    ("GET", f"{PLANS}/evening/fleet", Role.VIEWER),
    ("GET", f"{PLANS}/evening/waiting", Role.VIEWER),
    ("POST", f"{PLANS}/evening/activate", Role.OPERATOR),
    ("POST", f"{PLANS}/evening/renew", Role.OPERATOR),
    ("POST", f"{PLANS}/evening/retire", Role.OPERATOR),
    ("DELETE", f"{PLANS}/evening", Role.OPERATOR),
    ("GET", "/v1/operator/operators", Role.ADMIN),
    ("POST", "/v1/operator/operators", Role.ADMIN),
    ("DELETE", "/v1/operator/operators/x", Role.ADMIN),
    ("POST", "/v1/operator/operators/x/tokens", Role.ADMIN),
    ("DELETE", "/v1/operator/operators/x/tokens", Role.ADMIN),
    ("POST", "/v1/operator/meters/check", Role.VIEWER),
    ("GET", "/v1/operator/results", Role.VIEWER),
    ("GET", "/v1/operator/results/stream", Role.VIEWER),
    ("GET", "/v1/operator/audit", Role.ADMIN),
    ("GET", "/v1/operator/asks", Role.VIEWER),
    ("POST", "/v1/operator/asks", Role.OPERATOR),
    ("GET", f"/v1/operator/asks/{'0' * 32}", Role.VIEWER),
    ("GET", "/v1/operator/webhooks", Role.ADMIN),
    ("POST", "/v1/operator/webhooks", Role.ADMIN),
    ("DELETE", f"/v1/operator/webhooks/{'0' * 16}", Role.ADMIN),
    ("POST", f"/v1/operator/webhooks/{'0' * 16}/enable", Role.ADMIN),
)


NAMED = {
    "{user}": "anna",
    "{plan}": "evening",
    "{name}": "x",
    "{webhook_id}": "0" * 16,
    "{asking}": "0" * 32,
}
LOOKS = {("POST", "/v1/operator/meters/check")}
"""What changes nothing, although it is no GET."""


async def test_every_route_has_its_role(provider: Provider) -> None:
    """Nobody adds one without saying above who may use it."""
    document = (await provider.client.get("/v1/openapi.json")).json()
    routes = set()
    for path, methods in document["paths"].items():
        if not path.startswith("/v1/operator"):
            continue
        for name, value in NAMED.items():
            path = path.replace(name, value)  # noqa: PLW2901
        routes |= {(method.upper(), path) for method in methods}
    roles = {(method, path): least for method, path, least in ROLES}
    assert routes == roles.keys()
    changing = {route for route in routes if route[0] != "GET"} - LOOKS
    assert not [route for route in changing if roles[route] is Role.VIEWER]


async def test_nobody_does_more_than_their_role_allows(
    provider: Provider, anna: Household
) -> None:
    headers = {role: await operator(provider, role) for role in Role}
    home = {"Authorization": f"Bearer {anna.token}"}
    for method, path, least in ROLES:
        for role in Role:
            if role.includes(least):
                continue
            response = await provider.client.request(
                method, path, headers=headers[role], json={}
            )
            assert problem(response) == (403, "role"), (method, path, role)
        for none in ({}, home, {"Authorization": "Bearer"}):
            nobody = await provider.client.request(method, path, json={}, headers=none)
            assert problem(nobody) == (401, "token"), (method, path)


def test_the_same_by_command(shell: Shell) -> None:
    create = ("plan", "create", "p", "--title", "How much?", "--threshold", "1000")
    assert "activate p" in shell.done(*create, "--draft")
    assert "draft" in shell.done("plan", "list")
    assert "no plan p" in shell.refused("household", "enrol", "anna", "--plan", "p")
    assert "is signed" in shell.done("plan", "activate", "p")
    shell.done("household", "enrol", "anna", "--plan", "p")
    assert shell.done("plan", "waiting", "p") == "anna\n"
    assert "not agreed  1" in shell.done("plan", "fleet", "p")
    assert "is blocked" in shell.done("household", "block", "anna")
    assert "blocked" in shell.done("household", "list")
    shell.done("household", "block", "anna", "--lift")
    shell.done("household", "revoke", "anna")
    assert "rows stored  1 household" in shell.done("household", "show", "anna")
    exported = shell.database.with_name("anna.json")
    shell.done("household", "export", "anna", str(exported))
    assert json.loads(exported.read_text())["household"][0]["user"] == "anna"
    assert "exists already" in shell.refused(
        "household", "export", "anna", str(exported)
    )
    shell.done("plan", "create", "q", "--title", "Q?", "--threshold", "2000")
    assert "1 households" in shell.done("plan", "retire", "p", "--successor", "q")
    assert "retired" in shell.refused("plan", "renew", "p")
    shell.done(
        *("plan", "create", "r", "--title", "R?", "--threshold", "9", "--draft"),
        "--minimum-width",
        "9",
    )
    shell.done("plan", "discard", "r")
    assert "no draft r" in shell.refused("plan", "activate", "r")
    shell.done("household", "erase", "anna", "--yes")
    assert "no household anna" in shell.refused("household", "show", "anna")
    log = shell.done("operator", "audit")
    for action in ("plan.draft", "household.erase", "household.export"):
        assert action in log
