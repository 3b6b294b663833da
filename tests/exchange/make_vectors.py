"""Makes the known answers of the protocol: `python -m tests.exchange.make_vectors`.

Identities, salts and every random byte are fixed, so that the same product makes the
same files. docs/protocol.md says what they are good for; its example is made here too.
"""

from collections.abc import Iterator, Sequence
import json
import math
from pathlib import Path
from random import Random
from typing import Any, Final

from currentcost_exchange import (
    HouseholdIdentity,
    HouseholdInput,
    Measure,
    Plan,
    ProgramQuestion,
    ProviderIdentity,
    ProviderInput,
    ProviderValues,
    Schedule,
    Take,
    Window,
    encode_measure,
    parse_claim,
    short_code,
)
from currentcost_exchange.bristol import write_bristol
from currentcost_exchange.circuit import bits_of
from currentcost_exchange.garbling import garble
from currentcost_exchange.hashing import Use, digest, expand, pads, tmmo
from currentcost_exchange.household import active_labels
from currentcost_exchange.inputs import garbled_inputs
from currentcost_exchange.programs import policy_circuit, range_circuit
from currentcost_exchange.transfer import Receiver, send

from .negatives import negative_vectors
from .parties import DAY, START, plan_of
from .strategies import random_circuit
from .vector_asks import ask_vectors
from .vector_example import DOCUMENT, document_with
from .vector_parties import Json, Parties, drawing, octets
from .vector_plans import plan_vectors
from .vector_renewal import renewal_vectors

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final = ROOT / "tests" / "vectors"

SOURCE: Final = """\
void evening(unsigned INPUT_A_power[2], unsigned INPUT_B_limit)
{
    unsigned OUTPUT_above =
        (INPUT_A_power[0] > INPUT_B_limit) + (INPUT_A_power[1] > INPUT_B_limit);
}
"""
POLICY: Final = """\
void policy(unsigned INPUT_B_limit) { _Bool OUTPUT_fine = INPUT_B_limit >= 3; }
"""
PRICED: Final = """\
void bill(unsigned INPUT_A_energy, unsigned INPUT_B_price)
{
    unsigned OUTPUT_cents = INPUT_A_energy * INPUT_B_price / 4;
}
"""


def blocks(labels: Sequence[int]) -> list[str]:
    return [label.to_bytes(16).hex() for label in labels]


def agreement_case(
    name: str, plan: Plan, values: ProviderValues, measures: list[tuple[int, ...]]
) -> Json:
    """Return a whole agreement: a report for each measure, then a missing window."""
    names = ("request_share", "offer_share", "offer", "transfer", "policy")
    fresh = {each: octets(f"{name}: {each}") for each in names}
    identity = ProviderIdentity(octets(f"{name}: provider"))
    parties = Parties.agree(
        provider_identity=identity,
        identity=HouseholdIdentity(octets(f"{name}: household")),
        values=values,
        statement=identity.sign_plan(plan),
        fresh=list(fresh.values()),
    )
    statement, provider = parties.statement, parties.provider
    window, windows = plan.schedule.window_at(plan.start), []
    for number, measured in enumerate(measures):
        windows.append(
            _report_case(parties, window, measured, octets(f"{name}: report {number}"))
        )
        # On another day where there is one: its seeds are others.
        tomorrow = plan.schedule.window_at(window.end + DAY)
        over = tomorrow.end > plan.end
        window = plan.schedule.window_at(window.end) if over else tomorrow
    sent = parties.household.missing(window)
    missing = {
        "window": [window.kind, window.start, window.end],
        "missing": sent.hex(),
        "digest": parse_claim(sent).digest.hex(),
        "acknowledgement": provider.answer(parse_claim(sent)).reply.hex(),
    }
    return {
        "name": name,
        "plan": plan.to_json().decode(),
        **_texts(plan),
        "outcomes": plan.question.outcomes,
        "values": list(values.values),
        "salt": values.salt.hex(),
        "provider_secret": parties.provider_identity.secret.hex(),
        "provider_key": parties.provider_identity.key.hex(),
        "household_secret": parties.identity.secret.hex(),
        "household_key": parties.identity.key.hex(),
        "statement": statement.to_bytes().hex(),
        "statement_digest": statement.digest.hex(),
        "code": statement.code,
        "fingerprint": statement.fingerprint,
        "choices": "".join(map(str, provider.choices)),
        "fresh": {key: data.hex() for key, data in fresh.items()},
        "session": provider.session.hex(),
        "key": provider.key.hex(),
        "agreement_id": provider.id.hex(),
        "exponent": provider.exponent.hex(),
        "pairs": [[one.hex() for one in pair] for pair in parties.household.pairs],
        "seeds": [seed.hex() for seed in provider.seeds],
        "request": parties.setup.request().hex(),
        "offer": parties.provider_setup.offer.hex(),
        "policy": _policy_values(parties, fresh["policy"]),
        "transfer": parties.transfer.hex(),
        "confirmation": parties.confirmation.hex(),
        "reports": windows,
        "missing": missing,
        "opening": provider.opening(values).hex(),
    }


def _texts(plan: Plan) -> Json:
    """Return the texts of a plan's circuits, unless they are long and a range's."""
    texts = [write_bristol(plan.circuit), write_bristol(plan.policy)]
    if plan.question.kind == "range" and plan.provider_bits > 6:
        return {}
    return dict(zip(("circuit", "policy_circuit"), texts, strict=True))


def _policy_values(parties: Parties, fresh: bytes) -> Json:
    """Return what stands behind the garbled policy of a transfer."""
    household, plan = parties.household, parties.statement.plan
    fields = (household.identity.secret, fresh, b"policy", household.session)
    seed = digest(Use.HEDGE, *fields, household.offer)
    drawn = expand(Use.POLICY, seed, 64)
    delta, key, nonce = int.from_bytes(drawn[:16]) | 1, drawn[16:32], drawn[32:]
    context = household.session + nonce
    zeros, corrections = garbled_inputs(Use.POLICY, household.pairs, context, delta)
    garbled = garble(plan.policy, key, delta, zeros)
    assert corrections + garbled.tables in parties.transfer
    (output,) = garbled.outputs
    return {
        "seed": seed.hex(),
        "delta": delta.to_bytes(16).hex(),
        "key": key.hex(),
        "nonce": nonce.hex(),
        "zero_labels": blocks(zeros),
        "output_zero_label": output.to_bytes(16).hex(),
        "pass_label": (output ^ delta).to_bytes(16).hex(),
    }


def _report_case(
    parties: Parties, window: Window, measured: tuple[int, ...], fresh: bytes
) -> Json:
    household, plan = parties.household, parties.statement.plan
    with drawing([fresh]):
        sent = household.report(window, measured)
    claim = parse_claim(sent)
    answer = parties.provider.answer(claim)
    bits = b"".join(map(bits_of, measured, plan.household_widths, strict=True))
    fields = (household.identity.secret, fresh, b"report", household.session)
    seed = digest(Use.HEDGE, *fields, sent[:37], bits)
    drawn = expand(Use.REPORT, seed, 80)
    delta, key = int.from_bytes(drawn[:16]) | 1, drawn[16:32]
    active = active_labels(drawn[32:48], len(bits))
    zeros = [label ^ bit * delta for label, bit in zip(active, bits, strict=True)]
    current = household.advanced(plan.day_of(window.end - 1))
    more, _ = garbled_inputs(Use.CORRECTION, current.pairs, sent[:69], delta)
    garbled = garble(plan.circuit, key, delta, zeros + more)
    assert sent[37:101] == drawn[48:] + drawn[16:48]
    assert garbled.tables in sent
    return {
        "window": [window.kind, window.start, window.end],
        "measures": list(measured),
        "fresh": fresh.hex(),
        "seed": seed.hex(),
        "delta": delta.to_bytes(16).hex(),
        "active_labels": blocks(active),
        "zero_labels": blocks(zeros + more),
        "output_zero_labels": blocks(garbled.outputs),
        "report": sent.hex(),
        "digest": claim.digest.hex(),
        "outcome": answer.outcome,
        "reply": answer.reply.hex(),
    }


def small_plan(values: ProviderValues) -> Plan:
    return plan_of(
        values,
        provider="Acme",
        plan_id="small",
        title="More than 6 W?",
        end=START + 31 * DAY,
        width=4,
        minimum_width=2,
        labels=("above", "up to 6 W"),
    )


def range_vectors() -> Json:
    small = ProviderValues((6,), octets("small: salt"))
    two = ProviderValues((2, 4), octets("two: salt"))
    three = ProviderValues((512, 2000, 51_437), octets("three: salt"))
    return {
        "cases": [
            agreement_case("small", small_plan(small), small, [(6,), (7,), (15,)]),
            agreement_case(
                "two thresholds",
                plan_of(two, width=3, minimum_width=2),
                two,
                [(0,), (3,), (7,)],
            ),
            agreement_case("three thresholds", plan_of(three), three, [(700,)]),
        ]
    }


def program_plans() -> Iterator[tuple[str, Plan, ProviderValues, list[Any]]]:
    values = ProviderValues((5,), octets("evening: salt"))
    yield (
        "labels and a policy",
        plan_of(
            values,
            schedule=Schedule(window=900, part=450),
            question=ProgramQuestion(
                source=SOURCE,
                policy_source=POLICY,
                household=(
                    HouseholdInput(
                        name="INPUT_A_power",
                        meaning="mean power of each half of the window",
                        measure=Measure.MEAN_POWER,
                        width=4,
                        take=Take.EACH,
                        count=2,
                    ),
                ),
                provider=(
                    ProviderInput(
                        name="INPUT_B_limit", meaning="the limit", unit="W", width=4
                    ),
                ),
                labels=("never", "once", "both times: \u20ac?"),
            ),
        ),
        values,
        [(5, 6), (15, 14), (0, 0)],
    )
    values = ProviderValues((3,), octets("bill: salt"))
    yield (
        "an amount and no policy",
        plan_of(
            values,
            question=ProgramQuestion(
                source=PRICED,
                policy_source=None,
                household=(
                    HouseholdInput(
                        name="INPUT_A_energy",
                        meaning="energy",
                        measure=Measure.ENERGY,
                        width=3,
                    ),
                ),
                provider=(
                    ProviderInput(
                        name="INPUT_B_price", meaning="the price", unit="cents", width=2
                    ),
                ),
                unit="cents",
            ),
        ),
        values,
        [(7,), (2,)],
    )


def program_vectors() -> Json:
    return {"cases": [agreement_case(*each) for each in program_plans()]}


def transfer_vectors() -> Json:
    cases = []
    for choices in ((0,), (1,), (1, 0, 1)):
        name = f"transfer {choices}"
        session = octets(f"{name}: session")
        seeds = octets(f"{name}: provider"), octets(f"{name}: household")
        receiver = Receiver.choose(session, bytes(choices), seeds[0])
        response, pairs = send(session, len(choices), receiver.message, seeds[1])
        cases.append(
            {
                "session": session.hex(),
                "choices": "".join(map(str, choices)),
                "provider_seed": seeds[0].hex(),
                "household_seed": seeds[1].hex(),
                "exponent": receiver.exponent.hex(),
                "first": receiver.message.hex(),
                "second": response.hex(),
                "pairs": [[one.hex() for one in pair] for pair in pairs],
                "seeds": [seed.hex() for seed in receiver.seeds(response)],
            }
        )
    return {"cases": cases}


def primitive_vectors() -> Json:
    fields: list[tuple[bytes, ...]] = [
        (),
        (b"",),
        (b"ab",),
        (b"a", b"b"),
        (b"a" * 200,),
    ]
    key, w = octets("tmmo: key", 16), octets("tmmo: block", 16)
    lanes = tmmo(key)
    values = ProviderValues((512, 2000, 51_437), octets("commitment: salt"))
    return {
        "uses": {use.name.lower(): use.value.decode() for use in Use},
        "digests": [
            {
                "use": use.value.decode(),
                "fields": [field.hex() for field in each],
                "size": size,
                "digest": digest(use, *each, size=size).hex(),
            }
            for use, size in ((Use.OUTPUT, 32), (Use.PROOF, 64), (Use.CODE, 10))
            for each in fields
        ],
        "pads": [
            {
                "use": use.value.decode(),
                "context": context.hex(),
                "keys": [octets("pad: 0").hex(), octets("pad: 1").hex()],
                "pads": pads(use, [octets("pad: 0"), octets("pad: 1")], context).hex(),
            }
            for use in (Use.CORRECTION, Use.POLICY)
            for context in (b"", octets("pad: context", 69))
        ],
        "expansions": [
            {
                "use": use.value.decode(),
                "seed": seed.hex(),
                "bytes": expand(use, seed, 40).hex(),
            }
            for use in (Use.ACTIVE, Use.REPORT)
            for seed in (octets("expand", 16), octets("expand"))
        ],
        "tmmo": [
            {
                "key": key.hex(),
                "block": w.hex(),
                "tweak": tweak,
                "hash": lanes(int.from_bytes(w), 16, tweak).to_bytes(16).hex(),
            }
            for tweak in (0, 1, 2, 255, 256, 100_000)
        ],
        "codes": {data.hex(): short_code(data) for data in (b"", octets("code"))},
        "commitment": {
            "plan": "evening",
            "period": [START, START + DAY],
            "salt": values.salt.hex(),
            "values": list(values.values),
            "commitment": values.commitment("evening", START, START + DAY).hex(),
        },
        "measures": [
            [repr(value), width, encode_measure(value, width)]
            for width in (2, 17, 32)
            for value in _measures(width)
        ],
        "ranges": list(_ranges()),
        "garblings": list(_garblings()),
    }


def _measures(width: int) -> list[float]:
    most = float((1 << width) - 2)
    edges = [most - 0.5, most, most + 0.4, most + 0.5, most + 1, most + 2]
    small = [0.0, 0.4, 0.5, 1.5, -0.4, -0.5, -0.6, -7.0]
    return [*small, *edges, 1e300, math.inf, -math.inf, math.nan]


def _ranges() -> Iterator[Json]:
    """Digests of range circuits and their policies."""
    for count, width, least in (
        (1, 2, 1),
        (1, 4, 2),
        (2, 3, 2),
        (2, 17, 100),
        (3, 17, 1),
        (3, 17, 100),
        (3, 17, 128),
        (4, 17, 1000),
        (7, 32, 12_345_678),
        (14, 9, 34),
        (15, 32, 268_435_455),
    ):
        circuit = range_circuit(count, width)
        policy = policy_circuit(count, width, least)
        yield {
            "thresholds": count,
            "width": width,
            "minimum_width": least,
            "and_gates": [circuit.and_gates, policy.and_gates],
            "circuit": digest(Use.CIRCUIT, write_bristol(circuit).encode()).hex(),
            "policy_circuit": digest(Use.CIRCUIT, write_bristol(policy).encode()).hex(),
        }


def _garblings() -> Iterator[Json]:
    """Circuits whose AND gates stand in another order than their layers."""
    random = Random(2014)  # noqa: S311  # always the same
    for number in range(4):
        circuit = random_circuit(random, gates=24)
        name = f"garbling {number}"
        key, delta = octets(f"{name}: key", 16), octets(f"{name}: delta", 16)
        odd = int.from_bytes(delta) | 1
        zeros = [
            int.from_bytes(octets(f"{name}: {wire}", 16))
            for wire in range(circuit.input_bits)
        ]
        garbled = garble(circuit, key, odd, zeros)
        yield {
            "circuit": write_bristol(circuit),
            "key": key.hex(),
            "delta": odd.to_bytes(16).hex(),
            "zero_labels": blocks(zeros),
            "tables": garbled.tables.hex(),
            "output_zero_labels": blocks(garbled.outputs),
        }


def vectors() -> dict[str, Json]:
    """Return all files by their names."""
    ranges = range_vectors()
    small, two, _ = map(Parties.of_case, ranges["cases"])
    return {
        "v1-primitives": primitive_vectors(),
        "v1-plans": plan_vectors(),
        "v1-transfer": transfer_vectors(),
        "v1-range": ranges,
        "v1-program": program_vectors(),
        "v1-renewal": renewal_vectors(small),
        "v1-asks": ask_vectors(small),
        "v1-negative": negative_vectors(small, two),
    }


def as_text(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    VECTORS.mkdir(exist_ok=True)
    for name, document in vectors().items():
        (VECTORS / f"{name}.json").write_text(as_text(document), encoding="utf-8")
        if name == "v1-range":
            text = document_with(document["cases"][0])
            DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
