"""The group against arithmetic of the tests' own, and every kind of bad point."""

from collections.abc import Callable
import secrets

from currentcost_exchange import (
    ExchangeError,
    HouseholdIdentity,
    HouseholdSetup,
    ProviderSetup,
    Violation,
    group,
    household,
    provider,
)
import pytest

from . import edwards
from .edwards import ORDER, PRIME, TORSION
from .holes import not_on_the_curve, open_hole, with_torsion
from .parties import Offered
from .receivers import random_scalar

ONE = (1).to_bytes(32, "little")


def random_point() -> bytes:
    return group.multiply_generator(random_scalar())


def not_canonical() -> list[bytes]:
    """Return all second encodings of points on the curve, with both signs."""
    found = []
    for y in range(19):
        for sign in (0, 1):
            data = (y + PRIME | sign << 255).to_bytes(32, "little")
            try:
                edwards.decode(data)
            except ValueError:
                continue
            found.append(data)
    # (0, 1) and (0, -1) with the sign that x = 0 does not have.
    return [*found, (1 | 1 << 255).to_bytes(32, "little"), bytes([0xEC] + [0xFF] * 31)]


def test_constants() -> None:
    assert edwards.decode(group.GENERATOR) == edwards.GENERATOR
    assert group.ORDER == ORDER
    assert edwards.encode(edwards.IDENTITY) == group.IDENTITY
    assert len(set(TORSION)) == 7
    assert {edwards.multiply(8, point) for point in TORSION} == {edwards.IDENTITY}


def test_arithmetic_is_the_reference_s() -> None:
    for _ in range(5):
        a, b, c = (random_scalar() for _ in range(3))
        x, y, z = (int.from_bytes(scalar, "little") for scalar in (a, b, c))
        p = group.multiply_generator(a)
        q = group.multiply(b, p)
        assert edwards.decode(p) == edwards.multiply(x, edwards.GENERATOR)
        assert edwards.decode(q) == edwards.multiply(y, edwards.decode(p))
        total = edwards.add(edwards.decode(p), edwards.decode(q))
        assert edwards.decode(group.add(p, q)) == total
        number = int.from_bytes(group.multiply_add(a, b, c), "little")
        assert number == (x * y + z) % ORDER


def test_scalars_are_reduced() -> None:
    data = secrets.token_bytes(64)
    reduced = int.from_bytes(group.scalar_of(data), "little")
    assert reduced == int.from_bytes(data, "little") % ORDER
    drawn = {random_scalar() for _ in range(50)}
    assert len(drawn) == 50
    assert all(0 < int.from_bytes(scalar, "little") < ORDER for scalar in drawn)


@pytest.mark.parametrize("number", [1, 2, ORDER - 1])
def test_scalars_that_are_taken(number: int) -> None:
    data = number.to_bytes(32, "little")
    assert group.check_scalar(data) == data


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**255, 2**256 - 1])
def test_scalars_that_are_refused(number: int) -> None:
    with pytest.raises(Violation, match="not a scalar"):
        group.check_scalar(number.to_bytes(32, "little"))


def test_points_that_are_taken() -> None:
    for point in (group.GENERATOR, *(random_point() for _ in range(10))):
        assert group.check_point(point) == point


def bad_points() -> dict[str, bytes]:
    point = random_point()
    return {
        "identity": group.IDENTITY,
        "not on the curve": not_on_the_curve(),
        "empty": b"",
        "short": point[:31],
        "long": point + b"\0",
        **{f"torsion {i}": edwards.encode(t) for i, t in enumerate(TORSION, 1)},
        **{f"mixed {i}": with_torsion(point, t) for i, t in enumerate(TORSION, 1)},
        **{f"second form {i}": data for i, data in enumerate(not_canonical())},
    }


@pytest.mark.parametrize("name", bad_points())
def test_points_that_are_refused(name: str) -> None:
    with pytest.raises(Violation, match="not a point of the group"):
        group.check_point(bad_points()[name])


@pytest.mark.parametrize("torsion", TORSION)
def test_torsion_is_refused_through_any_hole(
    torsion: edwards.Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed, alone = with_torsion(random_point(), torsion), edwards.encode(torsion)
    # The validity check alone gives way, then the multiplication too.
    monkeypatch.setattr(group, "crypto_core_ed25519_is_valid_point", lambda _: True)
    for point in (mixed, alone):
        with pytest.raises(Violation, match="not a point of the group"):
            group.check_point(point)
    open_hole(monkeypatch)
    for point in (mixed, alone):
        with pytest.raises(Violation, match="not a point of the group"):
            group.check_point(point)
    # What refuses it is the product with the order: were that not looked at, the
    # mixed point would pass.
    monkeypatch.setattr(group, "add", lambda _p, _q: group.IDENTITY)
    assert group.check_point(mixed) == mixed


def test_self_test_passes_here() -> None:
    group.self_test()


def accept(data: bytes) -> bytes:
    return data


def broken_libraries() -> dict[str, Callable[[pytest.MonkeyPatch], None]]:
    def accepts_all(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(group, "check_point", accept)

    def accepts_torsion(monkeypatch: pytest.MonkeyPatch) -> None:
        # As if the order of every point on the curve were the group's.
        def negative(_scalar: bytes, point: bytes) -> bytes:
            x, y = edwards.decode(point)
            return edwards.encode((PRIME - x, y))

        open_hole(monkeypatch)
        monkeypatch.setattr(group, "crypto_scalarmult_ed25519_noclamp", negative)

    def accepts_one(bad: bytes) -> Callable[[pytest.MonkeyPatch], None]:
        original = group.check_point

        def break_it(monkeypatch: pytest.MonkeyPatch) -> None:
            monkeypatch.setattr(
                group,
                "check_point",
                lambda data: data if data == bad else original(data),
            )

        return break_it

    def computes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(group, "multiply_generator", lambda _: random_bytes)

    random_bytes = secrets.token_bytes(32)
    order_2, order_4 = edwards.decode(group._ORDER_2), edwards.decode(group._ORDER_4)
    return {
        "accepts all": accepts_all,
        "accepts torsion": accepts_torsion,
        "computes wrong": computes_wrong,
        "accepts G + (0, -1)": accepts_one(with_torsion(group.GENERATOR, order_2)),
        "accepts (0, -1)": accepts_one(edwards.encode(order_2)),
        "accepts order 4": accepts_one(with_torsion(group.GENERATOR, order_4)),
        "accepts the identity": accepts_one(group.IDENTITY),
        "accepts a second form": accepts_one((PRIME + 1).to_bytes(32, "little")),
    }


@pytest.mark.parametrize("name", broken_libraries())
def test_self_test_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_libraries()[name](monkeypatch)
    with pytest.raises(ExchangeError, match="libsodium of this system"):
        group.self_test()


def test_self_test_knows_a_point_of_each_order() -> None:
    orders = {2: group._ORDER_2, 4: group._ORDER_4, 8: group._ORDER_8}
    for order, data in orders.items():
        point = edwards.decode(data)
        assert edwards.multiply(order, point) == edwards.IDENTITY
        assert edwards.multiply(order // 2, point) != edwards.IDENTITY


def test_no_set_up_on_a_broken_library(
    offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = HouseholdSetup(HouseholdIdentity.new(), offered.statement).request()

    def fail() -> None:
        raise ExchangeError("unsafe")

    monkeypatch.setattr(household, "self_test", fail)
    monkeypatch.setattr(provider, "self_test", fail)
    with pytest.raises(ExchangeError, match="unsafe"):
        HouseholdSetup(HouseholdIdentity.new(), offered.statement)
    with pytest.raises(ExchangeError, match="unsafe"):
        ProviderSetup.begin(
            offered.identity, offered.statement, offered.values, request
        )
