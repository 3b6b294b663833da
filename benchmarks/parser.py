"""Messages a second: the parser beside plain readers of whole lines.

The plain readers are what programs for these meters usually have, `xml.etree` and
`xmltodict`, which take a line and return its fields, and check nothing.

    python -m benchmarks.parser
"""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Final
from xml.etree import ElementTree as ET

from currentcost_envir import Damaged, Judge, StreamParser
import xmltodict

from .results import Result, number, table
from .streams import Sent, simulated
from .timing import machine, times_of

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


def results(*, quick: bool) -> Iterator[Result]:
    """Yield the time of a message for all of them, measured by turns."""
    sent = simulated(COUNT // 5 if quick else COUNT)
    readers: dict[str, Callable[[list[Sent]], int]] = {
        "xml.etree, whole lines": with_etree,
        "xmltodict, whole lines": with_xmltodict,
        "this parser": with_parser,
        "this parser and the judge": with_parser_and_judge,
    }

    def reading(name: str) -> Callable[[], None]:
        def read() -> None:
            if readers[name](sent) != len(sent):
                raise RuntimeError(f"{name} has not read every line")

        return read

    times = times_of({name: reading(name) for name in readers}, runs=RUNS)
    first: float | None = None
    for name, taken in times.items():
        each = sorted(seconds / len(sent) * 1e6 for seconds in taken)
        yield Result(
            name=f"{name}: {number(1e6 / median(each))} messages/s",
            value=median(each),
            unit="us a message",
            low=each[len(each) // 10],
            high=each[len(each) * 9 // 10],
            beside="" if first is None else "xml.etree, which checks nothing",
            reference=first,
        )
        first = first or median(each)


def main() -> None:
    """Measure and print a table."""
    print(f"{machine()}; medians of {RUNS} runs\n\n{table(results(quick=False))}")


if __name__ == "__main__":
    main()
