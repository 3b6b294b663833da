"""Damage as it was seen on the wire: what is lost, and that nothing else is."""

from currentcost_envir import Damage, Damaged, Reading
from currentcost_envir.framing import LIMIT
from currentcost_envir.messages import RAW_LIMIT
import pytest

from .meter_lines import CLASSIC, ENVIR, IMPULSES, Item, parse

LINE = ENVIR + b"\r\n"


def kinds(items: list[Item]) -> list[Damage | None]:
    """Return the kind of each item's damage, None for a message."""
    return [item.kind if isinstance(item, Damaged) else None for item in items]


@pytest.mark.parametrize("stray", [b"\xfc", b"\xef", b"\x00", b"\x00\xff\x1a", b"<"])
def test_stray_bytes_before_a_message(stray: bytes) -> None:
    damaged, reading = parse(stray + LINE)
    assert isinstance(damaged, Damaged)
    assert (damaged.kind, damaged.raw) == (Damage.STRAY, stray)
    assert (reading.offset, reading.length) == (len(stray), len(ENVIR))


@pytest.mark.parametrize("blank", [b" ", b"\n", b"\r\n", b"\r\n\r\n", b" \n "])
def test_blanks_around_a_message_are_no_damage(blank: bytes) -> None:
    assert kinds(parse(blank + ENVIR + blank + ENVIR + blank)) == [None, None]


@pytest.mark.parametrize(
    ("found", "replaced", "reason"),
    [
        (b"><watts", b"\x1awatts", "ch1, ch2 or ch3"),
        (b"</id>", b"|/id>", "id"),
        (b"00193", b"0x193", "ch1, ch2 or ch3"),
        (b"00193", b"0019d", "ch1, ch2 or ch3"),
        (b"00193", b"-0193", "ch1, ch2 or ch3"),
        (b"00193", b" 0193", "ch1, ch2 or ch3"),
        (b"00193", b"0193", "ch1, ch2 or ch3"),
        (b"00193", b"000193", "ch1, ch2 or ch3"),
        (b"00077", b"0007\x8f", "id"),
        (b"20.0", b"20.d", "sensor"),
        (b"20.0", b"200", "sensor"),
        (b"20.0", b"", "sensor"),
        (b"20.0", b"    ", "sensor"),
        (b"08:59:19", b"24:00:00", "time"),
        (b"08:59:19", b"08:60:19", "time"),
        (b"08:59:19", b"08:59:61", "time"),
        (b"08:59:19", b"8:59:19", "time"),
        (b"00017", b"17", "dsb"),
        (b"<sensor>0", b"<sensor>10", "sensor"),
        (b"<type>1", b"<type>3", "type"),
        (b"<type>1", b"<type>2", "imp"),
        (b"CC128-v1.29", b"CC128", "src"),
        (b"CC128", b"CC129", "src"),
        (b"<ch1>", b"<ch4>", "</msg>"),
        (b"</ch1>", b"</ch2>", "</msg>"),
        (b"<sensor>", b" <sensor>", "sensor"),
        (b"<watts>", b"<Watts>", "ch1, ch2 or ch3"),
        (b"<ch1><watts>00193</watts></ch1>", b"", "ch1, ch2 or ch3"),
    ],
)
def test_message_that_is_malformed(found: bytes, replaced: bytes, reason: str) -> None:
    broken = ENVIR.replace(found, replaced)
    assert broken != ENVIR
    damaged, after = parse(broken + b"\r\n" + LINE)
    assert isinstance(damaged, Damaged)
    assert damaged.kind is Damage.MALFORMED
    assert isinstance(after, Reading)
    assert (damaged.offset, damaged.length) == (0, len(broken))
    assert damaged.reason.startswith(f"{reason} was expected at byte ")


def test_reason_tells_the_place() -> None:
    (damaged,) = parse(ENVIR.replace(b"08:59", b"08x59"))
    assert isinstance(damaged, Damaged)
    assert damaged.reason == (
        f"time was expected at byte {ENVIR.index(b'<time>')} of the message"
    )


@pytest.mark.parametrize(
    "message",
    [
        IMPULSES.replace(b"0000014768", b"14768"),
        IMPULSES.replace(b"<ipu>1000</ipu>", b""),
        IMPULSES.replace(b"<ipu>1000", b"<ipu>"),
        IMPULSES.replace(b"<imp>", b"<ch1><watts>00193</watts></ch1><imp>"),
        ENVIR.replace(b"</msg>", b"<imp>0000014768</imp><ipu>1000</ipu></msg>"),
        ENVIR.replace(b"</msg>", b"<ch1><watts>00193</watts></ch1></msg>"),
        CLASSIC.replace(b"<ch3><watts>00000</watts></ch3>", b""),
        CLASSIC.replace(b"<tmpr>13.4</tmpr>", b""),
        CLASSIC.replace(b"<hr>20", b"<hr>24"),
        CLASSIC.replace(b"</msg>", b"<hist></hist></msg>"),
    ],
)
def test_mixed_forms_are_malformed(message: bytes) -> None:
    assert kinds(parse(message)) == [Damage.MALFORMED]


@pytest.mark.parametrize(
    ("found", "replaced"), [(b"00077", b"04096"), (b"00193", b"32768")]
)
def test_values_that_no_radio_can_carry(found: bytes, replaced: bytes) -> None:
    (damaged,) = parse(ENVIR.replace(found, replaced))
    assert isinstance(damaged, Damaged)
    assert damaged.kind is Damage.OUT_OF_RANGE
    assert "above" in damaged.reason


def test_two_messages_on_one_line() -> None:
    assert kinds(parse(ENVIR + ENVIR + b"\r\n")) == [None, None]


@pytest.mark.parametrize("size", [5, 30, 100, len(ENVIR) - 1])
def test_message_cut_off_by_the_next(size: int) -> None:
    for between in (b"", b"\r\n"):
        items = parse(ENVIR[:size] + between + LINE)
        assert kinds(items) == [Damage.TRUNCATED, None]
        assert items[0].length == size


@pytest.mark.parametrize("size", [5, 30, 100, len(ENVIR) - 6])
def test_port_opened_in_the_middle_of_a_message(size: int) -> None:
    damaged, reading = parse(LINE[size:] + LINE)
    assert isinstance(damaged, Damaged)
    assert damaged.kind is Damage.TRUNCATED
    assert damaged.reason == "the beginning of the message is missing"
    assert damaged.length == len(ENVIR) - size
    assert isinstance(reading, Reading)


def test_stream_that_ends_inside_of_a_message() -> None:
    reading, damaged = parse(LINE + ENVIR[:-2])
    assert isinstance(reading, Reading)
    assert isinstance(damaged, Damaged)
    assert damaged.kind is Damage.TRUNCATED
    assert damaged.reason == "the stream ended inside of a message"


@pytest.mark.parametrize("rest", [b"<", b"<ms", b"\xfc\xfc\xfc"])
def test_stream_that_ends_in_strays(rest: bytes) -> None:
    assert kinds(parse(LINE + rest)) == [None, Damage.STRAY]


def test_damaged_tag_at_the_end_takes_no_other_message_along() -> None:
    broken = ENVIR.replace(b"</msg>", b"</m\xf3g>")
    assert kinds(parse(broken + b"\r\n" + LINE)) == [Damage.TRUNCATED, None]


def test_damaged_tag_at_the_beginning_takes_no_other_message_along() -> None:
    broken = b"|||" + ENVIR[3:]
    assert kinds(parse(LINE + broken + b"\r\n" + LINE)) == [
        None,
        Damage.TRUNCATED,
        None,
    ]


def test_each_line_of_garbage_is_a_stretch() -> None:
    assert kinds(parse(b"ab\r\n\xff\xff\r\n \r\n" + LINE)) == [
        Damage.STRAY,
        Damage.STRAY,
        None,
    ]


def test_message_without_an_end_is_given_up_at_the_limit() -> None:
    items = parse(b"<msg>" + b"7" * (LIMIT - 5) + LINE)
    assert kinds(items) == [Damage.OVERSIZED, None]
    assert items[0].length == LIMIT


def test_message_that_ends_right_at_the_limit_is_whole() -> None:
    for excess, kind in ((0, Damage.MALFORMED), (1, Damage.OVERSIZED)):
        filling = b"7" * (LIMIT - len(b"<msg></msg>") + excess)
        assert kinds(parse(b"<msg>" + filling + b"</msg>"))[0] is kind


@pytest.mark.parametrize("size", range(LIMIT - 6, LIMIT + 7))
@pytest.mark.parametrize("start", [b"", b"<msg>"])
def test_limit_never_cuts_into_the_next_message(start: bytes, size: int) -> None:
    garbage = start + b"7" * (size - len(start))
    items = parse(garbage + LINE)
    assert isinstance(items[-1], Reading)
    assert (items[-1].offset, items[-1].length) == (size, len(ENVIR))


def test_raw_bytes_of_damage_are_bounded_and_not_in_its_repr() -> None:
    (damaged,) = parse(ENVIR.replace(b"</ch1>", b"7" * 1000))
    assert isinstance(damaged, Damaged)
    assert len(damaged.raw) == RAW_LIMIT
    assert damaged.length > RAW_LIMIT
    assert "00193" not in repr(damaged)
