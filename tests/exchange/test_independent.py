"""The product and the document's second implementation agree, to the byte.

INDEPENDENT_ROUNDS says how many random circuits and reports they are compared on.
"""

import ast
from collections.abc import Callable
import json
import os
from pathlib import Path
from random import Random
import secrets
import sys
from types import ModuleType
from typing import Any, Final

from currentcost_exchange import (
    ExchangeError,
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    ProviderValues,
    bucket_of,
    parse_claim,
)
from currentcost_exchange.bristol import write_bristol
from currentcost_exchange.builder import ONE, ZERO, CircuitBuilder, Signal
from currentcost_exchange.circuit import Circuit
from currentcost_exchange.garbling import evaluate, garble
from currentcost_exchange.program_question import _anything
from currentcost_exchange.programs import policy_circuit, range_circuit
import pytest

from . import independent as second, independent_circuits as circuits
from .garblers import Secrets
from .negatives import edited
from .parties import START, agree, offer_plan, plan_of, retagged, window_at
from .strategies import random_circuit
from .test_vectors import ASKS, CASES, NEGATIVE, PLANS, RENEWAL, read
from .vector_parties import Json

ROUNDS: Final = int(os.environ.get("INDEPENDENT_ROUNDS", "300"))


@pytest.fixture
def random() -> Random:
    """A random source whose seed is shown where a test fails."""
    seed = secrets.randbits(64)
    print(f"seed {seed}")  # noqa: T201
    return Random(seed)  # noqa: S311


def octets(*texts: str) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def in_blocks(labels: list[int]) -> list[bytes]:
    return [label.to_bytes(16) for label in labels]


@pytest.mark.parametrize("module", [second, circuits])
def test_nothing_of_the_product_is_imported(module: ModuleType) -> None:
    tree = ast.parse(Path(module.__file__ or "").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert (node.level, node.module) == (1, "independent_circuits")
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    assert found <= {*sys.stdlib_module_names, "cryptography", "nacl"}


# The known answers


def test_primitives() -> None:
    known = read("primitives")
    assert len(known["uses"]) == 21
    for each in known["digests"]:
        fields, use = octets(*each["fields"]), each["use"].removeprefix("ccp ")
        assert circuits.h(use, *fields, size=each["size"]).hex() == each["digest"]
    for each in known["pads"]:
        use, (context,) = each["use"].removeprefix("ccp "), octets(each["context"])
        keys = octets(*each["keys"])
        found = [circuits.pad(use, context, i, key) for i, key in enumerate(keys)]
        assert b"".join(found).hex() == each["pads"]
    for each in known["expansions"]:
        use, (seed,) = each["use"].removeprefix("ccp "), octets(each["seed"])
        assert circuits.expand(use, seed, 40).hex() == each["bytes"]
    for each in known["tmmo"]:
        key, block = octets(each["key"], each["block"])
        assert circuits.tmmo(key, block, each["tweak"]).hex() == each["hash"]
    for data, code in known["codes"].items():
        assert second.short_code(bytes.fromhex(data)) == code
    made = known["commitment"]
    commitment = second.commitment(made, bytes.fromhex(made["salt"]), made["values"])
    assert commitment.hex() == made["commitment"]
    for value, width, expected in known["measures"]:
        assert second.encode_measure(float(value), width) == expected


def test_digests_of_circuits() -> None:
    for each in read("primitives")["ranges"]:
        count, width = each["thresholds"], each["width"]
        circuit = circuits.Circuit.of(circuits.range_text(count, width))
        policy = circuits.Circuit.of(
            circuits.policy_text(count, width, each["minimum_width"])
        )
        assert [circuit.digest, policy.digest] == [
            each["circuit"],
            each["policy_circuit"],
        ]
        assert [circuit.ands, policy.ands] == each["and_gates"]


def test_known_garblings() -> None:
    reordered = 0
    for each in read("primitives")["garblings"]:
        circuit = circuits.Circuit.of(each["circuit"])
        zeros = octets(*each["zero_labels"])
        key, delta = octets(each["key"], each["delta"])
        outputs, tables = circuits.garble(circuit, key, delta, zeros)
        assert tables.hex() == each["tables"]
        assert outputs == octets(*each["output_zero_labels"])
        numbers = list(circuit.and_numbers())
        reordered += numbers != sorted(numbers)
    assert reordered  # the order of layers matters in one of them at least


def test_known_transfers() -> None:
    for each in read("transfer")["cases"]:
        choices = [int(choice) for choice in each["choices"]]
        session, provider_seed, household_seed = octets(
            each["session"], each["provider_seed"], each["household_seed"]
        )
        b, first = second.first_message(session, choices, provider_seed)
        pairs, answer = second.second_message(
            session, len(choices), first, household_seed
        )
        assert b.to_bytes(32, "little").hex() == each["exponent"]
        assert first.hex() == each["first"]
        assert answer.hex() == each["second"]
        assert [list(pair) for pair in pairs] == [octets(*p) for p in each["pairs"]]
        seeds = second.receive(session, choices, b, first, answer)
        assert seeds == octets(*each["seeds"])


def terms_of(case: Json) -> second.Terms:
    texts = [case[name] for name in ("circuit", "policy_circuit") if name in case]
    (statement,) = octets(case["statement"])
    return second.read_statement(statement, texts=texts, outcomes=case["outcomes"])


def begin(case: Json, request: bytes) -> second.Provider:
    (secret,) = octets(case["provider_secret"])
    fresh = octets(case["fresh"]["offer_share"], case["fresh"]["offer"])
    choices = [int(choice) for choice in case["choices"]]
    return second.Provider.begin(terms_of(case), secret, request, choices, fresh=fresh)


def consent(case: Json, offer: bytes) -> second.Household:
    secret, request = octets(case["household_secret"], case["request"])
    names = ("request_share", "transfer", "policy")
    fresh = octets(*(case["fresh"][name] for name in names))
    return second.Household.agree(terms_of(case), secret, request, offer, fresh=fresh)


@pytest.mark.parametrize("name", CASES)
def test_known_agreements(name: str) -> None:
    case = CASES[name]
    terms = terms_of(case)
    secret, fresh, salt = octets(
        case["household_secret"], case["fresh"]["request_share"], case["salt"]
    )
    assert terms.code == case["code"]
    assert second.short_code(terms.provider_key) == case["fingerprint"]
    made = second.commitment(terms.plan, salt, case["values"])
    assert made.hex() == terms.plan["commitment"]
    request = second.request_message(secret, fresh, terms.digest)
    assert request.hex() == case["request"]
    offered = begin(case, request)
    assert offered.offer.hex() == case["offer"]
    household = consent(case, offered.offer)
    assert household.transfer.hex() == case["transfer"]
    provider, confirmation = offered.finish(household.transfer)
    assert confirmation.hex() == case["confirmation"]
    assert provider.seeds == octets(*case["seeds"])
    household.finish(confirmation)

    widths = [terms.circuit.inputs[0] // len(case["reports"][0]["measures"])] * 9
    for each in case["reports"]:
        values = list(zip(each["measures"], widths, strict=False))
        report = household.report(each["window"], values, bytes.fromhex(each["fresh"]))
        assert report.hex() == each["report"]
        outcome, reply = provider.answer(report)
        assert (outcome, reply.hex()) == (each["outcome"], each["reply"])
        assert household.read_reply(report, reply) == outcome
    known = case["missing"]
    missing = household.missing(known["window"])
    _, acknowledgement = provider.answer(missing)
    assert missing.hex() == known["missing"]
    assert acknowledgement.hex() == known["acknowledgement"]
    assert household.read_reply(missing, acknowledgement) is None

    widths = [terms.n // len(case["values"])] * len(case["values"])
    (opening,) = octets(case["opening"])
    found = second.read_opening(terms, offered.offer, opening, widths)
    assert found == case["values"]
    for position in (4, 20, 52, len(opening) - 1):
        damaged = bytearray(opening)
        damaged[position] ^= 1
        with pytest.raises(circuits.DeviationError):
            second.read_opening(terms, offered.offer, bytes(damaged), widths)


def receivers() -> dict[str, Callable[[bytes], Any]]:
    case = CASES["small"]
    offered = begin(case, bytes.fromhex(case["request"]))
    household = consent(case, offered.offer)
    provider, _ = offered.finish(household.transfer)
    report, missing = octets(NEGATIVE["honest"]["claim"], NEGATIVE["missing"])
    return {
        "statement": second.read_statement,
        "request": lambda data: begin(case, data),
        "offer": lambda data: consent(case, data),
        "transfer": offered.finish,
        "confirmation": household.finish,
        "claim": provider.answer,
        "reply": lambda data: household.read_reply(report, data),
        "acknowledgement": lambda data: household.read_reply(missing, data),
    }


@pytest.mark.parametrize("stage", NEGATIVE["honest"])
def test_messages_to_refuse(stage: str) -> None:
    receive = receivers()[stage]
    good = bytes.fromhex(NEGATIVE["honest"][stage])
    receive(good)
    for each in NEGATIVE["refused"]:
        if each["stage"] == stage:
            with pytest.raises(circuits.DeviationError) as caught:
                receive(edited(good, each))
            assert caught.value.kind == each["error"], each["name"]


def test_questions_on_demand() -> None:
    case = CASES["small"]
    offered = begin(case, bytes.fromhex(case["request"]))
    household = consent(case, offered.offer)
    provider, _ = offered.finish(household.transfer)
    known = ASKS["answered"]
    start = int(known["asked at"]) // 10 * 10 - 10
    assert known["window"] == [2, start, start + 10]
    assert provider.ask(known["window"]).hex() == known["ask"]
    values = [(known["measure"], 4)]
    report = household.report(known["window"], values, bytes.fromhex(known["fresh"]))
    assert report.hex() == known["report"]
    outcome, reply = provider.answer(report)
    assert (outcome, reply.hex()) == (known["outcome"], known["reply"])
    assert household.read_reply(report, reply) == outcome
    for name, make in (
        ("missing", household.missing),
        ("declined", household.declined),
    ):
        known = ASKS[name]
        ask, sent, acknowledgement = octets(
            known["ask"], known["sent"], known["acknowledgement"]
        )
        assert household.read_ask(ask) == tuple(known["window"])
        assert make(known["window"]) == sent
        assert provider.answer(sent) == (None, acknowledgement)
        assert household.read_reply(sent, acknowledgement) is None
    receive: dict[str, Callable[[bytes], Any]] = {
        "ask": household.read_ask,
        "declined": provider.answer,
    }
    good = {"ask": ASKS["answered"]["ask"], "declined": ASKS["declined"]["sent"]}
    for each in ASKS["refused"]:
        with pytest.raises(circuits.DeviationError) as caught:
            receive[each["stage"]](edited(bytes.fromhex(good[each["stage"]]), each))
        assert caught.value.kind == each["error"], each["name"]


def test_reports_that_get_the_refusal() -> None:
    beyond = NEGATIVE["beyond"]
    bases = {
        "small": NEGATIVE["honest"]["claim"],
        "two thresholds": beyond["report"],
    }
    for each in NEGATIVE["not answered"]:
        case = CASES[each["case"]]
        offered = begin(case, bytes.fromhex(case["request"]))
        provider, _ = offered.finish(bytes.fromhex(case["transfer"]))
        report = edited(bytes.fromhex(bases[each["case"]]), each)
        outcome, reply = provider.answer(report)
        assert outcome is None
        assert reply.hex() == each["reply"], each["name"]
    case = CASES[beyond["case"]]
    household = consent(case, *octets(case["offer"]))
    with pytest.raises(circuits.DeviationError) as caught:
        household.read_reply(*octets(beyond["report"], beyond["reply"]))
    assert caught.value.kind == beyond["error"]


def test_the_known_renewal() -> None:
    case = RENEWAL
    before = CASES[case["earlier"]]
    (statement,) = octets(case["statement"])
    terms = second.read_statement(statement)
    assert circuits.equality_text(terms.n) == case["equality_circuit"]
    offered = begin(before, bytes.fromhex(before["request"]))
    earlier_household = consent(before, offered.offer)
    earlier, _ = offered.finish(earlier_household.transfer)

    names = ("request_share", "transfer", "policy", "equality")
    fresh = octets(*(case["fresh"][name] for name in names))
    household_secret, provider_secret = octets(
        before["household_secret"], before["provider_secret"]
    )
    request = second.request_message(household_secret, fresh[0], terms.digest)
    assert request.hex() == case["request"]
    renewing = second.Provider.begin(
        terms,
        provider_secret,
        request,
        earlier.choices,
        fresh=octets(case["fresh"]["offer_share"], case["fresh"]["offer"]),
    )
    assert renewing.offer.hex() == case["offer"]
    household = second.Household.agree(
        terms,
        household_secret,
        request,
        renewing.offer,
        fresh=fresh,
        earlier=earlier_household,
        day=case["day"],
    )
    assert household.transfer.hex() == case["renewal"]
    agreed, confirmation = renewing.finish(household.transfer, earlier)
    assert confirmation.hex() == case["renewed"]
    assert agreed.key.hex() == case["key"]
    household.finish(confirmation)
    receive: dict[str, Callable[[bytes], Any]] = {
        "renewal": lambda data: renewing.finish(data, earlier),
        "renewed": household.finish,
    }
    for each in case["refused"]:
        with pytest.raises(circuits.DeviationError) as caught:
            receive[each["stage"]](edited(bytes.fromhex(case[each["stage"]]), each))
        assert caught.value.kind == each["error"], each["name"]


def test_known_plans() -> None:
    for each in PLANS["taken"]:
        (statement,) = octets(each["statement"])
        plan = PlanStatement.from_bytes(statement).plan
        texts = [write_bristol(plan.circuit), write_bristol(plan.policy)]
        terms = second.read_statement(statement, texts=texts, outcomes=each["outcomes"])
        assert terms.code == each["code"]
        assert terms.n == each["provider_bits"]
        assert terms.m == each["output_bits"]
        assert terms.circuit.inputs == [each["household_bits"], terms.n]
        length = 117 + 16 * terms.n + 32 * terms.circuit.ands + 64 * terms.m
        assert length == each["report_bytes"]


def test_the_form_of_plans() -> None:
    text = PLANS["taken"][0]["text"]
    assert second.is_in_form(text.encode(), json.loads(text))
    malformed = 0
    for each in PLANS["refused"]:
        changed = text.replace(each["old"], each["new"])
        in_form = second.is_in_form(changed.encode(), json.loads(changed))
        # Other values than there are, kinds of questions among them, are in form.
        known = each["name"] not in {"another period", "a measure that is none"}
        if each["error"] == "Malformed" and known:
            malformed += 1
            assert not in_form, each["name"]
    assert malformed > 8


def test_known_windows() -> None:
    for each in PLANS["windows"]:
        found = second.window_at(each["window"], each["zone"], each["time"])
        assert list(found) == each["found"]


# Random circuits, reports and agreements


def random_range(random: Random) -> tuple[int, int, int]:
    """Return a number of thresholds, a width and a minimum width that fit."""
    while True:
        count, width = random.randint(1, 15), random.randint(2, 32)
        if most := ((1 << width) - 2) // (count + 1):
            return count, width, random.randint(1, random.choice((1, most)))


def test_circuits_of_ranges(random: Random) -> None:
    for _ in range(ROUNDS // 3):
        count, width, least = random_range(random)
        assert circuits.range_text(count, width) == write_bristol(
            range_circuit(count, width)
        )
        policy = circuits.policy_text(count, width, least)
        assert policy == write_bristol(policy_circuit(count, width, least))
    for bits in (1, 2, 17, random.randint(3, 512)):
        assert circuits.anything_text(bits) == write_bristol(_anything(bits))


def test_the_builder(random: Random) -> None:
    for _ in range(ROUNDS):
        width = random.randint(1, 4)
        ours, theirs = CircuitBuilder((width, 2)), circuits.Builder(width, 2)
        pairs: list[tuple[Signal, circuits.Signal]] = [(ZERO, "0"), (ONE, "1")]
        pairs += [(Signal(bit), bit) for bit in range(width + 2)]
        for _ in range(random.randint(1, 30)):
            (a, x), (b, y) = random.choice(pairs), random.choice(pairs)
            match random.randrange(3):
                case 0:
                    pairs.append((ours.xor(a, b), theirs.xor(x, y)))
                case 1:
                    pairs.append((ours.and_(a, b), theirs.and_(x, y)))
                case 2:
                    pairs.append((ours.inv(a), theirs.inv(x)))
        outputs = [random.choice(pairs) for _ in range(random.randint(1, 5))]
        built = ours.build([[signal for signal, _ in outputs]])
        assert theirs.build(*(signal for _, signal in outputs)) == write_bristol(built)


def compare_garblings(circuit: Circuit, random: Random) -> bool:
    """Compare both sides on a circuit; return whether its layers reorder its gates."""
    theirs = circuits.Circuit.of(write_bristol(circuit))
    made = Secrets.new(circuit)
    zeros, delta = in_blocks(made.zeros), made.delta.to_bytes(16)
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    outputs, tables = circuits.garble(theirs, made.key, delta, zeros)
    assert (outputs, tables) == (in_blocks(garbled.outputs), garbled.tables)
    bits = bytes(random.getrandbits(1) for _ in made.zeros)
    active = made.active(bits)
    labels = circuits.evaluate(theirs, made.key, in_blocks(active), tables)
    assert labels == in_blocks(evaluate(circuit, made.key, active, tables))
    # Tables that nobody garbled are evaluated alike too.
    noise = random.randbytes(len(tables))
    labels = circuits.evaluate(theirs, made.key, in_blocks(active), noise)
    assert labels == in_blocks(evaluate(circuit, made.key, active, noise))
    numbers = list(theirs.and_numbers())
    return numbers != sorted(numbers)


def test_random_circuits(random: Random) -> None:
    reordered = sum(
        compare_garblings(random_circuit(random, gates=60), random)
        for _ in range(ROUNDS)
    )
    assert reordered > ROUNDS // 10


def random_agreement(
    random: Random,
) -> tuple[HouseholdAgreement, ProviderAgreement, second.Household, second.Provider]:
    """Return both sides twice, on seeds that no transfer was made for."""
    count, width = random.randint(1, 4), random.randint(4, 10)
    step = ((1 << width) - 2) // (count + 1)
    values = tuple(step * (i + 1) for i in range(count))
    private = ProviderValues.new(values)
    plan = plan_of(private, width=width, minimum_width=random.randint(1, step))
    statement = ProviderIdentity.new().sign_plan(plan)
    identity = HouseholdIdentity.new()
    session, key = random.randbytes(32), random.randbytes(32)
    choices = plan.choices(private)
    pairs = [(random.randbytes(32), random.randbytes(32)) for _ in choices]
    seeds = [pair[bit] for pair, bit in zip(pairs, choices, strict=True)]
    household = HouseholdAgreement(
        identity=identity,
        statement=statement,
        session=session,
        key=key,
        request=b"",
        offer=b"",
        day=0,
        pairs=pairs,
    )
    provider = ProviderAgreement(
        statement=statement,
        household_key=identity.key,
        session=session,
        key=key,
        exponent=bytes(32),
        day=0,
        choices=choices,
        seeds=seeds,
    )
    terms = second.read_statement(statement.to_bytes())
    request = bytes(4) + second.public_key(identity.secret) + bytes(128)
    return (
        household,
        provider,
        second.Household(terms, identity.secret, session, key, pairs),
        second.Provider(terms, request, session, key, list(choices), 0, b"", seeds),
    )


def kind_or_answer(answer: Callable[[], Any]) -> Any:
    try:
        return answer()
    except ExchangeError as err:
        return type(err).__name__
    except circuits.DeviationError as err:
        return err.kind


def test_random_reports(random: Random) -> None:
    seen: dict[bool, int] = {True: 0, False: 0}
    for _ in range(ROUNDS // 6):
        household, provider, theirs, their_provider = random_agreement(random)
        (width,) = household.statement.plan.household_widths
        # A plan of 30 days: the seeds of one of them.
        window, measure = window_at(random.randrange(2880)), random.getrandbits(width)
        sent = household.report(window, (measure,))
        span = window.kind, window.start, window.end
        for report in (
            sent,
            theirs.report(span, [(measure, width)], random.randbytes(32)),
        ):
            answer = provider.answer(parse_claim(report))
            assert their_provider.answer(report) == (answer.outcome, answer.reply)
            assert household.verify_reply(report, answer.reply) == answer.outcome
            assert theirs.read_reply(report, answer.reply) == answer.outcome

        def take(data: bytes, held: ProviderAgreement = provider) -> Any:
            claim = parse_claim(data)
            held.check(claim)
            answer = held.answer(claim)
            return answer.outcome, answer.reply

        for reach in (20, 69, len(sent), len(sent)):
            damaged = bytearray(sent)
            damaged[random.randrange(reach)] ^= 1 << random.randrange(8)
            data = bytes(damaged)
            if random.random() < 0.7:
                data = retagged(data, provider.key)
            found = kind_or_answer(lambda: take(data))  # noqa: B023
            assert found == kind_or_answer(
                lambda: their_provider.answer(data)  # noqa: B023
            )
            seen[isinstance(found, str)] += 1
        missing = household.missing(window)
        assert theirs.missing(span) == missing
        assert their_provider.answer(missing)[1] == take(missing)[1]
    assert min(seen.values()) > 0


@pytest.mark.parametrize("household_is_ours", [True, False])
def test_agreements_between_the_two(random: Random, *, household_is_ours: bool) -> None:
    offered = offer_plan((21, 40), width=6, minimum_width=random.randint(1, 19))
    secret = secrets.token_bytes(32)
    terms = second.read_statement(offered.statement.to_bytes())
    choices = list(offered.plan.choices(offered.values))
    measure = random.randrange(64)
    if household_is_ours:
        setup = HouseholdSetup(HouseholdIdentity(secret), offered.statement)
        begun = second.Provider.begin(
            terms,
            offered.identity.secret,
            setup.request(),
            choices,
            fresh=[secrets.token_bytes(32), secrets.token_bytes(32)],
        )
        provider, confirmation = begun.finish(setup.transfer(begun.offer))
        household = setup.finish(confirmation)
        report = household.report(window_at(0), (measure,))
        outcome, reply = provider.answer(report)
        assert household.verify_reply(report, reply) == outcome
    else:
        fresh = [secrets.token_bytes(32) for _ in range(3)]
        request = second.request_message(secret, fresh[0], terms.digest)
        ours = ProviderSetup.begin(
            offered.identity, offered.statement, offered.values, request
        )
        theirs = second.Household.agree(
            terms,
            secret,
            request,
            ours.offer,
            fresh=fresh,
        )
        agreement, confirmation = ours.finish(theirs.transfer)
        theirs.finish(confirmation)
        span = (1, START, START + 900)
        report = theirs.report(span, [(measure, 6)], secrets.token_bytes(32))
        claim = parse_claim(report)
        agreement.check(claim)
        answer = agreement.answer(claim)
        outcome = theirs.read_reply(report, answer.reply)
        assert outcome == answer.outcome
    assert outcome == bucket_of(measure, (21, 40))


def test_a_policy_that_fails(random: Random) -> None:
    """Values that break the promise give a label that no hash in the message fits."""
    values = random.choice(((3,), (0,), (27,), (31,)))
    agreed = agree(offer_plan((15,), width=5, minimum_width=4))
    terms = second.read_statement(agreed.offered.statement.to_bytes())
    policy = agreed.transfer[20 + 128 * 5 : -64]
    nonce, key, corrections = policy[:32], policy[32:48], policy[48:128]
    for held_values, passes in (((15,), True), (values, False)):
        choices = circuits.bits(held_values[0], 5)
        pairs = zip(choices, agreed.household.pairs, strict=True)
        held = [(bit, pair[bit]) for bit, pair in pairs]
        session = agreed.provider.session
        active = second.active_wires("policy", session + nonce, held, corrections)
        (label,) = circuits.evaluate(terms.policy, key, active, policy[128:-32])
        found = circuits.h("pass", session, nonce, label)
        assert (found == policy[-32:]) is passes
        assert (label == agreed.confirmation[20:]) is passes
