"""The exchange once more, as docs/protocol.md says it.

Naive on purpose: one gate, one block and one formula at a time, in the words of the
document, whose sections are named. It imports nothing of the product, so that where
both agree it is the document that says how.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import json
import math
from typing import Any, Final
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from nacl import bindings as sodium

from .independent_circuits import (
    Circuit,
    DeviationError,
    bits,
    blocks,
    cut,
    equality_text,
    evaluate,
    expand,
    garble,
    h,
    pad,
    policy_text,
    range_text,
    require,
    times,
    u,
    xor,
)

# 3.4 and 3.5: the group and signatures

L: Final = 2**252 + 27742317777372353535851937790883648493


def point(data: bytes) -> bytes:
    minus_one = (L - 1).to_bytes(32, "little")
    try:
        require(sodium.crypto_core_ed25519_is_valid_point(data))
        negative = sodium.crypto_scalarmult_ed25519_noclamp(minus_one, data)
    except RuntimeError:
        raise DeviationError("Violation") from None
    require(add(negative, data) == (1).to_bytes(32, "little"))
    return data


def add(p: bytes, q: bytes) -> bytes:
    total: bytes = sodium.crypto_core_ed25519_add(p, q)
    return total


def mul(scalar: int, p: bytes | None = None) -> bytes:
    """Return [scalar]P, of the base point if none is given."""
    data = scalar.to_bytes(32, "little")
    product: bytes = (
        sodium.crypto_scalarmult_ed25519_base_noclamp(data)
        if p is None
        else sodium.crypto_scalarmult_ed25519_noclamp(data, p)
    )
    return product


def reduce(data: bytes) -> int:
    return int.from_bytes(data, "little") % L


def signer(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(h("identity", secret))


def public_key(secret: bytes) -> bytes:
    return signer(secret).public_key().public_bytes_raw()


def check_signature(key: bytes, signature: bytes, message: bytes) -> None:
    point(key)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        raise DeviationError("Violation") from None


def hedge(secret: bytes, fresh: bytes, purpose: str, *fields: bytes) -> bytes:
    return h("hedge", secret, fresh, purpose.encode(), *fields)


# 3.6: shares, keys and tags


def x25519(scalar: bytes, share: bytes = u(9, 1) + bytes(31)) -> bytes:
    """Return the function of RFC 7748, section 5, by its ladder."""
    p = 2**255 - 19
    k = (int.from_bytes(scalar, "little") % 2**254 | 2**254) & ~7
    x_1 = int.from_bytes(share, "little") % 2**255 % p
    x_2, z_2, x_3, z_3 = 1, 0, x_1, 1
    for t in reversed(range(255)):
        if k >> t & 1:
            x_2, z_2, x_3, z_3 = x_3, z_3, x_2, z_2
        a, b, c, d = x_2 + z_2, x_2 - z_2, x_3 + z_3, x_3 - z_3
        da, cb = d * a, c * b
        x_3, z_3 = (da + cb) ** 2 % p, x_1 * (da - cb) ** 2 % p
        aa, bb = a * a, b * b
        e = aa - bb
        x_2, z_2 = aa * bb % p, e * (aa + 121665 * e) % p
        if k >> t & 1:
            x_2, z_2, x_3, z_3 = x_3, z_3, x_2, z_2
    return (x_2 * pow(z_2, p - 2, p) % p).to_bytes(32, "little")


def key_of(secret: bytes, share: bytes, session: bytes) -> bytes:
    shared = x25519(secret, share)
    require(shared != bytes(32))
    return h("key", session, shared)


def with_tag(use: str, key: bytes, body: bytes) -> bytes:
    return body + h(use, key, body, size=16)


def check_tag(use: str, key: bytes, message: bytes) -> None:
    require(with_tag(use, key, message[:-16]) == message, "NotAuthentic")


# 4: headers and windows


def head(kind: int) -> bytes:
    return b"CP" + u(1, 1) + u(kind, 1)


def check_head(data: bytes, *kinds: int) -> int:
    """Return a message's type, which is one of these."""
    limit = {1: 2**16, 16: 2**17}.get(kinds[0], 2**18)
    require(len(data) <= limit, "Malformed")
    require(data[:2] == b"CP" and len(data) >= 4, "Malformed")
    require(data[2] == 1, "UnsupportedVersion")
    require(data[3] in kinds, "Malformed")
    return data[3]


def window(data: bytes) -> tuple[int, int, int]:
    kind, start, end = (int.from_bytes(part) for part in cut(data, 1, 8, 8))
    require(kind in (1, 2, 3) and start < end < 2**48, "Malformed")
    return kind, start, end


# 5 and 6: plan and statement

_PLAN: Final = "provider plan title period window part zone lateness question"
_RANGE: Final = "kind measure width thresholds minimum_width outcomes"
_PROGRAM: Final = "kind source policy household provider outcomes unit"
_HOUSEHOLD: Final = "name meaning measure width take hours bands"
_PROVIDER: Final = "name meaning unit width"


def has_keys(document: dict[str, Any], keys: str) -> bool:
    return " ".join(document) == keys


def is_in_form(text: bytes, plan: dict[str, Any]) -> bool:
    """Return whether this is the one text of a plan (5.1), its bounds aside."""
    question = plan.get("question", {})
    described = question.get("household", []), question.get("provider", [])
    keys = _RANGE if question.get("kind") == "range" else _PROGRAM
    again = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
    return (
        has_keys(plan, f"{_PLAN} commitment")
        and has_keys(question, f"{keys} circuit policy_circuit")
        and all(has_keys(each, _HOUSEHOLD) for each in described[0])
        and all(has_keys(each, _PROVIDER) for each in described[1])
        and len(plan["period"]) == 2
        and again.encode() == text
    )


def window_at(window: int | str, zone: str, time: int) -> tuple[int, int, int]:
    """Return the window around a moment (5.3, 13.1)."""
    if isinstance(window, int):
        start = time // window * window
        return 1, start, start + window
    local = datetime.fromtimestamp(time, ZoneInfo(zone))
    first = local.replace(hour=0, minute=0, second=0, fold=0)
    if window == "day":
        after = first + timedelta(days=1)
    else:
        first = first.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    return 3, int(first.timestamp()), int(after.timestamp())


@dataclass(frozen=True)
class Terms:
    """A verified statement, and what follows from it."""

    plan: dict[str, Any]
    provider_key: bytes
    digest: bytes
    circuit: Circuit
    policy: Circuit
    o: int

    @property
    def n(self) -> int:
        return self.policy.inputs[0]

    @property
    def m(self) -> int:
        return (self.o - 1).bit_length()

    @property
    def code(self) -> str:
        return short_code(self.digest)


def short_code(data: bytes) -> str:
    text = base64.b32encode(h("code", data, size=10)).decode()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def read_statement(
    data: bytes, *, texts: Iterable[str] = (), outcomes: int | None = None
) -> Terms:
    """Read a statement; a program's circuits and its outcomes come from elsewhere."""
    check_head(data, 1)
    _, key, signature, text = cut(data, 4, 32, 64, max(len(data) - 100, 0))
    try:
        plan = json.loads(text)
    except ValueError:
        raise DeviationError("Malformed") from None
    question = plan["question"]
    require(is_in_form(text, plan), "Malformed")
    if question["kind"] == "range":
        t, w, least = (question[k] for k in ("thresholds", "width", "minimum_width"))
        texts = [range_text(t, w), policy_text(t, w, least)]
        outcomes = t + 1
    circuits = {circuit.digest: circuit for circuit in map(Circuit.of, texts)}
    stated = [question["circuit"], question["policy_circuit"]]
    require(set(stated) <= circuits.keys(), "PlanError")
    digest = h("statement", key, text)
    check_signature(key, signature, digest)
    assert outcomes is not None
    circuit, policy = (circuits[each] for each in stated)
    return Terms(plan, key, digest, circuit, policy, outcomes)


def commitment(plan: dict[str, Any], salt: bytes, values: Sequence[int]) -> bytes:
    start, end = plan["period"]
    numbers = [u(start, 8), u(end, 8), salt, *(u(value, 8) for value in values)]
    return h("thresholds", plan["plan"].encode(), *numbers)


# 9: the provider's input wires

type Pair = tuple[bytes, bytes]


def seed_on(seed: bytes, terms: Terms, span: tuple[int, int, int]) -> bytes:
    """Return the seed of a window's day from that of the set-up."""
    return seed_of(seed, (span[2] - 1 - terms.plan["period"][0]) // 86_400)


def seed_of(seed: bytes, day: int) -> bytes:
    require(day <= 3660, "PlanError")
    for _ in range(day):
        seed = h("seed", seed)
    return seed


def input_wires(
    use: str, context: bytes, pairs: Iterable[Pair], delta: bytes
) -> tuple[list[bytes], bytes]:
    """Return zero labels and corrections."""
    zeros, corrections = [], []
    for i, (k_0, k_1) in enumerate(pairs):
        zeros.append(pad(use, context, i, k_0))
        corrections.append(xor(xor(zeros[-1], pad(use, context, i, k_1)), delta))
    return zeros, b"".join(corrections)


def active_wires(
    use: str, context: bytes, held: Iterable[tuple[int, bytes]], corrections: bytes
) -> list[bytes]:
    """Return active labels, of each bit and its seed."""
    return [
        xor(pad(use, context, i, k), times(c, q))
        for i, ((c, k), q) in enumerate(zip(held, blocks(corrections, 16), strict=True))
    ]


# 10 and 11: set-up and transfer


def request_message(secret: bytes, fresh: bytes, digest: bytes) -> bytes:
    share = x25519(hedge(secret, fresh, "share", digest))
    body = head(2) + public_key(secret) + share + digest
    return body + signer(secret).sign(body)


def session_of(request: bytes, terms: Terms, provider_share: bytes) -> bytes:
    _, key, share, digest, _ = cut(request, 4, 32, 32, 32, 64)
    return h("session", key, terms.provider_key, digest, share, provider_share)


def check_request(request: bytes, terms: Terms) -> None:
    check_head(request, 2)
    _, key, _, digest, signature = cut(request, 4, 32, 32, 32, 64)
    check_signature(key, signature, request[:-64])
    require(digest == terms.digest)


# 12: proofs

_LABEL_USES: Final = {"policy": "pass", "equality": "equal"}


def proof_message(
    use: str, circuit: Circuit, session: bytes, pairs: Sequence[Pair], seed: bytes
) -> tuple[bytes, bytes]:
    """Return a garbled proof as it is sent, and its pass label."""
    delta, s, nonce = cut(expand(use, seed, 64), 16, 16, 32)
    delta = odd(delta)
    zeros, corrections = input_wires(use, session + nonce, pairs, delta)
    (zero,), tables = garble(circuit, s, delta, zeros)
    label = xor(zero, delta)
    pass_hash = h(_LABEL_USES[use], session, nonce, label)
    return nonce + s + corrections + tables + pass_hash, label


def proof_length(circuit: Circuit) -> int:
    return 80 + 16 * sum(circuit.inputs) + 32 * circuit.ands


def proof_label(
    use: str,
    circuit: Circuit,
    session: bytes,
    held: Sequence[tuple[int, bytes]],
    proof: bytes,
) -> bytes:
    sizes = (32, 16, 16 * len(held), 32 * circuit.ands, 32)
    nonce, s, corrections, tables, pass_hash = cut(proof, *sizes)
    active = active_wires(use, session + nonce, held, corrections)
    (label,) = evaluate(circuit, s, active, tables)
    found = h(_LABEL_USES[use], session, nonce, label)
    require(found == pass_hash, "ProofRefused")
    return label


def follows(terms: Terms, earlier: Terms) -> bool:
    """Return whether a plan may renew another without a person (10.6)."""
    (start, end), (first, last) = terms.plan["period"], earlier.plan["period"]
    days = 86_400
    same = [
        {
            key: value
            for key, value in plan.items()
            if key not in {"period", "commitment"}
        }
        for plan in (terms.plan, earlier.plan)
    ]
    return (
        terms.provider_key == earlier.provider_key
        and same[0] == same[1]
        and start == last
        and 28 * days <= end - start <= last - first + 3 * days
    )


def _challenge(session: bytes, y: bytes, r: bytes, body: bytes) -> int:
    return reduce(h("proof", session, y, r, body, size=64))


def _seed_pad(  # noqa: PLR0917
    session: bytes, i: int, j: int, y: bytes, triple: bytes, w: bytes, k: bytes
) -> bytes:
    place = u(i, 2) + u(j, 1)
    return h("transfer", session, place, y, *blocks(triple, 32), w, k)


def first_message(
    session: bytes, choices: Sequence[int], seed: bytes
) -> tuple[int, bytes]:
    """Return b and the provider's transfer message."""
    drawn = expand("transfer", seed, 64 * (2 + 2 * len(choices)))
    b, v, *rest = map(reduce, blocks(drawn, 64))
    y, r = mul(b), mul(v)
    body = b""
    for i, c in enumerate(choices):
        a, e = rest[2 * i : 2 * i + 2]
        chosen, other = mul(a, y), mul(e)
        body += mul(a) + (other + chosen if c else chosen + other)
    s = (_challenge(session, y, r, body) * b + v) % L
    return b, y + r + s.to_bytes(32, "little") + body


def second_message(
    session: bytes, n: int, message: bytes, seed: bytes
) -> tuple[list[Pair], bytes]:
    """Return all seeds and the household's transfer message."""
    require(len(message) == 96 + 96 * n)
    y, r, s, body = cut(message, 32, 32, 32, 96 * n)
    points = [y, *blocks(body, 32)]
    for each in points:
        point(each)
    require(len(set(points)) == 3 * n + 1)
    point(r)
    answer = int.from_bytes(s, "little")
    require(0 < answer < L)
    require(mul(answer) == add(r, mul(_challenge(session, y, r, body), y)))

    drawn = iter(blocks(expand("transfer", seed, 64 * 5 * n), 64))
    pairs, reply = [], b""
    for i, triple in enumerate(blocks(body, 96)):
        x, *z = blocks(triple, 32)
        k_0, k_1 = blocks(next(drawn), 32)
        w, masked = b"", b""
        for j, k in enumerate((k_0, k_1)):
            r_j, u_j = reduce(next(drawn)), reduce(next(drawn))
            w_j = add(mul(u_j, x), mul(r_j))
            shared = add(mul(u_j, z[j]), mul(r_j, y))
            w += w_j
            masked += xor(k, _seed_pad(session, i, j, y, triple, w_j, shared))
        pairs.append((k_0, k_1))
        reply += w + masked
    return pairs, reply


def receive(
    session: bytes, choices: Sequence[int], b: int, message: bytes, reply: bytes
) -> list[bytes]:
    """Return the seeds that were chosen."""
    require(len(reply) == 128 * len(choices))
    y, body = message[:32], message[96:]
    answers = [blocks(part, 32) for part in blocks(reply, 128)]
    for w_0, w_1, _, _ in answers:
        point(w_0)
        point(w_1)
    seeds = []
    for i, (c, answer) in enumerate(zip(choices, answers, strict=True)):
        w, masked = answer[c], answer[2 + c]
        triple = body[96 * i : 96 * i + 96]
        key = _seed_pad(session, i, c, y, triple, w, mul(b, w))
        seeds.append(xor(masked, key))
    return seeds


@dataclass(frozen=True)
class Provider:
    """The provider's side of one set-up, and of the agreement after it."""

    terms: Terms
    request: bytes
    session: bytes
    key: bytes
    choices: list[int]
    b: int
    offer: bytes
    seeds: list[bytes]

    @classmethod
    def begin(
        cls,
        terms: Terms,
        secret: bytes,
        request: bytes,
        choices: list[int],
        *,
        fresh: Sequence[bytes],
    ) -> Provider:
        """Take a REQUEST; `fresh` are those of the share and of the offer."""
        check_request(request, terms)
        own = hedge(secret, fresh[0], "share", request)
        session = session_of(request, terms, x25519(own))
        key = key_of(own, request[36:68], session)
        seed = hedge(secret, fresh[1], "offer", session, bytes(choices))
        b, first = first_message(session, choices, seed)
        body = head(3) + session[:16] + x25519(own) + first
        offer = body + signer(secret).sign(session + body)
        return cls(terms, request, session, key, choices, b, offer, [])

    def finish(
        self, transfer: bytes, earlier: Provider | None = None
    ) -> tuple[Provider, bytes]:
        """Return the agreement, and the CONFIRMATION or RENEWED."""
        terms, session, n = self.terms, self.session, self.terms.n
        renews = check_head(transfer, 4, 7) == 7
        equality = Circuit.of(equality_text(n))
        lengths = proof_length(terms.policy), proof_length(equality) * renews
        _, name, old, reply, policy, proof, signature = cut(
            transfer, 4, 16, 20 * renews, 128 * n, *lengths, 64
        )
        require(name == session[:16])
        check_signature(self.request[4:36], signature, session + transfer[:-64])
        if renews:
            require(earlier is not None and old[:16] == earlier.session[:16])
            assert earlier is not None
            require(earlier.request[4:36] == self.request[4:36])
            right = earlier.choices == self.choices and follows(terms, earlier.terms)
            require(right, "PlanError")
        seeds = receive(session, self.choices, self.b, self.offer[52:-64], reply)
        held = list(zip(self.choices, seeds, strict=True))
        label = proof_label("policy", terms.policy, session, held, policy)
        agreed = replace(self, seeds=seeds)
        if earlier is None or not renews:
            return agreed, head(5) + session[:16] + label
        day = int.from_bytes(old[16:])
        before = [seed_of(k, day) for k in earlier.seeds]
        held = [*zip(self.choices, before, strict=True), *held]
        same = proof_label("equality", equality, session, held, proof)
        return agreed, head(8) + session[:16] + label + same

    def answer(self, data: bytes) -> tuple[int | None, bytes]:
        """Return the outcome and the reply to a REPORT, MISSING or DECLINED (13, 14)."""
        digest = h("report", data)
        kind = check_head(data, 16, 17, 21)
        is_missing = kind != 16
        require(len(data) == 53 if is_missing else len(data) >= 69, "Malformed")
        span = window(data[20:37])
        require(kind != 21 or span[0] == 2, "Malformed")
        require(data[4:20] == self.session[:16])
        if is_missing:
            check_tag("claim", self.key, data)
            return None, with_tag("reply", self.key, head(19) + digest)
        terms = self.terms
        sizes = (69, 16, 16, 16 * terms.n, 32 * terms.circuit.ands, 64 * terms.m, 16)
        context, s, seed, corrections, tables, hashes, _ = cut(data, *sizes)
        pairs = [blocks(pair, 32) for pair in blocks(hashes, 64)]
        require(all(zero != one for zero, one in pairs), "Malformed")
        check_tag("claim", self.key, data)
        active = blocks(expand("active", seed, 16 * terms.circuit.inputs[0]), 16)
        current = [seed_on(kept, terms, span) for kept in self.seeds]
        held = zip(self.choices, current, strict=True)
        active += active_wires("correction", context, held, corrections)
        labels = evaluate(terms.circuit, s, active, tables)
        outcome = decode(context, labels, pairs, terms.o)
        if outcome is None:
            reply = head(18) + digest + u(0, 1) + bytes(16 * terms.m)
        else:
            reply = head(18) + digest + u(1, 1) + b"".join(labels)
        return outcome, with_tag("reply", self.key, reply)

    def ask(self, span: tuple[int, int, int]) -> bytes:
        of, start, end = span
        body = head(20) + self.session[:16] + u(of, 1) + u(start, 8) + u(end, 8)
        return with_tag("reply", self.key, body)


def decode(
    context: bytes, labels: Sequence[bytes], pairs: Sequence[list[bytes]], o: int
) -> int | None:
    """Return the outcome that labels stand for, if they do."""
    outcome = 0
    for j, (label, pair) in enumerate(zip(labels, pairs, strict=True)):
        found = h("output", context, u(j, 1), label)
        if found not in pair:
            return None
        outcome |= pair.index(found) << j
    return outcome if outcome < o else None


@dataclass(frozen=True)
class Household:
    """The household's side of an agreement, and of the set-up before it."""

    terms: Terms
    secret: bytes
    session: bytes
    key: bytes
    pairs: list[Pair]
    transfer: bytes = b""
    labels: bytes = b""

    @classmethod
    def agree(
        cls,
        terms: Terms,
        secret: bytes,
        request: bytes,
        offer: bytes,
        *,
        fresh: Sequence[bytes],
        earlier: Household | None = None,
        day: int = 0,
    ) -> Household:
        """Take an OFFER; `fresh` are those of share, transfer, policy and equality.

        An earlier agreement is renewed with its seeds of a day.
        """
        check_head(offer, 3)
        n = terms.n
        _, name, share, first, signature = cut(offer, 4, 16, 32, 96 + 96 * n, 64)
        session = session_of(request, terms, share)
        require(name == session[:16])
        check_signature(terms.provider_key, signature, session + offer[:-64])
        key = key_of(hedge(secret, fresh[0], "share", terms.digest), share, session)
        seed = hedge(secret, fresh[1], "transfer", session, offer)
        pairs, reply = second_message(session, n, first, seed)

        seed = hedge(secret, fresh[2], "policy", session, offer)
        policy, label = proof_message("policy", terms.policy, session, pairs, seed)
        if earlier is None:
            body = head(4) + session[:16] + reply + policy
        else:
            require(follows(terms, earlier.terms), "PlanError")
            seed = hedge(secret, fresh[3], "equality", session, offer)
            before = [
                (seed_of(zero, day), seed_of(one, day)) for zero, one in earlier.pairs
            ]
            equality = Circuit.of(equality_text(n))
            proof, same = proof_message(
                "equality", equality, session, before + pairs, seed
            )
            old = earlier.session[:16] + u(day, 4)
            body = head(7) + session[:16] + old + reply + policy + proof
            label += same
        transfer = body + signer(secret).sign(session + body)
        return cls(terms, secret, session, key, pairs, transfer, label)

    def finish(self, confirmation: bytes) -> None:
        check_head(confirmation, 8 if len(self.labels) == 32 else 5)
        _, name, labels = cut(confirmation, 4, 16, len(self.labels))
        require((name, labels) == (self.session[:16], self.labels))

    def report(
        self,
        span: tuple[int, int, int],
        values: Sequence[tuple[int, int]],
        fresh: bytes,
    ) -> bytes:
        """Return a REPORT on numbers and their widths."""
        context = self._head(16, span)
        x = [bit for value, width in values for bit in bits(value, width)]
        seed = hedge(self.secret, fresh, "report", self.session, context, bytes(x))
        drawn = expand("report", seed, 80)
        delta, s, active_seed, nonce = cut(drawn, 16, 16, 16, 32)
        delta, context = odd(delta), context + nonce
        active = blocks(expand("active", active_seed, 16 * len(x)), 16)
        zeros = [
            xor(label, times(bit, delta)) for label, bit in zip(active, x, strict=True)
        ]
        current = [
            (seed_on(zero, self.terms, span), seed_on(one, self.terms, span))
            for zero, one in self.pairs
        ]
        more, corrections = input_wires("correction", context, current, delta)
        outputs, tables = garble(self.terms.circuit, s, delta, zeros + more)
        hashes = b"".join(
            h("output", context, u(j, 1), label)
            for j, zero in enumerate(outputs)
            for label in (zero, xor(zero, delta))
        )
        report = context + s + active_seed + corrections + tables + hashes
        return with_tag("claim", self.key, report)

    def missing(self, span: tuple[int, int, int]) -> bytes:
        return with_tag("claim", self.key, self._head(17, span))

    def declined(self, span: tuple[int, int, int]) -> bytes:
        return with_tag("claim", self.key, self._head(21, span))

    def read_ask(self, data: bytes) -> tuple[int, int, int]:
        """Return the window that an ASK is about (13.5)."""
        check_tag("reply", self.key, data)
        check_head(data, 20)
        _, name, span, _ = cut(data, 4, 16, 17, 16)
        found = window(span)
        require(name == self.session[:16])
        require(found[0] == 2, "Malformed")
        return found

    def read_reply(self, sent: bytes, reply: bytes) -> int | None:
        """Return the outcome that a REPLY proves, None for an ACKNOWLEDGEMENT."""
        m, digest = self.terms.m, h("report", sent)
        is_missing = sent[3] != 16
        check_tag("reply", self.key, reply)
        check_head(reply, 19 if is_missing else 18)
        if is_missing:
            cut(reply, 4, 32, 16)
            status, labels = b"\1", b""
        else:
            _, _, status, labels, _ = cut(reply, 4, 32, 1, 16 * m, 16)
        require(reply[4:36] == digest, "Malformed")
        if is_missing:
            return None
        require(status != b"\0", "Refused")
        require(status == b"\1", "Malformed")
        pairs = [blocks(pair, 32) for pair in blocks(sent[-64 * m - 16 : -16], 64)]
        outcome = decode(sent[:69], blocks(labels, 16), pairs, self.terms.o)
        require(outcome is not None)
        return outcome

    def _head(self, kind: int, span: tuple[int, int, int]) -> bytes:
        of, start, end = span
        return head(kind) + self.session[:16] + u(of, 1) + u(start, 8) + u(end, 8)


def read_opening(
    terms: Terms, offer: bytes, opening: bytes, widths: Sequence[int]
) -> list[int]:
    """Return the values of an OPENING, proven by the OFFER that was verified (14.3)."""
    check_head(opening, 6)
    _, name, exponent, salt, rest = cut(opening, 4, 16, 32, 32, 8 * len(widths))
    require(name == offer[4:20])
    values = [int.from_bytes(part) for part in blocks(rest, 8)]
    require(commitment(terms.plan, salt, values).hex() == terms.plan["commitment"])
    b = int.from_bytes(exponent, "little")
    require(0 < b < L)
    first = offer[52 : 52 + 96 + 96 * terms.n]
    require(first[:32] == mul(b))
    choices = [
        bit
        for value, width in zip(values, widths, strict=True)
        for bit in bits(value, width)
    ]
    for c, triple in zip(choices, blocks(first[96:], 96), strict=True):
        x, *z = blocks(triple, 32)
        require(z[c] == mul(b, point(x)))
    return values


def odd(delta: bytes) -> bytes:
    return delta[:15] + u(delta[15] | 1, 1)


def encode_measure(y: float, w: int) -> int:
    """Return the integer of 5.7."""
    outside = (1 << w) - 1
    if not math.isfinite(y):
        return outside
    x = math.floor(y + 0.5)
    return x if 0 <= x < outside else outside
