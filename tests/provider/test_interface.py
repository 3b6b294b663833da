"""The operators' interface, what watches the service, and its description."""

import asyncio
from collections.abc import AsyncIterator
import json
import logging
import threading
from typing import Any, Self

import httpx
from hypothesis import HealthCheck, given, settings
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from currentcost_provider.api import gate
from currentcost_provider.credentials import hash_token, new_token
from currentcost_provider.limits import RateLimit
from currentcost_provider.logs import JsonFormatter
from currentcost_provider.operating.operators import Operators
from currentcost_provider.storage.audit import Audit
from currentcost_provider.storage.database import Database
from currentcost_provider.storage.models import Role
from currentcost_provider.storage.vault import Vault

from .conftest import (
    ENGINES,
    NOON,
    WINDOW,
    Clock,
    Provider,
    serving,
)
from .household import Household, problem

DAY = 86_400


async def operator(provider: Provider, role: Role = Role.VIEWER) -> dict[str, str]:
    """Return the headers of a new operator's requests."""
    operators, token = Operators(provider.database), new_token()
    await operators.add(role, role, NOON)
    await operators.add_token(role, hash_token(token), expires=NOON + DAY, now=NOON)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def viewer(provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may read results."""
    headers = await operator(provider)
    async with httpx.AsyncClient(
        base_url=provider.client.base_url, headers=headers, timeout=30
    ) as client:
        yield client


async def test_billing_reads_page_by_page(
    anna: Household, viewer: httpx.AsyncClient
) -> None:
    for number in range(5):
        start = NOON - (number + 1) * WINDOW
        await anna.send(anna.report(anna.window(start), 700 * number))
    found, after = [], None
    while True:
        query = {"limit": "2"} | ({"after": after} if after else {})
        page = (await viewer.get("/v1/operator/results", params=query)).json()
        found += page["results"]
        if (after := page["next"]) is None:
            break
    assert [result["outcome"] for result in found] == [3, 3, 2, 1, 1]
    assert found[-1] == {
        "start": "2026-01-01T11:45:00Z",
        "end": "2026-01-01T12:00:00Z",
        "household": "anna",
        "state": "bucket",
        "outcome": 1,
        "label": "bucket 1",
        "lower": 0,
        "upper": 1000,
        "unit": "W",
    }
    query = {"since": "2026-01-01T12:15:00+01:00", "until": "2026-01-01T11:45:00Z"}
    page = (await viewer.get("/v1/operator/results", params=query)).json()
    assert page["results"] == found[2:4]
    for other in ({"household": "ben"}, {"plan": "morning"}):
        page = (await viewer.get("/v1/operator/results", params=other)).json()
        assert page == {"results": [], "next": None}


async def test_how_things_stand(
    provider: Provider, anna: Household, viewer: httpx.AsyncClient
) -> None:
    await anna.send(anna.report(anna.window(NOON - WINDOW), 700))
    await provider.household("ben")
    page = (await viewer.get("/v1/operator/households", params={"limit": 1})).json()
    assert page["households"] == [
        {
            "household": "anna",
            "plan": "evening",
            "agreement": "running",
            "blocked": False,
            "last_window": "2026-01-01T12:00:00Z",
        }
    ]
    page = (
        await viewer.get("/v1/operator/households", params={"after": page["next"]})
    ).json()
    assert [item["household"] for item in page["households"]] == ["ben"]
    [plan] = (await viewer.get("/v1/operator/plans")).json()["plans"]
    statement = await anna.statement()
    assert (plan["plan"], plan["code"]) == ("evening", statement.code)
    assert "1000" not in json.dumps(plan)


async def test_roles(provider: Provider, anna: Household) -> None:
    await Audit(provider.database).add("command:me", "plan.create", "evening", NOON)
    path = "/v1/operator/audit"
    for role, status in (
        (Role.VIEWER, 403),
        (Role.OPERATOR, 403),
        (Role.ADMIN, 200),
    ):
        headers = await operator(provider, role)
        response = await provider.client.get(path, headers=headers)
        assert response.status_code == status
    [entry] = response.json()["entries"]
    assert (entry["actor"], entry["action"]) == ("command:me", "plan.create")
    assert problem(await provider.client.get(path)) == (401, "token")
    # A household is no operator, and an operator no household.
    assert problem(await anna.get(path)) == (401, "token")
    assert problem(await provider.client.get("/v1/plan", headers=headers))[0] == 401
    provider.clock.now += DAY
    assert problem(await provider.client.get(path, headers=headers)) == (401, "token")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "x"},
        {"household": "an na"},
        {"household": "a\0"},
        {"plan": "P"},
        {"since": "yesterday"},
        {"since": "2026-01-01"},
        {"after": "x"},
        {"after": "WyIiLCIiLCIiLDFd"},
        {"after": "W10="},
        {"after": "w" * 401},
    ],
)
async def test_parameters_are_bounded(
    viewer: httpx.AsyncClient, query: dict[str, str]
) -> None:
    response = await viewer.get("/v1/operator/results", params=query)
    assert problem(response) == (400, "malformed")
    assert "yesterday" not in response.text


async def test_alive_and_ready(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await provider.client.get("/healthz")).json() == {"status": "alive"}
    assert (await provider.client.get("/readyz")).json() == {"status": "ready"}
    with monkeypatch.context() as full:
        # Also when everybody else is put off.
        full.setattr(gate, "MAX_REQUESTS", 0)
        assert (await provider.client.get("/healthz")).status_code == 200
        assert problem(await provider.client.get("/v1/")) == (503, "busy")
    await provider.database.close()
    provider.database.path.write_bytes(b"broken" * 1000)
    assert (await provider.client.get("/readyz")).status_code in {500, 503}
    assert (await provider.client.get("/healthz")).status_code == 200


async def test_metrics_tell_numbers_and_no_household(
    provider: Provider, anna: Household, viewer: httpx.AsyncClient
) -> None:
    assert problem(await provider.client.get("/metrics")) == (401, "token")
    before = samples((await viewer.get("/metrics")).text)
    await anna.send(anna.report(anna.window(NOON - WINDOW), 700))
    text = (await viewer.get("/metrics")).text
    after = samples(text)
    name = 'currentcost_windows_total{state="bucket"}'
    assert after[name] - before.get(name, 0) == 1
    name = (
        'currentcost_requests_total{method="POST",'
        'route="/v1/agreements/{agreement_id}/windows",status="200"}'
    )
    assert after[name] - before.get(name, 0) == 1
    assert "anna" not in text
    assert anna.agreement.id.hex() not in text


def samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(n) for name, _, n in (line.rpartition(" ") for line in lines)}


async def test_log_has_the_requests_id_and_no_secret(
    provider: Provider, anna: Household, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "httpx")
    caplog.set_level(logging.INFO, "currentcost_provider")
    caplog.handler.setFormatter(JsonFormatter())
    caplog.clear()
    for sent, kept in (("from-a-proxy_1", True), ("x\ty", False), ("short", False)):
        response = await provider.client.get(
            f"/v1/plan?token={anna.token}",
            headers={
                "Authorization": f"Bearer {anna.token}",
                "X-Request-Id": sent,
            },
        )
        shown = response.headers["X-Request-Id"]
        assert (shown == sent) == kept
    lines = [
        json.loads(line)
        for line in caplog.handler.stream.getvalue().splitlines()
        if "currentcost_provider.access" in line
    ]
    last = lines[-1]
    assert last["request_id"] == shown
    assert (last["route"], last["status"], last["method"]) == ("/v1/plan", 200, "GET")
    assert last["milliseconds"] > 0
    assert anna.token not in caplog.text


def test_a_failure_is_one_line_of_json() -> None:
    err = ValueError("no")
    record = logging.LogRecord(
        "x", logging.ERROR, "p", 1, "it %s", ("failed",), (type(err), err, None)
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    document = json.loads(line)
    assert document["message"] == "it failed"
    assert "ValueError: no" in document["exception"]


async def test_description_names_every_route(provider: Provider) -> None:
    document = (await provider.client.get("/v1/openapi.json")).json()
    assert set(document["paths"]) == {
        "/healthz",
        "/metrics",
        "/readyz",
        "/v1/",
        "/v1/agreements",
        "/v1/agreements/{agreement_id}/ask",
        "/v1/agreements/{agreement_id}/opening",
        "/v1/agreements/{agreement_id}/renewal",
        "/v1/agreements/{agreement_id}/transfer",
        "/v1/agreements/{agreement_id}/windows",
        "/v1/households/token",
        "/v1/operator/asks",
        "/v1/operator/asks/{asking}",
        "/v1/operator/audit",
        "/v1/operator/households",
        "/v1/operator/households/{user}",
        "/v1/operator/households/{user}/block",
        "/v1/operator/households/{user}/export",
        "/v1/operator/households/{user}/knowledge",
        "/v1/operator/households/{user}/reset",
        "/v1/operator/households/{user}/token",
        "/v1/operator/households/{user}/unblock",
        "/v1/operator/meters/check",
        "/v1/operator/operators",
        "/v1/operator/operators/{name}",
        "/v1/operator/operators/{name}/tokens",
        "/v1/operator/plans",
        "/v1/operator/plans/{plan}",
        "/v1/operator/plans/{plan}/activate",
        "/v1/operator/plans/{plan}/fleet",
        "/v1/operator/plans/{plan}/renew",
        "/v1/operator/plans/{plan}/retire",
        "/v1/operator/plans/{plan}/waiting",
        "/v1/operator/results",
        "/v1/operator/results/stream",
        "/v1/operator/webhooks",
        "/v1/operator/webhooks/{webhook_id}",
        "/v1/operator/webhooks/{webhook_id}/enable",
        "/v1/plan",
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert "422" not in operation["responses"]


class Served:
    """A provider in a thread of its own, for clients that know no asyncio."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.address = ""
        self.tokens: dict[str, str] = {}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        database, clock = self._database, Clock()
        async with serving(database, clock) as provider:
            unlimited = RateLimit(burst=10**9, seconds_each=1e-9)
            for name in ("_requests", "_offers", "_attempts_by_user"):
                setattr(provider.service, name, unlimited)
            provider.service._attempts_by_source = unlimited
            # Who follows gets what there is, and is let go.
            provider.service.following.closing.set()
            anna = await (await provider.household()).set_up()
            headers = await operator(provider, Role.ADMIN)
            self.tokens = {
                "household": anna.token,
                "operator": headers["Authorization"].partition(" ")[2],
            }
            self.agreement = anna.agreement.id.hex()
            self.address = str(provider.client.base_url)
            self._ready.set()
            await self._stop.wait()
        await database.close()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@pytest.mark.parametrize("engine", ENGINES)
async def test_nothing_that_is_sent_makes_it_fail(
    database: Database, vault: Vault, engine: str
) -> None:
    """Schemathesis asks for all that the description allows, and for what it doesn't."""
    assert (database.url.get_backend_name()) == engine
    own = Database(database.url, vault)
    await database.close()
    await asyncio.to_thread(_ask_everything, own)


def _ask_everything(database: Database) -> None:
    asked: set[str] = set()
    with Served(database) as served:
        schema = schemathesis.openapi.from_url(
            f"{served.address.rstrip('/')}/v1/openapi.json"
        )
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            _ask(found.ok(), served, asked)
    assert len(asked) == 47


def _ask(operation: Any, served: Served, asked: set[str]) -> None:
    who = (
        "operator"
        if "operator" in operation.path or operation.path == "/metrics"
        else "household"
    )
    headers = {"Authorization": f"Bearer {served.tokens[who]}"}

    @settings(
        deadline=None,
        max_examples=6,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        asked.add(f"{operation.method} {operation.path}")
        if "agreement_id" in case.path_parameters:
            case.path_parameters["agreement_id"] = served.agreement
        if isinstance((case.query or {}).get("wait"), int):
            case.query["wait"] = 0
        response = case.call(headers=headers)
        case.validate_response(response, checks=[not_a_server_error])

    ask()
