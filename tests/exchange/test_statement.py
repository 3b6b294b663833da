"""A statement is its signer's alone; what is damaged or foreign is refused."""

from collections.abc import Callable
from dataclasses import replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from currentcost_exchange import (
    MAX_STATEMENT,
    ExchangeError,
    Malformed,
    Measure,
    PlanStatement,
    ProviderIdentity,
    ProviderValues,
    Schedule,
    UnsupportedVersion,
    Violation,
    short_code,
)
from currentcost_exchange.statement import is_signed, statement_digest
from hypothesis import given, strategies as st
import pytest

from . import edwards
from .parties import Offered, asking, plan_of
from .strategies import examples


def test_round_trip(offered: Offered) -> None:
    data = offered.statement.to_bytes()
    again = PlanStatement.from_bytes(data)
    assert again == offered.statement
    assert again.to_bytes() == data
    assert again.digest == offered.statement.digest


def test_what_is_signed_tells_nothing_of_the_thresholds(offered: Offered) -> None:
    text = offered.statement.to_bytes()
    assert b"51437" not in text
    assert offered.values.salt.hex().encode() not in text
    assert offered.values.salt not in text


def test_the_longest_statement_fits() -> None:
    plan = plan_of(
        ProviderValues.new((1,) * 15),
        provider="\U00020000" * 64,
        plan_id="p" * 64,
        title="\U00020000" * 200,
        width=32,
        labels=tuple(f"{i:02}" + "\U00020000" * 38 for i in range(16)),
        start=2**37 - 1 - 3660 * 86_400,
        end=2**37 - 1,
    )
    data = ProviderIdentity.new().sign_plan(plan).to_bytes()
    assert len(data) <= MAX_STATEMENT
    assert PlanStatement.from_bytes(data).plan == plan


def test_an_altered_plan_is_not_signed(offered: Offered) -> None:
    statement, plan = offered.statement, offered.plan
    for changed in (
        asking(plan, minimum_width=1),
        replace(plan, schedule=Schedule(window=450, part=450)),
        replace(plan, title="Another"),
        asking(plan, measure=Measure.ENERGY),
        replace(plan, commitment=bytes(32)),
        replace(plan, end=plan.end + 1),
        asking(plan, labels=(*plan.question.labels[:-1], "high")),
    ):
        with pytest.raises(Violation, match="signature"):
            replace(statement, plan=changed)
        data = statement.to_bytes()[:100] + changed.to_json()
        with pytest.raises(Violation, match="signature"):
            PlanStatement.from_bytes(data)


def test_a_foreign_key(offered: Offered) -> None:
    other = ProviderIdentity.new()
    data = offered.statement.to_bytes()
    with pytest.raises(Violation):
        PlanStatement.from_bytes(data[:4] + other.key + data[36:])
    # The digest holds the key: the signature of one provider is none of another's.
    signature = other.sign(offered.statement.digest)
    with pytest.raises(Violation):
        PlanStatement.from_bytes(data[:4] + other.key + signature + data[100:])
    signature = other.sign(statement_digest(other.key, offered.plan))
    statement = PlanStatement.from_bytes(data[:4] + other.key + signature + data[100:])
    assert statement.code != offered.statement.code


@pytest.mark.parametrize("key", [bytes(32), b"\xff" * 32, bytes(31) + b"\x80"])
def test_keys_that_are_no_point(offered: Offered, key: bytes) -> None:
    data = offered.statement.to_bytes()
    with pytest.raises(Violation):
        PlanStatement.from_bytes(data[:4] + key + data[36:])


def test_a_key_under_which_anyone_signs(offered: Offered) -> None:
    # With S = 0 and R the identity a signature is valid wherever the challenge times
    # the key is the identity: for these keys one message in eight, or more.
    anyone = edwards.encode(edwards.IDENTITY) + bytes(32)
    valid = 0
    for key in map(edwards.encode, (edwards.IDENTITY, *edwards.TORSION)):
        for number in range(40):
            message = bytes((number,))
            valid += verifies(key, anyone, message)
            assert not is_signed(key, anyone, message)
    assert valid >= 40
    key = edwards.encode(edwards.IDENTITY)
    data = offered.statement.to_bytes()
    with pytest.raises(Violation, match="signature"):
        PlanStatement.from_bytes(data[:4] + key + anyone + data[100:])


def verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return what the library alone says of a signature."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def damaged(data: bytes) -> dict[str, Callable[[], bytes]]:
    return {
        "empty": lambda: b"",
        "magic": lambda: b"XX" + data[2:],
        "header alone": lambda: data[:4],
        "half a key": lambda: data[:20],
        "no text": lambda: data[:100],
        "half": lambda: data[: len(data) // 2],
        "last byte": lambda: data[:-1],
        "longer": lambda: data + b" ",
        "oversized": lambda: data + b" " * MAX_STATEMENT,
        "another type": lambda: data[:3] + b"\x02" + data[4:],
        "unknown type": lambda: data[:3] + b"\x63" + data[4:],
    }


@pytest.mark.parametrize("name", damaged(b""))
def test_damaged_statements(name: str, offered: Offered) -> None:
    with pytest.raises(Malformed):
        PlanStatement.from_bytes(damaged(offered.statement.to_bytes())[name]())


def test_another_version(offered: Offered) -> None:
    data = offered.statement.to_bytes()
    with pytest.raises(UnsupportedVersion, match="version 2, expected 1") as caught:
        PlanStatement.from_bytes(data[:2] + b"\x02" + data[3:])
    assert (caught.value.theirs, caught.value.ours) == (2, 1)


@examples(200)
@given(data=st.data())
def test_a_flipped_byte_is_noticed(offered: Offered, data: st.DataObject) -> None:
    message = bytearray(offered.statement.to_bytes())
    position = data.draw(st.integers(0, len(message) - 1))
    message[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ExchangeError):
        PlanStatement.from_bytes(bytes(message))


def test_codes_tell_statements_apart(offered: Offered) -> None:
    other = offered.identity.sign_plan(replace(offered.plan, title="Another"))
    codes = {offered.statement.code, other.code, offered.statement.fingerprint}
    assert len(codes) == 3
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert short_code(b"") == short_code(b"")


def test_the_commitment_binds_all_of_it() -> None:
    values, salt = (512, 2000), bytes(32)
    commitments = {
        ProviderValues(v, s).commitment(plan, start, end)
        for v in (values, (512, 2001), (2000, 512), (512,), (512, 2000, 0))
        for s in (salt, bytes(31) + b"\1")
        for plan in ("a", "b")
        for start, end in ((0, 10), (0, 11), (1, 10))
    }
    assert len(commitments) == 5 * 2 * 2 * 3
    assert ProviderValues.new(values).salt != ProviderValues.new(values).salt
