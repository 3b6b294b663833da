"""From the enrolment sheet to results, and what each window comes to."""

import asyncio
from collections.abc import Callable

from currentcost_exchange import (
    Answer,
    Missing,
    ProviderAgreement,
    Refused,
    Report,
    Window,
    WindowKind,
    bucket_of,
    parse_claim,
)
from currentcost_exchange.authentication import TAG_BYTES, tagged
from currentcost_exchange.hashing import Use
import pytest

from currentcost_provider.answering import MAX_REFUSALS
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import WindowState

from .conftest import ENGINES, LATENESS, NOON, THRESHOLDS, WINDOW, Provider, leave_claim
from .household import Household, agreement_of, problem

LAST = NOON - WINDOW
"""The start of the window that has just ended."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


async def test_every_bucket_is_that_of_the_plain_computation(
    provider: Provider, anna: Household
) -> None:
    measures = [0, 1, 999, 1000, 1001, 2000, 2001, 3000, 3001, 131_070, -5, 10**9]
    for number, watts in enumerate(measures):
        sent = anna.report(anna.window(LAST - number * WINDOW), watts)
        expected = bucket_of(watts, THRESHOLDS) if watts >= 0 else 0
        assert anna.outcome(sent, await anna.send(sent)) == expected

    results = await Ledger(provider.database).results("anna")
    assert [
        (window.start, window.end, window.state, window.outcome)
        for window, _, _ in reversed(results)
    ] == [
        (
            LAST - number * WINDOW,
            NOON - number * WINDOW,
            WindowState.BUCKET,
            bucket_of(watts, THRESHOLDS) if watts >= 0 else 0,
        )
        for number, watts in enumerate(measures)
    ]


async def test_missing_window_is_stored_and_acknowledged(
    provider: Provider, anna: Household
) -> None:
    message = anna.agreement.missing(anna.window(LAST))
    assert anna.outcome(message, await anna.send(message)) is None

    [(window, user, _)] = await Ledger(provider.database).results()
    assert (window.state, window.outcome, user) == (WindowState.MISSING, None, "anna")

    report = anna.report(anna.window(LAST), 500)
    assert problem(await anna.send(report)) == (409, "window_taken")


async def test_missing_window_is_taken_from_its_household_alone(
    provider: Provider, anna: Household
) -> None:
    message = bytearray(anna.agreement.missing(anna.window(LAST)))
    message[-1] ^= 1
    assert problem(await anna.send(bytes(message))) == (400, "malformed")
    assert await Ledger(provider.database).results() == []


async def test_same_bytes_get_the_same_reply_and_others_409(
    provider: Provider, anna: Household
) -> None:
    window = anna.window(LAST)
    report = anna.report(window, 1500)
    first = await anna.send(report)
    again = await anna.send(report)
    assert anna.outcome(report, again) == 2
    assert again.content == first.content

    assert problem(await anna.send(anna.report(window, 1500))) == (409, "window_taken")
    missing = anna.agreement.missing(window)
    assert problem(await anna.send(missing)) == (409, "window_taken")

    # A lost reply can be asked for when the window is long closed.
    provider.clock.now += LATENESS + WINDOW
    assert (await anna.send(report)).content == first.content
    assert len(await Ledger(provider.database).results()) == 1


async def test_many_reports_at_once_for_one_window_give_one_outcome(
    provider: Provider, anna: Household
) -> None:
    window = anna.window(LAST)
    reports = [anna.report(window, 250 * number) for number in range(16)]
    # Each is sent twice, so that equal ones race as well.
    responses = await asyncio.gather(*map(anna.send, reports * 2))

    won = {
        index % len(reports): response
        for index, response in enumerate(responses)
        if response.status_code == 200
    }
    [(winner, response)] = won.items()
    taken = [problem(r) for r in responses if r.status_code != 200]
    assert taken == [(409, "window_taken")] * 30
    outcome = anna.outcome(reports[winner], response)
    assert outcome == bucket_of(250 * winner, THRESHOLDS)
    [(stored, _, _)] = await Ledger(provider.database).results()
    assert stored.outcome == outcome


async def test_many_windows_at_once(provider: Provider, anna: Household) -> None:
    reports = [
        anna.report(anna.window(LAST - number * WINDOW), 200 * number)
        for number in range(20)
    ]
    responses = await asyncio.gather(*map(anna.send, reports))
    for number, (report, response) in enumerate(zip(reports, responses, strict=True)):
        assert anna.outcome(report, response) == bucket_of(200 * number, THRESHOLDS)
    assert len(await Ledger(provider.database).results()) == 20


async def test_claim_without_outcome_is_finished_by_the_same_bytes(
    provider: Provider, anna: Household
) -> None:
    report = anna.report(anna.window(LAST), 2500)
    ledger = Ledger(provider.database)
    await leave_claim(provider.database, parse_claim(report))
    assert await ledger.results() == []

    other = anna.report(anna.window(LAST), 2500)
    assert problem(await anna.send(other)) == (409, "window_taken")
    provider.clock.now += LATENESS
    assert anna.outcome(report, await anna.send(report)) == 3
    assert len(await ledger.results()) == 1


async def test_report_that_can_not_be_evaluated_has_its_window_all_the_same(
    provider: Provider, anna: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = anna.report(anna.window(LAST), 2500)
    ben = await (await provider.household("ben")).set_up()
    answer = ProviderAgreement.answer

    def fail(agreement: ProviderAgreement, claim: Report | Missing) -> Answer:
        if claim.data == report:
            raise RuntimeError("a fault of ours")
        return answer(agreement, claim)

    with monkeypatch.context() as broken:
        broken.setattr(ProviderAgreement, "answer", fail)
        other = ben.report(ben.window(LAST), 500)
        failed, done = await asyncio.gather(anna.send(report), ben.send(other))
        assert problem(failed) == (500, "internal")
        assert ben.outcome(other, done) == 1
    again = anna.report(anna.window(LAST), 2500)
    assert problem(await anna.send(again)) == (409, "window_taken")
    assert anna.outcome(report, await anna.send(report)) == 3


async def test_refusal_is_the_windows_answer_and_three_stop_the_agreement(
    provider: Provider, anna: Household
) -> None:
    good = anna.report(anna.window(LAST - 10 * WINDOW), 1)
    reply = await anna.send(good)
    for number in range(MAX_REFUSALS):
        window = anna.window(LAST - number * WINDOW)
        report = anna.broken(anna.report(window, 500))
        refusal = await anna.send(report)
        with pytest.raises(Refused):
            anna.agreement.verify_reply(report, refusal.content)
        assert (await anna.send(report)).content == refusal.content
        other = anna.report(window, 500)
        assert problem(await anna.send(other)) == (409, "window_taken")

    late = anna.report(anna.window(LAST - 5 * WINDOW), 500)
    assert problem(await anna.send(late)) == (403, "agreement_stopped")
    missing = anna.agreement.missing(anna.window(LAST - 6 * WINDOW))
    assert problem(await anna.send(missing)) == (403, "agreement_stopped")
    # What was answered before stays answered.
    assert (await anna.send(good)).content == reply.content
    states = [
        window.state for window, _, _ in await Ledger(provider.database).results()
    ]
    assert states == [WindowState.BUCKET, *[WindowState.REFUSED] * MAX_REFUSALS]


async def test_refusals_at_once_are_no_more_than_those_one_by_one(
    provider: Provider, anna: Household
) -> None:
    reports = [
        anna.broken(anna.report(anna.window(LAST - number * WINDOW), 500))
        for number in range(20)
    ]
    responses = await asyncio.gather(*map(anna.send, reports))
    answered = [response for response in responses if response.status_code == 200]
    stopped = [problem(r) for r in responses if r.status_code != 200]
    assert len(answered) == MAX_REFUSALS
    assert set(stopped) == {(403, "agreement_stopped")}
    assert len(await Ledger(provider.database).results()) == MAX_REFUSALS


async def test_window_is_open_from_its_end_until_its_lateness(
    provider: Provider, anna: Household
) -> None:
    window = anna.window(NOON)
    report = anna.report(window, 1500)
    provider.clock.now = window.end - 1.5
    early = await anna.send(report)
    assert problem(early) == (425, "window_early")
    assert early.headers["Retry-After"] == "2"

    provider.clock.now = window.end + LATENESS
    assert problem(await anna.send(report)) == (410, "window_late")
    # Neither answer has used the window up.
    provider.clock.now = window.end + LATENESS - 1
    assert anna.outcome(report, await anna.send(report)) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda window: Window(window.kind, window.start + 1, window.end + 1),
        lambda window: Window(window.kind, window.start - WINDOW, window.end),
        lambda window: Window(WindowKind.INSTANT, window.start, window.end),
        lambda window: Window(window.kind, NOON - 10 * 86_400, NOON - 9 * 86_400),
        lambda window: Window(window.kind, window.start, 1 << 47),
    ],
    ids=["shifted", "longer", "kind", "before the period", "endless"],
)
async def test_only_the_plans_windows_are_taken(
    provider: Provider, anna: Household, change: Callable[[Window], Window]
) -> None:
    window = anna.window(LAST)
    written = b"".join(
        (bytes((window.kind,)), window.start.to_bytes(8), window.end.to_bytes(8))
    )
    other = change(window)
    changed = b"".join(
        (bytes((other.kind,)), other.start.to_bytes(8), other.end.to_bytes(8))
    )
    report = anna.report(window, 500)
    assert report.count(written) == 1
    body = report[:-TAG_BYTES].replace(written, changed)
    forged = tagged(Use.CLAIM, anna.agreement.key, body)
    assert problem(await anna.send(forged)) == (422, "window_misaligned")
    assert await Ledger(provider.database).results() == []


async def test_agreement_belongs_to_one_household(
    provider: Provider, anna: Household
) -> None:
    ben = await (await provider.household("ben")).set_up()
    report = anna.report(anna.window(LAST), 1500)
    address = f"/v1/agreements/{anna.agreement.id.hex()}/windows"
    assert problem(await ben.post(address, report)) == (404, "agreement_unknown")
    # Under ben's own address, anna's report is no message for that agreement.
    assert problem(await ben.send(report)) == (400, "malformed")
    transfer = f"/v1/agreements/{anna.agreement.id.hex()}/transfer"
    assert problem(await ben.post(transfer, b"")) == (404, "agreement_unknown")
    assert anna.outcome(report, await anna.send(report)) == 2


@pytest.mark.parametrize("name", ["00" * 16, "00", "zz" * 16, "0" * 33, "%00" * 32])
async def test_unknown_agreement(anna: Household, name: str) -> None:
    report = anna.report(anna.window(LAST), 1)
    forged = report[:4] + bytes(16) + report[20:]
    response = await anna.post(f"/v1/agreements/{name}/windows", forged)
    assert problem(response) == (404, "agreement_unknown")


async def test_report_before_the_set_up_is_finished(provider: Provider) -> None:
    anna = await provider.household()
    await anna.log_in()
    setup, offer = await anna.begin()
    setup.transfer(offer.content)
    assert setup._agreement is not None
    window = Window(WindowKind.INTERVAL, LAST, NOON)
    report = setup._agreement.report(window, (1,))
    agreement_id = agreement_of(offer.content).hex()
    response = await anna.post(f"/v1/agreements/{agreement_id}/windows", report)
    assert problem(response) == (404, "agreement_unknown")
