"""The provider's client against real servers on this machine."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
import logging
import ssl
from threading import Thread

from aiohttp import ClientSession, TCPConnector, web
import pytest
import trustme

from custom_components.currentcost_private import provider_client
from custom_components.currentcost_private.exchange import MAX_MESSAGE
from custom_components.currentcost_private.provider_client import (
    CertificateError,
    InsecureAddressError,
    InvalidAddressError,
    NotAProviderError,
    OtherVersionError,
    ProblemError,
    ProviderClient,
    ProviderError,
    TokenRejectedError,
    TryLaterError,
    UnreachableError,
    provider_url,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

TOKEN = "t0ken-of-the-household"  # noqa: S105  # made up
PASSWORD = "pass-word-once"  # noqa: S105  # made up
AGREEMENT = bytes(range(16))

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Serve = Callable[..., Awaitable[ProviderClient]]


@pytest.fixture
async def serve() -> AsyncGenerator[Serve]:
    """Serve everything by one handler; return a client for it."""
    runners: list[web.AppRunner] = []
    sessions: list[ClientSession] = []

    async def start(handler: Handler, *, path: str = "") -> ProviderClient:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        session = ClientSession()
        sessions.append(session)
        port = runner.addresses[0][1]
        return ProviderClient(session, f"http://127.0.0.1:{port}{path}", token=TOKEN)

    yield start
    for session in sessions:
        await session.close()
    for runner in runners:
        await runner.cleanup()


def answering(
    body: bytes = b"",
    *,
    status: int = 200,
    content_type: str = "application/octet-stream",
    **headers: str,
) -> Handler:
    """Return a handler with one answer."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=body,
            status=status,
            content_type=content_type,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    return handler


@contextmanager
def tls_server(certificate: trustme.LeafCert) -> Generator[str]:
    """Serve "x" over TLS in a thread of its own; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", "1")
            self.end_headers()
            self.wfile.write(b"x")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Server(HTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            """Say nothing of clients that don't trust it."""

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(tls)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://provider.example", "https://provider.example"),
        (" https://provider.example/ ", "https://provider.example"),
        ("https://provider.example:8443/meter/", "https://provider.example:8443/meter"),
        ("http://127.0.0.1:8443", "http://127.0.0.1:8443"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8443", "http://[::1]:8443"),
        ("http://localhost:8443", "http://localhost:8443"),
    ],
)
def test_address(typed: str, base: str) -> None:
    assert str(provider_url(typed)) == base


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "provider.example",
        "//provider.example",
        "https://",
        "ftp://provider.example",
        "file:///etc/passwd",
        "https://user:word@provider.example",
        "https://provider.example/?a=b",
        "https://provider.example/#a",
        "https://provider.example:port",
        "https://provider.example:99999",
        "https://[::1",
    ],
)
def test_invalid_address(typed: str) -> None:
    with pytest.raises(InvalidAddressError):
        provider_url(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "http://provider.example",
        "http://192.168.1.2",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://[fe80::1]",
        "http://0.0.0.0",
        "http://2130706433",
    ],
)
def test_plain_http_stays_on_this_machine(typed: str) -> None:
    with pytest.raises(InsecureAddressError):
        provider_url(typed)


async def test_requests(serve: Serve) -> None:
    """Methods, paths below the address, bodies and headers."""
    seen: list[tuple[str, str, bytes, str | None]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        seen.append((request.method, request.path, body, request.content_type))
        return web.Response(body=b"answer", content_type="application/octet-stream")

    client = await serve(handler, path="/meter")
    assert await client.async_plan() == b"answer"
    assert await client.async_begin(b"request") == b"answer"
    assert await client.async_transfer(AGREEMENT, b"transfer") == b"answer"
    assert await client.async_report(AGREEMENT, b"report") == b"answer"
    octets = "application/octet-stream"
    agreement = f"/meter/v1/agreements/{AGREEMENT.hex()}"
    assert seen == [
        ("GET", "/meter/v1/plan", b"", octets),
        ("POST", "/meter/v1/agreements", b"request", octets),
        ("POST", f"{agreement}/transfer", b"transfer", octets),
        ("POST", f"{agreement}/windows", b"report", octets),
    ]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed", ProblemError),
        (400, "protocol_version", OtherVersionError),
        (401, "credentials", ProblemError),
        (401, "token", TokenRejectedError),
        (403, "agreement_stopped", ProblemError),
        (404, "agreement_unknown", ProblemError),
        (409, "window_taken", ProblemError),
        (410, "window_late", ProblemError),
        (413, "too_large", ProblemError),
        (425, "window_early", TryLaterError),
        (429, "rate_limited", TryLaterError),
        (429, "too_many_attempts", TryLaterError),
        (500, "internal", TryLaterError),
        (503, "busy", TryLaterError),
    ],
)
async def test_problem(
    serve: Serve, status: int, code: str, kind: type[ProviderError]
) -> None:
    body = f'{{"type": "urn:currentcost:{code}", "protocol": 2}}'.encode()
    client = await serve(
        answering(body, status=status, content_type="application/problem+json")
    )
    with pytest.raises(ProviderError) as caught:
        await client.async_report(AGREEMENT, b"report")
    assert type(caught.value) is kind
    assert getattr(caught.value, "code", code) == code


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"<html>Not found</html>", NotAProviderError),
        (401, b'{"type": "about:blank"}', NotAProviderError),
        (400, b'{"type": "urn:currentcost:<b>bold</b>"}', NotAProviderError),
        (400, b'{"type": 7}', NotAProviderError),
        (400, b"[" * 10_000, NotAProviderError),
        (502, b"<html>Bad gateway</html>", UnreachableError),
        (503, b"", UnreachableError),
        (204, b"", NotAProviderError),
        (302, b"", NotAProviderError),
    ],
)
async def test_answer_of_something_else(
    serve: Serve, status: int, body: bytes, kind: type[ProviderError]
) -> None:
    client = await serve(
        answering(body, status=status, Location="http://127.0.0.1:9/elsewhere")
    )
    with pytest.raises(ProviderError) as caught:
        await client.async_report(AGREEMENT, b"report")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("999999999999999999999", 3600.0),
        ("-5", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("٣", None),
    ],
)
async def test_retry_after(serve: Serve, value: str, seconds: float | None) -> None:
    body = b'{"type": "urn:currentcost:busy"}'
    client = await serve(answering(body, status=503, Retry_After=value))
    with pytest.raises(TryLaterError) as caught:
        await client.async_report(AGREEMENT, b"report")
    assert caught.value.retry_after == seconds


async def test_answer_of_another_type(serve: Serve) -> None:
    client = await serve(answering(b"Please log in", content_type="text/html"))
    with pytest.raises(NotAProviderError):
        await client.async_report(AGREEMENT, b"report")


@pytest.mark.parametrize("status", [200, 400])
async def test_endless_answer_is_cut_off(serve: Serve, status: int) -> None:
    written = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse(status=status)
        response.content_type = "application/octet-stream"
        await response.prepare(request)
        while True:
            await response.write(bytes(65_536))
            written += 65_536

    client = await serve(handler)
    with pytest.raises(NotAProviderError):
        await client.async_report(AGREEMENT, b"report")
    assert written < 64 * MAX_MESSAGE


async def test_compressed_answer_is_bounded_as_it_unfolds(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["Accept-Encoding"] == "identity"
        response = web.Response(
            body=bytes(50_000_000), content_type="application/octet-stream"
        )
        response.enable_compression(web.ContentCoding.gzip)
        return response

    client = await serve(handler)
    with pytest.raises(NotAProviderError):
        await client.async_report(AGREEMENT, b"report")


async def test_no_answer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()
    done = asyncio.Event()

    async def handler(_request: web.Request) -> web.StreamResponse:
        asked.set()
        await done.wait()
        return web.Response()

    client = await serve(handler)
    monkeypatch.setattr(provider_client, "_TIMEOUT", 0.2)
    with pytest.raises(UnreachableError):
        await client.async_report(AGREEMENT, b"report")
    assert asked.is_set()
    done.set()


async def test_connection_that_breaks(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        if request.transport is not None:
            request.transport.close()
        return response

    client = await serve(handler)
    with pytest.raises(UnreachableError):
        await client.async_report(AGREEMENT, b"report")


async def test_certificate() -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with (
        ClientSession(connector=TCPConnector(ssl=trusting)) as session,
        ClientSession() as stranger,
    ):
        with tls_server(authority.issue_cert("127.0.0.1")) as address:
            assert await ProviderClient(session, address).async_plan() == b"x"
            with pytest.raises(CertificateError):
                await ProviderClient(stranger, address).async_plan()
        with (
            tls_server(authority.issue_cert("other.example")) as address,
            pytest.raises(CertificateError),
        ):
            await ProviderClient(session, address).async_plan()


@pytest.mark.parametrize(
    "body", [b"{}", b'{"token": ""}', b'{"token": 7}', b'["token"]', b"token"]
)
async def test_log_in_without_a_token(serve: Serve, body: bytes) -> None:
    client = await serve(answering(body, content_type="application/json"))
    with pytest.raises(NotAProviderError):
        await client.async_log_in(
            user="anna", password=PASSWORD, household_key=bytes(32)
        )


async def test_no_secret_in_errors_or_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[str] = []
    for handler in (
        answering(b'{"type": "urn:currentcost:credentials"}', status=401),
        answering(b'{"type": "urn:currentcost:token"}', status=401),
        answering(b"x", status=500),
        answering(b"x", content_type="text/html"),
    ):
        client = await serve(handler)
        errors.append(repr(client))
        for request in (
            client.async_log_in(
                user="anna", password=PASSWORD, household_key=bytes(32)
            ),
            client.async_plan(),
        ):
            with pytest.raises(ProviderError) as caught:
                await request
            error: BaseException | None = caught.value
            while error is not None:
                errors += [str(error), repr(error)]
                error = error.__cause__ or error.__context__
    shown = "\n".join(errors) + caplog.text
    assert PASSWORD not in shown
    assert TOKEN not in shown
    assert "credentials" in shown
