"""Bad requests: malformed, oversized, slow, or for nothing that is there."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
import json
from urllib.parse import urlsplit

from currentcost_exchange import MAX_CLAIM, MAX_MESSAGE
import pytest
from sqlalchemy.exc import OperationalError

from currentcost_provider import server
from currentcost_provider.api import gate, serving
from currentcost_provider.api.application import create_app
from currentcost_provider.api.serving import MAX_JSON
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.windows import Windows

from .conftest import NOON, WINDOW, Provider, listening
from .household import Household, agreement_of, problem

LAST = NOON - WINDOW


@pytest.fixture
async def raw(provider: Provider) -> AsyncIterator[Raw]:
    """A plain connection to the provider."""
    parts = urlsplit(str(provider.client.base_url))
    connection = await Raw.open(parts.hostname or "", parts.port or 0)
    yield connection
    connection.writer.close()


class Raw:
    """Bytes to and from the provider, without a client's good manners."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, host: str, port: int) -> Raw:
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def problem(self) -> tuple[int, str]:
        """Read the answer, a problem."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.partition(b"\r\ncontent-length: ")[2].split(b"\r\n")[0])
        document = json.loads(await self.reader.readexactly(size))
        assert b"application/problem+json" in head
        assert head.split()[1] == str(document["status"]).encode()
        return document["status"], document["type"].removeprefix("urn:currentcost:")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "not_found")),
        ("GET", "/v1", (404, "not_found")),
        ("GET", "/v2/", (404, "not_found")),
        ("GET", "/v1/plan/", (404, "not_found")),
        ("GET", "/docs", (404, "not_found")),
        ("GET", "/openapi.json", (404, "not_found")),
        ("POST", "/v1/", (405, "method_not_allowed")),
        ("GET", "/v1/agreements", (405, "method_not_allowed")),
        ("DELETE", "/v1/plan", (405, "method_not_allowed")),
    ],
)
async def test_nothing_there(
    provider: Provider, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert problem(await provider.client.request(method, path)) == expected


KEY = "00" * 32


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"[" * 2000,
        b'{"user": "anna"}',
        json.dumps({"user": "anna", "password": "x", "household_key": "00"}).encode(),
        json.dumps({"user": "", "password": "x", "household_key": KEY}).encode(),
        json.dumps({"user": 1, "password": "x", "household_key": KEY}).encode(),
        json.dumps({"user": "a" * 65, "password": "x", "household_key": KEY}).encode(),
        json.dumps(
            {"user": "anna", "password": "x", "household_key": KEY, "more": 1}
        ).encode(),
        b'{"user": "\xff", "password": "x", "household_key": "' + b"0" * 64 + b'"}',
    ],
)
async def test_malformed_log_in(provider: Provider, body: bytes) -> None:
    response = await provider.client.post("/v1/households/token", content=body)
    assert problem(response) == (400, "malformed")


async def test_refused_log_in_does_not_repeat_what_it_got(provider: Provider) -> None:
    body = {"user": "anna", "password": {"secret": "hunter22"}, "hunter33": 1}
    response = await provider.client.post("/v1/households/token", json=body)
    assert problem(response) == (400, "malformed")
    assert "hunter" not in response.text


async def test_malformed_messages_lose_nothing(
    provider: Provider, anna: Household
) -> None:
    report = anna.report(anna.window(LAST), 1500)
    messages = [
        b"",
        b"CP",
        b"nonsense" * 10,
        report[:-1],
        report[: len(report) // 2],
        report + b"\0",
        report[:3] + b"\x7f" + report[4:],
        # Both hashes of an output bit the same: no label could tell them apart.
        report[:-64] + report[-32:] * 2,
    ]
    for message in messages:
        assert problem(await anna.send(message)) == (400, "malformed")
    for path in ("/v1/agreements", f"/v1/agreements/{anna.agreement.id.hex()}/windows"):
        assert problem(await anna.post(path, b"x" * 500)) == (400, "malformed")
    assert await Ledger(provider.database).results() == []
    assert anna.outcome(report, await anna.send(report)) == 2


async def test_other_protocol_version(provider: Provider, anna: Household) -> None:
    report = anna.report(anna.window(LAST), 1500)
    setup, offer = await anna.begin()
    transfer = setup.transfer(offer.content)
    agreement = f"/v1/agreements/{agreement_of(offer.content).hex()}/transfer"
    for path, message in (
        (f"/v1/agreements/{anna.agreement.id.hex()}/windows", report),
        ("/v1/agreements", setup.request()),
        (agreement, transfer),
    ):
        other = message[:2] + b"\x02" + message[3:]
        response = await anna.post(path, other)
        assert problem(response) == (400, "protocol_version")
        assert response.json()["protocol"] == 1
    assert await Ledger(provider.database).results() == []


async def test_too_large(anna: Household) -> None:
    agreement = f"/v1/agreements/{anna.agreement.id.hex()}"

    async def in_chunks(size: int) -> AsyncGenerator[bytes]:
        for _ in range(0, size, 1000):
            yield bytes(1000)

    for path, limit in (
        ("/v1/households/token", MAX_JSON),
        ("/v1/agreements", MAX_MESSAGE),
        (f"{agreement}/transfer", MAX_MESSAGE),
        (f"{agreement}/windows", MAX_CLAIM),
    ):
        assert (await anna.post(path, bytes(limit))).status_code in {400, 409}
        assert problem(await anna.post(path, bytes(limit + 1))) == (413, "too_large")
        endless = await anna.post(path, in_chunks(limit + 1000))
        assert problem(endless) == (413, "too_large")


async def test_announced_size_is_refused_before_it_comes(
    anna: Household, raw: Raw
) -> None:
    await raw.send(
        b"POST /v1/agreements HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n"
        b"Authorization: Bearer " + anna.token.encode() + b"\r\n\r\n"
    )
    assert await raw.problem() == (413, "too_large")


async def test_endless_chunks_end_at_the_limit(anna: Household, raw: Raw) -> None:
    await raw.send(
        b"POST /v1/agreements HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Authorization: Bearer " + anna.token.encode() + b"\r\n\r\n"
    )
    chunk = b"1000\r\n" + bytes(4096) + b"\r\n"
    for _ in range(MAX_MESSAGE // 4096 + 1):
        await raw.send(chunk)
    assert await raw.problem() == (413, "too_large")


async def test_body_that_trickles_is_given_up(
    anna: Household, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.1)
    await raw.send(
        b"POST /v1/agreements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer " + anna.token.encode() + b"\r\n\r\nabc"
    )
    assert await raw.problem() == (408, "timeout")


REQUEST = b"GET /v1/ HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "answers"),
    [(b"", 0), (REQUEST, 0), (REQUEST + b"\r\n" + REQUEST, 1)],
    ids=["nothing", "half a request", "one and a half"],
)
async def test_headers_that_trickle_are_given_up(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, sent: bytes, answers: int
) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.1)
    parts = urlsplit(str(provider.client.base_url))
    raw = await Raw.open(parts.hostname or "", parts.port or 0)
    await raw.send(sent)
    assert (await raw.reader.read()).count(b"HTTP/1.1 200") == answers
    raw.writer.close()


async def test_sender_that_leaves_disturbs_nobody(
    anna: Household, raw: Raw, caplog: pytest.LogCaptureFixture
) -> None:
    await raw.send(
        b"POST /v1/agreements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer " + anna.token.encode() + b"\r\n\r\nabc"
    )
    assert (await anna.get("/v1/plan")).status_code == 200
    raw.writer.transport.abort()
    report = anna.report(anna.window(LAST), 1500)
    assert anna.outcome(report, await anna.send(report)) == 2
    assert "Traceback" not in caplog.text


async def test_too_many_requests_at_once_are_put_off(
    anna: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MAX_REQUESTS", 2)
    reports = [
        anna.report(anna.window(LAST - number * WINDOW), 1500) for number in range(12)
    ]
    responses = await asyncio.gather(*map(anna.send, reports))
    busy = [response for response in responses if response.status_code != 200]
    assert busy
    for response in busy:
        assert problem(response) == (503, "busy")
        assert int(response.headers["Retry-After"]) > 0
    # Nothing was lost by it.
    for report in reports:
        assert anna.outcome(report, await anna.send(report)) == 2


async def test_database_that_can_not_be_used_is_a_busy_service(
    provider: Provider, anna: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = anna.report(anna.window(LAST), 1500)

    async def fail(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("disk is full"))

    with monkeypatch.context() as broken:
        broken.setattr(Windows, "_write", fail)
        response = await anna.send(report)
    assert problem(response) == (503, "busy")
    assert int(response.headers["Retry-After"]) > 0
    assert anna.outcome(report, await anna.send(report)) == 2
    assert len(await Ledger(provider.database).results()) == 1


async def test_failure_of_the_service_is_a_problem_too(
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider.service, "fingerprint", object())
    response = await provider.client.get("/v1/")
    assert problem(response) == (500, "internal")
    assert "not JSON serializable" in caplog.text


async def test_stop_finishes_what_is_in_work(
    provider: Provider, anna: Household
) -> None:
    """Another server on the same service, stopped with requests under way."""
    reports = [
        anna.report(anna.window(LAST - number * WINDOW), 1500) for number in range(6)
    ]
    async with listening(create_app(provider.service)) as address:
        url = f"{address}/v1/agreements/{anna.agreement.id.hex()}/windows"
        requests = [asyncio.create_task(anna.post(url, report)) for report in reports]
        await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
    responses = await asyncio.gather(*requests)
    for report, response in zip(reports, responses, strict=True):
        assert anna.outcome(report, response) == 2
