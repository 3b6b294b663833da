"""A household's life with its provider, stopped at every point and gone on with.

The points are not listed: they are all that one life passes. A point is before and
after each SQL statement of the provider, before each commit, before and after each
message of either side and before each file of the household. At each, what both disks
hold is kept: that is what a machine without power leaves, and no code runs after it.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
import shutil
from typing import Any, Final

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    Refused,
    Window,
)
from fastapi import FastAPI
import httpx
from sqlalchemy import event

from currentcost_provider.plans import DAY
from currentcost_provider.storage.database import Database

from .conftest import LATENESS, NOON, WINDOW, Clock
from .household import agreement_of, broken

MIDNIGHT: Final = NOON + DAY // 2
NEXT_DAY: Final = MIDNIGHT + LATENESS

# By start of window: the measure (W), None for one that is not known. The third report
# is broken on its way into the outbox. Past the lateness of the first day's last window
# the provider forgets that day's seeds.
LIFE: Final = {
    NOON: 518,
    NOON + WINDOW: None,
    NOON + 2 * WINDOW: 1500,
    NOON + 3 * WINDOW: 2500,
    MIDNIGHT - WINDOW: 99_999,
    NEXT_DAY: 1000,
    NEXT_DAY + WINDOW: 2001,
}
BROKEN: Final = NOON + 2 * WINDOW

type End = tuple[str, int | None]
EXPECTED: Final[dict[int, End]] = {
    NOON: ("bucket", 1),
    NOON + WINDOW: ("missing", None),
    BROKEN: ("refused", None),
    NOON + 3 * WINDOW: ("bucket", 3),
    MIDNIGHT - WINDOW: ("bucket", 0),
    NEXT_DAY: ("bucket", 1),
    NEXT_DAY + WINDOW: ("bucket", 3),
}


@dataclass
class Home:
    """What a household knows."""

    user: str
    password: str

    identity: HouseholdIdentity = field(default_factory=HouseholdIdentity.new)
    token: str = ""
    setup: HouseholdSetup | None = None
    transfer: bytes = b""
    """In memory, until there is an agreement."""

    agreement: HouseholdAgreement | None = None
    built: dict[int, bytes] = field(default_factory=dict)
    ends: dict[int, End] = field(default_factory=dict)
    opened: tuple[int, ...] | None = None
    """On its disk, as the token is from the agreement on."""

    since: float = 0
    """When it was started."""

    def copy(self) -> Home:
        return replace(
            self,
            setup=copy(self.setup),
            built=dict(self.built),
            ends=dict(self.ends),
        )

    def restarted(self, now: float) -> Home:
        """Return what its disk gives after a crash."""
        if self.agreement is None:
            return Home(self.user, self.password, since=now)
        return replace(self.copy(), setup=None, transfer=b"", since=now)


class Service:
    """One process of the provider, from its start to its end."""

    def __init__(self, database: Database, app: FastAPI, clock: Clock) -> None:
        self.database = database
        self.app = app
        self.clock = clock
        self.client = httpx.AsyncClient(
            base_url="http://provider",
            transport=httpx.ASGITransport(app=self._pass),
        )
        self.at_point: Callable[[str], None] = lambda _name: None

    async def _pass(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request; its answer leaves in two parts, so it can be cut."""

        async def sent(message: Any) -> None:
            self.at_point(f"before {message['type']}")
            await send(message)

        self.at_point(f"before {scope['method']} {scope['path']}")
        await self.app(scope, receive, sent)


@dataclass
class Point:
    """Where a life was stopped, and what is left of it."""

    name: str
    database: Path
    home: Home
    now: float

    def home_left(self, *, died: bool) -> Home:
        """Return what the household goes on with."""
        return self.home.restarted(self.now) if died else self.home.copy()

    def left(self, *, home_died: bool) -> tuple[Any, ...]:
        """Return all that what follows can depend on, but for chance."""
        home = self.home_left(died=home_died)
        files = [path.read_bytes() for path in sorted(self.database.parent.iterdir())]
        agreement = home.agreement and home.agreement.to_bytes()
        in_memory = (home.token, home.setup is None, home.transfer)
        return files, in_memory, agreement, home.built, home.ends, home.opened


def distinct(points: list[Point], *, home_died: bool) -> list[Point]:
    """Return the points that leave something else than the one before."""
    kept: list[Point] = []
    last = None
    for point in points:
        left = point.left(home_died=home_died)
        if left != last:
            kept.append(point)
        last = left
    return kept


class Stopped:
    """Keeps what is left at each point of a life."""

    def __init__(self, service: Service, home: Home, folder: Path) -> None:
        self.points: list[Point] = []
        self._service = service
        self._home = home
        self._folder = folder
        engine = service.database.engine.sync_engine
        for name in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(engine, name, self._at_statement(name))
        for name in ("commit", "rollback"):
            event.listen(engine, name, lambda _, name=name: self.at(f"before {name}"))
        service.at_point = self.at

    def at(self, name: str) -> None:
        path = self._folder / str(len(self.points)) / "provider.db"
        path.parent.mkdir()
        # The file and its log as they are; whatever is in memory is gone.
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{self._service.database.path}{suffix}", f"{path}{suffix}")
        home, now = self._home.copy(), self._service.clock.now
        self.points.append(Point(name, path, home, now))

    def _at_statement(self, name: str) -> Callable[..., None]:
        def at_statement(_c: Any, _k: Any, statement: str, *_: Any) -> None:
            self.at(
                f"{name.split('_', maxsplit=1)[0]} {statement.split(maxsplit=1)[0]}"
            )

        return at_statement


async def live(home: Home, service: Service) -> None:
    """Live on from wherever the household is, to the end of the period."""
    if home.agreement is None:
        await _agree(home, service)
    for start in LIFE:
        await _report(home, service, start)
    agreement = _agreement(home)
    service.clock.now = max(service.clock.now, agreement.statement.plan.end)
    if home.opened is None:
        path = f"/v1/agreements/{agreement.id.hex()}/opening"
        opened = agreement.verify_opening((await _ask(home, service, path)).content)
        service.at_point("before the opening is written")
        home.opened = opened


async def _agree(home: Home, service: Service) -> None:
    """Do what a person does with an enrolment sheet, or go on with what was begun."""
    if not home.token:
        body = {
            "user": home.user,
            "password": home.password,
            "household_key": home.identity.key.hex(),
        }
        answer = await service.client.post("/v1/households/token", json=body)
        assert answer.status_code == 200, answer.text
        home.token = answer.json()["token"]
    if home.setup is None:
        statement = (await _ask(home, service, "/v1/plan")).content
        home.setup = HouseholdSetup(home.identity, PlanStatement.from_bytes(statement))
    if not home.transfer:
        offer = await _ask(home, service, "/v1/agreements", home.setup.request())
        home.transfer = home.setup.transfer(offer.content)
    path = f"/v1/agreements/{agreement_of(home.transfer).hex()}/transfer"
    confirmation = await _ask(home, service, path, home.transfer)
    agreement = home.setup.finish(confirmation.content)
    service.at_point("before the agreement is written")
    home.agreement = agreement


async def _report(home: Home, service: Service, start: int) -> None:
    """Build a window's message once it is over, and send it until it is answered."""
    agreement = _agreement(home)
    plan = agreement.statement.plan
    window = plan.schedule.window_at(start)
    service.clock.now = max(service.clock.now, window.end)
    if start not in home.built:
        message = _message(home, agreement, window)
        service.at_point("before the outbox is written")
        home.built[start] = message
        service.at_point("before newer seeds are written")
        home.agreement = agreement.advanced(plan.day_of(window.end - 1))
    if start in home.ends:
        return
    sent = home.built[start]
    path = f"/v1/agreements/{agreement.id.hex()}/windows"
    answer = await _ask(home, service, path, sent, allowed={200, 410})
    if answer.status_code == 410:
        end: End = ("late", None)
    else:
        try:
            outcome = agreement.verify_reply(sent, answer.content)
            end = ("missing" if outcome is None else "bucket", outcome)
        except Refused:
            end = ("refused", None)
    service.at_point("before the end of the window is written")
    home.ends[start] = end


def _message(home: Home, agreement: HouseholdAgreement, window: Window) -> bytes:
    """Return a window's message: what ended before the start is not known."""
    watts = LIFE[window.start]
    if watts is None or window.end <= home.since:
        return agreement.missing(window)
    plan = agreement.statement.plan
    report = agreement.report(window, plan.encode([[watts]]))
    return broken(report, agreement.key) if window.start == BROKEN else report


async def _ask(
    home: Home,
    service: Service,
    path: str,
    content: bytes | None = None,
    *,
    allowed: frozenset[int] | set[int] = frozenset({200, 201}),
) -> httpx.Response:
    answer = await service.client.request(
        "GET" if content is None else "POST",
        path,
        content=content,
        headers={"Authorization": f"Bearer {home.token}"},
    )
    assert answer.status_code in allowed, answer.text
    return answer


def _agreement(home: Home) -> HouseholdAgreement:
    assert home.agreement is not None
    return home.agreement
