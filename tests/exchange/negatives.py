"""Messages that must be refused, each with the kind of error, for the known answers.

Where a deviation is inside of a signed message it is signed anew by its sender, so
that the refusal is due to the deviation.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
import hashlib
from typing import Any

from currentcost_exchange import ProofRefused, Report, Window, group, parse_claim
from currentcost_exchange.authentication import TAG_BYTES, tagged
from currentcost_exchange.garbling import evaluate
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.household import active_labels
from currentcost_exchange.inputs import active_inputs
from currentcost_exchange.proof import GarbledProof
from currentcost_exchange.report import refusal_bytes
from currentcost_exchange.wire import MAX_CLAIM, MAX_MESSAGE, MAX_STATEMENT

from . import edwards
from .edwards import ORDER, TORSION
from .holes import with_torsion
from .parties import Offered, offer_again, report_with, retagged, transfer_again
from .vector_parties import Json, Parties, drawing, octets

type Cases = Iterator[tuple[str, bytes, str]]
"""Name, message and kind of error."""

SMALL_ORDER = edwards.encode(TORSION[0])
SECOND_IDENTITY = (edwards.PRIME + 1).to_bytes(32, "little")
OTHER_POINT = group.multiply_generator(group.scalar_of(octets("another point", 64)))


def flipped(data: bytes, position: int, mask: int = 1) -> bytes:
    """Return bytes with one of them changed; positions may count from the end."""
    changed = bytearray(data)
    changed[position] ^= mask
    return bytes(changed)


def put(data: bytes, position: int, part: bytes) -> bytes:
    return data[:position] + part + data[position + len(part) :]


def frames(message: bytes, maximum: int) -> Cases:
    """Yield what is wrong with any message's frame."""
    yield "empty", b"", "Malformed"
    yield "three bytes", message[:3], "Malformed"
    yield "other magic", put(message, 0, b"PC"), "Malformed"
    yield "version 0", put(message, 2, b"\0"), "UnsupportedVersion"
    yield "version 2", put(message, 2, b"\2"), "UnsupportedVersion"
    yield "version 2 alone", message[:2] + b"\2\0", "UnsupportedVersion"
    yield "type 6, reserved", put(message, 3, b"\6"), "Malformed"
    yield "type 128, private", put(message, 3, b"\x80"), "Malformed"
    yield "a byte too short", message[:-1], "Malformed"
    yield "a byte too long", message + b"\0", "Malformed"
    yield "beyond the maximum", message + bytes(maximum + 1 - len(message)), "Malformed"


def forged(message: bytes, torsion: edwards.Point, *, of: bytes | None) -> bytes:
    """Return key and signature of a message, under a key of small or mixed order.

    The equation of RFC 8032 holds for it: only the check of the key refuses it.
    """
    exponent = 0 if of is None else int.from_bytes(of, "little") % ORDER
    nonce, count = 7, 0
    while True:
        key = edwards.encode(
            edwards.add(edwards.multiply(exponent, edwards.GENERATOR), torsion)
        )
        r = edwards.encode(edwards.multiply(nonce + count, edwards.GENERATOR))
        hashed = hashlib.sha512(r + key + message).digest()
        k = int.from_bytes(hashed, "little") % ORDER
        if k % 8 == 0:
            s = (nonce + count + k * exponent) % ORDER
            return key + r + s.to_bytes(32, "little")
        count += 1


def statements(parties: Parties) -> Cases:
    good = parties.statement.to_bytes()
    yield "signature", flipped(good, 40), "Violation"
    yield "another key", put(good, 4, parties.identity.key), "Violation"
    yield "the same with S + L", _second_form(good, 36), "Violation"
    text = good[100:]
    spaced = text.replace(b",", b", ", 1)
    for name, changed, kind in (
        ("a space in the text", spaced, "Malformed"),
        ("a line end after the text", text + b"\n", "Malformed"),
        ("no text", b"", "Malformed"),
        ("another circuit", _swapped(text), "PlanError"),
    ):
        key = parties.provider_identity.key
        signature = parties.provider_identity.sign(digest(Use.STATEMENT, key, changed))
        yield name, good[:4] + key + signature + changed, kind
    for name, torsion, of in (
        ("a key of small order", TORSION[0], None),
        ("the identity as a key", edwards.IDENTITY, None),
        ("a key with a torsion part", TORSION[0], octets("mixed key")),
    ):
        # The key is in what is signed, and doesn't depend on it.
        key = forged(b"", torsion, of=of)[:32]
        yield (
            name,
            good[:4] + forged(digest(Use.STATEMENT, key, text), torsion, of=of) + text,
            "Violation",
        )


def _second_form(message: bytes, start: int) -> bytes:
    s = int.from_bytes(message[start + 32 : start + 64], "little") + ORDER
    return put(message, start + 32, s.to_bytes(32, "little"))


def _swapped(text: bytes) -> bytes:
    """Return a plan's text with the digest of its circuit changed."""
    start = text.index(b'"circuit":"') + 11
    return put(text, start, b"0000")


def requests(parties: Parties) -> Cases:
    good, identity = parties.setup.request(), parties.identity
    other = put(good, 68, octets("another statement"))[:-64]
    yield "signature", flipped(good, -1), "Violation"
    yield "another key", put(good, 4, parties.provider_identity.key), "Violation"
    yield "another share", flipped(good, 36), "Violation"
    yield "the same with S + L", _second_form(good, 100), "Violation"
    yield "another statement", other + identity.sign(other), "Violation"
    key = forged(b"", TORSION[0], of=None)[:32]
    body = put(good[:100], 4, key)
    yield (
        "a key of small order",
        body + forged(body, TORSION[0], of=None)[32:],
        "Violation",
    )


def offers(parties: Parties) -> Cases:
    good = parties.provider_setup.offer
    offered, request = _offered(parties), parties.setup.request()

    def signed(choices: bytes) -> bytes:
        return offer_again(offered, request, parties.provider_setup, choices)

    renamed = flipped(good, 4)[:-64]
    signature = parties.provider_identity.sign(parties.household.session + renamed)
    yield "agreement id", flipped(good, 4), "Violation"
    yield "agreement id, signed", renamed + signature, "Violation"
    yield "nonce of another session", flipped(good, 20), "Violation"
    yield "signature", flipped(good, -1), "Violation"
    yield "the same with S + L", _second_form(good, len(good) - 64), "Violation"
    yield "a changed point, not signed", put(good, 148, OTHER_POINT), "Violation"
    first = parties.provider_setup.receiver.message
    assert signed(first) == good
    places = {"y": 0, "x_0": 96, "z_0,0": 128, "z_0,1": 160, "last point": -32}
    for name, place in places.items():
        start = place % len(first)
        was = first[start : start + 32]
        bad = {
            "torsion added to {}": with_torsion(was, TORSION[0]),
            "(0, -1) added to {}": with_torsion(was, (0, edwards.PRIME - 1)),
            "{} of small order": SMALL_ORDER,
            "{} is the identity": group.IDENTITY,
            "{} in another encoding": SECOND_IDENTITY,
            "{} is no point": b"\2" + bytes(31),
        }
        for what, point in bad.items():
            proof = _prove(parties, put(first, start, point))
            yield what.format(name), signed(proof), "Violation"
    for name, start, source in (
        ("z_0,0 = z_0,1", 128, 160),
        ("x_0 = x_1", 192, 96),
        ("y = z_0,0", 128, 0),
    ):
        proof = _prove(parties, put(first, start, first[source : source + 32]))
        yield name, signed(proof), "Violation"
    s = int.from_bytes(first[64:96], "little")
    for name, number in (("s + 1", s + 1), ("s + L", s + ORDER), ("s = 0", 0)):
        yield name, signed(put(first, 64, number.to_bytes(32, "little"))), "Violation"
    yield "another R", signed(put(first, 32, OTHER_POINT)), "Violation"
    mixed = with_torsion(first[32:64], TORSION[0])
    yield "torsion added to R", signed(put(first, 32, mixed)), "Violation"
    for name, r in (("", group.IDENTITY), (", another encoding", SECOND_IDENTITY)):
        proof = _prove(parties, first, commitment=r)
        yield f"R is the identity{name}", signed(proof), "Violation"
    exchanged = first[:128] + first[160:192] + first[128:160] + first[192:]
    yield "z_0,0 and z_0,1 exchanged", signed(exchanged), "Violation"
    elsewhere = _prove(parties, first, session=octets("another session"))
    yield "proof for another session", signed(elsewhere), "Violation"


def _offered(parties: Parties) -> Offered:
    return Offered(
        identity=parties.provider_identity,
        values=parties.values,
        statement=parties.statement,
    )


def _prove(
    parties: Parties,
    first: bytes,
    *,
    session: bytes | None = None,
    commitment: bytes | None = None,
) -> bytes:
    """Return a first transfer message whose proof fits its points.

    A commitment that is given is to 0.
    """
    receiver = parties.provider_setup.receiver
    nonce = bytes(32)
    if commitment is None:
        nonce = group.scalar_of(octets("nonce of a proof", 64))
        commitment = group.multiply_generator(nonce)
    body = first[96:]
    fields = (session or receiver.session, first[:32], commitment, body)
    challenge = group.scalar_of(digest(Use.PROOF, *fields, size=64))
    answer = group.multiply_add(challenge, receiver.exponent, nonce)
    return first[:32] + commitment + answer + body


def transfers(parties: Parties) -> Cases:
    good, setup = parties.transfer, parties.setup
    response_end = 20 + 128 * parties.statement.plan.provider_bits
    renamed = flipped(good, 4)[:-64]
    signature = parties.identity.sign(parties.household.session + renamed)
    yield "agreement id", flipped(good, 4), "Violation"
    yield "agreement id, signed", renamed + signature, "Violation"
    yield "signature", flipped(good, -1), "Violation"
    yield "the same with S + L", _second_form(good, len(good) - 64), "Violation"
    yield "a changed byte, not signed", flipped(good, response_end), "Violation"

    def points(j: int, bad: bytes) -> bytes:
        return transfer_again(setup, good, response=lambda old: put(old, 32 * j, bad))

    response = good[20:response_end]
    for j in (0, 1):
        was = response[32 * j : 32 * j + 32]
        chosen = "chosen" if parties.provider.choices[0] == j else "not chosen"
        for what, bad in {
            "torsion added to": with_torsion(was, TORSION[0]),
            "small order in": SMALL_ORDER,
            "identity in": group.IDENTITY,
            "no point in": b"\2" + bytes(31),
        }.items():
            yield f"{what} w_0,{j}, {chosen}", points(j, bad), "Violation"

    choice = parties.provider.choices.index(1)
    changes: dict[str, Callable[[GarbledProof], GarbledProof]] = {
        "policy: nonce": lambda it: replace(it, nonce=flipped(it.nonce, 0)),
        "policy: hash key": lambda it: replace(it, key=flipped(it.key, 0)),
        "policy: correction of a bit that is 1": lambda it: replace(
            it, corrections=flipped(it.corrections, 16 * choice)
        ),
        "policy: all tables": lambda it: replace(it, tables=bytes(len(it.tables))),
        "policy: pass hash": lambda it: replace(it, pass_hash=flipped(it.pass_hash, 0)),
    }
    for name, change in changes.items():
        yield name, transfer_again(setup, good, policy=change), "ProofRefused"
    side = 64 + 32 * parties.provider.choices[0]
    yield (
        "a chosen seed",
        transfer_again(setup, good, response=lambda old: flipped(old, side)),
        "ProofRefused",
    )
    found = 0
    for bit in range(0, 8 * 32 * parties.statement.plan.policy.and_gates, 128):
        message = transfer_again(
            setup,
            good,
            policy=lambda it, bit=bit: replace(  # type: ignore[misc]
                it, tables=flipped(it.tables, bit // 8)
            ),
        )
        if _is_refused(parties, message) and found < 3:
            found += 1
            yield f"policy: bit {bit} of the tables", message, "ProofRefused"


def _is_refused(parties: Parties, transfer: bytes) -> bool:
    try:
        parties.provider_setup.finish(transfer)
    except ProofRefused:
        return True
    return False


def confirmations(parties: Parties) -> Cases:
    good = parties.confirmation
    yield "agreement id", flipped(good, 4), "Violation"
    yield "label", flipped(good, -1), "Violation"
    yield "label of zeros", put(good, 20, bytes(16)), "Violation"


def claims(parties: Parties) -> Cases:
    """Yield what is refused before it claims its window."""
    plan = parties.statement.plan
    report, missing = _report(parties), parties.household.missing(_window(parties))
    hashes = report.body(plan).output_hashes
    key = parties.household.key
    equal = report_with(report, plan, key, output_hashes=[(hashes[0][0],) * 2])
    yield "report: equal hashes", equal.data, "Malformed"
    yield "report: another agreement", flipped(report.data, 4), "Violation"
    yield "report: a reply's type", put(report.data, 3, b"\x12"), "Malformed"
    yield "report: a missing window's type", put(report.data, 3, b"\x11"), "Malformed"
    for name, position in (("tag", -1), ("nonce", 37), ("hashes", -17), ("start", 28)):
        yield f"report: {name}", flipped(report.data, position), "NotAuthentic"
    for name, length in (("a byte short", -17), ("without its hashes", -80)):
        shorter = retagged(report.data[:length] + bytes(16), key)
        yield f"report: {name}, under a tag", shorter, "Malformed"
    as_reply = tagged(Use.REPLY, key, report.data[:-16])
    yield "report: tagged as a reply", as_reply, "NotAuthentic"
    other = tagged(Use.CLAIM, octets("another key"), report.data[:-16])
    yield "report: tag under another key", other, "NotAuthentic"
    for name, start, part in (
        ("kind 0", 20, b"\0"),
        ("kind 4", 20, b"\4"),
        ("end before start", 29, bytes(8)),
        ("end in 2^48", 29, (1 << 48).to_bytes(8)),
    ):
        yield f"report: window of {name}", put(report.data, start, part), "Malformed"
        yield f"missing: window of {name}", put(missing, start, part), "Malformed"
    yield "missing: tag", flipped(missing, -1), "NotAuthentic"
    yield "missing: another window", flipped(missing, 28), "NotAuthentic"
    yield "missing: another agreement", flipped(missing, 4), "Violation"
    elsewhere = replace(parties.household, key=octets("another key"))
    yield (
        "missing: tag under another key",
        elsewhere.missing(_window(parties)),
        "NotAuthentic",
    )
    for name, message, kind in frames(missing, MAX_CLAIM):
        yield f"missing: {name}", message, kind


def _window(parties: Parties) -> Window:
    plan = parties.statement.plan
    return plan.schedule.window_at(plan.start)


def _report(parties: Parties, measure: int = 5) -> Report:
    with drawing([octets(f"report to be damaged: {measure}")]):
        sent = parties.household.report(_window(parties), (measure,))
    return Report.from_bytes(sent)


def refusals(parties: Parties, two: Parties) -> Iterator[tuple[str, str, Report]]:
    """Yield reports of the right form that don't come out."""
    plan, report = parties.statement.plan, _report(parties)
    body, key = report.body(plan), parties.household.key
    (zero, one), choice = body.output_hashes[0], parties.provider.choices.index(1)
    bodies: dict[str, dict[str, Any]] = {
        "hash key": {"key": flipped(body.key, 0)},
        "active seed": {"active_seed": flipped(body.active_seed, 0)},
        "tables of zeros": {"tables": bytes(len(body.tables))},
        "correction of a bit that is 1": {
            "corrections": flipped(body.corrections, 16 * choice)
        },
        "hash of the outcome": {"output_hashes": [(flipped(zero, 0), flipped(one, 0))]},
    }
    for name, changes in bodies.items():
        yield "small", name, report_with(report, plan, key, **changes)
    nonce = retagged(flipped(report.data, 40), key)
    yield "small", "nonce", Report.from_bytes(nonce)
    yield (
        "small",
        "moved to the next window",
        Report.from_bytes(
            retagged(
                put(report.data, 21, report.data[29:37])[:29]
                + (int.from_bytes(report.data[29:37]) + 900).to_bytes(8)
                + report.data[37:],
                key,
            )
        ),
    )
    found = 0
    for start in range(0, len(body.tables), 16):
        changed = report_with(report, plan, key, tables=flipped(body.tables, start))
        if parties.provider.answer(changed).outcome is None and found < 3:
            found += 1
            yield "small", f"bit {8 * start} of the tables", changed
    beyond = _beyond(two)
    yield "two thresholds", "an outcome beyond the last", beyond


def _beyond(two: Parties) -> Report:
    """Return a report whose label of a bit is read as the other one."""
    report = _report(two, 3)  # outcome 2; with the lowest bit exchanged 3
    (low, high) = report.body(two.statement.plan).output_hashes
    hashes = [low[::-1], high]
    plan, key = two.statement.plan, two.household.key
    return report_with(report, plan, key, output_hashes=hashes)


def replies(parties: Parties, report: Report) -> Cases:
    good, key = parties.provider.answer(report).reply, parties.household.key
    refusal = refusal_bytes(report, parties.statement.plan.output_bits, key)
    other = parties.provider.answer(_report(parties, 9)).reply
    yield "a refusal", refusal, "Refused"
    yield "the reply to another report", other, "Malformed"
    for name, message, kind in (
        ("digest", flipped(good, 4), "Malformed"),
        ("status 2", put(good, 36, b"\2"), "Malformed"),
        ("a refusal with labels", put(good, 36, b"\0"), "Refused"),
        ("label", flipped(good, 37), "Violation"),
        ("label of zeros", put(good, 37, bytes(16)), "Violation"),
        ("label of another report", put(good, 37, other[37:53]), "Violation"),
    ):
        yield name, message, "NotAuthentic"
        yield f"{name}, under a tag", retagged(message, key), kind
    for name, labels in (("no label", b""), ("a label too many", bytes(32))):
        longer = retagged(good[:37] + labels + bytes(16), key)
        yield f"{name}, under a tag", longer, "Malformed"
    yield "tag", flipped(good, -1), "NotAuthentic"
    yield "tagged as a report", tagged(Use.CLAIM, key, good[:-16]), "NotAuthentic"
    acknowledged = retagged(b"CP\1\x13" + report.digest + bytes(16), key)
    yield "an acknowledgement", acknowledged, "Malformed"


def acknowledgements(good: bytes, key: bytes) -> Cases:
    yield "digest", flipped(good, 4), "NotAuthentic"
    yield "digest, under a tag", retagged(flipped(good, 4), key), "Malformed"
    yield "tag", flipped(good, -1), "NotAuthentic"
    reply = b"CP\1\x12" + good[4:36] + b"\0" + bytes(32)
    yield "a reply", retagged(reply, key), "Malformed"


def negative_vectors(small: Parties, two: Parties) -> Json:
    """Return all of them; `small` and `two` are cases of v1-range."""
    report, beyond, key = _report(small), _beyond(two), small.household.key
    missing = small.household.missing(_window(small))
    acknowledgement = small.provider.answer(parse_claim(missing)).reply
    honest = {
        "statement": (small.statement.to_bytes(), MAX_STATEMENT, statements(small)),
        "request": (small.setup.request(), MAX_MESSAGE, requests(small)),
        "offer": (small.provider_setup.offer, MAX_MESSAGE, offers(small)),
        "transfer": (small.transfer, MAX_MESSAGE, transfers(small)),
        "confirmation": (small.confirmation, MAX_MESSAGE, confirmations(small)),
        "claim": (report.data, MAX_CLAIM, claims(small)),
        "reply": (
            small.provider.answer(report).reply,
            MAX_MESSAGE,
            replies(small, report),
        ),
        "acknowledgement": (
            acknowledgement,
            MAX_MESSAGE,
            acknowledgements(acknowledgement, key),
        ),
    }
    labels = [label.to_bytes(16) for label in _labels(two, beyond)]
    body = b"CP\1\x12" + beyond.digest + b"\1" + b"".join(labels)
    reply = tagged(Use.REPLY, two.household.key, body)
    return {
        "case": "small",
        "missing": missing.hex(),
        "honest": {stage: good.hex() for stage, (good, _, _) in honest.items()},
        "refused": [
            {
                "stage": stage,
                "name": name,
                **edits(good, message),
                "error": kind,
            }
            for stage, (good, maximum, cases) in honest.items()
            for name, message, kind in [*_framed(stage, good, maximum, key), *cases]
        ],
        "not answered": [
            {
                "case": case,
                "name": name,
                **edits((report if case == "small" else beyond).data, changed.data),
                "reply": (small if case == "small" else two)
                .provider.answer(changed)
                .reply.hex(),
            }
            for case, name, changed in refusals(small, two)
        ],
        "beyond": {
            "case": "two thresholds",
            "report": beyond.data.hex(),
            "reply": reply.hex(),
            "error": "Violation",
        },
    }


def _labels(parties: Parties, report: Report) -> list[int]:
    """Return the active labels of a report's outputs, whatever they stand for."""
    plan, held = parties.statement.plan, parties.provider
    body = report.body(plan)
    active = active_labels(body.active_seed, sum(plan.household_widths))
    active += active_inputs(
        Use.CORRECTION, held.seeds, held.choices, report.context, body.corrections
    )
    return evaluate(plan.circuit, body.key, active, body.tables)


def _framed(
    stage: str, good: bytes, maximum: int, key: bytes
) -> list[tuple[str, bytes, str]]:
    """Return the frames that are wrong.

    A statement of another length is a text's. Of a reply the tag counts first.
    """
    wrong = list(frames(good, maximum))
    if stage == "statement":
        return [each for each in wrong if each[0] != "a byte too short"]
    if stage not in {"reply", "acknowledgement"}:
        return wrong
    return [
        *((name, message, "NotAuthentic") for name, message, _ in wrong),
        *(
            (f"{name}, under a tag", retagged(message, key), kind)
            for name, message, kind in wrong
            if TAG_BYTES < len(message) <= maximum
        ),
    ]


def edits(good: bytes, message: bytes) -> Json:
    """Return what makes a message of the honest one.

    Bytes that are put in its place at an offset, after it was cut or extended by
    zeros to a length; or all of it, where that is shorter to say.
    """
    same = (good + bytes(max(0, len(message) - len(good))))[: len(message)]
    edits: list[tuple[int, bytes]] = []
    for start, (was, byte) in enumerate(zip(same, message, strict=True)):
        if was == byte:
            continue
        if edits and start - (end := edits[-1][0] + len(edits[-1][1])) < 8:
            edits[-1] = edits[-1][0], edits[-1][1] + message[end : start + 1]
        else:
            edits.append((start, message[start : start + 1]))
    found: Json = {} if len(message) == len(good) else {"length": len(message)}
    if edits:
        found["put"] = [[start, data.hex()] for start, data in edits]
    return found


def edited(good: bytes, edits: Json) -> bytes:
    """Return the message that `edits` describes."""
    length = edits.get("length", len(good))
    message = (good + bytes(max(0, length - len(good))))[:length]
    for start, data in edits.get("put", []):
        message = put(message, start, bytes.fromhex(data))
    return message
