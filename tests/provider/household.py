"""A household for the tests: the real exchange over a real HTTP client."""

from typing import Any, Self

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    Window,
)
from currentcost_exchange.authentication import TAG_BYTES, tagged
from currentcost_exchange.hashing import Use
from currentcost_exchange.wire import HEADER_BYTES
import httpx


class Household:
    """Speaks to a provider as the integration would."""

    def __init__(self, client: httpx.AsyncClient, user: str, password: str) -> None:
        self.client = client
        self.user = user
        self.password = password
        self.identity = HouseholdIdentity.new()
        self.token = ""
        self._agreement: HouseholdAgreement | None = None

    @property
    def agreement(self) -> HouseholdAgreement:
        assert self._agreement is not None
        return self._agreement

    async def log_in(self) -> httpx.Response:
        response = await self.client.post(
            "/v1/households/token",
            json={
                "user": self.user,
                "password": self.password,
                "household_key": self.identity.key.hex(),
            },
        )
        if response.is_success:
            self.token = response.json()["token"]
        return response

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self._headers())

    async def post(self, path: str, content: Any) -> httpx.Response:
        return await self.client.post(path, content=content, headers=self._headers())

    async def statement(self) -> PlanStatement:
        return PlanStatement.from_bytes((await self.get("/v1/plan")).content)

    async def begin(self) -> tuple[HouseholdSetup, httpx.Response]:
        setup = HouseholdSetup(self.identity, await self.statement())
        return setup, await self.post("/v1/agreements", setup.request())

    async def finish(self, agreement_id: bytes, transfer: bytes) -> httpx.Response:
        return await self.post(
            f"/v1/agreements/{agreement_id.hex()}/transfer", transfer
        )

    async def set_up(self) -> Self:
        """Log in and agree on the plan."""
        assert (await self.log_in()).status_code == 200
        return await self.agree()

    async def agree(self) -> Self:
        setup, offer = await self.begin()
        assert offer.status_code == 201, offer.text
        transfer = setup.transfer(offer.content)
        confirmation = await self.finish(agreement_of(offer.content), transfer)
        assert confirmation.status_code == 200, confirmation.text
        self._agreement = setup.finish(confirmation.content)
        return self

    async def send(self, message: bytes) -> httpx.Response:
        """Send a report, or that a window is missing."""
        agreement_id = self.agreement.id.hex()
        return await self.post(f"/v1/agreements/{agreement_id}/windows", message)

    def report(self, window: Window, watts: float) -> bytes:
        plan = self.agreement.statement.plan
        return self.agreement.report(window, plan.encode([[watts]]))

    def window(self, start: int) -> Window:
        return self.agreement.statement.plan.schedule.window_at(start)

    def outcome(self, sent: bytes, response: httpx.Response) -> int | None:
        assert response.status_code == 200, response.text
        return self.agreement.verify_reply(sent, response.content)

    def broken(self, report: bytes) -> bytes:
        """Return a report of the right form whose outcome can't be right."""
        return broken(report, self.agreement.key)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def agreement_of(offer: bytes) -> bytes:
    """Return the agreement's id, the first field of an offer or a transfer."""
    return offer[HEADER_BYTES : HEADER_BYTES + 16]


def broken(report: bytes, key: bytes) -> bytes:
    """Return a household's report whose outcome can't be right.

    The hashes of the output labels stand before its tag; these fit no label.
    """
    body = report[:-TAG_BYTES]
    hashes = bytes(byte ^ 1 for byte in body[-128:])
    return tagged(Use.CLAIM, key, body[:-128] + hashes)


def problem(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of a problem, after checking its form (RFC 9457)."""
    document = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert document["status"] == response.status_code
    assert document["title"]
    assert document["detail"]
    return response.status_code, document["type"].removeprefix("urn:currentcost:")
