"""Webhooks over TLS: a company's own authority, and certificates that are refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
import pytest
import trustme

from currentcost_provider.server import create_server
from currentcost_provider.telling.delivering import Deliveries
from currentcost_provider.telling.outgoing import NotSent, post

from .conftest import Provider
from .household import Household
from .test_operating import Desk, desk
from .test_webhooks import WEBHOOKS, report

__all__ = ["desk"]

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""As `webhook_networks` would say."""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A company's own authority, which this machine is told to trust."""
    authority = trustme.CA()
    file = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


@asynccontextmanager
async def receiving(
    folder: Path, certificate: trustme.LeafCert, bodies: list[bytes], port: int = 0
) -> AsyncIterator[str]:
    """Listen on this machine with a certificate; yield the address."""
    app = FastAPI()

    @app.post("/new")
    async def new(request: Request) -> Response:
        bodies.append(await request.body())
        return Response(status_code=204)

    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    address = asyncio.get_running_loop().create_future()
    server = create_server(
        app,
        host="127.0.0.1",
        port=port,
        certificate=chain,
        private_key=key,
        ready=address.set_result,
    )
    serving = asyncio.create_task(server.serve())
    yield f"{await address}/new".replace("127.0.0.1", "localhost")
    server.should_exit = True
    await serving


async def test_a_company_s_own_authority_is_trusted_and_no_other(
    provider: Provider,
    anna: Household,
    desk: Desk,
    authority: trustme.CA,
    tmp_path: Path,
) -> None:
    deliveries = Deliveries(
        provider.database,
        provider.service.results,
        networks=HERE,
        clock=provider.clock,
    )
    bodies: list[bytes] = []
    forged = trustme.CA().issue_cert("localhost")
    async with receiving(tmp_path, forged, bodies) as url:
        made = await desk.post(WEBHOOKS, {"url": url})
        assert made.status_code == 201, made.text
        await report(anna, 0)
        await deliveries.some()
    [shown] = (await desk.get(WEBHOOKS))["webhooks"]
    assert shown["failures"] == 1
    assert "certificate is refused: " in shown["error"]
    assert bodies == []

    provider.clock.now += 2
    right = authority.issue_cert("localhost")
    async with receiving(tmp_path, right, bodies, urlsplit(url).port or 0):
        await deliveries.some()
    [shown] = (await desk.get(WEBHOOKS))["webhooks"]
    assert (shown["failures"], shown["error"]) == (0, None)
    assert len(bodies) == 1


async def test_certificates_that_are_refused(
    authority: trustme.CA, tmp_path: Path
) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    bodies: list[bytes] = []
    for certificate, why in (
        (authority.issue_cert("billing.example"), "Hostname mismatch"),
        (authority.issue_cert("localhost", not_after=past), "has expired"),
    ):
        async with receiving(tmp_path, certificate, bodies) as url:
            with pytest.raises(NotSent, match=why) as refused:
                await post(url, b"{}", {}, HERE)
            assert "localhost" not in str(refused.value)
    assert bodies == []
