"""Oblivious transfer: right for every choice, and closed to a cheating peer."""

from collections.abc import Callable
from dataclasses import replace
import secrets

from currentcost_exchange import Violation, group, transfer
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.transfer import (
    Receiver,
    choice_bytes,
    response_bytes,
)
from hypothesis import given, strategies as st
import pytest

from . import edwards
from .edwards import ORDER, TORSION
from .holes import not_on_the_curve, open_hole, with_torsion
from .receivers import choose, chunks, points_of, prove, random_scalar, send
from .strategies import examples

SESSION = secrets.token_bytes(32)
BITS = bytes((0, 1, 1, 0))
ORDER_2 = (0, edwards.PRIME - 1)


def pad(receiver: Receiver, index: int, j: int, w: bytes, key: bytes) -> bytes:
    """Return what hides a seed, by the protocol's description."""
    points = points_of(receiver.message)
    triple = points[1 + 3 * index : 4 + 3 * index]
    position = index.to_bytes(2) + bytes((j,))
    return digest(Use.TRANSFER, SESSION, position, points[0], *triple, w, key)


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


@examples(12)
@given(choices=st.lists(st.integers(0, 1), min_size=1, max_size=9).map(bytes))
def test_the_chosen_seeds_arrive(choices: bytes) -> None:
    receiver = choose(SESSION, choices)
    assert len(receiver.message) == choice_bytes(len(choices))
    response, pairs = send(SESSION, len(choices), receiver.message)
    assert len(response) == response_bytes(len(choices))
    chosen = [pair[choice] for pair, choice in zip(pairs, choices, strict=True)]
    assert receiver.seeds(response) == chosen
    seeds = [seed for pair in pairs for seed in pair]
    assert len(set(seeds)) == 2 * len(choices)
    assert {len(seed) for seed in seeds} == {32}


def test_messages_are_fresh() -> None:
    first, second = (choose(SESSION, BITS) for _ in range(2))
    assert not set(chunks(first.message)) & set(chunks(second.message))
    response, pairs = send(SESSION, len(BITS), first.message)
    again, others = send(SESSION, len(BITS), first.message)
    assert not set(chunks(response)) & set(chunks(again))
    assert not {s for pair in pairs for s in pair} & {
        s for pair in others for s in pair
    }


def test_the_seed_not_chosen_stays_hidden() -> None:
    receiver = choose(SESSION, BITS)
    response, pairs = send(SESSION, len(BITS), receiver.message)
    points = points_of(receiver.message)
    for index, choice in enumerate(BITS):
        *w, masked_0, masked_1 = chunks(response)[4 * index : 4 * index + 4]
        masked = (masked_0, masked_1)
        other = 1 - choice
        key = group.multiply(receiver.exponent, w[choice])
        opened = xor(masked[choice], pad(receiver, index, choice, w[choice], key))
        assert opened == pairs[index][choice]
        # Neither the same formula nor anything else at hand opens the other.
        keys = [group.multiply(receiver.exponent, point) for point in (*w, *points)]
        for candidate in (*keys, *w, *points):
            for j in (0, 1):
                opened = xor(masked[other], pad(receiver, index, j, w[j], candidate))
                assert opened != pairs[index][other]


def test_the_exponent_opens_the_choices() -> None:
    receiver = choose(SESSION, BITS)
    points = points_of(receiver.message)
    b = int.from_bytes(receiver.exponent, "little")
    assert edwards.decode(points[0]) == edwards.multiply(b, edwards.GENERATOR)
    for index, choice in enumerate(BITS):
        x, *z = map(edwards.decode, points[1 + 3 * index : 4 + 3 * index])
        opened = edwards.multiply(b, x)
        assert z[choice] == opened
        assert z[1 - choice] != opened


def test_a_message_of_the_tests_is_taken() -> None:
    # Otherwise the deviations below might be refused for another reason.
    receiver = choose(SESSION, BITS)
    message = prove(points_of(receiver.message), receiver.exponent, session=SESSION)
    response, pairs = send(SESSION, len(BITS), message)
    seeds = replace(receiver, message=message).seeds(response)
    assert seeds == [pair[bit] for pair, bit in zip(pairs, BITS, strict=True)]


@pytest.mark.parametrize("change", [-96, -32, -1, 1, 32, 96])
def test_choices_of_the_wrong_length(change: int) -> None:
    message = choose(SESSION, BITS).message
    message = message[:change] if change < 0 else message + message[-change:]
    with pytest.raises(Violation, match="wrong length"):
        send(SESSION, len(BITS), message)


@pytest.mark.parametrize("change", [-128, -32, -1, 1, 32, 128])
def test_a_response_of_the_wrong_length(change: int) -> None:
    receiver = choose(SESSION, BITS)
    response, _ = send(SESSION, len(BITS), receiver.message)
    response = response[:change] if change < 0 else response + response[-change:]
    with pytest.raises(Violation, match="wrong length"):
        receiver.seeds(response)


# Points by their number: y, then x, z_0, z_1 of each bit.
@pytest.mark.parametrize(
    ("to", "source"),
    [(2, 3), (3, 2), (12, 11), (4, 1), (6, 3), (1, 0), (2, 0), (3, 1), (9, 2)],
)
def test_a_point_that_stands_twice(to: int, source: int) -> None:
    receiver = choose(SESSION, BITS)
    points = points_of(receiver.message)
    points[to] = points[source]
    with pytest.raises(Violation, match="twice"):
        send(SESSION, len(BITS), prove(points, receiver.exponent, session=SESSION))


def false_proofs() -> dict[str, Callable[[Receiver], bytes]]:
    def answer(change: int) -> Callable[[Receiver], bytes]:
        def make(receiver: Receiver) -> bytes:
            message = receiver.message
            number = int.from_bytes(message[64:96], "little") + change
            return message[:64] + number.to_bytes(32, "little") + message[96:]

        return make

    def reordered(receiver: Receiver) -> bytes:
        message = receiver.message
        return message[:96] + message[192:288] + message[96:192] + message[288:]

    def exchanged(receiver: Receiver) -> bytes:
        message = receiver.message
        return message[:128] + message[160:192] + message[128:160] + message[192:]

    def other_body(receiver: Receiver) -> bytes:
        return receiver.message[:96] + choose(SESSION, BITS).message[96:]

    def other_y(receiver: Receiver) -> bytes:
        return choose(SESSION, BITS).message[:32] + receiver.message[32:]

    return {
        "answer + 1": answer(1),
        "answer + order": answer(ORDER),
        "answer of zero": lambda it: it.message[:64] + bytes(32) + it.message[96:],
        "another exponent": lambda it: prove(
            points_of(it.message), random_scalar(), session=SESSION
        ),
        "another session": lambda it: prove(
            points_of(it.message), it.exponent, session=secrets.token_bytes(32)
        ),
        "the whole of another session": lambda _: (
            choose(secrets.token_bytes(32), BITS).message
        ),
        "reordered triples": reordered,
        "exchanged pair": exchanged,
        "another body": other_body,
        "another y": other_y,
        "another commitment": lambda it: (
            it.message[:32] + group.GENERATOR + it.message[64:]
        ),
    }


@pytest.mark.parametrize("name", false_proofs())
def test_a_false_proof(name: str) -> None:
    message = false_proofs()[name](choose(SESSION, BITS))
    with pytest.raises(Violation, match=r"proof of the exponent is false|not a scalar"):
        send(SESSION, len(BITS), message)


def bad_points(point: bytes) -> list[bytes]:
    mixed = [with_torsion(point, torsion) for torsion in TORSION]
    small = [edwards.encode(torsion) for torsion in TORSION]
    second_form = (edwards.PRIME + 1).to_bytes(32, "little")
    return [*mixed, *small, group.IDENTITY, second_form, not_on_the_curve()]


@pytest.mark.parametrize("hole", [False, True], ids=["library", "hole"])
@pytest.mark.parametrize("position", range(7))
def test_a_bad_point_in_the_choices(
    position: int, *, hole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = choose(SESSION, BITS[:2])
    points = points_of(receiver.message)
    if hole:
        monkeypatch.setattr(group, "crypto_core_ed25519_is_valid_point", lambda _: True)
    for bad in bad_points(points[position]):
        changed = [*points[:position], bad, *points[position + 1 :]]
        with pytest.raises(Violation, match="not a point of the group"):
            send(SESSION, 2, prove(changed, receiver.exponent, session=SESSION))


@pytest.mark.parametrize("torsion", range(1, 8))
def test_a_bad_commitment(torsion: int) -> None:
    receiver = choose(SESSION, BITS)
    points = points_of(receiver.message)
    with pytest.raises(Violation, match="not a point of the group"):
        send(
            SESSION,
            len(BITS),
            prove(points, receiver.exponent, torsion=torsion, session=SESSION),
        )


@pytest.mark.parametrize("position", range(4))
def test_torsion_through_the_hole_in_the_choices(
    position: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = choose(SESSION, BITS[:1])
    points = points_of(receiver.message)
    points[position] = with_torsion(points[position], ORDER_2)
    message = prove(points, receiver.exponent, session=SESSION)
    open_hole(monkeypatch)
    with pytest.raises(Violation, match="not a point of the group"):
        send(SESSION, 1, message)


@pytest.mark.parametrize("position", range(2))
def test_torsion_through_the_hole_in_the_response(
    position: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = choose(SESSION, BITS[:1])
    parts = chunks(send(SESSION, 1, receiver.message)[0])
    parts[position] = with_torsion(parts[position], ORDER_2)
    open_hole(monkeypatch)
    with pytest.raises(Violation, match="not a point of the group"):
        receiver.seeds(b"".join(parts))


def test_what_the_hole_would_give_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """With bad points taken, z_1 = z_0 + (0, -1) opens both seeds in two guesses."""
    receiver = choose(SESSION, bytes(1))
    points = points_of(receiver.message)
    points[3] = with_torsion(points[2], ORDER_2)
    message = prove(points, receiver.exponent, session=SESSION)
    with pytest.raises(Violation):
        send(SESSION, 1, message)

    open_hole(monkeypatch)
    monkeypatch.setattr(transfer, "check_point", lambda point: point)
    response, pairs = send(SESSION, 1, message)
    cheat = replace(receiver, message=message)
    *w, masked_0, masked_1 = chunks(response)
    opened = set()
    for j, masked in enumerate((masked_0, masked_1)):
        key = group.multiply(receiver.exponent, w[j])
        for guess in (key, with_torsion(key, ORDER_2)):
            opened.add(xor(masked, pad(cheat, 0, j, w[j], guess)))
    assert set(pairs[0]) <= opened


def test_a_bad_point_in_the_response_tells_no_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver = choose(SESSION, BITS)
    response, _ = send(SESSION, len(BITS), receiver.message)

    def forbidden(*_args: object) -> bytes:
        raise AssertionError("something secret was used before all points are checked")

    monkeypatch.setattr(transfer, "multiply", forbidden)
    monkeypatch.setattr(transfer, "digest", forbidden)
    errors = set()
    for index in range(len(BITS)):
        for j in (0, 1):
            position = 4 * index + j
            for bad in bad_points(chunks(response)[position]):
                parts = chunks(response)
                parts[position] = bad
                with pytest.raises(Violation) as caught:
                    receiver.seeds(b"".join(parts))
                errors.add((type(caught.value), str(caught.value)))
    assert len(errors) == 1


def test_a_response_is_bound_to_its_place() -> None:
    receiver = choose(SESSION, BITS)
    response, pairs = send(SESSION, len(BITS), receiver.message)
    blocks = chunks(response, 128)
    moved = receiver.seeds(b"".join([blocks[1], blocks[0], *blocks[2:]]))
    known = {seed for pair in pairs for seed in pair}
    assert not known & set(moved[:2])
    assert set(moved[2:]) < known
    elsewhere = replace(receiver, session=secrets.token_bytes(32))
    assert not known & set(elsewhere.seeds(response))
