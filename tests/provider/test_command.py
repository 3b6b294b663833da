"""The command line: what it prints, and how it says what is wrong."""

import asyncio
import contextlib
import csv
import io
import json
from pathlib import Path
import re
import sqlite3
import stat
import subprocess

from currentcost_exchange import (
    Measure,
    PlanStatement,
    ProviderValues,
    RangeQuestion,
    Schedule,
)
import pytest
import trustme

from currentcost_provider.storage.database import Database
from currentcost_provider.storage.models import PlanRow
from currentcost_provider.storage.registry import Registry
from currentcost_provider.storage.vault import KeyFile, Keys, Vault

from .conftest import NOON, WINDOW, Provider
from .household import Household
from .process import COMMAND, run
from .shell import Shell

CODE = r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}"


@pytest.fixture
def planned(shell: Shell) -> Shell:
    shell.done(*plan("evening"))
    return shell


async def stored_plan(path: Path, plan_id: str) -> tuple[PlanRow, ProviderValues]:
    vault = Vault(KeyFile(path.with_suffix(".keys")))
    database = Database(path, vault)
    registry = Registry(database)
    row = await registry.plan_named(plan_id)
    await database.close()
    assert row is not None
    return row, registry.values(row)


def plan(
    plan_id: str, *arguments: str, thresholds: str = "1000 2000 3000"
) -> list[str]:
    options = [part for value in thresholds.split() for part in ("--threshold", value)]
    return ["plan", "create", plan_id, "--title", "How much?", *options, *arguments]


def test_init_creates_a_private_file(empty: Shell) -> None:
    assert re.search(CODE, empty.done("init", "--name", "Acme Power"))
    assert stat.S_IMODE(empty.database.stat().st_mode) == 0o600


def test_init_keeps_the_key_that_is_there(shell: Shell) -> None:
    before = shell.database.read_bytes()
    assert "nothing was changed" in shell.refused("init", "--name", "Other")
    assert shell.database.read_bytes() == before


@pytest.mark.parametrize("name", ["", " Acme", "a" * 65, "Ac\nme"])
def test_init_refuses_a_name_that_no_plan_could_carry(empty: Shell, name: str) -> None:
    assert "1 to 64 printable" in empty.refused("init", "--name", name)
    assert not empty.database.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "list"],
        ["household", "list"],
        ["results", "list"],
        ["serve", "--port", "0"],
        plan("evening"),
    ],
)
def test_without_init_it_says_what_to_do(empty: Shell, arguments: list[str]) -> None:
    assert "currentcost-provider init" in empty.refused(*arguments)
    assert not empty.database.exists()


def test_empty_database_lacks_a_provider(empty: Shell) -> None:
    empty.database.parent.mkdir()
    empty.database.touch()
    KeyFile(empty.database.with_suffix(".keys")).write(Keys.new())
    assert "run `currentcost-provider init`" in empty.refused(*plan("evening"))
    # An init that was interrupted can be repeated.
    empty.done("init", "--name", "Acme Power")


async def test_newer_database_is_refused_by_every_command(
    provider: Provider,
) -> None:
    path = provider.database.path
    async with provider.database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num='99'")
    for arguments in (["plan", "list"], ["serve", "--port", "0"]):
        result = run(path, *arguments)
        assert result.returncode == 1
        assert "newer version" in result.stderr
        assert "Traceback" not in result.stderr


def test_damaged_database_is_said_in_words(planned: Shell) -> None:
    with contextlib.closing(sqlite3.connect(planned.database)) as connection:
        connection.execute("DROP TABLE window_claim")
    assert "no such table: window_claim" in planned.refused("results", "list")


def test_plan_is_what_was_asked_for(shell: Shell) -> None:
    printed = shell.done(
        *plan("evening", "--window", "1800", "--measure", "energy", "--days", "28"),
        *("--label", "none", "--label", "low", "--label", "mid", "--label", "high"),
        *("--start", "2100-03-01", "--lateness", "7200", "--minimum-width", "500"),
    )
    row, values = asyncio.run(stored_plan(shell.database, "evening"))
    statement = PlanStatement.from_bytes(row.statement)
    made = statement.plan
    assert (made.provider, made.plan_id, made.title) == (
        "Acme Power",
        "evening",
        "How much?",
    )
    assert (made.start, made.end) == (4_107_542_400, 4_107_542_400 + 28 * 86_400)
    assert (made.schedule, made.lateness) == (Schedule(window=1800, part=1800), 7200)
    assert made.question == RangeQuestion(
        measure=Measure.ENERGY,
        width=17,
        thresholds=3,
        minimum_width=500,
        labels=("none", "low", "mid", "high"),
    )
    assert values.values == (1000, 2000, 3000)
    assert statement.code in printed
    assert statement.fingerprint in printed

    shown = shell.done("plan", "show", "evening")
    assert statement.code in shown
    assert "1000 Wh, 2000 Wh, 3000 Wh" in shown
    listed = shell.done("plan", "list")
    assert "2100-03-01T00:00:00Z" in listed
    assert statement.code in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (plan("a", thresholds="2000 1000"), "1000 W can't follow 2000 W"),
        (plan("a", thresholds="1000 1000"), "must ascend"),
        (plan("a", thresholds="0 1000"), "0 W can't follow 0 W"),
        (plan("a", thresholds="-5 1000"), "-5 W can't follow 0 W"),
        (plan("a", thresholds="99"), "from 0 to 99 W is narrower"),
        (plan("a", thresholds="1000 1050"), "from 1000 to 1050 W is narrower"),
        (plan("a", thresholds="131000"), "130970 W at most"),
        (plan("a", thresholds="999999"), "130970 W at most"),
        (
            plan("a", thresholds=" ".join(str(200 * n) for n in range(1, 17))),
            "1 to 15",
        ),
        (plan("a", "--minimum-width", "0"), "1 W or more"),
        (plan("a", "--window", "7"), "divide a day"),
        (plan("a", "--window", "0"), "divide a day"),
        (plan("a", "--window", "86401"), "divide a day"),
        (plan("a", "--label", "x"), "need 4 labels"),
        (plan("a", *["--label", "x"] * 4), "outcomes"),
        (plan("A b"), "plan id"),
        (plan("a", "--title", ""), "title"),
        (plan("a", "--lateness", str(40 * 86_400)), "lateness"),
    ],
)
def test_unfit_plan_is_refused_in_words(
    shell: Shell, arguments: list[str], message: str
) -> None:
    assert message in shell.refused(*arguments)
    assert shell.done("plan", "list").count("\n") == 1


def test_plan_is_signed_once(planned: Shell) -> None:
    before = planned.done("plan", "list")
    assert "choose another id" in planned.refused(*plan("evening"))
    assert planned.done("plan", "list") == before
    assert "no plan morning" in planned.refused("plan", "show", "morning")


def test_enrolment_sheet(planned: Shell) -> None:
    address = "https://acme.example:8443"
    sheet = planned.done(
        "household", "enrol", "anna", "--plan", "evening", "--address", address
    )
    assert address in sheet
    assert re.search(r"one-time password +[a-z2-9]{4}(-[a-z2-9]{4}){3}\n", sheet)
    assert re.search(rf"provider's fingerprint +{CODE}\n", sheet)
    assert re.search(rf"plan's code +{CODE}\n", sheet)
    assert "password waits until" in planned.done("household", "list")

    arguments = ("household", "enrol", "ben", "--plan", "evening", "--json")
    document = json.loads(planned.done(*arguments))
    assert set(document) == {
        *("address", "user", "password", "expires", "fingerprint", "plan", "code"),
    }


def test_enrolment_is_refused_in_words(planned: Shell) -> None:
    enrol = ("household", "enrol")
    assert "no plan nope" in planned.refused(*enrol, "anna", "--plan", "nope")
    assert "1 to 64" in planned.refused(*enrol, "an na", "--plan", "evening")
    planned.done(*plan("old", "--start", "2020-01-01", "--days", "30"))
    assert "is over" in planned.refused(*enrol, "anna", "--plan", "old")
    planned.done(*enrol, "anna", "--plan", "evening")
    again = planned.refused(*enrol, "anna", "--plan", "evening")
    assert "a reset gives it a new password" in again
    assert "no household ben" in planned.refused("household", "reset", "ben")


def test_passwords_differ(planned: Shell) -> None:
    passwords = {
        json.loads(planned.done("household", *arguments, "--json"))["password"]
        for arguments in (
            ("enrol", "anna", "--plan", "evening"),
            ("enrol", "ben", "--plan", "evening"),
            ("reset", "anna"),
        )
    }
    assert len(passwords) == 3


async def test_results_in_three_forms(provider: Provider, anna: Household) -> None:
    last = NOON - WINDOW
    for number, watts in enumerate((500, 2500, 9000)):
        await anna.send(anna.report(anna.window(last - number * WINDOW), watts))
    await anna.send(anna.agreement.missing(anna.window(last - 3 * WINDOW)))
    await anna.send(anna.broken(anna.report(anna.window(last - 4 * WINDOW), 1)))
    await (await provider.household("ben")).set_up()
    shell = Shell(provider.database.path)

    async def done(*arguments: str) -> str:
        return await asyncio.to_thread(shell.done, *arguments)

    documents = json.loads(await done("results", "list", "--json"))
    assert [
        (d["state"], d["outcome"], d["label"], d["lower"], d["upper"])
        for d in documents
    ] == [
        ("refused", None, None, None, None),
        ("missing", None, None, None, None),
        ("bucket", 0, "outside", 3000, None),
        ("bucket", 3, "bucket 3", 2000, 3000),
        ("bucket", 1, "bucket 1", 0, 1000),
    ]
    assert documents[-1]["start"] == "2026-01-01T11:45:00Z"
    assert documents[-1]["end"] == "2026-01-01T12:00:00Z"
    assert {d["household"] for d in documents} == {"anna"}
    assert {d["unit"] for d in documents} == {"W"}

    rows = list(csv.DictReader(io.StringIO(await done("results", "list", "--csv"))))
    assert [
        {name: "" if value is None else str(value) for name, value in document.items()}
        for document in documents
    ] == rows

    text = await done("results", "list", "--household", "anna")
    assert [line.split("  ")[-1].strip() for line in text.splitlines()] == [
        *("OUTCOME", "-", "-", "above 3000 W", "2000 to 3000 W", "0 to 1000 W"),
    ]
    assert (
        json.loads(await done("results", "list", "--household", "ben", "--json")) == []
    )
    assert "running" in await done("household", "list")

    for words, *arguments in (
        ("no household nobody", "--household", "nobody"),
        ("", "--json", "--csv"),
    ):
        said = await asyncio.to_thread(shell.refused, "results", "list", *arguments)
        assert words in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104  # must be refused
def test_plain_http_stays_on_this_machine(planned: Shell, host: str) -> None:
    message = planned.refused("serve", "--host", host, "--port", "0")
    assert "--certificate" in message
    assert "--insecure" in message


def test_certificate_that_can_not_be_used(planned: Shell, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    tls = ("--certificate", str(certificate), "--private-key", str(key))
    assert "needs both" in planned.refused("serve", *tls[:2])
    assert "can't be used" in planned.refused("serve", *tls)
    one, other = (trustme.CA().issue_cert("127.0.0.1") for _ in range(2))
    one.cert_chain_pems[0].write_to_path(certificate)
    other.private_key_pem.write_to_path(key)
    assert "can't be used" in planned.refused("serve", *tls)


def test_help_without_a_command() -> None:
    result = subprocess.run([COMMAND], capture_output=True, check=False, text=True)  # noqa: S603  # our own command
    for name in ("init", "plan", "household", "serve", "results"):
        assert name in result.stdout
