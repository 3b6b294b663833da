"""Messages a second: the parser beside plain readers of whole lines.

The plain readers are what programs for these meters usually have, `xml.etree` and
`xmltodict`, which take a line and return its fields, and check nothing.

    python -m benchmarks.parser
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Final
from xml.etree import ElementTree as ET

from currentcost_envir import Damaged, Judge, StreamParser
import xmltodict

from .streams import Sent, simulated
from .timing import machine

COUNT: Final = 10_000
RUNS: Final = 15


def with_etree(sent: list[Sent]) -> int:
    """Read each line with xml.etree."""
    read = 0
    for item in sent:
        root = ET.fromstring(item.line)  # noqa: S314  # it's what is compared
        values = {child.tag: child.text for child in root.iter()}
        read += int(values["watts"] or "") >= 0
    return read


def with_xmltodict(sent: list[Sent]) -> int:
    """Read each line with xmltodict."""
    read = 0
    for item in sent:
        values = xmltodict.parse(item.line)["msg"]
        read += int(values["ch1"]["watts"]) >= 0
    return read


def with_parser(sent: list[Sent]) -> int:
    """Read each line with the parser, as a port gives it."""
    parser = StreamParser()
    return sum(len(parser.feed(item.line)) for item in sent)


def with_parser_and_judge(sent: list[Sent]) -> int:
    """Read each line and judge what it says."""
    parser, judge = StreamParser(), Judge()
    return sum(
        not isinstance(message, Damaged)
        and bool(judge.judge(message, item.time).message)
        for item in sent
        for message in parser.feed(item.line)
    )


def main() -> None:
    """Measure all of them by turns, and print a table."""
    sent = simulated(COUNT)
    readers: dict[str, Callable[[list[Sent]], int]] = {
        "this parser": with_parser,
        "this parser and the judge": with_parser_and_judge,
        "xml.etree, whole lines": with_etree,
        "xmltodict, whole lines": with_xmltodict,
    }
    times: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(RUNS):
        for name, reader in readers.items():
            begin = perf_counter()
            if reader(sent) != len(sent):
                raise RuntimeError(f"{name} has not read every line")
            times[name].append(perf_counter() - begin)
    print(f"{machine()}; medians of {RUNS} runs over {COUNT} readings\n")
    print("| reader | messages/s | us a message |")
    print("|---|---:|---:|")
    for name, taken in times.items():
        middle = median(taken)
        print(f"| {name} | {COUNT / middle:,.0f} | {middle / COUNT * 1e6:.1f} |")


if __name__ == "__main__":
    main()
