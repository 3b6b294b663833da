"""Webhooks: signed, in order, at least once; nowhere that they must not go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import hashlib
import hmac
from ipaddress import ip_network
import json
from typing import Any

from fastapi import FastAPI, Request, Response
import pytest

from currentcost_provider.refusals import Unfit
from currentcost_provider.storage.database import Database
from currentcost_provider.telling import outgoing
from currentcost_provider.telling.delivering import Deliveries
from currentcost_provider.telling.outgoing import NotSent, check_url, is_allowed, post
from currentcost_provider.telling.webhooks import GIVE_UP, LEASE, Webhooks, pause

from .conftest import ENGINES, NOON, WINDOW, Provider, listening
from .household import Household, problem
from .shell import Shell
from .test_operating import Desk, desk

__all__ = ["desk"]

LAST = NOON - WINDOW
WEBHOOKS = "/v1/operator/webhooks"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


@dataclass
class Receiver:
    """Somebody's billing system."""

    address: str = ""
    status: int = 204
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hold: asyncio.Event | None = None

    @property
    def minutes(self) -> list[int]:
        """Of the starts of all results that came."""
        return [
            int(result["start"][14:16])
            for body in self.bodies
            for result in json.loads(body)["results"]
        ]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen on this machine."""
    app, receiver = FastAPI(), Receiver()

    @app.post("/new")
    async def new(request: Request) -> Response:
        receiver.bodies.append(await request.body())
        receiver.headers.append(dict(request.headers))
        if receiver.hold:
            await receiver.hold.wait()
        return Response(status_code=receiver.status, headers={"Location": "/other"})

    async with listening(app) as address:
        receiver.address = f"{address}/new"
        yield receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def deliveries_of(provider: Provider) -> Deliveries:
    return Deliveries(provider.database, provider.service.results, clock=provider.clock)


async def report(household: Household, number: int) -> None:
    start = LAST - number * WINDOW
    await household.send(household.report(household.window(start), 700))


async def registered(desk: Desk, receiver: Receiver) -> dict[str, Any]:
    made = await desk.post(WEBHOOKS, {"url": receiver.address})
    assert made.status_code == 201, made.text
    webhook: dict[str, Any] = made.json()
    return webhook


async def test_new_results_are_delivered_signed_and_in_order(
    provider: Provider,
    anna: Household,
    desk: Desk,
    receiver: Receiver,
) -> None:
    deliveries = deliveries_of(provider)
    await report(anna, 0)
    webhook = await registered(desk, receiver)
    await deliveries.some()
    # What was there before is not new.
    assert receiver.bodies == []
    await report(anna, 2)
    await report(anna, 1)
    await deliveries.some()
    await deliveries.some()
    assert receiver.minutes == [15, 30]
    body, headers = receiver.bodies[0], receiver.headers[0]
    signed = headers["x-currentcost-timestamp"].encode() + b"." + body
    expected = hmac.new(webhook["secret"].encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-currentcost-signature"] == f"v1={expected}"
    assert headers["x-currentcost-timestamp"] == str(NOON)
    assert json.loads(body)["webhook"] == webhook["id"]
    assert json.loads(body)["results"][0]["household"] == "anna"

    [shown] = (await desk.get(WEBHOOKS))["webhooks"]
    assert "secret" not in shown
    assert (shown["delivered"], shown["failures"]) == ("2026-01-01T12:00:00Z", 0)
    [row] = await provider.service.webhooks.all()
    assert webhook["secret"].encode() not in row.secret
    assert (await desk.delete(f"{WEBHOOKS}/{webhook['id']}")).status_code == 204
    await report(anna, 3)
    await deliveries.some()
    assert receiver.minutes == [15, 30]


async def test_what_is_not_taken_is_sent_again(
    provider: Provider,
    anna: Household,
    desk: Desk,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deliveries = deliveries_of(provider)
    webhook = await registered(desk, receiver)
    receiver.status = 302
    await report(anna, 0)
    for _ in range(3):
        await deliveries.some()
    # A redirect isn't followed, and nobody insists.
    assert receiver.minutes == [45]
    [shown] = (await desk.get(WEBHOOKS))["webhooks"]
    assert (shown["failures"], shown["error"]) == (1, "answered 302")
    await report(anna, 1)
    receiver.status = 204
    provider.clock.now += 2
    await deliveries.some()
    assert receiver.minutes == [45, 45, 30]

    # Days of failures disable it, until somebody tries again.
    receiver.status = 500
    await report(anna, 2)
    await deliveries.some()
    provider.clock.now += GIVE_UP
    await deliveries.some()
    [row] = await provider.service.webhooks.all()
    assert row.disabled
    provider.clock.now += GIVE_UP
    await deliveries.some()
    assert receiver.minutes == [45, 45, 30, 15, 15]
    receiver.status = 200
    provider.clock.now = NOON
    enabled = await desk.post(f"{WEBHOOKS}/{webhook['id']}/enable")
    assert enabled.status_code == 204
    await deliveries.some()
    assert receiver.minutes[-1] == 15
    [shown] = (await desk.get(WEBHOOKS))["webhooks"]
    assert (shown["disabled"], shown["failures"], shown["error"]) == (False, 0, None)
    assert "answered 500" in caplog.text
    assert webhook["secret"] not in caplog.text
    assert receiver.address not in caplog.text


async def test_one_worker_at_a_time(
    provider: Provider, anna: Household, desk: Desk, receiver: Receiver
) -> None:
    await registered(desk, receiver)
    await report(anna, 0)
    other = Database(provider.database.url, provider.database.vault)
    workers = [
        deliveries_of(provider),
        Deliveries(other, provider.service.results, clock=provider.clock),
    ]
    receiver.hold = asyncio.Event()
    running = [asyncio.create_task(worker.some()) for worker in workers for _ in "ab"]
    await asyncio.wait(running, timeout=0.3)
    assert receiver.minutes == [45]
    # One that dies half way leaves it to the others, after a while.
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    receiver.hold.set()
    await workers[1].some()
    assert receiver.minutes == [45]
    provider.clock.now += LEASE
    await workers[1].some()
    assert receiver.minutes == [45, 45]
    await workers[0].some()
    assert receiver.minutes == [45, 45]
    await other.close()


async def test_who_was_overtaken_moves_nothing(
    provider: Provider, anna: Household, desk: Desk, receiver: Receiver
) -> None:
    await registered(desk, receiver)
    await report(anna, 0)
    webhooks = Webhooks(provider.database, provider.clock)
    [row] = await webhooks.due()
    slow = await webhooks.take(row)
    assert slow is not None
    assert await webhooks.take(row) is None
    provider.clock.now += LEASE
    [row] = await webhooks.due()
    quick = await webhooks.take(row)
    assert quick is not None
    await webhooks.failed(slow, "late")
    [row] = await webhooks.all()
    assert (row.failures, row.due) == (0, quick.due)


async def test_addresses_are_checked_when_registered(desk: Desk) -> None:
    for url in ("http://billing.example/new", "https://a:b@billing.example/"):
        assert problem(await desk.post(WEBHOOKS, {"url": url})) == (422, "unfit")
    for number in range(16):
        url = f"https://billing.example/{number}"
        assert (await desk.post(WEBHOOKS, {"url": url})).status_code == 201
    body = {"url": "https://billing.example/17"}
    assert problem(await desk.post(WEBHOOKS, body)) == (409, "conflict")
    gone = f"{WEBHOOKS}/{'0' * 16}"
    assert problem(await desk.delete(gone)) == (404, "not_found")
    assert problem(await desk.post(f"{gone}/enable")) == (404, "not_found")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "url",
    [
        "",
        "billing.example",
        "ftp://billing.example/",
        "file:///etc/passwd",
        "http://10.0.0.1/",
        "http://127.0.0.1.example/",
        "http://localhost@billing.example/",
        "https:///new",
        "https://billing.example:0/",
        "https://billing.example:99999/",
        "https://billing.example/#part",
        "https://billing.example/\r\nX: y",
        "https://billing.example\\@other/",
        "https://billing.example/ x",
        "https://bílling.example/",
        "https://billing.example/" + "x" * 500,
        "https://[::1",
    ],
)
def test_what_is_no_address(url: str, engine: str) -> None:
    assert engine
    with pytest.raises(Unfit):
        check_url(url)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # not to listen
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_what_may_be_reached(address: str, allowed: bool, engine: str) -> None:  # noqa: FBT001
    assert engine
    assert is_allowed(address, []) is allowed
    if address == "10.1.2.3":
        assert is_allowed(address, [ip_network("10.0.0.0/8")])
        assert not is_allowed("192.168.1.1", [ip_network("10.0.0.0/8")])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_name_is_not_trusted(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """Its addresses are looked at when it is connected to, all of them."""
    assert engine
    port = receiver.address.split(":")[2].partition("/")[0]

    async def resolve(*_: Any, **__: Any) -> Any:
        return [(2, 1, 6, "", ("93.184.216.34", 1)), (2, 1, 6, "", ("10.0.0.1", 1))]

    loop = asyncio.get_running_loop()
    with monkeypatch.context() as lying:
        lying.setattr(loop, "getaddrinfo", resolve)
        with pytest.raises(NotSent, match="not a public one"):
            await post("https://billing.example/", b"", {}, [])
    # Also this machine is only reached by plain http.
    with pytest.raises(NotSent, match="not a public one"):
        await post(f"https://127.0.0.1:{port}/new", b"", {}, [])
    assert receiver.bodies == []
    await post(receiver.address, b"{}", {}, [])
    assert receiver.bodies == [b"{}"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_failures_are_told_without_the_address(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    assert engine
    monkeypatch.setattr(outgoing, "SECONDS", 0.1)
    receiver.hold = asyncio.Event()
    with pytest.raises(NotSent, match=r"^no answer in time$"):
        await post(receiver.address, b"{}", {}, [])
    receiver.hold.set()
    with pytest.raises(NotSent, match=r"^not reached: ConnectError$"):
        await post("http://127.0.0.1:1/secret", b"{}", {}, [])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_pauses_grow_and_are_spread(engine: str) -> None:
    assert engine
    for failures in (1, 4, 40, 10_000):
        longest = min(2 ** min(failures, 20), 3600)
        pauses = [pause(failures) for _ in range(50)]
        assert all(longest / 2 <= each <= longest for each in pauses)
        assert len(set(pauses)) > 40


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_by_command(shell: Shell, engine: str) -> None:
    assert engine
    made = shell.done("webhook", "add", "https://billing.example/new")
    webhook_id = made.split("id")[1].split()[0]
    assert "good" in shell.done("webhook", "list")
    shell.done("webhook", "enable", webhook_id)
    assert "begins with https" in shell.refused("webhook", "add", "ftp://x.example/")
    shell.done("webhook", "remove", webhook_id)
    assert "no webhook" in shell.refused("webhook", "remove", webhook_id)
    assert "webhook.remove" in shell.done("operator", "audit")
