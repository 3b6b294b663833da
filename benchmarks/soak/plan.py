"""What goes wrong during a soak, and when: a schedule, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

DAY: Final = 24.0
HOUR: Final = 3600.0
MINUTE: Final = 60.0


class Kind(StrEnum):
    """A fault, in words for the report."""

    BUSY = "provider answers with an error"
    CLOCK = "clock of Home Assistant's machine wrong"
    CUT = "network cut"
    DISK_FULL = "provider's disk full"
    HOME_DISK_FULL = "Home Assistant's disk full"
    HOME_KILLED = "Home Assistant killed"
    HOME_RESTARTED = "Home Assistant restarted"
    LINE = "network damages connections"
    PROVIDER_KILLED = "provider killed"
    UNPLUGGED = "meter's cable pulled"


class Damage(StrEnum):
    """What a network does to connections."""

    BLACK_HOLE = "swallows all"
    LOST = "loses answers"
    REFUSED = "refuses connections"
    RESET = "resets in the middle"
    SHUFFLED = "delivers connections out of order"
    SLOW = "delays"
    TRUNCATED = "ends answers early"


class Answer(StrEnum):
    """What stands before the provider answers in its place."""

    BAD_GATEWAY = "502"
    BUSY = "503, Retry-After"
    PORTAL = "a page of somebody else"
    TOO_MANY = "429, Retry-After"


type How = Damage | Answer | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong from `at` on, for `lasting` seconds of the day."""

    kind: Kind
    at: float
    lasting: float
    how: How = None

    def __str__(self) -> str:
        """Say it in a line of a schedule."""
        hours, minutes = divmod(int(self.at / MINUTE), 60)
        how = f"{self.how:+g} s" if isinstance(self.how, float) else self.how
        words = str(self.kind) if how is None else f"{self.kind}: {how}"
        return f"{hours:02}:{minutes:02} for {self.lasting / MINUTE:5.1f} min  {words}"


type Lasting = tuple[float, float]
type Wish = tuple[Kind, How, Lasting]

SHORT: Final[Lasting] = (20.0, 4 * MINUTE)
MIDDLE: Final[Lasting] = (2 * MINUTE, 15 * MINUTE)
LONG: Final[Lasting] = (HOUR, HOUR)

_KILLS: Final[tuple[tuple[Wish, ...], ...]] = (
    (
        *(
            (Kind.HOME_KILLED, None, lasting)
            for lasting in (SHORT, SHORT, SHORT, MIDDLE)
        ),
        *((Kind.HOME_RESTARTED, None, lasting) for lasting in (SHORT, MIDDLE)),
        *((Kind.HOME_DISK_FULL, None, lasting) for lasting in (SHORT, MIDDLE)),
    ),
    tuple(
        (Kind.PROVIDER_KILLED, None, lasting)
        for lasting in (SHORT, SHORT, SHORT, MIDDLE)
    ),
)
"""Of the first half: a process's memory is watched in the second. After a full disk
Home Assistant's recorder is another, with a new database."""

_EITHER_HALF: Final[tuple[tuple[Wish, ...], ...]] = (
    tuple(
        (Kind.UNPLUGGED, None, lasting) for lasting in (SHORT, SHORT, MIDDLE, MIDDLE)
    ),
    tuple(
        (Kind.CLOCK, seconds, MIDDLE)
        for seconds in (-3600.0, -400.0, -12.0, 9.0, 400.0)
    ),
    (
        (Kind.CUT, Damage.REFUSED, MIDDLE),
        (Kind.CUT, Damage.BLACK_HOLE, MIDDLE),
        (Kind.CUT, Damage.BLACK_HOLE, LONG),
        *((Kind.LINE, damage, MIDDLE) for damage in Damage),
    ),
    (
        *((Kind.BUSY, answer, MIDDLE) for answer in Answer),
        (Kind.DISK_FULL, None, SHORT),
        (Kind.DISK_FULL, None, MIDDLE),
    ),
)
"""Each tuple one after the other, never two of it at once; tuples overlap."""


def schedule(seed: int, hours: float) -> list[Fault]:
    """Return the faults of a day of so many hours, in order.

    A day of 24 hours has all of them in each of its halves; a shorter one has some.
    """
    random = Random(seed)  # noqa: S311  # a soak is to be repeatable
    half = hours / 2 * HOUR
    faults: list[Fault] = []
    for number in range(2):
        groups = _EITHER_HALF + (_KILLS if number == 0 else ())
        for group in groups:
            chosen = random.sample(group, max(1, round(len(group) * hours / DAY)))
            faults += _spread(random, chosen, number * half, half)
    return sorted(faults, key=lambda fault: fault.at)


def _spread(
    random: Random, wishes: list[Wish], start: float, length: float
) -> Iterator[Fault]:
    """Spread faults over a part of the day, with time to recover in between."""
    times = [random.uniform(*lasting) for _, _, lasting in wishes]
    # What doesn't fit is made shorter: half of the time nothing of the group is wrong.
    share = min(1.0, length / 2 / sum(times))
    times = [share * time for time in times]
    free = length - sum(times)
    weights = [random.uniform(0.5, 1.5) for _ in range(len(wishes) + 1)]
    at = start
    for (kind, how, _), time, weight in zip(wishes, times, weights, strict=False):
        at += free * weight / sum(weights)
        yield Fault(kind=kind, at=at, lasting=time, how=how)
        at += time
