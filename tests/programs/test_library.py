"""The shipped programs say what the plain rules say, and what their index says."""

from functools import partial
from itertools import permutations

from currentcost_exchange.compiler import Program, compile_program
from currentcost_exchange.compiler.running import (
    Values,
    evaluate_plain,
    report_bytes,
    run_garbled,
)
from currentcost_exchange.library import LIBRARY, LibraryProgram
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
    inputs = LIBRARY[name].inputs
    return {item.name: given for item, given in zip(inputs, numbers, strict=True)}


def values_of(shipped: LibraryProgram) -> st.SearchStrategy[Values]:
    """Draw inputs, often equal to or beside one another."""
    narrowest = min(item.width for item in shipped.inputs)
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
            for item in shipped.inputs
        }
    )


@pytest.mark.parametrize(("name", "numbers", "outcome"), KNOWN)
def test_known_answers(
    compiled: dict[str, Program], name: str, numbers: list[list[int]], outcome: int
) -> None:
    values = named(name, numbers)
    assert PLAIN[name](values) == outcome
    found = evaluate_plain(compiled[name], values)
    assert found == {LIBRARY[name].output: outcome}


@every_program
@examples(max_examples=100)
@given(data=st.data())
def test_plain_rule(
    compiled: dict[str, Program], name: str, data: st.DataObject
) -> None:
    shipped = LIBRARY[name]
    values = data.draw(values_of(shipped))
    outcome = PLAIN[name](values)
    assert evaluate_plain(compiled[name], values) == {shipped.output: outcome}
    assert outcome <= shipped.most


@every_program
@examples(max_examples=5)
@given(data=st.data())
def test_garbled_run(
    compiled: dict[str, Program], name: str, data: st.DataObject
) -> None:
    shipped = LIBRARY[name]
    values = data.draw(values_of(shipped))
    garbled = run_garbled(compiled[name], values)
    assert garbled.outcome == {shipped.output: PLAIN[name](values)}


@every_program
def test_the_index_describes_the_program(
    compiled: dict[str, Program], name: str
) -> None:
    shipped, program = LIBRARY[name], compiled[name]
    assert shipped.name == name
    assert shipped.source.isascii()
    declared = [*program.household, *program.provider]
    assert [(item.name, item.width, item.count) for item in declared] == [
        (item.name, item.width, item.count) for item in shipped.inputs
    ]
    assert [item.name for item in shipped.inputs if item.measure] == [
        item.name for item in program.household
    ]
    assert all(
        item.measure is None or item.measure.unit == item.unit
        for item in shipped.inputs
    )
    (output,) = program.outputs
    assert output.name == shipped.output
    assert not output.signed
    assert shipped.most < 1 << output.width
    assert bool(shipped.outcomes) != bool(shipped.unit)
    if shipped.outcomes:
        assert len(shipped.outcomes) == shipped.most + 1


@every_program
def test_the_same_circuit_again(compiled: dict[str, Program], name: str) -> None:
    shipped = LIBRARY[name]
    again = compile_program(shipped.source, shipped.widths)
    assert again.circuit == compiled[name].circuit


def test_the_listing_is_the_talks() -> None:
    assert LIBRARY["range"].source.endswith(f"*/\n{LISTING}")


@pytest.mark.parametrize("limits", permutations([100, 200, 300]))
def test_the_order_of_limits_makes_no_difference(limits: tuple[int, ...]) -> None:
    source = LIBRARY["n_band"].source.replace("#define LIMITS 7", "#define LIMITS 3")
    program = compile_program(source, LIBRARY["n_band"].widths)
    for power, band in ((0, 0), (100, 0), (101, 1), (250, 2), (301, 3)):
        values = {"INPUT_A_power": [power], "INPUT_B_limit": limits}
        assert evaluate_plain(program, values) == {"OUTPUT_band": band}


@pytest.mark.parametrize("limits", [1, 2, 3, 5, 15, 16])
def test_any_number_of_bands(limits: int) -> None:
    source = LIBRARY["n_band"].source.replace("LIMITS 7", f"LIMITS {limits}")
    program = compile_program(source, {"INPUT_A_power": 8, "INPUT_B_limit": 8})
    given = [10 * (index + 1) for index in range(limits)]
    for power in range(0, 10 * limits + 20, 5):
        values = {"INPUT_A_power": [power], "INPUT_B_limit": given}
        below = len([limit for limit in given if limit < power])
        assert evaluate_plain(program, values) == {"OUTPUT_band": below}


@every_program
def test_the_widest_inputs(compiled: dict[str, Program], name: str) -> None:
    shipped = LIBRARY[name]
    values = {
        item.name: [(1 << item.width) - 1] * item.count for item in shipped.inputs
    }
    found = evaluate_plain(compiled[name], values)
    assert found == {shipped.output: PLAIN[name](values)}


def test_a_report_of_the_listing_has_the_length_of_a_report(
    compiled: dict[str, Program],
) -> None:
    program = compiled["range"]
    context = 4 + 16 + 17 + 32
    body = 16 + 16 + 16 * 51 + 32 * program.circuit.and_gates + 2 * 32 * 2
    assert report_bytes(program) == context + body
