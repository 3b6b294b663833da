"""What happened to the home, as far as it explains what it knows."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from demo.truth import HOLD

type Span = tuple[float, float]


@dataclass
class HomeLog:
    """What happened to the home, in the world's UTC seconds."""

    away: list[tuple[float, float, float]] = field(default_factory=list)
    """When it was killed, started, and up again."""

    steps: list[tuple[float, float]] = field(default_factory=list)
    """When its clock was set, and how many seconds it has been ahead since."""

    uncertain: list[Span] = field(default_factory=list)
    """When a line may have been heard or not."""

    def stepped(self, moment: float, wrong: float) -> None:
        """Note that the clock was set."""
        self.steps.append((moment, wrong))
        self.uncertain.append((moment - HOLD, moment + HOLD))

    def lived_twice(self) -> list[Span]:
        """Return what of the home's time there was twice, in its UTC seconds."""
        settings = pairwise([(-inf, 0.0), *self.steps])
        return [
            (moment + wrong, moment + before)
            for (_, before), (moment, wrong) in settings
            if wrong < before
        ]

    def epochs(self) -> list[Epoch]:
        """Return the times between two settings of the clock, in order."""
        settings = [(-inf, 0.0), *self.steps]
        ends = [*(moment for moment, _ in self.steps), inf]
        return [
            Epoch(since=since, until=until, wrong=wrong)
            for (since, wrong), until in zip(settings, ends, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A time in which the home's clock was as wrong, in the world's UTC seconds."""

    since: float
    until: float
    wrong: float
    """Seconds that it was ahead."""

    def holds(self, start: float, end: float) -> bool:
        """Whether any of a span of the world's time lies in it."""
        return start < self.until and end > self.since
