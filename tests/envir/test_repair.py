"""Damage that carries no value is repaired; damage in a value never is."""

from currentcost_envir import Damaged, Reading, StreamParser
import pytest

from .meter_lines import (
    APPLIANCE,
    CLASSIC,
    ENVIR,
    FAHRENHEIT,
    HISTORY,
    IMPULSES,
    THREE_CHANNELS,
    UID,
    Item,
    check_account,
    parse,
)

FORMS = (ENVIR, THREE_CHANNELS, FAHRENHEIT, APPLIANCE, IMPULSES, CLASSIC)
STREAM = b"".join(form + b"\r\n" for form in FORMS)


def damaged(message: bytes) -> Item:
    """Return what comes of a message in a stream whose forms are known."""
    stream = STREAM + message + b"\r\n" + ENVIR
    items = parse(stream)
    check_account(stream, items)
    assert items[-1] == parse(ENVIR)[0]
    assert len(items) == len(FORMS) + 2
    return items[-2]


@pytest.mark.parametrize(
    ("found", "replaced"),
    [
        (b"><watts", b"\x1awatts"),
        (b"</id>", b"|/id>"),
        (b"<msg>", b"\xfcmsg>"),
        (b"</msg>", b"</m\xf3g>"),
        (b"CC128", b"CC129"),
        (b"<watts>", b"<wa\0tts>"),
        (b"00193", b"00\x00193"),
        (b"00193", b"00\xff193"),
        (b"20.0", b"200"),
        (b"08:59", b"08x59"),
        (b"<type>", b"<tpe>"),
        (b"<type>", b"<t\x80p\x81>"),
    ],
)
def test_repaired(found: bytes, replaced: bytes) -> None:
    broken = ENVIR.replace(found, replaced)
    reading = damaged(broken)
    assert reading == parse(ENVIR)[0]
    assert isinstance(reading, Reading)
    assert reading.repaired
    assert (reading.offset, reading.length) == (len(STREAM), len(broken))


@pytest.mark.parametrize(
    ("found", "replaced"),
    [
        (b"00193", b"0x193"),
        (b"00193", b"0193"),
        (b"00193", b"001993"),
        (b"00193", b"00\x1a93"),
        (b"<sensor>0<", b"<sensor>x<"),
        (b"<type>1", b"<type>7"),
        (b"<type>", b"<t\x80p\x81\x82>"),
        (b"08:59:19", b"98:59:19"),
    ],
)
def test_not_repaired(found: bytes, replaced: bytes) -> None:
    assert isinstance(damaged(ENVIR.replace(found, replaced)), Damaged)


@pytest.mark.parametrize("message", FORMS, ids=range(len(FORMS)))
def test_one_byte_of_damage_never_changes_a_value_but_by_a_digit(
    message: bytes,
) -> None:
    """Go through every byte: lost, replaced, doubled, or with another before it."""
    (original,) = parse(message)
    assert isinstance(original, Reading)
    for i in range(len(message)):
        before, after = message[:i], message[i + 1 :]
        for byte in (b"", b"\0", b"\xff", b"<", b">", b"7", b" ", message[i:][:1] * 2):
            changed = before + byte + after
            for item in parse(STREAM + changed + b"\r\n" + ENVIR)[len(FORMS) : -1]:
                if not isinstance(item, Reading) or item == original:
                    continue
                # A digit for a digit, or the impulses in a unit.
                changes = changed[i : i + 1] + message[i : i + 1]
                assert changes.strip(b" ").isdigit() or item.impulses
                if item.total != original.total:
                    assert len(changed) == len(message)


def test_what_was_not_seen_is_not_repaired() -> None:
    broken = ENVIR.replace(b"</id>", b"|/id>")
    assert isinstance(parse(broken)[0], Damaged)
    assert isinstance(parse(UID + broken)[1], Damaged)


def test_nul_bytes_in_a_history() -> None:
    (history,) = parse(HISTORY)
    (repaired,) = parse(HISTORY.replace(b"0.362", b"0.\x003\x0062"))
    assert repaired == history
    assert not isinstance(repaired, Damaged)
    assert repaired.repaired


def test_counts() -> None:
    parser = StreamParser()
    parser.feed(ENVIR + ENVIR.replace(b"</id>", b"|/id>") + b"<msg>x</msg>")
    assert (parser.counts.accepted, parser.counts.repaired) == (2, 1)
    assert parser.counts.damaged.total() == 1
