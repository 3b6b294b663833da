"""One report of the range question: compute of both sides, and bytes.

Three thresholds over 17 bits, as in the talk; both parties in this process, no
network and no database. Beside it stands the floor that the construction has: the
AES calls of half gates (4 blocks garbled, 2 evaluated, each encrypted twice, a layer in
one call) and the BLAKE2b calls of the pinned inputs, as the same libraries take for
them; and the bytes that half gates, inputs and hashes of outputs need.
"""

from collections.abc import Callable, Iterator
import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from currentcost_exchange import HouseholdIdentity, Plan, Report
from currentcost_exchange.circuit import Circuit
from currentcost_exchange.garbling import BLOCK_BYTES, evaluate, garble
from currentcost_exchange.group import multiply

from .results import Result, of_times, table
from .timing import machine, times_of
from .transcripts import Parties, offer

_MEASURE = 518
_PRODUCTS = 13
"""Of a scalar and any point, that both sides compute for each bit of the provider."""


def steps(parties: Parties) -> dict[str, Callable[[], object]]:
    """Return the steps of a report, and the floors of them."""
    household, provider, window = (
        parties.household,
        parties.provider,
        parties.window(1),
    )
    sent = household.report(window, (_MEASURE,))
    reply = provider.answer(Report.from_bytes(sent)).reply
    circuit = parties.plan.circuit
    key, delta = secrets.token_bytes(BLOCK_BYTES), secrets.randbits(128) | 1
    zeros = [secrets.randbits(128) for _ in range(circuit.input_bits)]
    tables = garble(circuit, key, delta, zeros).tables
    return {
        "garble": lambda: garble(circuit, key, delta, zeros),
        "evaluate": lambda: evaluate(circuit, key, zeros, tables),
        "report": lambda: household.report(window, (_MEASURE,)),
        "answer": lambda: provider.answer(Report.from_bytes(sent)),
        "verify": lambda: household.verify_reply(sent, reply),
        "garble floor": lambda: encrypt(circuit, 4),
        "evaluate floor": lambda: encrypt(circuit, 2),
        "report floor": lambda: _primitives(parties.plan, 4, 2),
        "answer floor": lambda: _primitives(parties.plan, 2, 1),
    }


def results(*, quick: bool) -> Iterator[Result]:
    """Yield the figures of one report, and of the set-up before it."""
    offered, identity = offer(), HouseholdIdentity.new()
    parties = offered.agree(identity)
    plan = parties.plan
    times = times_of(steps(parties), runs=400 if quick else 3000)
    floors = {
        name: sorted(taken)[len(taken) // 2] * 1e3 for name, taken in times.items()
    }
    for first, second, text, beside in (
        ("report", "answer", "a report, both sides", "its AES and BLAKE2b"),
        ("garble", "evaluate", "of it, garbling and evaluating", "AES of its gates"),
    ):
        pairs = zip(times[first], times[second], strict=True)
        yield of_times(
            text,
            [sum(pair) for pair in pairs],
            beside=beside,
            reference=floors[f"{first} floor"] + floors[f"{second} floor"],
            most=0.25,
        )
    for name, text in (("garble", "garble alone"), ("evaluate", "evaluate alone")):
        yield of_times(
            text,
            times[name],
            beside="AES of its gates",
            reference=floors[f"{name} floor"],
        )
    for name, text in (
        ("report", "make the whole report (household)"),
        ("answer", "answer it (provider)"),
    ):
        yield of_times(
            text,
            times[name],
            beside="its AES and BLAKE2b",
            reference=floors[f"{name} floor"],
        )
    yield of_times("verify the reply (household)", times["verify"])

    set_up = times_of(
        {"all": lambda: offered.agree(identity), "floor": products(plan)},
        runs=5 if quick else 40,
    )
    yield of_times(
        "set up an agreement, both sides",
        set_up["all"],
        beside="its products of points",
        reference=sorted(set_up["floor"])[len(set_up["floor"]) // 2] * 1e3,
        most=100,
    )
    household = parties.household
    report = household.report(parties.window(1), (_MEASURE,))
    yield Result(
        name="bytes of a report",
        value=len(report),
        unit="B",
        beside="tables, corrections, hashes",
        reference=needed_bytes(plan),
        most=2700,
    )
    reply = parties.provider.answer(Report.from_bytes(report)).reply
    yield Result(name="bytes of the reply", value=len(reply), unit="B")
    yield Result(name="AND gates", value=plan.circuit.and_gates, unit="")
    yield from _hashes(plan, runs=200 if quick else 2000)


def needed_bytes(plan: Plan) -> int:
    """Return the bytes of tables, corrections and hashes of outputs."""
    return (
        2 * BLOCK_BYTES * plan.circuit.and_gates
        + BLOCK_BYTES * plan.provider_bits
        + 64 * plan.output_bits
    )


def products(plan: Plan) -> Callable[[], None]:
    """Return what multiplies points as often as both sides of a set-up do."""
    point = HouseholdIdentity.new().key

    def work() -> None:
        for _ in range(_PRODUCTS * plan.provider_bits):
            multiply(bytes([7]) + bytes(31), point)

    return work


def _hashes(plan: Plan, *, runs: int) -> Iterator[Result]:
    """Yield what other hashes would take for the gates of a report, garbled."""
    calls = 4 * plan.circuit.and_gates

    def blake2b() -> None:
        key = bytes(BLOCK_BYTES)
        for _ in range(calls):
            hashlib.blake2b(bytes(32), key=key, digest_size=BLOCK_BYTES).digest()

    def sha256() -> None:
        for _ in range(calls):
            hashlib.sha256(bytes(48)).digest()

    times = times_of(
        {
            "AES": lambda: encrypt(plan.circuit, 4),
            "BLAKE2b": blake2b,
            "SHA-256": sha256,
        },
        runs=runs,
    )
    reference = sorted(times["AES"])[runs // 2] * 1e3
    for name, text in (
        ("BLAKE2b", "hashing to garble, by keyed BLAKE2b"),
        ("SHA-256", "hashing to garble, by SHA-256"),
    ):
        yield of_times(
            text, times[name], beside="AES under the report's key", reference=reference
        )


def encrypt(circuit: Circuit, blocks: int) -> None:
    """Call AES as often, and in as few calls, as half gates must.

    Blocks a gate: four to garble, two to evaluate.
    """
    permute = Cipher(AES(bytes(16)), ECB()).encryptor().update  # noqa: S305
    for _, _, _, outs in circuit.layers:
        permute(permute(bytes(16 * blocks * len(outs))))


def _primitives(plan: Plan, blocks: int, pads: int) -> None:
    """Call AES and BLAKE2b as often as a side must."""
    encrypt(plan.circuit, blocks)
    for _ in range(pads * plan.provider_bits):
        hashlib.blake2b(bytes(103), digest_size=16).digest()


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
