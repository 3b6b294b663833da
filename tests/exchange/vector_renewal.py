"""Known answers for an agreement that is renewed without a person."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdSetup,
    PlanStatement,
    ProviderAgreement,
    ProviderSetup,
    ProviderValues,
)
from currentcost_exchange.bristol import write_bristol
from currentcost_exchange.programs import equality_circuit
from currentcost_exchange.proof import GarbledProof
from currentcost_exchange.setup import Transfer

from .negatives import edits, flipped, put
from .parties import DAY
from .vector_parties import Json, Parties, drawing, octets

NAMES: Final = (
    "request_share",
    "offer_share",
    "offer",
    "transfer",
    "policy",
    "equality",
)
SAME_DAY: Final = 3


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """Both sides after a renewal, with its messages."""

    statement: PlanStatement
    values: ProviderValues
    setup: HouseholdSetup
    provider_setup: ProviderSetup
    transfer: bytes
    confirmation: bytes
    household: HouseholdAgreement
    provider: ProviderAgreement

    @classmethod
    def of(cls, earlier: Parties, case: Json) -> Renewed:
        """Renew again as a case says."""
        statement = PlanStatement.from_bytes(bytes.fromhex(case["statement"]))
        values = ProviderValues(tuple(case["values"]), bytes.fromhex(case["salt"]))
        household = earlier.household.advanced(case["day"])
        with drawing([bytes.fromhex(each) for each in case["fresh"].values()]):
            setup = HouseholdSetup(earlier.identity, statement, renews=household)
            begun = ProviderSetup.begin(
                earlier.provider_identity, statement, values, setup.request()
            )
            transfer = setup.transfer(begun.offer)
        provider, confirmation = begun.finish(transfer, earlier=earlier.provider)
        return cls(
            statement=statement,
            values=values,
            setup=setup,
            provider_setup=begun,
            transfer=transfer,
            confirmation=confirmation,
            household=setup.finish(confirmation),
            provider=provider,
        )


def renewal_vectors(earlier: Parties) -> Json:
    """Return the renewal of an agreement, and what of it is refused."""
    before, salt = earlier.statement.plan, octets("renewal: salt")
    values = ProviderValues(earlier.values.values, salt)
    start, end = before.end, before.end + 31 * DAY
    commitment = values.commitment(before.plan_id, start, end)
    plan = replace(before, start=start, end=end, commitment=commitment)
    statement = earlier.provider_identity.sign_plan(plan)
    case: Json = {
        "earlier": before.plan_id,
        "day": SAME_DAY,
        "plan": plan.to_json().decode(),
        "statement": statement.to_bytes().hex(),
        "values": list(values.values),
        "salt": salt.hex(),
        "equality_circuit": write_bristol(equality_circuit(plan.provider_bits)),
        "fresh": {name: octets(f"renewal: {name}").hex() for name in NAMES},
    }
    renewed = Renewed.of(earlier, case)
    return case | {
        "session": renewed.provider.session.hex(),
        "key": renewed.provider.key.hex(),
        "request": renewed.setup.request().hex(),
        "offer": renewed.provider_setup.offer.hex(),
        "renewal": renewed.transfer.hex(),
        "renewed": renewed.confirmation.hex(),
        "refused": [
            {
                "stage": stage,
                "name": name,
                **edits(good, message),
                "error": kind,
            }
            for stage, good, cases in (
                ("renewal", renewed.transfer, _renewals(renewed)),
                ("renewed", renewed.confirmation, _confirmations(renewed)),
            )
            for name, message, kind in cases
        ],
    }


def _renewals(renewed: Renewed) -> Iterator[tuple[str, bytes, str]]:
    good = renewed.transfer
    yield "signature", flipped(good, -1), "Violation"
    yield "day, not signed", flipped(good, 39), "Violation"
    yield "a byte too short", good[:-1], "Malformed"
    yield "a byte too long", good + b"\0", "Malformed"
    yield "as an ordinary transfer", put(good, 3, b"\4"), "Malformed"
    agreement = renewed.household
    read = Transfer.from_bytes(
        good, renewed.statement.plan, agreement.identity.key, agreement.session
    )
    if (renewal := read.renewal) is None:
        raise ValueError("a transfer that renews nothing")

    def signed(**changes: Any) -> bytes:
        again = replace(read, renewal=replace(renewal, **changes))
        return again.sign(agreement.identity, agreement.session)

    yield "another agreement", signed(agreement_id=octets("other", 16)), "Violation"
    yield "a day beyond any period", signed(day=3661), "PlanError"
    yield "another day", signed(day=SAME_DAY + 1), "ProofRefused"
    proofs: dict[str, Callable[[GarbledProof], GarbledProof]] = {
        "nonce": lambda it: replace(it, nonce=flipped(it.nonce, 0)),
        "tables": lambda it: replace(it, tables=bytes(len(it.tables))),
        "pass hash": lambda it: replace(it, pass_hash=flipped(it.pass_hash, 0)),
        "the policy's proof's hash": lambda it: replace(
            it, pass_hash=read.policy.pass_hash
        ),
    }
    for name, change in proofs.items():
        changed = signed(equality=change(renewal.equality))
        yield f"equality: {name}", changed, "ProofRefused"


def _confirmations(renewed: Renewed) -> Iterator[tuple[str, bytes, str]]:
    good = renewed.confirmation
    yield "agreement id", flipped(good, 4), "Violation"
    yield "label of the policy", flipped(good, 20), "Violation"
    yield "label of equality", flipped(good, -1), "Violation"
    yield "labels exchanged", good[:20] + good[36:] + good[20:36], "Violation"
    yield "one label", good[:-16], "Malformed"
    yield "an ordinary confirmation", put(good[:-16], 3, b"\5"), "Malformed"
