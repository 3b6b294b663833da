"""One report of the range question: compute of both sides, and bytes.

Three thresholds over 17 bits, as in the talk; both parties in this process, no
network and no database. Beside it stands the floor that the construction has: the
AES calls of half gates (4 blocks garbled, 2 evaluated, each encrypted twice) and
the BLAKE2b calls of the pinned inputs, as the same libraries take for them.
"""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    Measure,
    Plan,
    PlanStatement,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    ProviderValues,
    RangeQuestion,
    Report,
    Schedule,
    Window,
    WindowKind,
)

from .timing import machine, median_time

_DAY = 86_400
_THRESHOLDS = (1000, 2000, 3000)
_MEASURE = 518


def main() -> None:
    """Measure and print a table."""
    identity = ProviderIdentity.new()
    values = ProviderValues.new(_THRESHOLDS)
    statement = _statement(identity, values)
    household_identity = HouseholdIdentity.new()

    def set_up() -> tuple[HouseholdAgreement, ProviderAgreement]:
        household = HouseholdSetup(household_identity, statement)
        provider = ProviderSetup.begin(identity, statement, values, household.request())
        agreement, confirmation = provider.finish(household.transfer(provider.offer))
        return household.finish(confirmation), agreement

    household, provider = set_up()
    window = Window(WindowKind.INTERVAL, 900, 1800)
    report = household.report(window, (_MEASURE,))
    reply = provider.answer(Report.from_bytes(report)).reply

    garble = median_time(lambda: household.report(window, (_MEASURE,)), runs=2000)
    answer = median_time(lambda: provider.answer(Report.from_bytes(report)), runs=2000)
    both = median_time(
        lambda: provider.answer(
            Report.from_bytes(household.report(window, (_MEASURE,)))
        ),
        runs=2000,
    )
    floor = median_time(lambda: _primitives(statement.plan), runs=2000)
    agreement = median_time(set_up, runs=20)

    print(f"{machine()}\n")
    print("| step | median | 90th percentile |")
    print("|---|---:|---:|")
    for name, (median, high) in (
        ("garble a report", garble),
        ("evaluate and answer it", answer),
        ("both", both),
        ("floor: the primitives alone", floor),
        ("set-up of an agreement, both sides", agreement),
    ):
        print(f"| {name} | {median * 1e3:.3f} ms | {high * 1e3:.3f} ms |")
    print(
        f"\nreport {len(report)} bytes, reply {len(reply)} bytes, "
        f"{statement.plan.circuit.and_gates} AND gates"
    )


def _statement(identity: ProviderIdentity, values: ProviderValues) -> PlanStatement:
    plan = Plan(
        provider="Benchmark",
        plan_id="range",
        title="How much do you draw?",
        start=0,
        end=365 * _DAY,
        schedule=Schedule(window=900, part=900),
        lateness=_DAY,
        question=RangeQuestion(
            measure=Measure.MEAN_POWER,
            width=17,
            thresholds=len(_THRESHOLDS),
            minimum_width=100,
            labels=("outside", "low", "medium", "high"),
        ),
        commitment=values.commitment("range", 0, 365 * _DAY),
    )
    return identity.sign_plan(plan)


def _primitives(plan: Plan) -> None:
    """Call AES and BLAKE2b as often, and in as few calls, as both sides must."""
    for blocks in (4, 2):
        encrypt = Cipher(AES(bytes(16)), ECB()).encryptor().update  # noqa: S305
        for _, _, _, outs in plan.circuit.layers:
            data = bytes(16 * blocks * len(outs))
            encrypt(encrypt(data))
    for _ in range(3 * plan.provider_bits):
        hashlib.blake2b(bytes(103), digest_size=16).digest()


if __name__ == "__main__":
    main()
