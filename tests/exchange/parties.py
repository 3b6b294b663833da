"""Two parties that agree, with all that they said on the way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

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
from currentcost_exchange.authentication import TAG_BYTES, tagged
from currentcost_exchange.hashing import Use
from currentcost_exchange.proof import GarbledProof
from currentcost_exchange.setup import Offer, Request, Transfer
from currentcost_exchange.wire import HEADER_BYTES, MessageType, Writer

DAY: Final = 86_400
START: Final = 1_767_225_600
"""2026-01-01, 00:00 UTC."""
LENGTH: Final = 900
VALUES: Final = (512, 2000, 51_437)


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A provider with a plan that it signed."""

    identity: ProviderIdentity
    values: ProviderValues
    statement: PlanStatement

    @property
    def plan(self) -> Plan:
        return self.statement.plan


@dataclass(frozen=True, kw_only=True, repr=False)
class Agreed:
    """Both parties after their set-up, and its four messages."""

    offered: Offered
    household: HouseholdAgreement
    provider: ProviderAgreement
    setup: HouseholdSetup
    provider_setup: ProviderSetup
    request: bytes
    offer: bytes
    transfer: bytes
    confirmation: bytes

    @property
    def plan(self) -> Plan:
        return self.offered.plan


def plan_of(values: ProviderValues, /, **changes: Any) -> Plan:
    """Return a plan of a range that commits to these thresholds."""
    count = len(values.values)
    fields: dict[str, Any] = {
        "provider": "Acme Power",
        "plan_id": "evening",
        "title": "How much power do you draw?",
        "start": START,
        "end": START + 30 * DAY,
        "lateness": 6 * 3600,
    }
    asked: dict[str, Any] = {
        "measure": Measure.MEAN_POWER,
        "width": 17,
        "thresholds": count,
        "minimum_width": 100,
        "labels": ("outside", *(f"bucket {i + 1}" for i in range(count))),
    }
    window = changes.pop("window", LENGTH)
    asked |= {name: changes.pop(name) for name in asked if name in changes}
    fields |= changes
    if "schedule" not in fields:
        fields["schedule"] = Schedule(window=window, part=window)
    if "question" not in fields:
        fields["question"] = RangeQuestion(**asked)
    if "commitment" not in fields:
        fields["commitment"] = values.commitment(
            fields["plan_id"], fields["start"], fields["end"]
        )
    return Plan(**fields)


def asking(plan: Plan, **changes: Any) -> Plan:
    """Return a plan of a range with another question."""
    assert isinstance(plan.question, RangeQuestion)
    return replace(plan, question=replace(plan.question, **changes))


def offer_plan(values: tuple[int, ...] = VALUES, **changes: Any) -> Offered:
    """Return a fresh provider that offers a plan with these thresholds."""
    identity, private = ProviderIdentity.new(), ProviderValues.new(values)
    statement = identity.sign_plan(plan_of(private, **changes))
    return Offered(identity=identity, values=private, statement=statement)


def begin(offered: Offered, setup: HouseholdSetup) -> ProviderSetup:
    """Return the provider's side of a set-up that a household began."""
    return ProviderSetup.begin(
        offered.identity, offered.statement, offered.values, setup.request()
    )


def agree(offered: Offered) -> Agreed:
    """Run a whole set-up between a fresh household and a provider."""
    setup = HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    provider_setup = begin(offered, setup)
    transfer = setup.transfer(provider_setup.offer)
    provider, confirmation = provider_setup.finish(transfer)
    return Agreed(
        offered=offered,
        household=setup.finish(confirmation),
        provider=provider,
        setup=setup,
        provider_setup=provider_setup,
        request=setup.request(),
        offer=provider_setup.offer,
        transfer=transfer,
        confirmation=confirmation,
    )


def window_at(number: int) -> Window:
    """Return the plan's window of this number."""
    start = START + number * LENGTH
    return Window(WindowKind.INTERVAL, start, start + LENGTH)


def report_of(agreed: Agreed, measure: int, *, window: int = 0) -> Report:
    """Return a household's report as the provider reads it."""
    data = agreed.household.report(window_at(window), (measure,))
    return Report.from_bytes(data)


def report_with(report: Report, plan: Plan, key: bytes, /, **changes: Any) -> Report:
    """Return a household's report with parts of its body exchanged."""
    writer = Writer(MessageType.REPORT).raw(report.context[HEADER_BYTES:])
    replace(report.body(plan), **changes).write(writer)
    return Report.from_bytes(tagged(Use.CLAIM, key, writer.to_bytes()))


def retagged(message: bytes, key: bytes) -> bytes:
    """Return a claim or a reply, changed by somebody who has the key."""
    is_claim = message[3] in {
        MessageType.REPORT,
        MessageType.MISSING,
        MessageType.DECLINED,
    }
    return tagged(Use.CLAIM if is_claim else Use.REPLY, key, message[:-TAG_BYTES])


def household_state(setup: HouseholdSetup) -> HouseholdAgreement:
    """Return what a household holds between its transfer and the confirmation."""
    agreement = setup._agreement
    assert agreement is not None
    return agreement


def offer_again(
    offered: Offered, request: bytes, provider: ProviderSetup, choices: bytes
) -> bytes:
    """Return the provider's offer, signed anew, with another transfer message."""
    read, session = Offer.from_bytes(
        provider.offer, offered.statement, Request.from_bytes(request)
    )
    return replace(read, choices=choices).sign(offered.identity, session)


def transfer_again(
    setup: HouseholdSetup,
    transfer: bytes,
    *,
    policy: Callable[[GarbledProof], GarbledProof] = lambda policy: policy,
    response: Callable[[bytes], bytes] = lambda response: response,
) -> bytes:
    """Return the household's transfer, signed anew, with parts of it exchanged."""
    agreement = household_state(setup)
    identity, plan = agreement.identity, agreement.statement.plan
    read = Transfer.from_bytes(transfer, plan, identity.key, agreement.session)
    changed = replace(
        read, policy=policy(read.policy), response=response(read.response)
    )
    return changed.sign(identity, agreement.session)
