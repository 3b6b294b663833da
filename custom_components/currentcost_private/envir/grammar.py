"""The documented forms of a message, as regular expressions.

An XML parser would not do: the `uid` of some displays has bytes that no XML may have,
and the protocol is stricter than XML, so that more damage shows. A form is a sequence
of named parts. Their concatenation matches a message at once; one by one, they tell
where a message that doesn't match goes wrong.
"""

from collections.abc import Iterable
import re
from typing import Final

_TIME: Final = rb"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)"

_FIRMWARE: Final = rb"\d\.\d\d(?:\.\d\d)?"

# Four places, the leading ones blank: "20.0", " 9.5", "  .0". More of them are needed
# below -9.9 degrees and above 99.9 F.
_DEGREES: Final = rb"(?:[ \d-]\d|  | -|1\d\d|-\d\d)\.\d"

# Three decimals, cut off at seven places: "0.228", "1152.25", "-2024.3". The
# manufacturer's own description shows "001.1".
_KWH: Final = (
    rb"(?:\d{1,3}\.\d{3}|\d{4}\.\d\d|-\d{1,2}\.\d{3}|-\d{3}\.\d\d|-\d{4}\.\d|\d{3}\.\d)"
)


class Form:
    """A form that a message can have: named parts, one after the other."""

    def __init__(self, parts: Iterable[tuple[str, bytes]]) -> None:
        """Take the parts' names and regular expressions."""
        parts = [("<msg>", b"<msg>"), *parts, ("</msg>", b"</msg>")]
        self._parts = [(name, re.compile(part, re.DOTALL)) for name, part in parts]
        self.match = re.compile(
            b"".join(part for _, part in parts), re.DOTALL
        ).fullmatch

    def failure(self, message: bytes) -> tuple[int, str]:
        """Return the position and the name of the first part that doesn't match."""
        position = 0
        for name, part in self._parts:
            match = part.match(message, position)
            if match is None:
                return position, name
            position = match.end()
        return position, "the end"


def _tag(name: str, content: bytes) -> tuple[str, bytes]:
    tag = name.encode()
    return name, b"<%b>%b</%b>" % (tag, content, tag)


def _optional(part: tuple[str, bytes]) -> tuple[str, bytes]:
    name, pattern = part
    return name, b"(?:%b)?+" % pattern


def _channel(number: int) -> tuple[str, bytes]:
    return _tag(f"ch{number}", rb"<watts>(?P<ch%d>\d{5})</watts>" % number)


def _history_data(sensor: int) -> tuple[str, bytes]:
    """Return the part with one sensor's data.

    Firmware 0.09 repeats type and units here, and the manufacturer's description has
    the units of the last sensor here.
    """
    entry = rb"<(?P<tag%d>[hdm]\d{3})>%b</(?P=tag%d)>" % (sensor, _KWH, sensor)
    return (
        f"data of sensor {sensor}",
        rb"<data><sensor>%d</sensor>(?:<type>1</type>)?+(?:<units>kwhr</units>)?+"
        rb"(?P<data%d>(?:%b)*+)(?:<units>kwhr</units>)?+</data>"
        % (sensor, sensor, entry),
    )


def _store(name: str, tags: Iterable[str], value: bytes) -> tuple[str, bytes]:
    """Return the part with one of a Classic's stores, which is always sent whole."""
    entries = b"".join(_tag(tag, value)[1] for tag in tags)
    return _tag(name, b"(?P<store_%b>%b)" % (name.encode(), entries))


_HEAD: Final = (
    _tag("src", rb"CC128-v(?P<firmware>%b)" % _FIRMWARE),
    _optional(_tag("uid", rb".{0,64}?")),
    _tag("dsb", rb"(?P<days>\d{5})"),
    _tag("time", _TIME),
)

_READING: Final = (
    *_HEAD,
    _optional(
        (
            "tmpr",
            b"<tmpr>(?P<celsius>%b)</tmpr>|<tmprF>(?P<fahrenheit>%b)</tmprF>"
            % (_DEGREES, _DEGREES),
        )
    ),
    _tag("sensor", rb"(?P<sensor>\d)"),
    _tag("id", rb"(?P<transmitter>\d{5})"),
)

POWER: Final = Form(
    (
        *_READING,
        _tag("type", b"1"),
        ("ch1, ch2 or ch3", rb"(?=<ch\d><watts>\d{5}</watts></ch\d>)"),
        *(_optional(_channel(number)) for number in (1, 2, 3)),
    )
)
"""A CC128's reading of one to three clamps."""

IMPULSES: Final = Form(
    (
        *_READING,
        _tag("type", b"2"),
        _tag("imp", rb"(?P<imp>\d{10})"),
        _tag("ipu", rb"(?P<ipu>\d{1,10})"),
    )
)
"""A CC128's reading of an impulse counter."""

HISTORY: Final = Form(
    (
        *_HEAD,
        ("hist", b"<hist>"),
        _optional(_tag("dsw", rb"(?P<days_since_wipe>\d{5})")),
        _optional(_tag("type", b"1")),
        _optional(_tag("units", b"kwhr")),
        *map(_history_data, range(10)),
        ("</hist>", b"</hist>"),
    )
)
"""A part of a CC128's history, always of all ten sensors."""

_CLASSIC: Final = (
    ("date", b"<date>"),
    _tag("dsb", rb"(?P<days>\d{5})"),
    _tag("hr", rb"(?P<hour>[01]\d|2[0-3])"),
    _tag("min", rb"(?P<minute>[0-5]\d)"),
    _tag("sec", rb"(?P<second>[0-5]\d)"),
    ("</date>", b"</date>"),
    ("src", b"<src>"),
    _tag("name", b"CC02"),
    _tag("id", rb"(?P<transmitter>\d{5})"),
    _tag("type", b"1"),
    _tag("sver", b"(?P<firmware>%b)" % _FIRMWARE),
    ("</src>", b"</src>"),
    *map(_channel, (1, 2, 3)),
    _tag("tmpr", b"(?P<celsius>%b)" % _DEGREES),
)

CLASSIC: Final = Form(_CLASSIC)
"""A Classic's reading."""

CLASSIC_HISTORY: Final = Form(
    (
        *_CLASSIC,
        ("hist", b"(?P<hist><hist>)"),
        _store("hrs", (f"h{hour:02}" for hour in range(2, 27, 2)), rb"\d{3}\.\d"),
        _store("days", (f"d{day:02}" for day in range(1, 32)), rb"\d{4}"),
        _store("mths", (f"m{month:02}" for month in range(1, 13)), rb"\d{4}"),
        _store("yrs", (f"y{year}" for year in range(1, 5)), rb"\d{7}"),
        ("</hist>", b"</hist>"),
    )
)
"""A Classic's reading and its whole history."""

FORMS: Final = (POWER, IMPULSES, HISTORY, CLASSIC, CLASSIC_HISTORY)
