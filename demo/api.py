"""Home Assistant's own API, used as a person in the browser uses it.

First the person is created, as the first page asks for it; then come config flows,
form by form, over REST, and the entities' states over the websocket.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMsgType,
)

from .errors import DemoError

type Json = dict[str, Any]

FLOW: Final = "config/config_entries/flow"
SUBENTRY_FLOW: Final = "config/config_entries/subentries/flow"

TIMEOUT: Final = ClientTimeout(total=60)


class Api:
    """One person's session with a Home Assistant."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Take the HTTP session and the server's address."""
        self._session = session
        self._url = url
        self._token = ""

    @property
    def token(self) -> str:
        """The person's access token, once onboarded."""
        return self._token

    async def onboard(self, *, name: str, username: str, password: str) -> None:
        """Create the owner of a new Home Assistant and finish its first pages.

        Raises:
            DemoError: Home Assistant refused a step.
        """
        # As the browser does: the page's own address stands for the client.
        client = f"{self._url}/"
        user = await self.post(
            "onboarding/users",
            {
                "client_id": client,
                "name": name,
                "username": username,
                "password": password,
                "language": "en",
            },
        )
        grant = {
            "grant_type": "authorization_code",
            "code": user["auth_code"],
            "client_id": client,
        }
        async with self._session.post(
            f"{self._url}/auth/token", data=grant, timeout=TIMEOUT
        ) as response:
            self._token = (await response.json())["access_token"]
        await self.post("onboarding/core_config", {})
        await self.post("onboarding/analytics", {})
        await self.post(
            "onboarding/integration", {"client_id": client, "redirect_uri": client}
        )
        # The token from above is good for half an hour only.
        async with self.websocket() as websocket:
            self._token = await websocket.call(
                "auth/long_lived_access_token", client_name="demo", lifespan=30
            )
            # The address in configuration.yaml is on trial until somebody confirms
            # it: after five minutes Home Assistant would restart with its own.
            await websocket.call("http/config/promote")

    async def get(self, path: str) -> Any:
        """Return what a GET of /api/`path` answers."""
        return await self._request("GET", path, None)

    async def post(self, path: str, content: Json) -> Any:
        """Return what a POST to /api/`path` answers."""
        return await self._request("POST", path, content)

    async def running(self, *, timeout: float = 90.0) -> None:  # noqa: ASYNC109  # with a message of its own
        """Wait until Home Assistant has started everything.

        Raises:
            DemoError: it has not in `timeout` seconds.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    with suppress(ClientError, DemoError):
                        if (await self.get("core/state"))["state"] == "RUNNING":
                            return
                    await asyncio.sleep(0.2)
        raise DemoError(f"Home Assistant was not running after {timeout:.0f} s")

    async def start_flow(self, kind: str, handler: str | list[str]) -> Json:
        """Open a flow of `kind` and return its first step."""
        flow: Json = await self.post(kind, {"handler": handler})
        return flow

    async def submit(self, kind: str, flow: Json, content: Json) -> Json:
        """Send a form of a flow and return the next step.

        Raises:
            DemoError: the form came back with errors, or the flow was aborted.
        """
        step: Json = await self.post(f"{kind}/{flow['flow_id']}", content)
        if step.get("errors") or step["type"] == "abort":
            why = step.get("errors") or step.get("reason")
            raise DemoError(
                f"Home Assistant did not take the form {flow.get('step_id')!r}: {why} "
                f"{step.get('description_placeholders') or ''}"
            )
        return step

    @asynccontextmanager
    async def websocket(self) -> AsyncIterator[Websocket]:
        """Open a websocket and log in.

        Raises:
            DemoError: the login was refused.
        """
        async with self._session.ws_connect(
            f"{self._url}/api/websocket", max_msg_size=0
        ) as connection:
            await connection.receive_json()
            await connection.send_json({"type": "auth", "access_token": self._token})
            answer = await connection.receive_json()
            if answer["type"] != "auth_ok":
                raise DemoError(f"Home Assistant refused the login: {answer}")
            yield Websocket(connection)

    async def _request(self, method: str, path: str, content: Json | None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(
            method,
            f"{self._url}/api/{path}",
            json=content,
            headers=headers,
            timeout=TIMEOUT,
        ) as response:
            if not response.ok:
                raise DemoError(
                    f"Home Assistant answered {method} {path} with status "
                    f"{response.status}: {await response.text()}"
                )
            return await response.json()


class Websocket:
    """Commands over a websocket that is logged in."""

    def __init__(self, connection: ClientWebSocketResponse) -> None:
        """Take the connection."""
        self._connection = connection
        self._last_id = 0

    async def call(self, command: str, **arguments: Any) -> Any:
        """Return the result of a command; what else arrives meanwhile is dropped.

        Raises:
            DemoError: the command failed or the connection was closed.
        """
        self._last_id += 1
        await self._connection.send_json(
            {"id": self._last_id, "type": command, **arguments}
        )
        while True:
            message = await self._receive()
            if message["id"] == self._last_id and message["type"] == "result":
                if not message["success"]:
                    raise DemoError(f"Home Assistant refused {command}: {message}")
                return message["result"]

    async def wait_for_states(
        self, entity_ids: list[str], accept: Callable[[dict[str, str]], bool]
    ) -> dict[str, str]:
        """Follow entities and return their states as soon as `accept` likes them.

        To be used once on a connection, under a time-out of the caller's.
        """
        states: dict[str, str] = {}
        await self.call("subscribe_entities", entity_ids=entity_ids)
        while not accept(states):
            message = await self._receive()
            if message["type"] != "event":
                continue
            event = message["event"]
            for entity_id, state in event.get("a", {}).items():
                states[entity_id] = state["s"]
            for entity_id, change in event.get("c", {}).items():
                if (state := change.get("+", {}).get("s")) is not None:
                    states[entity_id] = state
            for entity_id in event.get("r", []):
                states.pop(entity_id, None)
        return states

    async def _receive(self) -> Json:
        message = await self._connection.receive()
        if message.type is not WSMsgType.TEXT:
            raise DemoError("Home Assistant closed the connection")
        content: Json = message.json()
        return content
