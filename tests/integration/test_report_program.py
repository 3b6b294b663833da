"""Reports that a program asks for: its consent, its measures, its answers."""

from pathlib import Path
import time

from currentcost_exchange.library import library_template
import pytest

from custom_components.currentcost_private.exchange import library
from custom_components.currentcost_private.report_description import values_in_words
from custom_components.currentcost_private.report_privacy import (
    async_privacy_report,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from .household import Household

pytestmark = pytest.mark.usefixtures("socket_enabled")

ANSWER = "sensor.example_energy_answer"
HOUR, DAY = 3600, 86_400

THIRDS = """\
/* In how many thirds of the window was the limit exceeded? ``` */
void thirds(unsigned INPUT_A_power[3], unsigned INPUT_B_limit)
{
    unsigned OUTPUT_count = (INPUT_A_power[0] > INPUT_B_limit)
        + (INPUT_A_power[1] > INPUT_B_limit) + (INPUT_A_power[2] > INPUT_B_limit);
}
"""
THIRDS_FILE = """\
title = "How often above?"
source = "thirds.c"
window = 900
part = 300
outcomes = ["never", "once", "twice", "always"]
[household.INPUT_A_power]
meaning = "mean power of a *third*"
measure = "mean_power"
take = "each"
width = 17
[provider.INPUT_B_limit]
meaning = "the limit"
unit = "W"
width = 17
"""
BILL_FILE = """\
title = "What does the day cost?"
source = "bill.c"
policy = "bill_policy.c"
window = "day"
part = 900
unit = "cents"
[household.INPUT_A_energy]
meaning = "energy by night and by day"
measure = "energy"
take = "bands"
bands = [
    "000000001111111111111111", "000000001111111111111111", "000000001111111111111111",
    "000000001111111111111111", "000000001111111111111111", "000000001111111111111111",
    "000000001111111111111111",
]
width = 20
[provider.INPUT_B_price]
meaning = "price"
unit = "cents per kWh"
width = 7
"""
BILL = """\
void bill(unsigned INPUT_A_energy[2], unsigned INPUT_B_price[2])
{
    unsigned OUTPUT_cents = (INPUT_A_energy[0] * INPUT_B_price[0]
        + INPUT_A_energy[1] * INPUT_B_price[1]) / 1000;
}
"""
BILL_POLICY = """\
void policy(unsigned INPUT_B_price[2])
{
    _Bool OUTPUT_fair = INPUT_B_price[0] >= 10 && INPUT_B_price[1] >= 10;
}
"""


@pytest.fixture
def beginning() -> int:
    """When the household's time begins: three days ago, at midnight."""
    return int(time.time()) // DAY * DAY - 3 * DAY


@pytest.fixture(scope="session")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the provider's question files."""
    folder = tmp_path_factory.mktemp("questions")
    for name, text in {
        "thirds.toml": THIRDS_FILE,
        "thirds.c": THIRDS,
        "bill.toml": BILL_FILE,
        "bill.c": BILL,
        "bill_policy.c": BILL_POLICY,
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def plan_options(request: pytest.FixtureRequest, questions: Path) -> dict[str, str]:
    """The program and its values."""
    program, value = request.param
    if program.endswith(".toml"):
        program = str(questions / program)
    return {"program": program, "value": value}


async def async_consent(household: Household) -> dict[str, str]:
    """Agree, and return what was told before."""
    flow_id = await household.async_start_flow()
    consent = await household.async_submit(flow_id, household.letter())
    assert consent["step_id"] == "consent_program", consent["errors"]
    refused = await household.async_submit(flow_id, {"agreed": False})
    assert refused["step_id"] == "consent_program"
    assert refused["errors"] == {"agreed": "consent_required"}
    created = await household.async_submit(flow_id, {"agreed": True})
    assert created["type"] is FlowResultType.CREATE_ENTRY, created["errors"]
    told: dict[str, str] = consent["description_placeholders"]
    return told


@pytest.mark.parametrize(
    "plan_options", [("thirds.toml", "INPUT_B_limit=1000")], indirect=True
)
async def test_consent_shows_the_program(household: Household) -> None:
    told = await async_consent(household)
    # Nothing that the source says can end the block of code.
    assert told["program"] == f"````c\n{THIRDS.rstrip()}\n````"
    assert told["household"] == (
        "- INPUT\\_A\\_power: mean power of a \\*third\\* (W, 3x)"
    )
    assert told["values"] == "- INPUT\\_B\\_limit: the limit (W)"
    assert "Nobody can check" in told["policy"]
    assert told["outcomes"] == "- 0: never\n- 1: once\n- 2: twice\n- 3: always"
    assert (told["answers"], told["bits_each"], told["bits"]) == ("4", "2.4", "223")
    assert told["window"] == "15 min"
    assert int(told["bytes"].replace(",", "")) > 101
    # The clock stands still here.
    assert told["milliseconds"] == "0.0"
    assert told["code"] == household.provider.sheet["code"]


@pytest.mark.parametrize(
    ("shipped", "plan_options"),
    [
        (name, (name, f"{key}={','.join(map(str, given))}"))
        for name in ("capacity_tier", "contracted_power", "demand_response")
        for key, given in library_template(name).examples.items()
    ],
    indirect=["plan_options"],
)
async def test_programs_that_ship_can_be_agreed_on(
    household: Household, shipped: str
) -> None:
    told = await async_consent(household)
    question = library_template(shipped).question
    assert question.source.rstrip() in told["program"]
    assert question.policy_source is not None
    assert question.policy_source.rstrip() in told["policy_program"]
    assert told["answers"] == str(question.outcomes)
    assert float(told["bits"]) <= float(told["bits_each"])


@pytest.mark.parametrize(
    "plan_options", [("thirds.toml", "INPUT_B_limit=1000")], indirect=True
)
async def test_answers_of_a_program(
    hass: HomeAssistant, household: Household, entity_registry: er.EntityRegistry
) -> None:
    await async_consent(household)
    start = household.now
    for powers in ((1500, 400, 1500), (400, 900, 1000), (1001, 1001, 1001)):
        for power in powers:
            await household.async_live(300, power)
    # One third too little is measured: nobody can say of the window how often.
    await household.async_live(300, 1500)
    household.draw(None)
    await household.async_live(300)
    await household.async_live(300, 1500)
    await household.async_sent()
    assert household.learnt() == {
        start: 2,
        start + 900: 0,
        start + 1800: 3,
        start + 2700: None,
    }
    await household.async_live(900, 400)
    await household.async_sent()
    state = hass.states.get(ANSWER)
    assert state is not None
    assert state.state == "never"
    assert state.attributes["options"] == ["never", "once", "twice", "always"]
    assert state.attributes["friendly_name"] == "Example Energy Answer"
    assert not [e for e in entity_registry.entities if "bucket" in e]


@pytest.mark.parametrize(
    "plan_options", [("bill.toml", "INPUT_B_price=20,40")], indirect=True
)
async def test_an_amount_for_a_day_with_a_restart_at_midnight(
    hass: HomeAssistant, household: Household
) -> None:
    told = await async_consent(household)
    assert told["window"] == "day"
    assert BILL_POLICY.rstrip() in told["policy_program"]
    assert told["outcomes"].startswith("- 0 … ")
    assert told["outcomes"].endswith(" cents")
    start = household.now
    assert start % DAY == 0
    await household.async_live(8 * HOUR, 500)
    await household.async_live(10 * HOUR, 1000)
    await household.async_restart()
    await household.async_live(6 * HOUR - 60, 2000)
    # A restart that begins before midnight and is over after it loses no day.
    assert await hass.config_entries.async_unload(household.entry.entry_id)
    await household.async_pass(120)
    await household.async_set_up()
    await household.async_sent()
    by_day = 1000 * 10 + 2000 * 6
    cents = (500 * 8 * 20 + by_day * 40) // 1000
    ((learnt_start, learnt),) = household.learnt().items()
    assert learnt_start == start
    # What the restarts hid isn't guessed: a minute or two.
    assert cents - 10 <= (learnt or 0) <= cents
    state = hass.states.get(ANSWER)
    assert state is not None
    assert state.state == str(learnt)
    assert state.attributes["unit_of_measurement"] == "cents"
    said = await async_privacy_report(household.reporter)
    assert (said["answers"], said["bits"]["by_entropy"]) == ({}, None)


def test_values_of_a_program_in_words() -> None:
    """After the period the provider's values are told by their names."""
    question = library.library_template("capacity_tier").question
    limits = tuple(range(1000, 10_000, 1000))
    assert values_in_words(question, limits) == (
        f"INPUT_B_limit: {', '.join(map(str, limits))}"
    )
