"""A tariff plan's public part, and the provider's signature under it.

The statement is what a person consents to. Its digest is shown as a short code, by
the household and by the provider's public page: two households that see the same
code are asked the same question against the same committed thresholds, and two
statements signed for one plan and period are evidence that anyone can check.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
import json
import math
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .bristol import write_bristol
from .circuit import Circuit
from .errors import Malformed, PlanError, Violation
from .group import check_point
from .hashing import Use, digest
from .measure import Measure
from .programs import policy_circuit, range_circuit
from .window import Window, WindowKind
from .wire import MAX_STATEMENT, MessageType, Reader, Writer

DAY: Final = 86_400
MAX_WIDTH: Final = 32
MAX_THRESHOLDS: Final = 15
SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 32

_SLUG: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_LATEST: Final = 1 << 48


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a provider asks, how often and until when; everything but the thresholds.

    Attributes:
        provider: the provider's name, for people.
        plan_id: short name of the plan: a to z, 0 to 9, "_" and "-".
        title: the question in words.
        start: first second of the period (UTC).
        end: first second after the period (UTC).
        window: length of a window in seconds; windows start at multiples of it.
        lateness: seconds after a window's end within which its report is taken.
        measure: what of a window is compared.
        width: bits of the measure.
        thresholds: how many there are.
        minimum_width: the provider's promise (W or Wh): no bucket is narrower.
        outcomes: a label for each bucket; the first stands for "outside".
        commitment: 32 bytes, to the thresholds.
    """

    provider: str
    plan_id: str
    title: str
    start: int
    end: int
    window: int
    lateness: int
    measure: Measure
    width: int
    thresholds: int
    minimum_width: int
    outcomes: tuple[str, ...]
    commitment: bytes

    def __post_init__(self) -> None:
        """Refuse what a household could not agree to.

        Raises:
            PlanError: a value is out of its bounds; says which.
        """
        numbers = (
            self.start,
            self.end,
            self.window,
            self.lateness,
            self.width,
            self.thresholds,
            self.minimum_width,
        )
        texts = (self.provider, self.plan_id, self.title, *self.outcomes)
        if any(type(number) is not int for number in numbers) or any(
            type(text) is not str for text in texts
        ):
            raise PlanError("the plan's values are of the wrong types")
        largest = (1 << self.width) - 2 if 2 <= self.width <= MAX_WIDTH else 0
        checks = {
            "provider": _is_text(self.provider, 64),
            "plan id": 0 < len(self.plan_id) <= 64 and _SLUG.issuperset(self.plan_id),
            "title": _is_text(self.title, 200),
            "period": 0 <= self.start < self.end < _LATEST,
            "window": 10 <= self.window <= DAY and DAY % self.window == 0,
            "lateness": 0 <= self.lateness <= 31 * DAY,
            "width": largest > 0,
            "number of thresholds": 1 <= self.thresholds <= MAX_THRESHOLDS,
            "minimum width": self.minimum_width >= 1
            and self.minimum_width * (self.thresholds + 1) <= largest,
            "outcomes": len(set(self.outcomes)) == self.thresholds + 1
            and all(_is_text(label, 40) for label in self.outcomes),
            "commitment": len(self.commitment) == 32,
        }
        if wrong := [name for name, right in checks.items() if not right]:
            raise PlanError(f"the plan's {', '.join(wrong)} can't be accepted")

    @property
    def provider_bits(self) -> int:
        """Number of the provider's input bits."""
        return self.thresholds * self.width

    @property
    def output_bits(self) -> int:
        """Number of bits of an outcome."""
        return self.thresholds.bit_length()

    @property
    def circuit(self) -> Circuit:
        """The circuit of a report."""
        return range_circuit(self.thresholds, self.width)

    @property
    def policy(self) -> Circuit:
        """The circuit that proves the promised minimum width."""
        return policy_circuit(self.thresholds, self.width, self.minimum_width)

    @property
    def circuit_digest(self) -> bytes:
        """BLAKE2b-256 of the circuit's Bristol Fashion."""
        return _circuit_digest(range_circuit, self.thresholds, self.width)

    @property
    def policy_digest(self) -> bytes:
        """BLAKE2b-256 of the policy's Bristol Fashion."""
        return _circuit_digest(
            policy_circuit, self.thresholds, self.width, self.minimum_width
        )

    @property
    def bits_per_day(self) -> float:
        """Bits that a day's buckets can give away at most."""
        return math.log2(self.thresholds + 1) * DAY / self.window

    def has_window(self, window: Window) -> bool:
        """Return whether it is one of the plan's regular windows."""
        return (
            window.kind is WindowKind.INTERVAL
            and window.start % self.window == 0
            and window.end - window.start == self.window
            and self.start <= window.start
            and window.end <= self.end
        )

    def to_json(self) -> bytes:
        """Return the text that is signed."""
        return json.dumps(
            {
                "provider": self.provider,
                "plan": self.plan_id,
                "title": self.title,
                "period": [self.start, self.end],
                "window": self.window,
                "lateness": self.lateness,
                "measure": self.measure,
                "program": {
                    "kind": "range",
                    "width": self.width,
                    "thresholds": self.thresholds,
                    "minimum_width": self.minimum_width,
                    "circuit": self.circuit_digest.hex(),
                    "policy": self.policy_digest.hex(),
                },
                "outcomes": self.outcomes,
                "commitment": self.commitment.hex(),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Plan:
        """Read what `to_json` writes; nothing else is taken.

        Raises:
            Malformed: not the text of a plan.
            PlanError: a value is out of its bounds, or the circuit differs.
        """
        try:
            document: Any = json.loads(text)
            program = document["program"]
            plan = cls(
                provider=document["provider"],
                plan_id=document["plan"],
                title=document["title"],
                start=document["period"][0],
                end=document["period"][1],
                window=document["window"],
                lateness=document["lateness"],
                measure=Measure(document["measure"]),
                width=program["width"],
                thresholds=program["thresholds"],
                minimum_width=program["minimum_width"],
                outcomes=tuple(document["outcomes"]),
                commitment=bytes.fromhex(document["commitment"]),
            )
            stated = tuple(
                bytes.fromhex(program[part]) for part in ("circuit", "policy")
            )
        except LookupError, RecursionError, TypeError, ValueError:
            raise Malformed("not a plan") from None
        if stated != (plan.circuit_digest, plan.policy_digest):
            raise PlanError("the circuits stated are not those of this question")
        # One text for one plan: nothing may hide in what is signed.
        if text != plan.to_json():
            raise Malformed("not a plan in its one form")
        return plan


@dataclass(frozen=True)
class PlanStatement:
    """A plan under its provider's Ed25519 signature."""

    plan: Plan
    provider_key: bytes
    signature: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Verify the signature.

        Raises:
            Violation: the plan was not signed with this key.
        """
        if not is_signed(self.provider_key, self.signature, self.digest):
            raise Violation("the plan's signature is not its provider's")

    @cached_property
    def digest(self) -> bytes:
        """What is signed: BLAKE2b-256 of key and plan."""
        return statement_digest(self.provider_key, self.plan)

    @property
    def code(self) -> str:
        """The digest as a code for people to compare (80 bits)."""
        return short_code(self.digest)

    @property
    def fingerprint(self) -> str:
        """The provider's key as a code for people to compare (80 bits)."""
        return short_code(self.provider_key)

    def to_bytes(self) -> bytes:
        """Return the statement's message."""
        return (
            Writer(MessageType.STATEMENT)
            .raw(self.provider_key)
            .raw(self.signature)
            .raw(self.plan.to_json())
            .to_bytes()
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> PlanStatement:
        """Read and verify a statement.

        Raises:
            Malformed, UnsupportedVersion: not a statement of this protocol.
            PlanError: a plan that can't be accepted.
            Violation: a signature that is not the provider's.
        """
        reader = Reader(data, MessageType.STATEMENT, maximum=MAX_STATEMENT)
        key, signature = reader.raw(KEY_BYTES), reader.raw(SIGNATURE_BYTES)
        return cls(Plan.from_json(reader.rest()), key, signature)


def statement_digest(provider_key: bytes, plan: Plan) -> bytes:
    """Return the digest that the provider signs."""
    return digest(Use.STATEMENT, provider_key, plan.to_json())


def short_code(data: bytes) -> str:
    """Return four groups of four letters and digits that stand for `data`."""
    text = base64.b32encode(digest(Use.CODE, data, size=10)).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature is valid, under a key of the group.

    Under a key of small order anyone can sign anything, so that a signature would
    be evidence of nothing (RFC 8032 leaves the check to the protocol).
    """
    try:
        check_point(key)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature, Violation:
        return False
    return True


@lru_cache(maxsize=64)
def _circuit_digest(circuit_of: Callable[..., Circuit], *parameters: int) -> bytes:
    return digest(Use.CIRCUIT, write_bristol(circuit_of(*parameters)).encode())


def _is_text(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable() and text == text.strip()
