"""Plans that carry a program: created on the command line, asked over HTTP."""

from datetime import UTC, date, datetime
import json
from pathlib import Path
import re
import time

from currentcost_exchange import PlanStatement
from currentcost_exchange.hashing import Use, digest
from currentcost_exchange.library import LIBRARY, library_template
from currentcost_exchange.question import circuit_digests
from currentcost_exchange.wire import MessageType, Writer
import pytest

from currentcost_provider.plans import in_zone, new_plan
from currentcost_provider.storage.models import PlanRow, ProviderRow
from currentcost_provider.storage.registry import Registry

from .conftest import NOON, Provider
from .process import done, run
from .shell import Shell

TIERS = "INPUT_B_limit=2000,5000,10000,15000,20000,25000,50000,75000,100000"
CREATE = ("plan", "create", "tier", "--program")

QUESTION = """\
title = "Was it more than I like?"
source = "liked.c"
policy = "liked_policy.c"
window = 900
part = 300
outcomes = ["no", "yes"]

[household.INPUT_A_power]
meaning = "mean power of a third of the window"
measure = "mean_power"
take = "each"
width = 17

[provider.INPUT_B_liked]
meaning = "what I like"
unit = "W"
width = 17
"""
SOURCE = """\
void liked(int INPUT_A_power[3], int INPUT_B_liked)
{
    _Bool OUTPUT_more = INPUT_A_power[0] > INPUT_B_liked
        || INPUT_A_power[1] > INPUT_B_liked || INPUT_A_power[2] > INPUT_B_liked;
}
"""
POLICY = "void liked(int INPUT_B_liked)\n{ _Bool OUTPUT_ok = INPUT_B_liked > 99; }\n"


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """A question file of the provider's own."""
    (tmp_path / "liked.c").write_text(SOURCE)
    (tmp_path / "liked_policy.c").write_text(POLICY)
    path = tmp_path / "liked.toml"
    path.write_text(QUESTION)
    return path


def test_every_program_that_ships_makes_a_plan_as_it_is_listed(shell: Shell) -> None:
    listed = shell.done("plan", "programs")
    for name in LIBRARY:
        start = listed.index(f"{name}: {library_template(name).title}\n")
        entry = listed[start:].partition("bytes\n")[2]
        entry = re.split(r"^\w", entry, maxsplit=1, flags=re.MULTILINE)[0]
        options = [
            word
            for option, value in re.findall(r"(--value) +(\S+)", entry)
            for word in (option, value)
        ]
        arguments = ("--program", name, "--zone", "Europe/Oslo", *options)
        shell.done("plan", "create", name, *arguments)
        shown = shell.done("plan", "show", name)
        assert library_template(name).question.source in shown
        for value in options[1::2]:
            assert value.partition("=")[2].replace(",", ", ") in shown
    assert shell.done("plan", "list").count("\n") == 1 + len(LIBRARY)


def test_a_question_file(shell: Shell, question: Path) -> None:
    create = ("plan", "create", "liked", "--program", str(question))
    shell.done(*create, "--value", "INPUT_B_liked=100", "--title", "How was it?")
    shown = shell.done("plan", "show", "liked")
    for part in ("How was it?", SOURCE, POLICY, "INPUT_B_liked", "no, yes", "300 s"):
        assert part in shown
    unlike = (*create[:2], "other", *create[3:], "--value", "INPUT_B_liked=99")
    assert "do not keep the plan's promise" in shell.refused(*unlike)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("liked.c", "int INPUT_A", "float INPUT_A"), "liked.c:1:12: error: the type"),
        (("liked_policy.c", "> 99", "/ 0"), "liked_policy.c:2:"),
        (("liked_policy.c", "99; }", "99;"), "liked_policy.c:"),
        (("liked.toml", 'take = "each"\n', ""), "numbers of a measure"),
        (("liked.toml", "width = 17", "wide = 17"), "has no wide"),
        (("liked.toml", "window = 900", "windows = 900"), "has no windows"),
        (("liked.toml", "window = 900\n", ""), "window is missing"),
        (("liked.toml", 'measure = "mean_power"', 'measure = "fame"'), "fame"),
        (("liked.toml", '["no", "yes"]', '["no"]'), "2 outcomes"),
        (("liked.toml", "INPUT_B_liked", "INPUT_B_other"), "no input INPUT_B_other"),
        (("liked.toml", "width = 17", 'width = "17"'), "liked.toml"),
        (("liked.toml", "[household.", "[[household."), "liked.toml"),
        (("liked.toml", "title =", "title"), "no TOML"),
        (("liked.toml", '"liked.c"', '"other.c"'), "other.c"),
        (("liked.toml", '"liked.c"', "5"), "liked.toml"),
        (("liked.toml", "part = 300", "part = 301"), "parts"),
        (("liked.toml", "window = 900", 'window = "year"'), "year"),
    ],
)
def test_what_is_wrong_with_a_question_file(
    shell: Shell, question: Path, edit: tuple[str, str, str], message: str
) -> None:
    place, old, new = edit
    file = question.parent / place
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    create = ("plan", "create", "liked", "--program", str(question))
    refused = shell.refused(*create, "--value", "INPUT_B_liked=100")
    assert message in refused
    assert "Traceback" not in refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("capacity",), "Those that ship are capacity_tier, contracted_power"),
        (("none.toml",), "none.toml can't be read"),
        (("capacity_tier",), "INPUT_B_limit takes 9 numbers, not 0"),
        (("capacity_tier", "--value", TIERS + ",1"), "takes 9 numbers, not 10"),
        (("capacity_tier", "--value", TIERS, "--value", "INPUT_B_a=1"), "no value"),
        (("capacity_tier", "--value", "INPUT_B_limit=a"), "is not understood"),
        (("capacity_tier", "--value", "INPUT_B_limit"), "is not understood"),
        (
            ("demand_response", "--value", "INPUT_B_cap=131072"),
            "INPUT_B_cap is from 0 to 131071, not 131072",
        ),
        (("demand_response", "--value", "INPUT_B_cap=-1"), "is from 0 to"),
        (("demand_response", "--value", "INPUT_B_cap=499"), "promise"),
        (("capacity_tier", "--value", TIERS, "--zone", "Mars/Base"), "Mars/Base"),
        (("capacity_tier", "--value", TIERS, "--window", "900"), "its own windows"),
        (("capacity_tier", "--value", TIERS, "--threshold", "9"), "its own windows"),
        (
            (
                "capacity_tier",
                "--value",
                TIERS,
                "--start",
                "2027-01-02",
                "--days",
                "57",
            ),
            "No whole window",
        ),
    ],
)
def test_unfit_plans_of_programs(
    shell: Shell, arguments: tuple[str, ...], message: str
) -> None:
    assert message in shell.refused(*CREATE, *arguments)
    assert shell.done("plan", "list").count("\n") == 1


def test_options_of_the_other_kind(shell: Shell) -> None:
    create = ("plan", "create", "a", "--title", "How much?")
    assert "a threshold" in shell.refused(*create)
    assert "a title" in shell.refused("plan", "create", "a", "--threshold", "500")
    for option in (("--value", "INPUT_B_x=1"), ("--zone", "Europe/Rome")):
        refused = shell.refused(*create, "--threshold", "500", *option)
        assert "go with a program" in refused


async def test_a_month_is_asked_and_answered(provider: Provider) -> None:
    registry = Registry(provider.database)
    row = await registry.provider()
    assert row is not None
    template = library_template("capacity_tier")
    limits = template.examples["INPUT_B_limit"]
    statement, values = new_plan(
        registry.identity(row),
        provider="Acme Power",
        plan_id="tier",
        title=template.title,
        first_day=date(2025, 11, 1),
        days=365,
        lateness=86_400,
        schedule=in_zone(template.schedule, "Europe/Oslo"),
        question=template.question,
        values=limits,
    )
    await registry.add_plan(statement, values, NOON)
    anna = await (await provider.household(plan_id="tier")).set_up()

    plan = anna.agreement.statement.plan
    december = plan.schedule.window_at(NOON - 86_400)
    assert datetime.fromtimestamp(december.start, UTC) == datetime(
        2025, 11, 30, 23, tzinfo=UTC
    )
    sent = anna.agreement.report(december, plan.encode([[7000.4, 6100.0, 5300.0]]))
    assert anna.outcome(sent, await anna.send(sent)) == 2
    # January isn't over, and a day is no month.
    january = plan.schedule.window_at(NOON)
    early = anna.agreement.report(january, plan.encode([[1.0, 1.0, 1.0]]))
    assert (await anna.send(early)).status_code == 425

    path = provider.database.path
    [result] = json.loads(done(path, "results", "list", "--json"))
    assert (result["start"], result["end"]) == (
        "2025-11-30T23:00:00Z",
        "2025-12-31T23:00:00Z",
    )
    assert (result["outcome"], result["label"]) == (2, "above 2 of the 9 limits")
    assert result["lower"] is result["upper"] is None
    text = done(path, "results", "list")
    assert text.splitlines()[1].split("  ")[-1].strip() == "2"


async def test_a_plan_of_another_compiler_is_said_in_words(provider: Provider) -> None:
    """Signed by this provider, with a circuit that this version does not make."""
    async with provider.database.write() as session:
        owner = await session.get_one(ProviderRow, 1)
        row = await session.get_one(PlanRow, 1)
        identity = Registry(provider.database).identity(owner)
        plan = PlanStatement.from_bytes(row.statement).plan
        circuit = circuit_digests(plan.question)["circuit"]
        text = plan.to_json().replace(circuit.encode(), circuit[::-1].encode())
        signed = digest(Use.STATEMENT, identity.key, text)
        writer = Writer(MessageType.STATEMENT).raw(identity.key)
        row.statement = writer.raw(identity.sign(signed)).raw(text).to_bytes()
        row.end = int(time.time()) + 86_400
    for arguments in (["serve", "--port", "0"], ["plan", "list"]):
        result = run(provider.database.path, *arguments)
        assert result.returncode == 1
        assert "can't be used by this version" in result.stderr
        assert "Traceback" not in result.stderr
