"""The console's pages: what they show, and what their forms do."""

import csv
import io
from itertools import pairwise
import json
import re

from currentcost_exchange import Window
import httpx
from pyarrow import parquet
import pytest

from currentcost_provider.operating.fleet_details import FleetDetails, Standing
from currentcost_provider.pages import enrol
from currentcost_provider.refusals import Unknown
from currentcost_provider.storage.models import Role

from .conftest import ENGINES, NOON, WINDOW, Provider
from .console import Document, Person
from .household import Household

LAST = NOON - WINDOW
PASSWORD = re.compile(r"<code>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</code>")


@pytest.fixture
async def fleet(provider: Provider, anna: Household) -> Provider:
    """One household in the middle bucket, one missing, one late, one that waits."""
    await anna.send(anna.report(anna.window(LAST - WINDOW), 500))
    await anna.send(anna.report(anna.window(LAST), 1500))
    ben = await (await provider.household("ben")).set_up()
    await ben.send(ben.agreement.missing(ben.window(LAST)))
    provider.clock.now = NOON - 2 * WINDOW
    await (await provider.household("carl")).set_up()
    provider.clock.now = NOON
    await provider.household("dora")
    return provider


async def test_fleet_now(fleet: Provider) -> None:
    person = await Person.of(fleet, Role.VIEWER)
    page = await person.see("/")
    for words in (
        "1 in a bucket",
        "1 late",
        "1 missing",
        "1 have to consent",
        "bucket 2 1,000 to 2,000 W 1 100 %",
    ):
        assert words in page.text
    links = {each for each in page.addresses if "standing=" in each}
    found = {}
    for link in links:
        listed = Document((await person.client.get(link)).text)
        found[link.partition("standing=")[2]] = [
            name
            for name in ("anna", "ben", "carl", "dora")
            if name in listed.addresses
            or f"/console/households/{name}" in listed.addresses
        ]
    assert found["late"] == ["carl"]
    assert found["missing"] == ["ben"]
    assert found["waiting"] == ["dora"]
    assert found["bucket&first=2&last=2"] == ["anna"]
    assert found["bucket&first=1&last=1"] == []
    for path in ("/?plan=evening&", "/households/anna?"):
        week = (await person.get(f"{path}span=week")).text
        assert re.findall('aria-current="page">(Day|Week|Month)', week) == ["Week"]
    assert (await person.get("/?plan=other")).status_code == 404


@pytest.mark.parametrize("engine", ENGINES)
async def test_fleet_over_time(fleet: Provider, engine: str) -> None:
    assert engine
    details = FleetDetails(fleet.database, fleet.clock)
    points = await details.history("evening", seconds=7200)
    assert [point.start for point in points] == list(range(NOON - 7200, NOON, WINDOW))
    assert points[-1].end == NOON
    assert points[-2].outcomes == {1: 1}
    assert points[-1].outcomes == {2: 1}
    assert (points[-1].missing, points[-1].refused) == (1, 0)
    everybody = {
        standing: list(await details.households("evening", standing, limit=9))
        for standing in Standing
    }
    assert {each: names for each, names in everybody.items() if names} == {
        Standing.BUCKET: ["anna"],
        Standing.MISSING: ["ben"],
        Standing.LATE: ["carl"],
        Standing.WAITING: ["dora"],
    }
    waiting = Standing.WAITING
    assert not await details.households("evening", waiting, after="dora", limit=9)
    with pytest.raises(Unknown):
        await details.history("other", seconds=7200)


async def test_history_of_a_large_fleet_is_thinned(
    fleet: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("currentcost_provider.operating.fleet_details._MOST_ROWS", 3)
    details = FleetDetails(fleet.database, fleet.clock)
    points = await details.history("evening", seconds=12 * 3600)
    assert len(points) == 12
    # The last window is always among them, evenly spaced.
    assert points[-1].end == NOON
    assert len({b.start - a.start for a, b in pairwise(points)}) == 1


async def test_household(fleet: Provider) -> None:
    person = await Person.of(fleet, Role.VIEWER)
    page = await person.see("/households/anna")
    for words in ("anna running", "1000 to 2000 W", "2 windows as a table"):
        assert words in page.text
    assert "What you can do" not in page.text
    assert "Its sheet is out" in (await person.see("/households/dora")).text
    assert (await person.get("/households/nobody")).status_code == 404
    known = (await person.see("/households/anna/known")).text
    for words in (
        "Windows answered 2",
        "Each, at most 2.32 bits",
        "2 bits , the sum of",
    ):
        assert words in known
    assert "window_claim Of each window" in known
    assert "no window was answered" in (await person.see("/households/dora/known")).text
    listed = (await person.see("/households?find=nn")).text
    assert "anna" in listed
    assert "ben" not in listed


async def test_new_password_and_block(fleet: Provider) -> None:
    person = await Person.of(fleet, Role.OPERATOR)
    answer = await person.post("/households/anna/reset")
    [password] = PASSWORD.findall(answer.text)
    assert "<svg" in answer.text
    again = Household(fleet.client, "anna", password)
    assert (await again.log_in()).status_code == 200
    assert (await person.post("/households/anna/block", {"blocked": "yes"})).is_redirect
    assert "anna blocked" in (await person.see("/households/anna")).text
    assert (await person.post("/households/anna/block", {"blocked": "no"})).is_redirect
    assert (await person.post("/households/anna/revoke")).is_redirect
    assert (await again.get("/v1/plan")).status_code == 401
    assert (await person.post("/households/nobody/reset")).status_code == 404
    entries = await fleet.service.audit.last(before=None, limit=9)
    done = [entry.action for entry in entries if entry.actor == "console:operator"]
    assert done == [
        "household.revoke",
        "household.unblock",
        "household.block",
        "household.reset",
        "console.sign-in",
    ]


async def test_export_and_erasure(fleet: Provider) -> None:
    operator = await Person.of(fleet, Role.OPERATOR)
    answer = await operator.post("/households/anna/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="anna.json"'
    assert len(json.loads(answer.text)["window_claim"]) == 2
    confirm = {"confirm": "anna"}
    refused = await operator.post("/households/anna/erase", confirm)
    assert refused.status_code == 403
    admin = await Person.of(fleet)
    for wrong in ("", "ann", "Anna"):
        answer = await admin.post("/households/anna/erase", {"confirm": wrong})
        assert answer.status_code == 422
        assert "Nothing was erased" in answer.text
    assert (await admin.post("/households/anna/erase", confirm)).is_redirect
    assert (await admin.get("/households/anna")).status_code == 404
    assert "household.erase anna" in (await admin.see("/audit")).text


async def test_enrol_one(provider: Provider) -> None:
    person = await Person.of(provider, Role.OPERATOR)
    fields = {"user": "anna", "plan": "evening", "days": "7"}
    answer = await person.post("/enrol", fields)
    assert answer.status_code == 200
    [password] = PASSWORD.findall(answer.text)
    assert str(provider.client.base_url).rstrip("/") in answer.text
    await Household(provider.client, "anna", password).set_up()
    for wrong, words in (
        ({}, "There is a household anna already"),
        ({"user": "an na"}, "letters, digits"),
        ({"user": "ben", "plan": "other"}, "There is no plan other"),
        ({"user": "ben", "days": "x"}, "whole number"),
        ({"user": "ben", "days": "91"}, "1 to 90 days"),
    ):
        answer = await person.post("/enrol", fields | wrong)
        assert answer.status_code == 422
        assert words in answer.text


async def upload(person: Person, text: bytes) -> httpx.Response:
    fields = {"many": "yes", "plan": "evening", "days": "7"}
    file = ("list.csv", text, "text/csv")
    return await person.post("/enrol", fields, files={"list": file})


async def test_enrol_many(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await Person.of(provider, Role.OPERATOR)
    answer = await upload(person, b"\xef\xbb\xbfname,user\nX,anna\nY,ben\n")
    assert answer.status_code == 200, answer.text
    passwords = PASSWORD.findall(answer.text)
    assert len(set(passwords)) == answer.text.count("<svg") == 2
    await Household(provider.client, "ben", passwords[1]).set_up()
    monkeypatch.setattr(enrol, "MOST", 3)
    for text, status, words in (
        (b"", 422, "must name the columns"),
        (b"user\nan na\n", 422, "Line 2"),
        (b"user\nnew\nanna\n", 422, "There is a household anna already"),
        (b"user\na\nb\nc\nd\n", 422, "household import"),
        (b"user\n\xff\n", 400, "not a form"),
        (b"user\n" + b"x" * (4 * 1024 * 1024), 413, "4 MiB"),
    ):
        answer = await upload(person, text)
        assert answer.status_code == status
        assert words in answer.text
    listed = (await person.see("/households")).text
    assert "new" not in listed.replace("newest", "").split()


ORDER = {
    "plan": "spring",
    "title": "How much in spring?",
    "thresholds": "500, 1500\n4000",
    "labels": "",
    "measure": "mean_power",
    "window": "900",
    "minimum_width": "100",
    "days": "90",
    "lateness": "24",
}


async def test_life_of_a_plan(fleet: Provider) -> None:
    person = await Person.of(fleet, Role.OPERATOR)
    answer = await person.post("/plans/new", ORDER)
    assert answer.headers["Location"] == "/console/plans/spring"
    draft = (await person.see("/plans/spring")).text
    assert "spring draft" in draft
    assert "500 to 1,500 W" in draft
    assert "draft" in (await person.see("/plans")).text
    assert (await person.post("/plans/spring/activate")).is_redirect
    signed = (await person.see("/plans/spring")).text
    assert "spring active" in signed
    assert "No household is asked for this plan" in signed
    # Other thresholds are another plan, that homes have to consent to.
    moved = await person.post("/plans/evening/retire", {"successor": "spring"})
    assert moved.is_redirect
    assert (
        "4 of 4 households still have to consent"
        in (await person.see("/plans/spring")).text
    )
    assert "evening retired" in (await person.see("/plans/evening")).text
    again = await person.post("/plans/evening/renew", {"days": ""})
    assert again.status_code == 422
    assert "retired" in again.text
    assert (await person.post("/plans/spring/renew", {"days": ""})).is_redirect
    short = await person.post("/plans/spring/renew", {"days": "5"})
    assert "28 days or more" in short.text
    await person.post("/plans/new", ORDER | {"plan": "summer"})
    assert (await person.post("/plans/summer/discard")).is_redirect
    assert (await person.get("/plans/summer")).status_code == 404


async def test_plan_of_a_program(provider: Provider) -> None:
    person = await Person.of(provider, Role.OPERATOR)
    page = "/plans/new?program=capacity_tier"
    assert "9 numbers" in (await person.see(page)).text
    fields = ORDER | {
        "plan": "tier",
        "title": "",
        "program": "capacity_tier",
        "zone": "Europe/Oslo",
        "value-INPUT_B_limit": "2000 5000 10000 15000 20000 25000 50000 75000 100000",
    }
    answer = await person.post("/plans/new", fields)
    assert answer.headers["Location"] == "/console/plans/tier"
    assert (
        "Upper limit of a tier 2,000, 5,000" in (await person.see("/plans/tier")).text
    )


async def test_plan_that_can_not_be(provider: Provider) -> None:
    person = await Person.of(provider, Role.OPERATOR)
    for wrong, words in (
        ({"plan": "evening"}, "There is a plan evening already"),
        ({"plan": "Spring!"}, "can&#39;t be a plan"),
        ({"thresholds": ""}, "at least one number"),
        ({"thresholds": "1 kW"}, "whole numbers"),
        ({"thresholds": "1000 1050"}, "narrower"),
        ({"thresholds": "2000 1000"}, "must ascend"),
        ({"days": "x"}, "whole number"),
        ({"start": "soon"}, "can&#39;t be a plan"),
        ({"measure": "<b>"}, "can&#39;t be a plan"),
    ):
        answer = await person.post("/plans/new", ORDER | wrong)
        assert answer.status_code == 422, wrong
        assert words in answer.text
        # What was typed is still there.
        assert "How much in spring?" in answer.text


async def test_results(fleet: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await Person.of(fleet, Role.VIEWER)
    page = await person.see("/results")
    assert "3 windows" in page.text
    some = "household=anna&plan=evening&since=2026-01-01T11:45Z&until="
    assert "1 window " in (await person.see(f"/results?{some}")).text
    assert (
        "No results for this choice"
        in (await person.see("/results?household=nobody")).text
    )
    rows = (await person.get("/results/file.csv")).text
    names = [row["household"] for row in csv.DictReader(io.StringIO(rows))]
    assert sorted(names) == ["anna", "anna", "ben"]
    answer = await person.get(f"/results/file.jsonl?{some}")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.text)["outcome"] == 2
    table = parquet.read_table(
        io.BytesIO((await person.get("/results/file.parquet")).content)
    )
    assert table.num_rows == 3
    assert (await person.get("/results/file.xlsx")).status_code == 400
    entries = await fleet.service.audit.last(before=None, limit=3)
    assert [entry.action for entry in entries] == ["results.export"] * 3
    # Page by page.
    monkeypatch.setattr("currentcost_provider.pages.results._PAGE", 2)
    page = await person.see("/results?household=")
    [following] = [each for each in page.addresses if "after=" in each]
    rest = Document((await person.client.get(following)).text)
    for shown, expected in ((page, names[:2]), (rest, names[2:])):
        words = shown.text.split()
        assert sorted(w for w in words if w in names) == sorted(expected)


async def test_ask_now(fleet: Provider, anna: Household) -> None:
    operator = await Person.of(fleet, Role.OPERATOR)
    assert "Ask now" in (await operator.see("/households/anna")).text
    assert "Ask now" not in (await operator.see("/households/dora")).text
    sent = await operator.post("/households/anna/ask")
    address = sent.headers["Location"].removeprefix("/console")
    page = (await operator.see(address)).text
    assert "1 household asked" in page
    assert "anna waiting - not answered yet" in page
    assert (await operator.get(f"{address}/waiting")).json() == 1
    window = Window.instant_at(NOON - 10)
    report = anna.report(window, 2500)
    assert anna.outcome(report, await anna.send(report)) == 3
    page = (await operator.see(address)).text
    assert "No more answers will come" in page
    assert "anna bucket bucket 3 2000 to 3000 W" in page
    assert (await operator.get(f"{address}/waiting")).json() == 0
    assert "Asked on demand" in (await operator.see("/households/anna")).text
    everybody = await operator.post("/plans/evening/ask")
    listed = (await operator.see(everybody.headers["Location"][8:])).text
    assert "3 households asked" in listed
    fleet.clock.now += 600
    listed = (await operator.see(everybody.headers["Location"][8:])).text
    assert "ben expired - off line, or its owner does not allow it" in listed
    refused = await operator.post("/households/dora/ask")
    assert "No household with a running agreement" in refused.text
    entries = await fleet.service.audit.last(before=None, limit=2)
    assert [entry.subject for entry in entries] == ["plan evening (3)", "anna"]


METER = {
    "household": "anna",
    "start": "2026-01-01T11:30Z",
    "end": "2026-01-01T12:00Z",
    "tolerance": "10",
}


async def test_meters(fleet: Provider) -> None:
    person = await Person.of(fleet, Role.VIEWER)
    assert "anna" in (await person.get("/meters?household=anna")).text
    # A quarter of an hour up to 1000 W, one of 1000 to 2000 W.
    for kwh, words in (
        ("0.5", "0 can't be true"),
        ("2", "too low for what the meter counted. By 1.2 kWh"),
        ("0.1", "too high for what the meter counted. By 0.1 kWh"),
    ):
        answer = await person.post("/meters", METER | {"kwh": kwh})
        assert answer.status_code == 200
        assert words in Document(answer.text).text
    for wrong, words in (
        ({"kwh": "much"}, "kwh is a number"),
        ({"kwh": "0,5"}, "without a comma"),
        ({"kwh": "1", "end": "2025-01-01T00:00Z"}, "end after its start"),
        ({"kwh": "1", "tolerance": "101"}, "0 to 100 %"),
        ({"kwh": "1", "limit": "x"}, "whole number"),
        ({"kwh": "1", "start": "<b>"}, "Line 2"),
    ):
        answer = await person.post("/meters", METER | wrong)
        assert answer.status_code == 422, wrong
        assert words in answer.text
    lines = "household,start,end,kwh\n" + "".join(
        f"{user},2026-01-01T11:45:00Z,2026-01-01T12:00:00Z,9\n"
        for user in ("anna", "nobody")
    )
    file = ("list.csv", lines.encode(), "text/csv")
    answer = await person.post(
        "/meters", {"many": "yes", "tolerance": "10"}, files={"list": file}
    )
    assert "2 meters compared, 1 can't be true" in Document(answer.text).text
    assert "There is no household nobody" in answer.text


FORMS = {
    "/enrol": {},
    "/households/anna/reset": {},
    "/households/anna/block": {"blocked": "yes"},
    "/households/anna/revoke": {},
    "/households/anna/export": {},
    "/households/anna/erase": {"confirm": "anna"},
    "/plans/new": ORDER,
    "/plans/evening/activate": {},
    "/plans/evening/discard": {},
    "/plans/evening/renew": {},
    "/plans/evening/retire": {},
    "/households/anna/ask": {},
    "/plans/evening/ask": {},
}


async def test_no_form_of_viewers_or_of_another_site(fleet: Provider) -> None:
    viewer, admin = await Person.of(fleet, Role.VIEWER), await Person.of(fleet)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path, fields in FORMS.items():
        assert (await viewer.post(path, fields)).status_code == 403, path
        answer = await admin.post(path, dict(fields), headers=foreign)
        assert answer.status_code == 403, path
    for path in ("/enrol", "/plans/new"):
        assert (await viewer.get(path)).status_code == 403
    # Nothing came of it.
    assert "anna running" in (await viewer.see("/households/anna")).text
    assert "evening active" in (await viewer.see("/plans/evening")).text


async def test_pages_need_nothing_from_elsewhere(fleet: Provider) -> None:
    person = await Person.of(fleet)
    await person.post("/plans/new", ORDER)
    assets = set()
    for path in (
        "/",
        "/households",
        "/households/anna",
        "/households/anna/known",
        "/plans",
        "/plans/evening",
        "/plans/spring",
        "/plans/new",
        "/enrol",
        "/results",
        "/meters",
        "/audit",
        "/operators",
        "/account",
    ):
        page = await person.see(path)
        assert all(address.startswith(("/console", "#")) for address in page.addresses)
        assert not page.inline
        assert "style" not in page.attributes
        assert not [name for name in page.attributes if name.startswith("on")]
        assets |= {each for each in page.addresses if "/static/" in each}
    for each in assets:
        answer = await person.client.get(each)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]


async def test_empty_provider_says_what_to_do_next(provider: Provider) -> None:
    operator = await Person.of(provider, Role.OPERATOR)
    assert "No household is enrolled yet" in (await operator.see("/households")).text
    assert "No household has reported" in (await operator.see("/")).text
    assert "No household is asked" in (await operator.see("/plans/evening")).text
    assert "No results for this choice" in (await operator.see("/results")).text
