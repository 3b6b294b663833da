"""Dates, times and numbers in a person's language, from texts that are given."""

from collections.abc import Mapping
from datetime import UTC, datetime

from .series import DAY

_NARROW_SPACE = "\u202f"


class Words:
    """The texts of one language.

    Args:
        texts: by key; "weekdays" and "months" are lists with ", " between.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the texts."""
        self._texts = texts
        self._weekdays = texts["weekdays"].split(", ")
        self._months = texts["months"].split(", ")

    def text(self, key: str, **values: str) -> str:
        """Return a text with its blanks filled in."""
        text = self._texts[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def count(self, key: str, number: int, **values: str) -> str:
        """Return the form of a text that goes with a number, its `{count}`."""
        form = "one" if number == 1 else "other"
        return self.text(f"{key}_{form}", count=self.number(number), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the decimal point at most."""
        whole, _, rest = f"{value:,.{digits}f}".partition(".")
        if len(whole) < len("10,000"):
            whole = whole.replace(",", "")
        rest = rest.rstrip("0")
        text = whole.replace(",", _NARROW_SPACE)
        return text + (self._texts["decimal"] + rest if rest else "")

    def power(self, watts: float) -> str:
        """Return watts, as kilowatts where they are many."""
        if watts < 2000:
            return f"{self.number(watts)} W"
        return f"{self.number(watts / 1000, 2)} kW"

    def length(self, seconds: int) -> str:
        """Return a length of time in the largest unit that goes into it."""
        for size, unit in ((3600, "h"), (60, "min")):
            if seconds % size == 0:
                return f"{seconds // size} {unit}"
        return f"{seconds} s"

    def date(self, time: int) -> str:
        """Return the day of a local time (s since 1970, by the wall clock)."""
        day = datetime.fromtimestamp(time, UTC)
        return self.text(
            "date",
            weekday=self._weekdays[day.weekday()],
            day=str(day.day),
            month=self._months[day.month - 1],
        )

    def weekday(self, time: int) -> str:
        """Return the day of the week."""
        return self._weekdays[datetime.fromtimestamp(time, UTC).weekday()]

    def clock(self, time: int) -> str:
        """Return the time of the day, to the minute."""
        minutes = round(time % DAY / 60) % 1440
        return f"{minutes // 60}:{minutes % 60:02}"

    def moment(self, time: int) -> str:
        """Return day and time."""
        return f"{self.date(time)}, {self.clock(time)}"
