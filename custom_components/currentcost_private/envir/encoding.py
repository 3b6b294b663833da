"""The line that a display sends for a reading: the inverse of the parser."""

from .messages import Reading


def encode(
    reading: Reading, *, fahrenheit: bool = False, uid: bytes | None = None
) -> bytes:
    """Return the line, with its CR LF.

    Of a CC128 that is set to Fahrenheit, or that sends a `uid`, if so.
    """
    if reading.model == "CC02":
        body = _classic(reading).encode()
    else:
        body = _cc128(reading, fahrenheit=fahrenheit).encode()
        if uid is not None:
            body = body.replace(b"</src>", b"</src><uid>%b</uid>" % uid)
    return b"<msg>%b</msg>\r\n" % body


def _cc128(reading: Reading, *, fahrenheit: bool) -> str:
    if reading.impulses is None:
        values = f"<type>1</type>{_channels(reading)}"
    else:
        values = (
            f"<type>2</type><imp>{reading.impulses.count:010}</imp>"
            f"<ipu>{reading.impulses.per_unit}</ipu>"
        )
    return (
        f"<src>{reading.model}-v{reading.firmware}</src><dsb>{reading.days:05}</dsb>"
        f"<time>{reading.time:%H:%M:%S}</time>"
        f"{_temperature(reading, fahrenheit=fahrenheit)}"
        f"<sensor>{reading.sensor}</sensor><id>{reading.transmitter:05}</id>{values}"
    )


def _classic(reading: Reading) -> str:
    return (
        f"<date><dsb>{reading.days:05}</dsb><hr>{reading.time:%H}</hr>"
        f"<min>{reading.time:%M}</min><sec>{reading.time:%S}</sec></date>"
        f"<src><name>{reading.model}</name><id>{reading.transmitter:05}</id>"
        f"<type>1</type><sver>{reading.firmware}</sver></src>"
        f"{_channels(reading)}{_temperature(reading, fahrenheit=False)}"
    )


def _channels(reading: Reading) -> str:
    return "".join(
        f"<ch{channel}><watts>{watts:05}</watts></ch{channel}>"
        for channel, watts in sorted(reading.channels.items())
    )


def _temperature(reading: Reading, *, fahrenheit: bool) -> str:
    """Return four places, with blanks in place of leading zeros: even of "0.5"."""
    if reading.temperature is None:
        return ""
    degrees, tag = reading.temperature, "tmpr"
    if fahrenheit:
        degrees, tag = degrees * 1.8 + 32, "tmprF"
    printed = f"{degrees:4.1f}".replace(" 0.", "  .")
    return f"<{tag}>{printed}</{tag}>"
