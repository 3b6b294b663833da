"""No secret stands in what an object or an error shows of itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
import re
import secrets

from currentcost_exchange import (
    ExchangeError,
    HouseholdIdentity,
    HouseholdSetup,
    Plan,
    ProviderSetup,
    ProviderValues,
    parse_claim,
)
from currentcost_exchange.garbling import garble
from currentcost_exchange.group import IDENTITY
from currentcost_exchange.hashing import Use
from currentcost_exchange.household import active_labels
from currentcost_exchange.inputs import active_inputs
from currentcost_exchange.setup import Confirmation
import pytest

from .garblers import Secrets
from .parties import (
    VALUES,
    Agreed,
    begin,
    offer_plan,
    report_of,
    report_with,
    retagged,
    transfer_again,
    window_at,
)
from .receivers import choose, send

MEASURE = 61_357


def forms(secret: bytes) -> Iterator[str]:
    """Return how bytes may look in a text."""
    yield secret.hex()
    yield secret.hex().upper()
    yield repr(secret)[2:-1]
    yield str(int.from_bytes(secret))
    yield str(int.from_bytes(secret, "little"))
    yield str(list(secret))[1:-1]


def secrets_of(agreed: Agreed) -> list[bytes]:
    """Return every secret of both parties."""
    kept, held, begun = agreed.household, agreed.provider, agreed.provider_setup
    return [
        kept.identity.secret,
        agreed.offered.identity.secret,
        agreed.offered.values.salt,
        held.exponent,
        kept.key,
        held.choices,
        begun.receiver.exponent,
        Confirmation.from_bytes(agreed.confirmation).labels[0],
        *(seed for pair in kept.pairs for seed in pair),
        *held.seeds,
    ]


def assert_clean(shown: str, found: list[bytes]) -> None:
    text = re.sub(r" at 0x[0-9a-f]+", "", shown)
    for secret in found:
        for form in forms(secret):
            assert form not in text
    # The largest of the thresholds and the measure, which no public field holds.
    assert str(VALUES[-1]) not in text
    assert str(MEASURE) not in text


def test_the_test_sees_secrets(agreed: Agreed) -> None:
    for secret in secrets_of(agreed):
        for text in (repr(secret), secret.hex(), f"{list(secret)}"):
            with pytest.raises(AssertionError):
                assert_clean(text, [secret])


def test_objects(agreed: Agreed) -> None:
    report = report_of(agreed, MEASURE)
    receiver = agreed.provider_setup.receiver
    shown = [
        agreed.household,
        agreed.provider,
        agreed.setup,
        agreed.provider_setup,
        receiver,
        agreed.household.identity,
        agreed.offered.identity,
        agreed.offered.values,
        agreed.offered.statement,
        agreed.plan,
        report,
        report.body(agreed.plan),
        agreed.provider.answer(report),
        parse_claim(agreed.household.missing(window_at(0))),
    ]
    found = secrets_of(agreed)
    # The labels that the provider found, of its own bits and of the outputs.
    body = report.body(agreed.plan)
    labels = active_inputs(
        Use.CORRECTION,
        agreed.provider.seeds,
        agreed.provider.choices,
        report.context,
        body.corrections,
    )
    found += [label.to_bytes(16) for label in labels]
    reply = agreed.provider.answer(report).reply
    found += [reply[37:53], reply[53:69]]
    found += [label.to_bytes(16) for label in active_labels(body.active_seed, 17)]
    for item in shown:
        for text in (repr(item), str(item), f"{item}"):
            assert_clean(text, found)


def test_garblings() -> None:
    circuit = offer_plan().plan.circuit
    made = Secrets.new(circuit)
    garbled = garble(circuit, made.key, made.delta, made.zeros)
    labels = [*made.zeros, *garbled.outputs]
    found = [
        label.to_bytes(16) for pair in labels for label in (pair, pair ^ made.delta)
    ]
    assert_clean(repr(garbled), [made.delta.to_bytes(16), *found])


def test_receivers() -> None:
    receiver = choose(bytes(32), bytes((1, 0, 1, 1, 0, 0, 1)))
    assert_clean(repr(receiver), [receiver.exponent, receiver.choices])


def failures(agreed: Agreed, plan: Plan) -> dict[str, Callable[[], object]]:
    """Return what fails in every way that touches secrets."""
    report = report_of(agreed, MEASURE)
    reply = agreed.provider.answer(report).reply
    setup = HouseholdSetup(HouseholdIdentity.new(), agreed.offered.statement)
    begun: ProviderSetup = begin(agreed.offered, setup)
    transfer = setup.transfer(begun.offer)
    offered = agreed.offered
    response, _ = send(bytes(32), 1, choose(bytes(32), b"\1").message)
    receiver = agreed.provider_setup.receiver

    def values(*new: int) -> Callable[[], object]:
        other = replace(offered.values, values=new)
        return lambda: offered.plan.choices(other)

    def wide() -> object:
        return ProviderValues((2**17 + MEASURE,), b"").bits((17,))

    return {
        "measure too wide": lambda: agreed.household.report(
            window_at(0), (2**17 + MEASURE,)
        ),
        "threshold too wide": wide,
        "other thresholds": values(1, 2, VALUES[-1]),
        "bad tag": lambda: agreed.household.verify_reply(
            report.data, reply[:-1] + bytes((reply[-1] ^ 1,))
        ),
        "bad label": lambda: agreed.household.verify_reply(
            report.data,
            retagged(
                reply[:37] + bytes((reply[37] ^ 1,)) + reply[38:], agreed.household.key
            ),
        ),
        "refusal": lambda: agreed.household.verify_reply(
            report.data, reply[:36] + bytes(33)
        ),
        "false confirmation": lambda: setup.finish(
            Confirmation(begun.agreement_id, (bytes(16),)).to_bytes()
        ),
        "other policy": lambda: begun.finish(
            transfer_again(
                setup,
                transfer,
                policy=lambda policy: replace(
                    policy, tables=secrets.token_bytes(len(policy.tables))
                ),
            )
        ),
        "bad point": lambda: begun.finish(
            transfer_again(setup, transfer, response=lambda it: IDENTITY + it[32:])
        ),
        "short response": lambda: receiver.seeds(response),
        "false choices": lambda: send(bytes(32), 51, receiver.message),
        "equal hashes": lambda: agreed.provider.check(
            report_with(
                report,
                plan,
                agreed.household.key,
                output_hashes=[(bytes(32), bytes(32))] * 2,
            )
        ),
        "damaged storage": lambda: type(agreed.household).from_bytes(
            agreed.household.to_bytes()[:-1]
        ),
        "damaged provider storage": lambda: type(agreed.provider).from_bytes(
            agreed.provider.to_bytes()[:-1]
        ),
        "storage as a message": lambda: parse_claim(agreed.provider.to_bytes()),
    }


NAMES = [
    "measure too wide",
    "threshold too wide",
    "other thresholds",
    "bad tag",
    "bad label",
    "refusal",
    "false confirmation",
    "other policy",
    "bad point",
    "short response",
    "false choices",
    "equal hashes",
    "damaged storage",
    "damaged provider storage",
    "storage as a message",
]


def test_all_failures_are_named(agreed: Agreed) -> None:
    assert list(failures(agreed, agreed.plan)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_errors(agreed: Agreed, name: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        failures(agreed, agreed.plan)[name]()
    error: BaseException | None = caught.value
    while error is not None:
        assert_clean(f"{error} {error!r} {error.args}", secrets_of(agreed))
        error = error.__cause__ or error.__context__


def test_messages_hold_no_secret(agreed: Agreed) -> None:
    """What is sent: neither seeds nor exponent, neither thresholds nor the measure."""
    sent = [agreed.request, agreed.offer, agreed.transfer]
    report = report_of(agreed, MEASURE)
    sent += [report.data, agreed.provider.answer(report).reply]
    for message in sent:
        for secret in secrets_of(agreed):
            assert secret not in message
        for value in (*VALUES, MEASURE):
            assert value.to_bytes(8) not in message
            assert value.to_bytes(8, "little") not in message
