"""Prices that were seen, for a tariff that nobody knows beforehand.

Of each hour is kept how much energy was used at a known price, and what it cost: their
quotient is the hour's price, and holds for all of its energy. An hour without one has
the mean price of the same hour of other days, or that of all hours. All prices may be
negative, as they are at the exchange at times.
"""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Final, Self

from .hours import HOUR
from .tariff import MICRO

KEPT: Final = 62 * 24
"""Hours: two bills."""


class SeenPrices:
    """The prices of the hours that were seen; a price is currency per kWh."""

    def __init__(self) -> None:
        """Start without any."""
        self._seen: dict[int, tuple[float, float]] = {}
        """kWh and cost, by the start of the hour (UTC seconds)."""
        self._means: dict[int, float] = {}

    def add(self, hour: int, energy: float, price: float) -> None:
        """Take energy (kWh, not negative) of an hour, and the price of that moment.

        Without energy the price counts a little all the same, so that it is known.
        """
        energy = max(energy, 1e-6)
        known, cost = self._seen.pop(hour, (0.0, 0.0))
        self._seen[hour] = known + energy, cost + energy * price
        while len(self._seen) > KEPT:
            del self._seen[min(self._seen)]

    def set_means(self, means: Mapping[int, float]) -> None:
        """Take the mean price of hours, as a store has them; what was seen stands."""
        self._means = dict(means)

    @property
    def known(self) -> bool:
        """Whether any price is known."""
        return bool(self._seen or self._means)

    def amounts(self, hours: Mapping[int, float]) -> dict[int, float]:
        """Return what each hour's energy (kWh) costs, before tax.

        Raises ValueError if no price is known at all.
        """
        known = self._means | {
            hour: cost / energy for hour, (energy, cost) in self._seen.items()
        }
        usual = _usual(known)
        return {
            hour: energy * known.get(hour, usual[hour // HOUR % 24])
            for hour, energy in hours.items()
        }

    def cost(self, hours: Mapping[int, float]) -> Decimal:
        """Return what energy (kWh by hour, UTC seconds) costs, before tax.

        Each hour is rounded to a millionth of the currency. Raises ValueError if no
        price is known at all.
        """
        amounts = self.amounts(hours)
        return (
            Decimal(sum(round(amount * MICRO) for amount in amounts.values())) / MICRO
        )

    def to_dict(self) -> dict[str, list[float]]:
        """Return what was seen as plain values, for a store in JSON."""
        return {str(hour): list(values) for hour, values in self._seen.items()}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Restore from a store; what can't have been stored is left out."""
        prices = cls()
        if isinstance(data, dict):
            for hour, values in list(data.items())[-KEPT:]:
                match values:
                    case [int() | float() as energy, int() | float() as cost] if (
                        str(hour).isdecimal() and energy > 0 and isfinite(energy + cost)
                    ):
                        prices._seen[int(hour)] = float(energy), float(cost)
        return prices


def _usual(known: Mapping[int, float]) -> list[float]:
    """Return the mean price of each hour of a day (UTC)."""
    if not known:
        raise ValueError("no price is known")
    overall = sum(known.values()) / len(known)
    by_hour: dict[int, list[float]] = {}
    for hour, price in known.items():
        by_hour.setdefault(hour // HOUR % 24, []).append(price)
    return [
        sum(found) / len(found) if (found := by_hour.get(hour)) else overall
        for hour in range(24)
    ]
