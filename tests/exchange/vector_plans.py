"""Plans and windows for the known answers: what is taken, what is refused."""

from collections.abc import Iterator
from typing import Any

from currentcost_exchange import (
    HouseholdInput,
    Measure,
    Period,
    Plan,
    ProgramQuestion,
    ProviderIdentity,
    ProviderInput,
    ProviderValues,
    Schedule,
    Take,
)

from .parties import DAY, START, plan_of
from .vector_parties import Json, octets

HOURS = """\
void limit(unsigned INPUT_A_power[4], unsigned INPUT_B_limit)
{
    _Bool OUTPUT_above = 0;
    for (int i = 0; i < 4; i++)
        if (INPUT_A_power[i] > INPUT_B_limit) OUTPUT_above = 1;
}
"""
BANDS = """\
void bill(unsigned INPUT_A_energy[2], unsigned INPUT_B_price[2])
{
    unsigned OUTPUT_cents = (INPUT_A_energy[0] * INPUT_B_price[0]
        + INPUT_A_energy[1] * INPUT_B_price[1]) / 1000;
}
"""
PEAKS = """\
void peaks(unsigned INPUT_A_peak[3], unsigned INPUT_B_limit)
{
    _Bool OUTPUT_above =
        INPUT_A_peak[0] + INPUT_A_peak[1] + INPUT_A_peak[2] > 3 * INPUT_B_limit;
}
"""


def _plan(values: ProviderValues, **changes: Any) -> Plan:
    return plan_of(values, **changes)


def _question(
    source: str, take: HouseholdInput, value: ProviderInput, **more: Any
) -> ProgramQuestion:
    return ProgramQuestion(
        source=source, policy_source=None, household=(take,), provider=(value,), **more
    )


def plans() -> Iterator[tuple[str, Plan]]:
    """Yield a plan of each kind."""
    values = ProviderValues((512, 2000, 51_437), octets("plans: salt"))
    yield "a range", _plan(values)
    yield (
        "a range of energy, other letters",
        _plan(
            values,
            measure=Measure.ENERGY,
            title='"\u00d8ks\\er/\u96fb\u6c17 \U0001f50c"',
            window=DAY,
            minimum_width=1,
        ),
    )
    yield (
        "a range by the day",
        _plan(
            values,
            schedule=Schedule(window=Period.DAY, part=900, zone="Europe/Oslo"),
            measure=Measure.PEAK_POWER,
            lateness=0,
        ),
    )
    limit = ProviderInput(name="INPUT_B_limit", meaning="limit", unit="W", width=17)
    one = ProviderValues((2000,), octets("plans: salt"))
    yield (
        "hours of a day",
        _plan(
            one,
            schedule=Schedule(window=Period.DAY, part=900, zone="Europe/London"),
            question=_question(
                HOURS,
                HouseholdInput(
                    name="INPUT_A_power",
                    meaning="mean power from 17 to 18 o'clock",
                    measure=Measure.MEAN_POWER,
                    width=17,
                    take=Take.EACH,
                    count=4,
                    hours=(17, 18),
                ),
                limit,
                labels=("no", "yes"),
            ),
        ),
    )
    yield (
        "peaks of a month",
        _plan(
            one,
            schedule=Schedule(window=Period.MONTH, part=3600, zone="Europe/Oslo"),
            question=_question(
                PEAKS,
                HouseholdInput(
                    name="INPUT_A_peak",
                    meaning="the three highest",
                    measure=Measure.MEAN_POWER,
                    width=17,
                    take=Take.HIGHEST_DAYS,
                    count=3,
                ),
                limit,
                labels=("no", "yes"),
            ),
        ),
    )
    yield (
        "price bands",
        _plan(
            ProviderValues((20, 30), octets("plans: salt")),
            schedule=Schedule(window=Period.MONTH, part=900, zone="Europe/Rome"),
            question=_question(
                BANDS,
                HouseholdInput(
                    name="INPUT_A_energy",
                    meaning="energy of each band",
                    measure=Measure.ENERGY,
                    width=8,
                    take=Take.BANDS,
                    count=2,
                    bands=("0" * 8 + "1" * 12 + "0" * 4,) * 5 + ("0" * 24,) * 2,
                ),
                ProviderInput(
                    name="INPUT_B_price",
                    meaning="price",
                    unit="1/10 cent per kWh",
                    width=6,
                ),
                unit="cents",
            ),
        ),
    )


REPLACED = (
    ("a space", '"provider":', '"provider": ', "Malformed"),
    ("a number as a fraction", '"lateness":21600', '"lateness":21600.0', "PlanError"),
    ("a number as a power", '"lateness":21600', '"lateness":216e2', "PlanError"),
    ("a number as a string", '"lateness":21600', '"lateness":"21600"', "PlanError"),
    ("a truth value", '"thresholds":3', '"thresholds":true', "PlanError"),
    ("an escaped letter", '"Acme Power"', '"\\u0041cme Power"', "Malformed"),
    ("an escaped slash", '"Acme Power"', '"Acme\\/Power"', "Malformed"),
    (
        "a repeated key",
        '"lateness":21600',
        '"lateness":1,"lateness":21600',
        "Malformed",
    ),
    ("another key", '"lateness":21600', '"lateness":21600,"more":0', "Malformed"),
    ("a key in the question", '"kind":', '"more":0,"kind":', "Malformed"),
    ("a key lacks", '"lateness":21600,', "", "Malformed"),
    (
        "other order",
        '"provider":"Acme Power","plan":"evening"',
        '"plan":"evening","provider":"Acme Power"',
        "Malformed",
    ),
    ("another kind", '"range"', '"ranges"', "Malformed"),
    ("capital letters in the name", '"evening"', '"Evening"', "PlanError"),
    ("no name", '"evening"', '""', "PlanError"),
    ("a space before the provider", '"Acme Power"', '" Acme Power"', "PlanError"),
    ("a line end in the title", "do you", "do\\nyou", "PlanError"),
    ("a text that runs backwards", "do you", "do\u202eyou", "PlanError"),
    ("a no-break space", "do you", "do\u00a0you", "PlanError"),
    ("a title too long", "do you", "x" * 190, "PlanError"),
    ("a period of nothing", f"{START + 30 * DAY}]", f"{START}]", "PlanError"),
    ("a period too late", f"{START + 30 * DAY}]", f"{1 << 48}]", "PlanError"),
    (
        "a period of three",
        f"{START + 30 * DAY}]",
        f"{START + 30 * DAY},0]",
        "Malformed",
    ),
    ("lateness too long", "21600", "2678401", "PlanError"),
    ("a window that doesn't divide a day", '"window":900', '"window":901', "PlanError"),
    ("a window too short", '"window":900', '"window":9', "PlanError"),
    ("another period", '"window":900', '"window":"week"', "Malformed"),
    ("parts that don't divide", '"part":900', '"part":800', "PlanError"),
    ("no such zone", '"UTC"', '"Atlantis"', "PlanError"),
    ("a measure that is none", '"mean_power"', '"median_power"', "Malformed"),
    ("a width of one", '"width":17', '"width":1', "PlanError"),
    ("a width of 33", '"width":17', '"width":33', "PlanError"),
    ("sixteen thresholds", '"thresholds":3', '"thresholds":16', "PlanError"),
    ("fewer labels", '"outside",', "", "PlanError"),
    ("labels alike", '"bucket 1"', '"bucket 2"', "PlanError"),
    ("minimum width of 0", '"minimum_width":100', '"minimum_width":0', "PlanError"),
    (
        "minimum width too wide",
        '"minimum_width":100',
        '"minimum_width":32768',
        "PlanError",
    ),
    ("another policy", '"minimum_width":100', '"minimum_width":101', "PlanError"),
    ("a commitment in capitals", '"commitment":"', '"commitment":"AB', "PlanError"),
)


def plan_vectors() -> Json:
    identity = ProviderIdentity(octets("plans: provider"))
    taken = []
    for name, plan in plans():
        statement = identity.sign_plan(plan)
        taken.append(
            {
                "name": name,
                "statement": statement.to_bytes().hex(),
                "text": plan.to_json().decode(),
                "code": statement.code,
                "provider_bits": plan.provider_bits,
                "household_bits": sum(plan.household_widths),
                "output_bits": plan.output_bits,
                "outcomes": plan.question.outcomes,
                "report_bytes": plan.report_bytes,
            }
        )
    base = taken[0]["text"]
    assert isinstance(base, str)
    refused = []
    for name, old, new, error in REPLACED:
        assert base.count(old) == 1, name
        refused.append({"name": name, "old": old, "new": new, "error": error})
    return {"taken": taken, "refused": refused, "windows": list(_windows())}


def _windows() -> Iterator[Json]:
    """Windows around moments, those when clocks change among them."""
    for window, zone, times in (
        (900, "UTC", (START, START + 899, START + 900)),
        (DAY, "Europe/Oslo", (START, START + DAY - 1)),
        ("day", "Europe/Oslo", (1_774_746_000, 1_774_747_800, 1_792_886_400)),
        ("day", "America/New_York", (START, 1_773_000_000, 1_793_520_000)),
        ("day", "America/Havana", (1_772_949_600, 1_793_505_600, 1_793_509_200)),
        ("day", "Asia/Kathmandu", (START, START - 20_701)),
        ("month", "Europe/Oslo", (START, 1_774_900_000, 1_774_994_400, 1_793_400_000)),
        ("month", "UTC", (1_835_000_000,)),
    ):
        seconds = Period(window) if isinstance(window, str) else window
        schedule = Schedule(window=seconds, part=300, zone=zone)
        for time in times:
            found = schedule.window_at(time)
            yield {
                "window": window,
                "zone": zone,
                "time": time,
                "found": [found.kind, found.start, found.end],
            }
