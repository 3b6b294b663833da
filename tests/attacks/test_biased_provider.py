"""A provider whose transfer points are related, so that both seeds might be opened.

Whatever z_0 and z_1 are, as long as they differ: of one of the two seeds nothing is
in the household's answer (for z that is not y^a the pair (r, s) -> (w, key) is a
bijection). Here the attacker tries all that linear algebra over the points gives.
"""

from collections.abc import Callable
from itertools import product

from currentcost_exchange import Violation, group
from currentcost_exchange.hashing import Use, digest
import pytest

from ..exchange.receivers import chunks, prove, random_scalar, send

SESSION = b"\7" * 32
BITS = 2
SMALL = [number.to_bytes(32, "little") for number in (2, 3, 8)]
MINUS_ONE = (group.ORDER - 1).to_bytes(32, "little")

type Point = bytes
type Bias = Callable[[Point, Point, Point], Point]
"""From y, x and z = y^a to the other z."""


def negative(point: Point) -> Point:
    return group.multiply(MINUS_ONE, point)


BIASES: dict[str, Bias] = {
    "z + G": lambda _y, _x, z: group.add(z, group.GENERATOR),
    "-z": lambda _y, _x, z: negative(z),
    "2 z": lambda _y, _x, z: group.multiply(SMALL[0], z),
    "z + x": lambda _y, x, z: group.add(z, x),
    "z + y": lambda y, _x, z: group.add(z, y),
    "-x": lambda _y, x, _z: negative(x),
    "-y": lambda y, _x, _z: negative(y),
    "x + y": lambda y, x, _z: group.add(x, y),
    "3 G": lambda _y, _x, _z: group.multiply_generator(SMALL[1]),
}
EXPONENTS = {
    "random": random_scalar(),
    "2": SMALL[0],
    "-2": (group.ORDER - 2).to_bytes(32, "little"),
}


def opened(message: bytes, response: bytes, exponent: bytes, at: int) -> set[bytes]:
    """Return everything that a bit's two masks open to under the keys at hand."""
    y, _, _, *points = chunks(message)
    x, z_0, z_1 = points[3 * at : 3 * at + 3]
    w_0, w_1, mask_0, mask_1 = chunks(response)[4 * at : 4 * at + 4]
    keys = [group.multiply(exponent, point) for point in (w_0, w_1, x, z_0, z_1)]
    keys += [w_0, w_1, z_0, z_1, x, y, group.GENERATOR]
    keys += [negative(key) for key in keys]
    keys += [group.multiply(scalar, key) for scalar in SMALL for key in keys[:2]]
    sums = {group.add(one, other) for one, other in product(keys, keys)}
    found = set()
    for j, (w, mask) in enumerate(((w_0, mask_0), (w_1, mask_1))):
        for key in {*keys, *sums}:
            position = at.to_bytes(2) + bytes((j,))
            pad = digest(Use.TRANSFER, SESSION, position, y, x, z_0, z_1, w, key)
            found.add(bytes(a ^ b for a, b in zip(mask, pad, strict=True)))
    return found


@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("place", [0, 1])
def test_related_points_open_one_seed(bias: str, exponent: str, place: int) -> None:
    b = EXPONENTS[exponent]
    y = group.multiply_generator(b)
    points = [y]
    for _ in range(BITS):
        a = random_scalar()
        x, z = group.multiply_generator(a), group.multiply(a, y)
        pair = [z, BIASES[bias](y, x, z)]
        points += [x, *(pair if place == 0 else pair[::-1])]
    message = prove(points, b, session=SESSION)
    if len(set(points)) < len(points):
        # The same point for two bits is refused, whatever it is.
        with pytest.raises(Violation, match="twice"):
            send(SESSION, BITS, message)
        return
    response, pairs = send(SESSION, BITS, message)
    for at, pair_of_seeds in enumerate(pairs):
        found = opened(message, response, b, at)
        assert pair_of_seeds[place] in found
        assert pair_of_seeds[1 - place] not in found


def test_points_of_one_bit_from_those_of_another() -> None:
    """Points of the second bit are multiples of the first's, crosswise."""
    b = random_scalar()
    y, a = group.multiply_generator(b), random_scalar()
    x, z = group.multiply_generator(a), group.multiply(a, y)
    other = group.multiply_generator(random_scalar())
    double = [group.multiply(SMALL[0], point) for point in (x, other, z)]
    message = prove([y, x, z, other, *double], b, session=SESSION)
    response, pairs = send(SESSION, BITS, message)
    for at, chosen in ((0, 0), (1, 1)):
        found = opened(message, response, b, at)
        assert pairs[at][chosen] in found
        assert pairs[at][1 - chosen] not in found
    # Nor does what opens the one bit open the other.
    assert not {*pairs[0]} & opened(message, response, b, 1)
    assert not {*pairs[1]} & opened(message, response, b, 0)


def test_the_search_finds_what_can_be_found() -> None:
    """Were z_0 = z_1 taken, both seeds would be among the candidates."""
    b, a = random_scalar(), random_scalar()
    y, x = group.multiply_generator(b), group.multiply_generator(a)
    z = group.multiply(a, y)
    message = prove([y, x, z, z], b, session=SESSION)
    with pytest.raises(Violation, match="twice"):
        send(SESSION, 1, message)
    keys, response = [random_scalar() for _ in range(4)], b""
    seeds = [b"\1" * 32, b"\2" * 32]
    masks = []
    for j in (0, 1):
        r, s = keys[2 * j], keys[2 * j + 1]
        w = group.add(group.multiply(s, x), group.multiply_generator(r))
        key = group.add(group.multiply(s, z), group.multiply(r, y))
        position = bytes((0, 0, j))
        pad = digest(Use.TRANSFER, SESSION, position, y, x, z, z, w, key)
        masks.append(bytes(p ^ q for p, q in zip(seeds[j], pad, strict=True)))
        response += w
    assert {*seeds} <= opened(message, response + b"".join(masks), b, 0)
