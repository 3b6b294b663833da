"""The example of docs/protocol.md, from a case of the known answers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from .vector_parties import Json

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "protocol.md"
BEGIN: Final = "<!-- example -->\n"
END: Final = "<!-- end of example -->\n"
_LINE: Final = 32

type Fields = Sequence[tuple[str, int]]
"""What stands in a message: names and lengths."""


def document_with(case: Json) -> str:
    """Return the document with the example of this case in its place."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{example(case)}\n{END}{after}"


def example(case: Json) -> str:
    return "\n\n".join(_parts(case))


def _parts(case: Json) -> Iterator[str]:
    bits = len(case["choices"])
    ands = case["policy_circuit"].count(" AND\n"), case["circuit"].count(" AND\n")
    policy, report, missing = case["policy"], case["reports"][0], case["missing"]
    points = [
        (f"{name}_{i}{rest}", 32)
        for i in range(bits)
        for name, rest in (("x", ""), ("z", ",0"), ("z", ",1"))
    ]
    answers = [
        (f"{name}_{i},{j}", 32) for i in range(bits) for name in "wm" for j in (0, 1)
    ]
    yield (
        f"The provider's threshold is {case['values'][0]}, so its bits are"
        f" {case['choices']} (the lowest first).\n"
        f"n = {bits}, h = {bits}, g = {ands[1]}, p = {ands[0]}, m = 1,"
        f" o = {case['outcomes']}. The secrets of section 15:"
    )
    yield _values(
        ("provider", case["provider_secret"]),
        ("household", case["household_secret"]),
        ("salt", case["salt"]),
        *((f"fresh: {name}", data) for name, data in case["fresh"].items()),
    )
    yield "The plan's text, here in lines of 88 characters, is one line:"
    text = case["plan"]
    yield _code(text[start : start + 88] for start in range(0, len(text), 88))
    yield "The range circuit and its policy circuit:"
    yield _code(
        [*case["circuit"].splitlines(), "", *case["policy_circuit"].split("\n")]
    )
    yield f"STATEMENT, code {case['code']}, fingerprint {case['fingerprint']}:"
    yield _dump(
        case["statement"],
        [
            ("header", 4),
            ("provider's key", 32),
            ("signature", 64),
            ("plan's text", len(text.encode())),
        ],
        cut={"plan's text"},
    )
    yield "REQUEST:"
    yield _dump(
        case["request"],
        [
            ("header", 4),
            ("household's key", 32),
            ("share", 32),
            ("statement digest D", 32),
            ("signature", 64),
        ],
    )
    yield "The session, its key, and the provider's exponent b (little-endian):"
    yield _values(
        ("session", case["session"]), ("key", case["key"]), ("b", case["exponent"])
    )
    yield "OFFER:"
    fields = [("header", 4), ("agreement id", 16), ("share", 32), ("y", 32), ("R", 32)]
    yield _dump(case["offer"], [*fields, ("s", 32), *points, ("signature", 64)])
    yield "The household's seeds, of which the provider will hold those of its bits:"
    yield _values(
        *(
            (f"k_{i}^{j}", seed)
            for i, pair in enumerate(case["pairs"])
            for j, seed in enumerate(pair)
        )
    )
    yield "The policy's secrets:"
    yield _values(
        ("hedged seed", policy["seed"]),
        ("Delta", policy["delta"]),
        *((f"W_{i}", label) for i, label in enumerate(policy["zero_labels"])),
        ("W of the output", policy["output_zero_label"]),
        ("pass label", policy["pass_label"]),
    )
    yield "TRANSFER:"
    yield _dump(
        case["transfer"],
        [
            ("header", 4),
            ("agreement id", 16),
            *answers,
            ("policy: nonce", 32),
            ("policy: S", 16),
            ("policy: corrections", 16 * bits),
            ("policy: tables", 32 * ands[0]),
            ("policy: pass hash", 32),
            ("signature", 64),
        ],
    )
    yield "CONFIRMATION:"
    fields = [("header", 4), ("agreement id", 16), ("pass label", 16)]
    yield _dump(case["confirmation"], fields)
    yield (
        f"In the first window the measure is {report['measures'][0]}. What stands"
        " behind the report:"
    )
    yield _values(
        ("fresh", report["fresh"]),
        ("hedged seed", report["seed"]),
        ("Delta", report["delta"]),
        *((f"X_{i}", label) for i, label in enumerate(report["active_labels"])),
        *((f"W_{i}", label) for i, label in enumerate(report["zero_labels"])),
        ("W of the output", *report["output_zero_labels"]),
    )
    yield "REPORT:"
    yield _dump(
        report["report"],
        [
            ("header", 4),
            ("agreement id", 16),
            ("window: kind", 1),
            ("window: start", 8),
            ("window: end", 8),
            ("nonce", 32),
            ("S", 16),
            ("active seed", 16),
            ("corrections", 16 * bits),
            ("tables", 32 * ands[1]),
            ("hash of zero", 32),
            ("hash of one", 32),
            ("tag", 16),
        ],
    )
    yield f"REPLY: the outcome is {report['outcome']}."
    yield _dump(
        report["reply"],
        [
            ("header", 4),
            ("report's digest", 32),
            ("status", 1),
            ("label", 16),
            ("tag", 16),
        ],
    )
    yield "MISSING, for a later window:"
    yield _dump(
        missing["missing"],
        [
            ("header", 4),
            ("agreement id", 16),
            ("window: kind", 1),
            ("window: start", 8),
            ("window: end", 8),
            ("tag", 16),
        ],
    )
    yield "ACKNOWLEDGEMENT:"
    fields = [("header", 4), ("message's digest", 32), ("tag", 16)]
    yield _dump(missing["acknowledgement"], fields)


def _dump(
    message: str, fields: Fields, *, cut: frozenset[str] | set[str] = frozenset()
) -> str:
    """Return a message field by field, with offsets."""
    data, offset, lines = bytes.fromhex(message), 0, []
    for name, size in fields:
        part = data[offset : offset + size]
        shown = part[:_LINE] if name in cut else part
        for start in range(0, len(shown), _LINE):
            hexed = shown[start : start + _LINE].hex()
            more = name if not start else ""
            lines.append(f"{offset + start:5} {hexed:64} {more}".rstrip())
        if name in cut:
            lines.append(f"      ... {size} bytes")
        offset += size
    assert offset == len(data)
    return _code(lines)


def _values(*values: tuple[str, str]) -> str:
    width = max(len(name) for name, _ in values)
    return _code(f"{name:{width}} {value}" for name, value in values)


def _code(lines: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(f"    {line}".rstrip() for line in lines).rstrip()
