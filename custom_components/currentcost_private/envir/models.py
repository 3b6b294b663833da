"""The displays that can be simulated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a display says it is, and how fast it says it."""

    source: str
    """"CC128" for every display after the Classic."""

    firmware: str
    baudrate: int = 57600


ENVIR: Final = Model(source="CC128", firmware="1.29")
CLASSIC: Final = Model(source="CC02", firmware="1.06", baudrate=9600)

MODELS: Final[Mapping[str, Model]] = {
    "envir": ENVIR,
    "envi": Model(source="CC128", firmware="0.15"),
    "cc128": Model(source="CC128", firmware="0.11"),
    "classic": CLASSIC,
    "classic-2400": Model(source="CC02", firmware="1.06", baudrate=2400),
}
