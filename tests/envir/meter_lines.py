"""Messages of real meters, one of each form, without their line ends."""

from typing import Final

from currentcost_envir import Damaged, Message, StreamParser
from currentcost_envir.messages import RAW_LIMIT

type Item = Message | Damaged

ENVIR: Final = (
    b"<msg><src>CC128-v1.29</src><dsb>00017</dsb><time>08:59:19</time>"
    b"<tmpr>20.0</tmpr><sensor>0</sensor><id>00077</id><type>1</type>"
    b"<ch1><watts>00193</watts></ch1></msg>"
)
THREE_CHANNELS: Final = (
    b"<msg><src>CC128-v0.11</src><dsb>00224</dsb><time>23:20:56</time>"
    b"<tmpr>21.5</tmpr><sensor>0</sensor><id>02926</id><type>1</type>"
    b"<ch1><watts>01445</watts></ch1><ch2><watts>01957</watts></ch2>"
    b"<ch3><watts>04110</watts></ch3></msg>"
)
FAHRENHEIT: Final = (
    b"<msg><src>CC128-v0.15</src><dsb>01772</dsb><time>00:37:10</time>"
    b"<tmprF>79.5</tmprF><sensor>0</sensor><id>00865</id><type>1</type>"
    b"<ch1><watts>00065</watts></ch1><ch2><watts>00320</watts></ch2></msg>"
)
APPLIANCE: Final = (
    b"<msg><src>CC128-v1.29</src><dsb>02616</dsb><time>23:45:30</time>"
    b"<tmpr>23.7</tmpr><sensor>1</sensor><id>02773</id><type>1</type>"
    b"<ch1><watts>00000</watts></ch1></msg>"
)
IMPULSES: Final = (
    b"<msg><src>CC128-v1.48.03</src><dsb>00002</dsb><time>14:28:32</time>"
    b"<tmpr>25.5</tmpr><sensor>0</sensor><id>01039</id><type>2</type>"
    b"<imp>0000014768</imp><ipu>1000</ipu></msg>"
)
UID: Final = ENVIR.replace(
    b"<dsb>", b"<uid>4410808100B8004-/\x0b4\xd8</uid><dsb>"
).replace(b"v1.29", b"v1.19")
CLASSIC: Final = (
    b"<msg><date><dsb>00101</dsb><hr>20</hr><min>16</min><sec>58</sec></date>"
    b"<src><name>CC02</name><id>00077</id><type>1</type><sver>1.06</sver></src>"
    b"<ch1><watts>02350</watts></ch1><ch2><watts>00000</watts></ch2>"
    b"<ch3><watts>00000</watts></ch3><tmpr>13.4</tmpr></msg>"
)


def _classic_store(name: str, values: dict[str, str]) -> str:
    entries = "".join(f"<{tag}>{value}</{tag}>" for tag, value in values.items())
    return f"<{name}>{entries}</{name}>"


CLASSIC_HISTORY: Final = CLASSIC.replace(
    b"</msg>",
    "<hist>{}{}{}{}</hist></msg>".format(
        _classic_store("hrs", {f"h{n:02}": "000.3" for n in range(2, 27, 2)}),
        _classic_store("days", {f"d{n:02}": "0013" for n in range(1, 32)}),
        _classic_store("mths", {f"m{n:02}": "0382" for n in range(1, 13)}),
        _classic_store("yrs", {f"y{n}": "0004711" for n in range(1, 5)}),
    ).encode(),
)


def history(
    values: dict[str, str],
    *,
    head: str = "<dsw>00019</dsw><type>1</type><units>kwhr</units>",
    data_head: str = "",
) -> bytes:
    """Return a CC128's history message: sensor 0 has the values, the others none."""
    data = "".join(
        f"<data><sensor>{sensor}</sensor>{data_head}"
        + "".join(
            f"<{tag}>{'0.000' if sensor else value}</{tag}>"
            for tag, value in values.items()
        )
        + "</data>"
        for sensor in range(10)
    )
    return (
        "<msg><src>CC128-v1.29</src><dsb>00017</dsb><time>08:59:33</time>"
        f"<hist>{head}{data}</hist></msg>"
    ).encode()


HISTORY: Final = history({"h010": "0.362", "h008": "2.386", "h006": "3.346"})

MESSAGES: Final = (
    ENVIR,
    THREE_CHANNELS,
    FAHRENHEIT,
    APPLIANCE,
    IMPULSES,
    UID,
    CLASSIC,
    CLASSIC_HISTORY,
    HISTORY,
)


def parse(stream: bytes) -> list[Item]:
    """Return all that a stream says."""
    parser = StreamParser()
    return parser.feed(stream) + parser.flush()


def places(items: list[Item]) -> list[tuple[int, int]]:
    """Return the items' byte ranges, which their equality doesn't look at."""
    return [(item.offset, item.length) for item in items]


def check_account(stream: bytes, items: list[Item]) -> None:
    """Every byte is an item's or a blank between items."""
    position = 0
    for item in items:
        assert item.length > 0
        assert not stream[position : item.offset].strip(b" \r\n")
        assert item.offset >= position
        position = item.offset + item.length
        if isinstance(item, Damaged):
            assert item.raw == stream[item.offset : position][:RAW_LIMIT]
    assert position <= len(stream)
    assert not stream[position:].strip(b" \r\n")
