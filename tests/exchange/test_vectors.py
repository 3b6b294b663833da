"""The known answers of tests/vectors: the product gives and takes exactly these."""

from collections.abc import Callable
import json
from typing import Any, Final

from currentcost_exchange import (
    ExchangeError,
    Period,
    Plan,
    PlanStatement,
    ProviderSetup,
    Report,
    Schedule,
    bucket_of,
    parse_claim,
    window_to_ask,
)
import pytest

from .make_vectors import VECTORS, as_text, vectors
from .negatives import edited
from .vector_example import DOCUMENT, document_with
from .vector_parties import Json, Parties, drawing
from .vector_renewal import Renewed

NAMES: Final = (
    "primitives",
    "plans",
    "transfer",
    "range",
    "program",
    "renewal",
    "asks",
    "negative",
)


def read(name: str) -> Json:
    document: Json = json.loads((VECTORS / f"v1-{name}.json").read_text("utf-8"))
    return document


CASES: Final[dict[str, Json]] = {
    case["name"]: case for name in ("range", "program") for case in read(name)["cases"]
}
NEGATIVE: Final = read("negative")


def test_the_files_are_what_the_product_makes() -> None:
    made = vectors()
    stored = {path.stem: path.read_text("utf-8") for path in VECTORS.iterdir()}
    assert stored.keys() == made.keys() == {f"v1-{name}" for name in NAMES}
    # Differences of this size are not for reading: make them again, and compare.
    changed = [name for name in made if stored[name] != as_text(made[name])]
    assert changed == []
    assert sum(map(len, stored.values())) < 300_000


def test_the_example_of_the_document_is_that_of_the_vectors() -> None:
    assert DOCUMENT.read_text("utf-8") == document_with(CASES["small"])


@pytest.fixture(scope="module")
def parties() -> Callable[[str], Parties]:
    made: dict[str, Parties] = {}

    def of(name: str) -> Parties:
        if name not in made:
            made[name] = Parties.of_case(CASES[name])
        return made[name]

    return of


@pytest.mark.parametrize("name", CASES)
def test_agreements(name: str, parties: Callable[[str], Parties]) -> None:
    case, both = CASES[name], parties(name)
    assert both.statement.code == case["code"]
    assert both.statement.plan.to_json().decode() == case["plan"]
    assert both.setup.request().hex() == case["request"]
    assert both.provider_setup.offer.hex() == case["offer"]
    assert both.transfer.hex() == case["transfer"]
    assert both.confirmation.hex() == case["confirmation"]
    # What was stored is taken, not only what was made just now.
    provider, confirmation = both.provider_setup.finish(bytes.fromhex(case["transfer"]))
    assert both.setup.finish(confirmation) == both.household
    assert provider == both.provider
    assert [seed.hex() for seed in provider.seeds] == case["seeds"]
    opening = bytes.fromhex(case["opening"])
    assert both.household.verify_opening(opening) == tuple(case["values"])
    for report in case["reports"]:
        window = both.statement.plan.schedule.window_at(report["window"][1])
        with drawing([bytes.fromhex(report["fresh"])]):
            made = both.household.report(window, report["measures"])
        assert made.hex() == report["report"]
        claim = parse_claim(bytes.fromhex(report["report"]))
        provider.check(claim)
        answer = provider.answer(claim)
        assert (answer.outcome, answer.reply.hex()) == (
            report["outcome"],
            report["reply"],
        )
        assert both.household.verify_reply(claim.data, answer.reply) == answer.outcome


def test_the_outcomes_are_right() -> None:
    for name, case in CASES.items():
        for report in case["reports"]:
            first, *others = report["measures"]
            match name:
                case "labels and a policy":
                    expected = sum(x > case["values"][0] for x in (first, *others))
                case "an amount and no policy":
                    expected = first * case["values"][0] // 4
                case _:
                    expected = bucket_of(first, case["values"])
            assert report["outcome"] == expected


def receivers(both: Parties) -> dict[str, Callable[[bytes], Any]]:
    """Return what takes a message at each stage."""
    case = CASES["small"]
    report = bytes.fromhex(NEGATIVE["honest"]["claim"])
    missing = bytes.fromhex(NEGATIVE["missing"])
    fresh = [bytes.fromhex(each) for each in case["fresh"].values()]

    def begin(data: bytes) -> bytes:
        with drawing(fresh[1:3]):
            return ProviderSetup.begin(
                both.provider_identity, both.statement, both.values, data
            ).offer

    def transfer(data: bytes) -> bytes:
        with drawing(fresh[3:]):
            return both.setup.transfer(data)

    def claim(data: bytes) -> Report | object:
        read = parse_claim(data)
        both.provider.check(read)
        return read

    return {
        "statement": PlanStatement.from_bytes,
        "request": begin,
        "offer": transfer,
        "transfer": lambda data: both.provider_setup.finish(data)[1],
        "confirmation": both.setup.finish,
        "claim": claim,
        "reply": lambda data: both.household.verify_reply(report, data),
        "acknowledgement": lambda data: both.household.verify_reply(missing, data),
    }


def names_of(error: ExchangeError) -> set[str]:
    """Return what an error may be called: itself, or more generally."""
    return {kind.__name__ for kind in type(error).__mro__}


@pytest.mark.parametrize("stage", NEGATIVE["honest"])
def test_messages_to_refuse(stage: str, parties: Callable[[str], Parties]) -> None:
    receive = receivers(parties("small"))[stage]
    good = bytes.fromhex(NEGATIVE["honest"][stage])
    receive(good)
    refused = [each for each in NEGATIVE["refused"] if each["stage"] == stage]
    assert len(refused) > 10
    for each in refused:
        with pytest.raises(ExchangeError) as caught:
            receive(edited(good, each))
        assert each["error"] in names_of(caught.value), each["name"]


def test_reports_that_get_the_refusal(parties: Callable[[str], Parties]) -> None:
    beyond = NEGATIVE["beyond"]
    bases = {
        "small": NEGATIVE["honest"]["claim"],
        "two thresholds": beyond["report"],
    }
    for each in NEGATIVE["not answered"]:
        both = parties(each["case"])
        claim = parse_claim(edited(bytes.fromhex(bases[each["case"]]), each))
        both.provider.check(claim)
        answer = both.provider.answer(claim)
        assert answer.outcome is None
        assert answer.reply.hex() == each["reply"], each["name"]
        assert not any(answer.reply[36:-16])
    with pytest.raises(ExchangeError) as caught:
        parties(beyond["case"]).household.verify_reply(
            bytes.fromhex(beyond["report"]), bytes.fromhex(beyond["reply"])
        )
    assert beyond["error"] in names_of(caught.value)


RENEWAL: Final = read("renewal")


def test_the_renewal(parties: Callable[[str], Parties]) -> None:
    earlier = parties(RENEWAL["earlier"])
    renewed = Renewed.of(earlier, RENEWAL)
    assert renewed.setup.request().hex() == RENEWAL["request"]
    assert renewed.provider_setup.offer.hex() == RENEWAL["offer"]
    assert renewed.transfer.hex() == RENEWAL["renewal"]
    assert renewed.confirmation.hex() == RENEWAL["renewed"]
    assert renewed.provider.key.hex() == RENEWAL["key"]
    receive = {
        "renewal": lambda data: renewed.provider_setup.finish(
            data, earlier=earlier.provider
        ),
        "renewed": renewed.setup.finish,
    }
    for each in RENEWAL["refused"]:
        message = edited(bytes.fromhex(RENEWAL[each["stage"]]), each)
        with pytest.raises(ExchangeError) as caught:
            receive[each["stage"]](message)
        assert each["error"] in names_of(caught.value), each["name"]


ASKS: Final = read("asks")


def test_questions_on_demand(parties: Callable[[str], Parties]) -> None:
    both = parties(ASKS["case"])
    known = ASKS["answered"]
    window = window_to_ask(known["asked at"])
    assert [window.kind, window.start, window.end] == known["window"]
    ask = both.provider.ask(window)
    assert ask.hex() == known["ask"]
    assert both.household.read_ask(ask) == window
    with drawing([bytes.fromhex(known["fresh"])]):
        report = both.household.report(window, (known["measure"],))
    assert report.hex() == known["report"]
    answer = both.provider.answer(parse_claim(report))
    assert (answer.outcome, answer.reply.hex()) == (known["outcome"], known["reply"])
    assert both.household.verify_reply(report, answer.reply) == answer.outcome
    for name, make in (
        ("missing", both.household.missing),
        ("declined", both.household.declined),
    ):
        known = ASKS[name]
        window = both.household.read_ask(bytes.fromhex(known["ask"]))
        sent = make(window)
        assert sent.hex() == known["sent"]
        reply = both.provider.answer(parse_claim(sent)).reply
        assert reply.hex() == known["acknowledgement"]
        assert both.household.verify_reply(sent, reply) is None


def test_questions_on_demand_to_refuse(parties: Callable[[str], Parties]) -> None:
    both = parties(ASKS["case"])
    receive: dict[str, Callable[[bytes], Any]] = {
        "ask": both.household.read_ask,
        "declined": lambda data: both.provider.check(parse_claim(data)),
    }
    good = {"ask": ASKS["answered"]["ask"], "declined": ASKS["declined"]["sent"]}
    for each in ASKS["refused"]:
        message = edited(bytes.fromhex(good[each["stage"]]), each)
        with pytest.raises(ExchangeError) as caught:
            receive[each["stage"]](message)
        assert each["error"] in names_of(caught.value), each["name"]


PLANS: Final = read("plans")


@pytest.mark.parametrize("plan", PLANS["taken"], ids=lambda plan: plan["name"])
def test_plans_to_take(plan: Json) -> None:
    statement = PlanStatement.from_bytes(bytes.fromhex(plan["statement"]))
    assert statement.code == plan["code"]
    assert statement.plan.to_json().decode() == plan["text"]
    assert statement.plan.report_bytes == plan["report_bytes"]


@pytest.mark.parametrize("plan", PLANS["refused"], ids=lambda plan: plan["name"])
def test_plans_to_refuse(plan: Json) -> None:
    text = PLANS["taken"][0]["text"]
    assert Plan.from_json(text.encode())
    with pytest.raises(ExchangeError) as caught:
        Plan.from_json(text.replace(plan["old"], plan["new"]).encode())
    assert plan["error"] in names_of(caught.value)


def test_windows() -> None:
    for each in PLANS["windows"]:
        window = each["window"]
        schedule = Schedule(
            window=Period(window) if isinstance(window, str) else window,
            part=300,
            zone=each["zone"],
        )
        found = schedule.window_at(each["time"])
        assert [found.kind, found.start, found.end] == each["found"]
