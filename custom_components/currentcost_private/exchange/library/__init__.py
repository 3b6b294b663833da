"""The programs that ship: C source with what its inputs and outcomes mean.

A provider can ask them as they stand, a household reads them before it consents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ..measure import Measure

_POWER_WIDTH: Final = 17
"""131 kW: more than a household's fuses pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramInput:
    """What stands behind a parameter.

    Attributes:
        name: the parameter's.
        meaning: in words, each of `count` numbers.
        unit: what it is counted in.
        width: its bits, each.
        count: how many numbers the parameter holds.
        measure: what the household measures; None for the provider's.
    """

    name: str
    meaning: str
    unit: str
    width: int
    count: int = 1
    measure: Measure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryProgram:
    """A program that ships.

    Attributes:
        name: of its file, and for commands.
        title: the question in a line.
        inputs: the household's and the provider's, in the program's order.
        output: the variable that comes out.
        unit: what the output counts; empty where it numbers the outcomes.
        outcomes: what each value of the output means, from 0 on; empty where the
            output is an amount.
        most: the largest value that the output can have at these widths.
    """

    name: str
    title: str
    inputs: tuple[ProgramInput, ...]
    output: str
    unit: str = ""
    outcomes: tuple[str, ...] = ()
    most: int

    @property
    def source(self) -> str:
        """The C source, as it ships."""
        return Path(__file__).with_name(f"{self.name}.c").read_text("ascii")

    @property
    def widths(self) -> dict[str, int]:
        """The width of each input, for the compiler."""
        return {item.name: item.width for item in self.inputs}


_RANGE: Final = LibraryProgram(
    name="range",
    title="In which of four bands is the household's power?",
    inputs=(
        ProgramInput(
            name="INPUT_A_x",
            meaning="mean power of the window",
            unit="W",
            width=_POWER_WIDTH,
            measure=Measure.MEAN_POWER,
        ),
        *(
            ProgramInput(
                name=f"INPUT_B_int{number}",
                meaning=f"upper limit of band {number}",
                unit="W",
                width=_POWER_WIDTH,
            )
            for number in (1, 2, 3)
        ),
    ),
    output="OUTPUT_meterCheck",
    outcomes=(
        "above the third limit",
        "at most the first limit",
        "above the first limit, at most the second",
        "above the second limit, at most the third",
    ),
    most=3,
)

_N_BAND: Final = LibraryProgram(
    name="n_band",
    title="In which of eight bands is the household's power?",
    inputs=(
        ProgramInput(
            name="INPUT_A_power",
            meaning="mean power of the window",
            unit="W",
            width=_POWER_WIDTH,
            measure=Measure.MEAN_POWER,
        ),
        ProgramInput(
            name="INPUT_B_limit",
            meaning="limit between two bands",
            unit="W",
            width=_POWER_WIDTH,
            count=7,
        ),
    ),
    output="OUTPUT_band",
    outcomes=(
        "at most the lowest limit",
        *(f"above {count} of the 7 limits" for count in range(1, 7)),
        "above the highest limit",
    ),
    most=7,
)

_CAPACITY_TIER: Final = LibraryProgram(
    name="capacity_tier",
    title="Which tier of the grid tariff does this month fall into?",
    inputs=(
        ProgramInput(
            name="INPUT_A_peak",
            meaning="highest mean power of an hour, of each of the month's three"
            " days where it was highest",
            unit="W",
            width=_POWER_WIDTH,
            count=3,
            measure=Measure.MEAN_POWER,
        ),
        ProgramInput(
            name="INPUT_B_limit",
            meaning="upper limit of a tier",
            unit="W",
            width=_POWER_WIDTH,
            count=9,
        ),
    ),
    output="OUTPUT_tier",
    outcomes=(
        "at most the lowest limit",
        *(f"above {count} of the 9 limits" for count in range(1, 9)),
        "above the highest limit",
    ),
    most=9,
)

_CONTRACTED_POWER: Final = LibraryProgram(
    name="contracted_power",
    title="On how many days was the household above its contracted power?",
    inputs=(
        ProgramInput(
            name="INPUT_A_peak",
            meaning="highest power of a day; 0 where there is none",
            unit="W",
            width=_POWER_WIDTH,
            count=31,
            measure=Measure.PEAK_POWER,
        ),
        ProgramInput(
            name="INPUT_B_contracted",
            meaning="contracted power",
            unit="W",
            width=_POWER_WIDTH,
        ),
    ),
    output="OUTPUT_days",
    unit="days",
    most=31,
)

_TIME_OF_USE_BILL: Final = LibraryProgram(
    name="time_of_use_bill",
    title="What does the energy of this period cost?",
    inputs=(
        ProgramInput(
            name="INPUT_A_energy",
            meaning="energy used in a price band",
            unit="Wh",
            width=20,
            count=3,
            measure=Measure.ENERGY,
        ),
        ProgramInput(
            name="INPUT_B_price",
            meaning="price of a price band",
            unit="1/100 cent per kWh",
            width=14,
            count=3,
        ),
    ),
    output="OUTPUT_cents",
    unit="cents",
    most=515_364,
)

_DEMAND_RESPONSE: Final = LibraryProgram(
    name="demand_response",
    title="Did the household stay at or below its cap for the whole event?",
    inputs=(
        ProgramInput(
            name="INPUT_A_power",
            meaning="mean power of a quarter of an hour of the event",
            unit="W",
            width=_POWER_WIDTH,
            count=8,
            measure=Measure.MEAN_POWER,
        ),
        ProgramInput(
            name="INPUT_B_cap",
            meaning="the cap",
            unit="W",
            width=_POWER_WIDTH,
        ),
    ),
    output="OUTPUT_stayed",
    outcomes=("above the cap at least once", "at or below the cap throughout"),
    most=1,
)

LIBRARY: Final[Mapping[str, LibraryProgram]] = MappingProxyType(
    {
        program.name: program
        for program in (
            _RANGE,
            _N_BAND,
            _CAPACITY_TIER,
            _CONTRACTED_POWER,
            _TIME_OF_USE_BILL,
            _DEMAND_RESPONSE,
        )
    }
)
"""The programs by name."""
