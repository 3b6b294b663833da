"""Bytes from the other party: damaged anywhere, they are refused and nothing else.

Whatever arrives, no other exception than an ExchangeError comes out, and never a
result other than the honest message's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from currentcost_exchange import (
    MAX_CLAIM,
    MAX_MESSAGE,
    PROTOCOL_VERSION,
    ExchangeError,
    HouseholdAgreement,
    Malformed,
    NotAuthentic,
    PlanStatement,
    ProviderAgreement,
    ProviderSetup,
    Report,
    UnsupportedVersion,
    Violation,
    Window,
    WindowKind,
    parse_claim,
    window_to_ask,
)
from currentcost_exchange.setup import Confirmation, Request
from currentcost_exchange.wire import MessageType, Reader, Writer
from hypothesis import given, strategies as st
import pytest

from .parties import (
    START,
    Agreed,
    offer_again,
    report_of,
    transfer_again,
    window_at,
)
from .strategies import examples

STAGES = (
    "request",
    "offer",
    "transfer",
    "confirmation",
    "report",
    "missing",
    "declined",
    "reply",
    "acknowledgement",
    "ask",
)
CLAIMS = {"report", "missing", "declined"}
"""What a household may send for a window."""
LATE_IN_FORM = {"reply", "acknowledgement", "ask"}
"""The tag counts before the form."""


@dataclass(frozen=True, repr=False)
class Stage:
    """An honest message and what its receiver does with it."""

    message: bytes
    receive: Callable[[bytes], object]


@pytest.fixture(scope="module")
def stages(agreed: Agreed) -> dict[str, Stage]:
    offered, held = agreed.offered, agreed.provider
    report = report_of(agreed, 700)
    missing = agreed.household.missing(window_at(0))
    asked = window_to_ask(START + 60)

    def begin(data: bytes) -> object:
        return ProviderSetup.begin(
            offered.identity, offered.statement, offered.values, data
        )

    def take(data: bytes) -> object:
        claim = parse_claim(data)
        held.check(claim)
        return held.answer(claim).outcome

    return {
        "request": Stage(agreed.request, begin),
        "offer": Stage(agreed.offer, agreed.setup.transfer),
        "transfer": Stage(
            agreed.transfer, lambda data: agreed.provider_setup.finish(data)[1]
        ),
        "confirmation": Stage(agreed.confirmation, agreed.setup.finish),
        "report": Stage(report.data, take),
        "missing": Stage(missing, take),
        "declined": Stage(agreed.household.declined(asked), take),
        "ask": Stage(held.ask(asked), agreed.household.read_ask),
        "reply": Stage(
            held.answer(report).reply,
            lambda data: agreed.household.verify_reply(report.data, data),
        ),
        "acknowledgement": Stage(
            held.answer(parse_claim(missing)).reply,
            lambda data: agreed.household.verify_reply(missing, data),
        ),
    }


@pytest.mark.parametrize("name", ["transfer", "confirmation", "report", "reply", "ask"])
def test_honest_messages_are_taken(name: str, stages: dict[str, Stage]) -> None:
    assert stages[name].receive(stages[name].message) is not None


def expected(name: str, error: type[ExchangeError]) -> type[ExchangeError]:
    """Return what damage to a message's form raises; of some the tag counts first."""
    return NotAuthentic if name in LATE_IN_FORM else error


@pytest.mark.parametrize("name", STAGES)
def test_truncated(name: str, stages: dict[str, Stage]) -> None:
    stage = stages[name]
    size = len(stage.message)
    lengths = {*range(min(size, 120)), *range(120, size, 53), *range(size - 66, size)}
    for length in sorted(length for length in lengths if length >= 0):
        with pytest.raises(expected(name, Malformed)):
            stage.receive(stage.message[:length])


@pytest.mark.parametrize("name", STAGES)
def test_too_long(name: str, stages: dict[str, Stage]) -> None:
    stage = stages[name]
    for extra in (1, 16, 64, MAX_CLAIM, MAX_MESSAGE):
        with pytest.raises(expected(name, Malformed)):
            stage.receive(stage.message + bytes(extra))


@pytest.mark.parametrize("name", STAGES)
def test_another_version(name: str, stages: dict[str, Stage]) -> None:
    stage = stages[name]
    for version in {*range(256)} - {PROTOCOL_VERSION}:
        changed = stage.message[:2] + bytes((version,)) + stage.message[3:]
        with pytest.raises(expected(name, UnsupportedVersion)) as caught:
            stage.receive(changed)
        if isinstance(caught.value, UnsupportedVersion):
            assert caught.value.theirs == version
            assert caught.value.ours == PROTOCOL_VERSION


@pytest.mark.parametrize("name", STAGES)
def test_another_type(name: str, stages: dict[str, Stage]) -> None:
    stage = stages[name]
    for kind in {*range(256)} - {stage.message[3]}:
        # A declined question reads as a missing window, with another one's tag.
        alike = name == "declined" and kind == MessageType.MISSING
        with pytest.raises(NotAuthentic if alike else expected(name, Malformed)):
            stage.receive(stage.message[:3] + bytes((kind,)) + stage.message[4:])


@pytest.mark.parametrize("name", STAGES)
def test_another_stage(name: str, stages: dict[str, Stage]) -> None:
    for other in STAGES:
        if name == other or {name, other} <= CLAIMS:
            continue
        with pytest.raises(ExchangeError):
            stages[name].receive(stages[other].message)


@pytest.mark.parametrize("name", STAGES)
@examples(40)
@given(data=st.data())
def test_one_byte_flipped(
    name: str, stages: dict[str, Stage], data: st.DataObject
) -> None:
    stage = stages[name]
    message = bytearray(stage.message)
    position = data.draw(st.integers(0, len(message) - 1))
    message[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ExchangeError):
        stage.receive(bytes(message))


@examples(60)
@given(data=st.data())
def test_a_signed_offer_damaged_inside(agreed: Agreed, data: st.DataObject) -> None:
    # The provider itself sends it, so that only the transfer's own checks are left.
    choices = bytearray(agreed.provider_setup.receiver.message)
    position = data.draw(st.integers(0, len(choices) - 1))
    choices[position] ^= data.draw(st.integers(1, 255))
    changed = offer_again(
        agreed.offered, agreed.request, agreed.provider_setup, bytes(choices)
    )
    with pytest.raises(Violation):
        agreed.setup.transfer(changed)


@examples(60)
@given(data=st.data())
def test_a_signed_transfer_damaged_inside(agreed: Agreed, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, 128 * 51 - 1))
    flip = data.draw(st.integers(1, 255))

    def damage(response: bytes) -> bytes:
        damaged = bytearray(response)
        damaged[position] ^= flip
        return bytes(damaged)

    message = transfer_again(agreed.setup, agreed.transfer, response=damage)
    try:
        _, confirmation = agreed.provider_setup.finish(message)
    except Violation:
        return
    # Only the half that the provider didn't choose was damaged: (w_0, w_1), then the
    # seeds (0, 1) of each bit. One point in sixteen is another point of the group.
    assert confirmation == agreed.confirmation
    index, place = divmod(position, 128)
    assert place // 32 % 2 != agreed.provider.choices[index]


def decoders(agreed: Agreed) -> list[Callable[[bytes], object]]:
    report = report_of(agreed, 700)
    return [
        PlanStatement.from_bytes,
        Request.from_bytes,
        agreed.setup.transfer,
        agreed.provider_setup.finish,
        Confirmation.from_bytes,
        parse_claim,
        lambda data: Report.from_bytes(data).body(agreed.plan),
        lambda data: agreed.household.verify_reply(report.data, data),
        lambda data: agreed.household.verify_reply(
            agreed.household.missing(window_at(0)), data
        ),
        HouseholdAgreement.from_bytes,
        ProviderAgreement.from_bytes,
        ProviderSetup.from_bytes,
    ]


@examples(300)
@given(
    kind=st.sampled_from(MessageType),
    body=st.binary(max_size=300),
    head=st.sampled_from([b"CP\x01", b"CP\x02", b"CP", b""]),
)
def test_any_bytes(agreed: Agreed, kind: int, body: bytes, head: bytes) -> None:
    data = head + bytes((kind,)) + body
    for decode in decoders(agreed):
        try:
            decoded = decode(data)
        except ExchangeError:
            continue
        assert isinstance(decoded, Report | Confirmation)


@pytest.mark.parametrize("kind", [HouseholdAgreement, ProviderAgreement, ProviderSetup])
@examples(40)
@given(data=st.data())
def test_damaged_storage(
    kind: type[HouseholdAgreement | ProviderAgreement | ProviderSetup],
    agreed: Agreed,
    data: st.DataObject,
) -> None:
    parties = (agreed.household, agreed.provider, agreed.provider_setup)
    (stored,) = (it.to_bytes() for it in parties if isinstance(it, kind))
    cut = data.draw(st.integers(0, len(stored) - 1))
    with pytest.raises(ExchangeError):
        kind.from_bytes(stored[:cut])
    with pytest.raises(ExchangeError):
        kind.from_bytes(stored + b"\0")
    # The statement inside keeps its signature.
    start = stored.index(agreed.offered.statement.to_bytes())
    size = len(agreed.offered.statement.to_bytes())
    position = start + data.draw(st.integers(0, size - 1))
    damaged = bytearray(stored)
    damaged[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ExchangeError):
        kind.from_bytes(bytes(damaged))


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        (0, START, START + 900),
        (4, START, START + 900),
        (255, START, START + 900),
        (1, START, START),
        (1, START + 1, START),
        (1, START, 2**48),
        (1, 2**64 - 2, 2**64 - 1),
    ],
)
def test_windows_that_are_none(kind: int, start: int, end: int) -> None:
    message = (
        Writer(MessageType.MISSING)
        .unsigned(kind, 1)
        .unsigned(start, 8)
        .unsigned(end, 8)
    )
    with pytest.raises(Malformed, match="not a window"):
        Window.read(Reader(message.to_bytes(), MessageType.MISSING))


@pytest.mark.parametrize("kind", WindowKind)
def test_windows_survive(kind: WindowKind) -> None:
    window = Window(kind, START, START + 900)
    writer = Writer(MessageType.MISSING)
    window.write(writer)
    reader = Reader(writer.to_bytes(), MessageType.MISSING)
    assert Window.read(reader) == window
    reader.finish()


def test_lengths_that_lie() -> None:
    for length in (5, 2**31, 2**32 - 1):
        message = Writer(MessageType.REPLY).unsigned(length, 4).raw(b"four").to_bytes()
        with pytest.raises(Malformed, match="too short"):
            Reader(message, MessageType.REPLY).sized()
    message = Writer(MessageType.REPLY).sized(b"four").to_bytes()
    assert Reader(message, MessageType.REPLY).sized() == b"four"


def test_size_is_bounded_before_anything_is_read() -> None:
    with pytest.raises(Malformed, match="too long"):
        Reader(b"CP\x09" + bytes(100), MessageType.REPLY, maximum=100)
    with pytest.raises(Malformed, match="too long"):
        Reader(bytes(MAX_MESSAGE + 1), MessageType.REPLY)
