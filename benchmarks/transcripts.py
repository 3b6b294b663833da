"""Whole exchanges for two readings of one bucket, from sound and from weak builds.

A transcript is all that a provider has of a window: the report, its own reply, and the
colours (lowest bits) of all labels that it finds when it evaluates with its seeds.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
import secrets
from unittest.mock import patch

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
from currentcost_exchange.circuit import Circuit, bits_of
from currentcost_exchange.garbling import evaluate, garble
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.household import active_labels
from currentcost_exchange.identity import Purpose
from currentcost_exchange.inputs import active_inputs, garbled_inputs

_DAY = 86_400
_WINDOW = 900
_THRESHOLDS = (1000, 20_000, 100_000)

type Build = Callable[[Parties, int, int], bytes]
"""From the parties, a reading and a window's number to a transcript."""


@dataclass(frozen=True, kw_only=True)
class Parties:
    """A household and a provider that agreed."""

    household: HouseholdAgreement
    provider: ProviderAgreement

    @property
    def plan(self) -> Plan:
        """What they agreed on."""
        return self.household.statement.plan

    @cached_property
    def all_wires(self) -> Circuit:
        """The plan's circuit with every wire as an output."""
        circuit = self.plan.circuit
        return replace(circuit, outputs=(circuit.wires,))

    def window(self, number: int) -> Window:
        """Return a window of the plan; after a year they come again."""
        start = number * _WINDOW % (365 * _DAY)
        return Window(WindowKind.INTERVAL, start, start + _WINDOW)


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What a provider offers to all households."""

    identity: ProviderIdentity
    values: ProviderValues
    statement: PlanStatement

    def agree(self, identity: HouseholdIdentity) -> Parties:
        """Set an agreement up with a household."""
        setup = HouseholdSetup(identity, self.statement)
        begun = ProviderSetup.begin(
            self.identity, self.statement, self.values, setup.request()
        )
        provider, confirmation = begun.finish(setup.transfer(begun.offer))
        return Parties(household=setup.finish(confirmation), provider=provider)


def offer() -> Offered:
    """Return the question after one of four buckets, as the talk asked it."""
    identity, values = ProviderIdentity.new(), ProviderValues.new(_THRESHOLDS)
    end = 365 * _DAY
    statement = identity.sign_plan(
        Plan(
            provider="Benchmark",
            plan_id="range",
            title="How much do you draw?",
            start=0,
            end=end,
            schedule=Schedule(window=_WINDOW, part=_WINDOW),
            lateness=_DAY,
            question=RangeQuestion(
                measure=Measure.MEAN_POWER,
                width=17,
                thresholds=len(_THRESHOLDS),
                minimum_width=100,
                labels=("outside", "low", "medium", "high"),
            ),
            commitment=values.commitment("range", 0, end),
        )
    )
    return Offered(identity=identity, values=values, statement=statement)


def agree() -> Parties:
    """Return two parties that agreed on it."""
    return offer().agree(HouseholdIdentity.new())


def product(parties: Parties, x: int, number: int) -> bytes:
    """Return the transcript of the build as it is."""
    report = Report.from_bytes(parties.household.report(parties.window(number), (x,)))
    body = report.body(parties.plan)
    return (
        report.data
        + parties.provider.answer(report).reply
        + _colours(parties, report, active_labels(body.active_seed, 17))
    )


def length_of_x(parties: Parties, x: int, number: int) -> bytes:
    """As the product, with a report that is a byte longer for odd readings."""
    return product(parties, x, number) + bytes(x & 1)


def unhedged(parties: Parties, x: int, number: int) -> bytes:
    """As the product, with a random source that repeats, and x left out of the seed.

    Delta, labels and the active labels' seed are then as in the last report.
    """
    del number

    def hedge(self: HouseholdIdentity, purpose: Purpose, *fields: bytes) -> bytes:
        return digest(Use.HEDGE, self.secret, purpose.value, *fields[:-1])

    with ExitStack() as stack:
        stack.enter_context(patch.object(HouseholdIdentity, "hedge", hedge))
        return product(parties, x, 0)


def textbook(parties: Parties, x: int, number: int) -> bytes:
    """Return the transcript of garbling as books write it: all is fresh.

    The active labels stand in the report outright, not as a seed. Nothing is weak
    here; it is what the next two are compared with.
    """
    zeros = [secrets.randbits(128) for _ in range(17)]
    return _outright(parties, x, number, secrets.randbits(128) | 1, zeros)


def fixed_permute_bit(parties: Parties, x: int, number: int) -> bytes:
    """As the textbook, but all zero labels of x are even: colours are x's bits."""
    zeros = [secrets.randbits(128) & ~1 for _ in range(17)]
    return _outright(parties, x, number, secrets.randbits(128) | 1, zeros)


def labels_reused(parties: Parties, x: int, number: int) -> bytes:
    """As the textbook, with the same Delta and labels of x in every report."""
    drawn = Random(1)  # noqa: S311  # the same again, as the build does
    delta = drawn.getrandbits(128) | 1
    return _outright(
        parties, x, number, delta, [drawn.getrandbits(128) for _ in range(17)]
    )


SOUND: dict[str, Build] = {"the build": product, "textbook": textbook}
WEAK: dict[str, Build] = {
    "length depends on x": length_of_x,
    "seed not fresh": unhedged,
    "fixed permute bit": fixed_permute_bit,
    "labels reused": labels_reused,
}


def _outright(
    parties: Parties, x: int, number: int, delta: int, zeros: list[int]
) -> bytes:
    """Garble with labels of x given here, and send the active ones outright."""
    plan = parties.plan
    honest = Report.from_bytes(parties.household.report(parties.window(number), (x,)))
    key = secrets.token_bytes(16)
    provider_zeros, corrections = garbled_inputs(
        Use.CORRECTION, parties.household.pairs, honest.context, delta
    )
    garbled = garble(plan.circuit, key, delta, zeros + provider_zeros)
    active = [
        zero ^ (-bit & delta) for zero, bit in zip(zeros, bits_of(x, 17), strict=True)
    ]
    sent = b"".join(label.to_bytes(16) for label in active)
    data = honest.context + key + sent + corrections + garbled.tables
    return data + _view(
        parties,
        honest.context,
        active=active,
        key=key,
        corrections=corrections,
        tables=garbled.tables,
    )


def _colours(parties: Parties, report: Report, active: list[int]) -> bytes:
    """Return the colours of all wires, eight a byte."""
    body = report.body(parties.plan)
    return _view(
        parties,
        report.context,
        active=active,
        key=body.key,
        corrections=body.corrections,
        tables=body.tables,
    )


def _view(
    parties: Parties,
    context: bytes,
    *,
    active: list[int],
    key: bytes,
    corrections: bytes,
    tables: bytes,
) -> bytes:
    """Return the colours that evaluating shows."""
    held = parties.provider
    labels = active_inputs(
        Use.CORRECTION, held.seeds, held.choices, context, corrections
    )
    wires = evaluate(parties.all_wires, key, active + labels, tables)
    colours = sum((label & 1) << place for place, label in enumerate(wires))
    return colours.to_bytes(len(wires) // 8 + 1)
