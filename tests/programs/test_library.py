"""The shipped programs say what the plain rules say, and what their index says."""

from functools import partial
from itertools import permutations

from currentcost_exchange import Plan, PlanError, ProviderValues
from currentcost_exchange.compiler import Input, Program, compile_program
from currentcost_exchange.compiler.running import (
    Values,
    evaluate_plain,
    report_bytes,
    run_garbled,
)
from currentcost_exchange.library import LIBRARY, Template, library_template
from currentcost_exchange.question import circuit_digests
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from .plain import PLAIN

examples = partial(
    settings,
    deadline=None,
    # The compiled programs are the same for every example.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
every_program = pytest.mark.parametrize("name", LIBRARY)

# The talk's listing, as it was shown.
LISTING = """\
int range(int x, int y, int z, int t)
{
    int output = 0;
    if ((x >= 0) && (x <= y))       output = 1;
    else if ((x > y) && (x <= z))   output = 2;
    else if ((x > z) && (x <= t))   output = 3;
    return output;
}
void meterCheck(int INPUT_A_x, int INPUT_B_int1, int INPUT_B_int2, int INPUT_B_int3)
{
    int OUTPUT_meterCheck = range(INPUT_A_x, INPUT_B_int1, INPUT_B_int2, INPUT_B_int3);
}
"""

KNOWN: list[tuple[str, list[list[int]], int]] = [
    ("range", [[518], [1000], [2000], [3000]], 1),
    ("range", [[1000], [1000], [2000], [3000]], 1),
    ("range", [[1001], [1000], [2000], [3000]], 2),
    ("range", [[3000], [1000], [2000], [3000]], 3),
    ("range", [[3001], [1000], [2000], [3000]], 0),
    ("range", [[0], [0], [0], [0]], 1),
    ("range", [[131071], [0], [1], [131071]], 3),
    ("n_band", [[500], [500, 1000, 1500, 2000, 3000, 5000, 9000]], 0),
    ("n_band", [[501], [500, 1000, 1500, 2000, 3000, 5000, 9000]], 1),
    ("n_band", [[4000], [9000, 500, 1000, 1500, 5000, 2000, 3000]], 5),
    ("n_band", [[131071], [131070] * 7], 7),
    # Tiers of a Norwegian grid company: 2, 5, 10, 15, 20, 25, 50, 75, 100 kW.
    *(
        (
            "capacity_tier",
            [peaks, [1000 * tier for tier in (2, 5, 10, 15, 20, 25, 50, 75, 100)]],
            tier,
        )
        for peaks, tier in (
            ([0, 0, 0], 0),
            ([2000, 2000, 2000], 0),
            ([2001, 2000, 2000], 1),
            ([1000, 1999, 3001], 0),
            ([4200, 6100, 5300], 2),
            ([131071, 131071, 131071], 9),
        )
    ),
    ("contracted_power", [[0] * 31, [0]], 0),
    ("contracted_power", [[3001] + [3000] * 30, [3000]], 1),
    ("contracted_power", [[131071] * 31, [131070]], 31),
    # 412.5 kWh at 28.35 cents, 180.25 at 21.10 and 95 at 14.05.
    ("time_of_use_bill", [[412_500, 180_250, 95_000], [2835, 2110, 1405]], 16832),
    # 49 999 and 50 000 hundred-thousandths of a cent: half a cent goes up.
    ("time_of_use_bill", [[49_999, 0, 0], [1, 0, 0]], 0),
    ("time_of_use_bill", [[50_000, 0, 0], [1, 0, 0]], 1),
    ("time_of_use_bill", [[0, 0, 0], [16383, 16383, 16383]], 0),
    ("time_of_use_bill", [[2**20 - 1] * 3, [16383] * 3], 515_364),
    ("demand_response", [[1500] * 8, [1500]], 1),
    ("demand_response", [[1500] * 7 + [1501], [1500]], 0),
    ("demand_response", [[1501] + [0] * 7, [1500]], 0),
]


def named(name: str, numbers: list[list[int]]) -> Values:
    """Return the values under their inputs' names."""
    names = library_template(name).question.widths
    return dict(zip(names, numbers, strict=True))


def plan_of(
    template: Template, numbers: list[int] | None = None
) -> tuple[Plan, ProviderValues]:
    """Return a plan that asks the template's question with these values."""
    examples = [value for given in template.examples.values() for value in given]
    values = ProviderValues.new(tuple(examples if numbers is None else numbers))
    plan = Plan(
        provider="Acme Power",
        plan_id="a",
        title=template.title,
        start=0,
        end=86_400 * 365,
        schedule=template.schedule,
        lateness=86_400,
        question=template.question,
        commitment=values.commitment("a", 0, 86_400 * 365),
    )
    return plan, values


def inputs_of(program: Program) -> list[Input]:
    """Return the inputs of both parties."""
    return [*program.household, *program.provider]


def values_of(program: Program) -> st.SearchStrategy[Values]:
    """Draw inputs, often equal to or beside one another."""
    inputs = inputs_of(program)
    narrowest = min(item.width for item in inputs)
    near = st.integers(0, 3)

    def numbers(width: int) -> st.SearchStrategy[int]:
        top = (1 << width) - 1
        common = st.sampled_from([1000, 2000, 3000, (1 << narrowest) - 5])
        return st.one_of(
            st.integers(0, top),
            near,
            near.map(lambda distance: top - distance),
            st.tuples(common, near).map(sum),
        )

    return st.fixed_dictionaries(
        {
            item.name: st.lists(
                numbers(item.width), min_size=item.count, max_size=item.count
            )
            for item in inputs
        }
    )


@pytest.mark.parametrize(("name", "numbers", "outcome"), KNOWN)
def test_known_answers(
    compiled: dict[str, Program], name: str, numbers: list[list[int]], outcome: int
) -> None:
    values = named(name, numbers)
    assert PLAIN[name](values) == outcome
    program = compiled[name]
    assert evaluate_plain(program, values) == {program.outputs[0].name: outcome}


@every_program
@examples(max_examples=100)
@given(data=st.data())
def test_plain_rule(
    compiled: dict[str, Program], name: str, data: st.DataObject
) -> None:
    program = compiled[name]
    values = data.draw(values_of(program))
    outcome = PLAIN[name](values)
    assert evaluate_plain(program, values) == {program.outputs[0].name: outcome}
    assert outcome < library_template(name).question.outcomes


@every_program
@examples(max_examples=5)
@given(data=st.data())
def test_garbled_run(
    compiled: dict[str, Program], name: str, data: st.DataObject
) -> None:
    program = compiled[name]
    values = data.draw(values_of(program))
    garbled = run_garbled(program, values)
    assert garbled.outcome == {program.outputs[0].name: PLAIN[name](values)}


OUTCOMES = {
    "range": 4,
    "n_band": 8,
    "capacity_tier": 10,
    "contracted_power": 32,
    "time_of_use_bill": 515_365,
    "demand_response": 2,
}


@every_program
def test_what_can_come_out(name: str) -> None:
    question = library_template(name).question
    assert question.outcomes == OUTCOMES[name]
    assert len(question.labels) == (0 if question.unit else question.outcomes)


@every_program
def test_a_plan_can_ask_it(name: str) -> None:
    template = library_template(name)
    plan, values = plan_of(template)
    assert Plan.from_json(plan.to_json()) == plan
    assert len(plan.choices(values)) == plan.provider_bits


DIGESTS = {
    "capacity_tier": (
        "f106d4173350b6432a1de7f9807f5c87",
        "bced159c69597022c8fd010c4efa238a",
    ),
    "contracted_power": (
        "2202d884b433b82da2af04550ca757f0",
        "6c1564618287e8a775a79b1bfedf868a",
    ),
    "demand_response": (
        "1a3a5955ada6271e3e3a5b591829fcbf",
        "776720350dda73c3b20ec9004d6bf006",
    ),
    "n_band": (
        "7fe24db7f316dbe6c6df4a160db39dc8",
        "bac5cc6ba574a744be12f5696602686b",
    ),
    "range": (
        "0a408fbead1d38b068f2d5a7f363bf87",
        "ba5c0a91b48e212ce21e2a3d69821a9c",
    ),
    "time_of_use_bill": (
        "a7c870efa2c01075823a8dc612ee2a2d",
        "09ee8f134e7b5073152774c96902e07f",
    ),
}


@every_program
def test_circuits_do_not_change_unasked(name: str) -> None:
    """Agreements are bound to them: a compiler that makes others ends agreements."""
    digests = circuit_digests(library_template(name).question)
    assert tuple(digest[:32] for digest in digests.values()) == DIGESTS[name]


REFUSED = [
    ("range", [[99], [2000], [3000]]),
    ("range", [[1000], [1099], [3000]]),
    ("range", [[1000], [2000], [2000]]),
    ("n_band", [[99, 500, 1000, 2000, 3000, 5000, 8000]]),
    ("n_band", [[100, 500, 1000, 2000, 3000, 5000, 5099]]),
    ("n_band", [[500, 100, 1000, 2000, 3000, 5000, 8000]]),
    ("capacity_tier", [[999, *range(2000, 10_000, 1000)]]),
    ("capacity_tier", [[*range(1000, 9000, 1000), 8999]]),
    ("contracted_power", [[999]]),
    ("time_of_use_bill", [[0, 0, 10_000]]),
    ("time_of_use_bill", [[999, 10_000, 10_000]]),
    ("time_of_use_bill", [[9, 9, 9]]),
    ("demand_response", [[499]]),
]
ACCEPTED = [
    ("range", [[100], [200], [300]]),
    ("n_band", [[100, 200, 300, 400, 500, 600, 700]]),
    ("capacity_tier", [[*range(1000, 10_000, 1000)]]),
    ("contracted_power", [[1000]]),
    ("time_of_use_bill", [[1000, 10_000, 1000]]),
    ("time_of_use_bill", [[10, 10, 100]]),
    ("demand_response", [[500]]),
]


@pytest.mark.parametrize(("name", "given"), REFUSED)
def test_policies_refuse(name: str, given: list[list[int]]) -> None:
    plan, values = plan_of(library_template(name), [n for each in given for n in each])
    with pytest.raises(PlanError, match="promise"):
        plan.choices(values)


@pytest.mark.parametrize(("name", "given"), ACCEPTED)
def test_policies_accept(name: str, given: list[list[int]]) -> None:
    plan, values = plan_of(library_template(name), [n for each in given for n in each])
    assert plan.choices(values)


@every_program
def test_the_same_circuit_again(compiled: dict[str, Program], name: str) -> None:
    question = library_template(name).question
    again = compile_program(question.source, question.widths)
    assert again.circuit == compiled[name].circuit


def test_the_listing_is_the_talks() -> None:
    assert library_template("range").question.source.endswith(f"*/\n{LISTING}")


@pytest.mark.parametrize("limits", permutations([100, 200, 300]))
def test_the_order_of_limits_makes_no_difference(limits: tuple[int, ...]) -> None:
    question = library_template("n_band").question
    source = question.source.replace("#define LIMITS 7", "#define LIMITS 3")
    program = compile_program(source, question.widths)
    for power, band in ((0, 0), (100, 0), (101, 1), (250, 2), (301, 3)):
        values = {"INPUT_A_power": [power], "INPUT_B_limit": limits}
        assert evaluate_plain(program, values) == {"OUTPUT_band": band}


@pytest.mark.parametrize("limits", [1, 2, 3, 5, 15, 16])
def test_any_number_of_bands(limits: int) -> None:
    source = library_template("n_band").question.source
    source = source.replace("LIMITS 7", f"LIMITS {limits}")
    program = compile_program(source, {"INPUT_A_power": 8, "INPUT_B_limit": 8})
    given = [10 * (index + 1) for index in range(limits)]
    for power in range(0, 10 * limits + 20, 5):
        values = {"INPUT_A_power": [power], "INPUT_B_limit": given}
        below = len([limit for limit in given if limit < power])
        assert evaluate_plain(program, values) == {"OUTPUT_band": below}


@every_program
def test_the_widest_inputs(compiled: dict[str, Program], name: str) -> None:
    program = compiled[name]
    values = {
        item.name: [(1 << item.width) - 1] * item.count for item in inputs_of(program)
    }
    found = evaluate_plain(program, values)
    assert found == {program.outputs[0].name: PLAIN[name](values)}


def test_a_report_of_the_listing_has_the_length_of_a_report(
    compiled: dict[str, Program],
) -> None:
    program = compiled["range"]
    context = 4 + 16 + 17 + 32
    body = 16 + 16 + 16 * 51 + 32 * program.circuit.and_gates + 2 * 32 * 2
    tag = 16
    assert report_bytes(program) == context + body + tag
