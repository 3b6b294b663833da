"""The line to the provider, which a test can listen to, cut and tamper with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import ClientSession, web
from multidict import CIMultiDict

type Answer = tuple[int, bytes]
type Tamper = Callable[[Answer], Answer]

_PASSED_ON = ("Content-Type", "Retry-After")


@dataclass
class Line:
    """Passes each request on to the provider, and its answer back.

    `tampers` change answers, by the last part of the request's path.
    """

    target: str
    address: str = ""
    tampers: dict[str, Tamper] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    """Everything that was sent to the provider, and what came back."""

    _runner: web.AppRunner | None = None

    async def async_open(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._async_pass)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def async_close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _async_pass(self, request: web.Request) -> web.StreamResponse:
        """Take a request of the household."""
        return await self._async_ask(request)

    async def _async_ask(self, request: web.Request) -> web.Response:
        """Return the provider's answer."""
        body = await request.read()
        self.heard += [request.path_qs.encode(), body]
        async with (
            ClientSession() as session,
            session.request(
                request.method,
                self.target + request.path_qs,
                data=body or None,
                headers={
                    name: value
                    for name, value in request.headers.items()
                    if name in {"Authorization", "Content-Type"}
                },
            ) as response,
        ):
            status, content = response.status, await response.read()
            headers = CIMultiDict(
                (name, response.headers[name])
                for name in _PASSED_ON
                if name in response.headers
            )
        self.heard.append(content)
        if tamper := self.tampers.get(request.path.rstrip("/").rsplit("/", 1)[-1]):
            answered = status
            status, content = tamper((status, content))
            if status != answered:
                headers["Content-Type"] = "application/octet-stream"
        return web.Response(status=status, body=content, headers=headers)
