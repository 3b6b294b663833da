"""Hashes, circuits and garbling once more, as docs/protocol.md says it.

Sections 2, 3.1 to 3.3, 7 and 8, for `independent`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

# 2, 3.1 and 3.2: numbers and hashes


class DeviationError(Exception):
    """What the other party must not send; `kind` as section 16 names it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def require(condition: object, kind: str = "Violation") -> None:
    if not condition:
        raise DeviationError(kind)


def u(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def bits(value: int, width: int) -> list[int]:
    return [value >> i & 1 for i in range(width)]


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def times(bit: int, block: bytes) -> bytes:
    return block if bit else bytes(len(block))


def colour(block: bytes) -> int:
    return block[-1] & 1


def cut(data: bytes, *sizes: int) -> list[bytes]:
    """Return consecutive pieces of these sizes; they must use all of it."""
    require(sum(sizes) == len(data), "Malformed")
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return [data[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def blocks(data: bytes, size: int) -> list[bytes]:
    return cut(data, *[size] * (len(data) // size))


def h(use: str, *fields: bytes, size: int = 32) -> bytes:
    data = b"".join(u(len(field), 4) + field for field in fields)
    person = b"ccp " + use.encode()
    return hashlib.blake2b(data, digest_size=size, person=person).digest()


def pad(use: str, context: bytes, i: int, key: bytes) -> bytes:
    person = b"ccp " + use.encode()
    data = context + u(i, 2) + key
    return hashlib.blake2b(data, digest_size=16, person=person).digest()


def expand(use: str, seed: bytes, size: int) -> bytes:
    person = (b"ccp " + use.encode()).ljust(16, b"\0")
    return hashlib.shake_256(person + seed).digest(size)


def tmmo(key: bytes, w: bytes, tweak: int) -> bytes:
    def pi(block: bytes) -> bytes:
        return Cipher(AES(key), ECB()).encryptor().update(block)  # noqa: S305

    return xor(pi(xor(pi(w), u(tweak, 16))), pi(w))


# 7.1, 7.6 and 8: circuits and garbling


@dataclass(frozen=True)
class Circuit:
    """A circuit as its text says it."""

    text: str
    wires: int
    inputs: list[int]
    outputs: list[int]
    gates: list[tuple[str, int, int, int]]

    @classmethod
    def of(cls, text: str) -> Circuit:
        first, second, third, empty, *lines = text.removesuffix("\n").split("\n")
        count, wires = map(int, first.split())
        assert not empty
        assert count == len(lines)
        gates = []
        for line in lines:
            *numbers, kind = line.split()
            _, _, a, *rest = map(int, numbers)
            gates.append((kind, a, rest[0], rest[-1]))
        inputs, outputs = (
            [int(word) for word in line.split()[1:]] for line in (second, third)
        )
        return cls(text, wires, inputs, outputs, gates)

    @property
    def digest(self) -> str:
        return h("circuit", self.text.encode()).hex()

    def layers(self) -> list[list[int]]:
        """Return the AND gates of each layer, by their place among all gates."""
        depth = [0] * self.wires
        found: dict[int, list[int]] = {}
        for place, (kind, a, b, out) in enumerate(self.gates):
            depth[out] = max(depth[a], depth[b]) if kind != "INV" else depth[a]
            if kind == "AND":
                found.setdefault(depth[out], []).append(place)
                depth[out] += 1
        return [found[layer] for layer in sorted(found)]

    def and_numbers(self) -> dict[int, int]:
        order = [place for layer in self.layers() for place in layer]
        return {place: j for j, place in enumerate(order)}

    @property
    def ands(self) -> int:
        return len(self.and_numbers())


def garble(
    circuit: Circuit, s: bytes, delta: bytes, zeros: Sequence[bytes]
) -> tuple[list[bytes], bytes]:
    """Return the outputs' zero labels and the tables."""
    label = [*zeros, *[b""] * (circuit.wires - len(zeros))]
    number = circuit.and_numbers()
    table = {}
    for place, (kind, a, b, out) in enumerate(circuit.gates):
        if kind == "XOR":
            label[out] = xor(label[a], label[b])
        elif kind == "INV":
            label[out] = xor(label[a], delta)
        else:
            j, w_a, w_b = number[place], label[a], label[b]
            a_0, a_1 = (tmmo(s, w, 2 * j) for w in (w_a, xor(w_a, delta)))
            b_0, b_1 = (tmmo(s, w, 2 * j + 1) for w in (w_b, xor(w_b, delta)))
            g = xor(xor(a_0, a_1), times(colour(w_b), delta))
            e = xor(xor(b_0, b_1), w_a)
            left = xor(a_0, times(colour(w_a), g))
            right = xor(b_0, times(colour(w_b), xor(e, w_a)))
            label[out] = xor(left, right)
            table[place] = g, e
    tables = b"".join(
        table[place][half]
        for layer in circuit.layers()
        for half in (0, 1)
        for place in layer
    )
    return label[circuit.wires - sum(circuit.outputs) :], tables


def evaluate(
    circuit: Circuit, s: bytes, active: Sequence[bytes], tables: bytes
) -> list[bytes]:
    """Return the active labels of the outputs."""
    halves = iter(blocks(tables, 16))
    table: dict[int, list[bytes]] = {}
    for layer in circuit.layers():
        for _ in ("G", "E"):
            for place in layer:
                table.setdefault(place, []).append(next(halves))
    number = circuit.and_numbers()
    label = [*active, *[b""] * (circuit.wires - len(active))]
    for place, (kind, a, b, out) in enumerate(circuit.gates):
        if kind == "XOR":
            label[out] = xor(label[a], label[b])
        elif kind == "INV":
            label[out] = label[a]
        else:
            j, (g, e), x_a, x_b = number[place], table[place], label[a], label[b]
            left = xor(tmmo(s, x_a, 2 * j), times(colour(x_a), g))
            right = xor(tmmo(s, x_b, 2 * j + 1), times(colour(x_b), xor(e, x_a)))
            label[out] = xor(left, right)
    return label[circuit.wires - sum(circuit.outputs) :]


# 7.2 to 7.5: how the circuits of ranges are built

type Signal = int | str


class Builder:
    """Signals are input bits and gates by their number, "0" and "1"."""

    def __init__(self, *widths: int) -> None:
        self.widths = widths
        self.first = sum(widths)
        self.gates: list[tuple[str, int, int]] = []
        self.numbers: dict[tuple[str, int, int], int] = {}

    def gate(self, kind: str, a: int, b: int) -> Signal:
        made = kind, min(a, b), max(a, b)
        if made not in self.numbers:
            self.numbers[made] = self.first + len(self.gates)
            self.gates.append(made)
        return self.numbers[made]

    def xor(self, a: Signal, b: Signal) -> Signal:
        if a == b:
            return "0"
        if "0" in (a, b):
            return b if a == "0" else a
        if "1" in (a, b):
            return self.inv(b if a == "1" else a)
        return self.gate("XOR", int(a), int(b))

    def and_(self, a: Signal, b: Signal) -> Signal:
        if "0" in (a, b):
            return "0"
        if a in (b, "1"):
            return b
        return a if b == "1" else self.gate("AND", int(a), int(b))

    def inv(self, a: Signal) -> Signal:
        if isinstance(a, str):
            return "1" if a == "0" else "0"
        if a >= self.first and self.gates[a - self.first][0] == "INV":
            return self.gates[a - self.first][1]
        return self.gate("INV", a, a)

    def greater(self, x: Iterable[Signal], y: Iterable[Signal]) -> Signal:
        r: Signal = "0"
        for a, b in zip(x, y, strict=True):
            left, right = self.xor(a, r), self.xor(b, r)
            r = self.xor(a, self.and_(left, right))
        return r

    def add(self, x: Iterable[Signal], y: Iterable[Signal]) -> list[Signal]:
        c: Signal = "0"
        total = []
        for a, b in zip(x, y, strict=True):
            left, right = self.xor(a, c), self.xor(b, c)
            total.append(self.xor(left, b))
            c = self.xor(c, self.and_(left, right))
        return [*total, c]

    def build(self, *outputs: Signal) -> str:
        first = self.first
        order: list[int] = []
        pending = set(outputs)
        for gate in range(first + len(self.gates) - 1, first - 1, -1):
            if gate in pending:
                order.insert(0, gate)
                pending.update(self.gates[gate - first][1:])
        read = {number for gate in order for number in self.gates[gate - first][1:]}
        taken: dict[Signal, int] = {}
        for j, signal in enumerate(outputs):
            if signal in order and signal not in read and signal not in taken:
                taken[signal] = j
        copies = [j for j, signal in enumerate(outputs) if taken.get(signal) != j]
        wires = first + len(order) - len(taken) + len(copies) + len(outputs)
        start = wires - len(outputs)
        wire = {number: number for number in range(first)}
        free = iter(range(first, wires))
        lines = []
        for gate in order:
            kind, a, b = self.gates[gate - first]
            wire[gate] = start + taken[gate] if gate in taken else next(free)
            sources = f"1 1 {wire[a]}" if kind == "INV" else f"2 1 {wire[a]} {wire[b]}"
            lines.append(f"{sources} {wire[gate]} {kind}")
        for j in copies:
            signal, s, out = outputs[j], next(free), start + j
            if not isinstance(signal, str):
                lines += [f"1 1 {wire[signal]} {s} INV", f"1 1 {s} {out} INV"]
                continue
            lines.append(f"2 1 0 0 {s} XOR")
            lines.append(
                f"2 1 {s} {s} {out} XOR" if signal == "0" else f"1 1 {s} {out} INV"
            )
        return "\n".join(
            [
                f"{len(lines)} {wires}",
                " ".join(map(str, [len(self.widths), *self.widths])),
                f"1 {len(outputs)}",
                "",
                *lines,
                "",
            ]
        )


def constant(value: int, width: int) -> list[Signal]:
    return [str(bit) for bit in bits(value, width)]


def range_text(t: int, w: int) -> str:
    builder = Builder(w, t * w)
    above = [
        builder.greater(range(w), range(i * w, i * w + w)) for i in range(1, t + 1)
    ]
    outcome = [*range(1, t + 1), 0]
    q: list[Signal] = []
    for j in range(t.bit_length()):
        signal: Signal = str(outcome[0] >> j & 1)
        for i in range(1, t + 1):
            if (outcome[i - 1] ^ outcome[i]) >> j & 1:
                signal = builder.xor(signal, above[i - 1])
        q.append(signal)
    return builder.build(*q)


def policy_text(t: int, w: int, m: int) -> str:
    builder = Builder(t * w)
    least = constant(m, w)
    words: list[list[Signal]] = [list(range(i * w, i * w + w)) for i in range(t)]
    passed = builder.inv(builder.greater(least, words[0]))
    for i, word in enumerate(words):
        edge = words[i + 1] if i + 1 < t else constant(2**w - 2, w)
        total = builder.add(word, least)
        fits = builder.inv(builder.greater(total, [*edge, "0"]))
        passed = builder.and_(passed, fits)
    return builder.build(passed)


def equality_text(n: int) -> str:
    builder = Builder(2 * n)
    same: Signal = "1"
    for i in range(n):
        same = builder.and_(same, builder.inv(builder.xor(i, n + i)))
    return builder.build(same)


def anything_text(n: int) -> str:
    return Builder(n).build("1")
