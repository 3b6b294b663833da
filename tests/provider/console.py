"""Somebody at the console: a browser's cookie and forms, without a browser."""

from html.parser import HTMLParser
from typing import Any, Self

import httpx

from currentcost_provider.credentials import hash_chosen
from currentcost_provider.operating.operators import Operators
from currentcost_provider.storage.models import Role

from .conftest import NOON, Provider

PASSWORD = "violet-kettle-orbit"  # noqa: S105  # of people who live for a minute
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class Document(HTMLParser):
    """A page's text, its forms' hidden fields, and the addresses that it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.inline: list[str] = []
        self._words: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._inside = tag
        self.attributes |= found.keys()
        if tag == "input" and found.get("type") == "hidden":
            self.hidden[found["name"]] = found["value"]
        for name in ("href", "src", "action"):
            if name in found:
                self.addresses.append(found[name])

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"} and data.strip():
            self.inline.append(data)
        self._words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())


class Person:
    """One of the provider's people, with a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    @classmethod
    async def of(cls, provider: Provider, role: Role = Role.ADMIN) -> Self:
        """Add an operator with a password, and sign in."""
        operators = Operators(provider.database)
        await operators.add(role, role, NOON)
        await operators.set_password(role, hash_chosen(PASSWORD))
        person = cls(new_client(provider))
        response = await person.sign_in(role)
        assert response.status_code == 303, response.text
        return person

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post(
            "/sign-in", {"name": name, "password": password}, page="/sign-in"
        )

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.client.get(f"/console{path}", **parameters)

    async def see(self, path: str) -> Document:
        response = await self.get(path)
        assert response.status_code == 200, response.text
        return Document(response.text)

    async def post(
        self,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        page: str = "/account",
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx.Response:
        """Send a form with the token that a page has for it."""
        document = Document((await self.get(page)).text)
        token = {"form_token": document.hidden.get("form_token", "")}
        return await self.client.post(
            f"/console{path}",
            data=token | (fields or {}),
            headers=SAME_SITE if headers is None else headers,
            **parameters,
        )


def new_client(provider: Provider) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=provider.client.base_url, timeout=30)
