"""The tap forwards every byte and puts the exchanges together, however they come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession, web
import pytest

from demo.tap import Tap


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    """Serve a service that answers with what it was sent; yield its port."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=201, body=await request.read())

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_forwards_and_writes_down() -> None:
    async with (
        echo_server() as port,
        Tap(port=port) as tap,
        ClientSession() as session,
    ):
        bodies = [b"first", b"x" * 300_000, b""]
        for body in bodies:
            async with session.post(f"{tap.url}/a", data=body) as response:
                assert await response.read() == body
        assert [exchange.request.body for exchange in tap.exchanges] == bodies
        assert [exchange.answer.body for exchange in tap.exchanges] == bodies
        assert {exchange.status for exchange in tap.exchanges} == {201}
        assert {exchange.claim for exchange in tap.exchanges} == {None}
        assert (await tap.next()).request.first_line == "POST /a HTTP/1.1"
        assert bodies[1] in tap.received


async def test_messages_in_pieces_are_put_together() -> None:
    async with echo_server() as port, Tap(port=port) as tap:
        host, tap_port = tap.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(tap_port))
        for byte in b"POST /b HTTP/1.1\r\nHost: h\r\ncontent-length: 3\r\n\r\nabc":
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(3) == b"abc"
        assert [exchange.request.body for exchange in tap.exchanges] == [b"abc"]
        writer.close()


async def test_a_provider_that_is_away_is_away_behind_the_tap_too() -> None:
    async with echo_server() as port:
        pass
    async with Tap(port=port) as tap, ClientSession() as session:
        with pytest.raises(ClientError):
            await session.get(f"{tap.url}/")
        assert tap.exchanges == []
