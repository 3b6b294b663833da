"""What `check` finds."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path

import pytest
import trustme

from currentcost_provider.checking import OPENING_DAYS, Finding, Grade, check
from currentcost_provider.plans import DAY
from currentcost_provider.settings import read_settings
from currentcost_provider.storage.vault import KeyFile

from .conftest import ENGINES, NOON, WINDOW, Provider
from .household import Household
from .shell import Shell


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """All of this holds on both."""
    name: str = request.param
    return name


async def findings(
    provider: Provider, now: float = NOON, **options: str
) -> list[Finding]:
    source = provider.database.vault.source
    assert isinstance(source, KeyFile)
    settings = read_settings(
        source.path.with_suffix(".toml"),
        database=provider.database.url.set(
            drivername=provider.database.url.get_backend_name()
        ).render_as_string(hide_password=False),
        **options,
    )
    return [finding async for finding in check(settings, int(now))]


def worst(found: list[Finding], subject: str) -> Finding:
    order = list(Grade)
    return max(
        (finding for finding in found if finding.subject == subject),
        key=lambda finding: order.index(finding.grade),
    )


async def test_all_is_well(provider: Provider, anna: Household) -> None:
    await anna.send(anna.report(anna.window(NOON - WINDOW), 500))
    found = await findings(provider)
    assert Grade.FAIL not in {finding.grade for finding in found}
    assert {finding.subject for finding in found} == {
        *("configuration", "database", "keys", "clock", "plans", "households"),
    }
    assert "opens 3 values" in worst(found, "keys").words


async def test_unsafe_configuration(provider: Provider) -> None:
    found = await findings(provider, host="192.0.2.1")
    assert worst(found, "configuration").grade is Grade.FAIL


async def test_lost_key(provider: Provider) -> None:
    source = provider.database.vault.source
    assert isinstance(source, KeyFile)
    both = source.read().with_new()
    source.write(both.only(set()))
    found = worst(await findings(provider), "keys")
    assert found.grade is Grade.FAIL
    assert "2 values need the key" in found.words


async def test_openings(provider: Provider, anna: Household) -> None:
    await (await provider.household("ben")).set_up()
    end = anna.agreement.statement.plan.end
    provider.clock.now = end
    found = worst(await findings(provider, end), "plans")
    assert (found.grade, "0 of 2" in found.words) == (Grade.NOTE, True)
    await anna.get(f"/v1/agreements/{anna.agreement.id.hex()}/opening")
    late = await findings(provider, end + OPENING_DAYS * DAY)
    assert worst(late, "plans").grade is Grade.FAIL
    assert "1 of 2" in worst(late, "plans").words


async def test_clock_that_runs_behind(provider: Provider, anna: Household) -> None:
    await anna.send(anna.report(anna.window(NOON - WINDOW), 500))
    assert worst(await findings(provider), "clock").grade is not Grade.FAIL
    assert worst(await findings(provider, NOON - 60), "clock").grade is Grade.FAIL


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("days", "grade"), [(60, Grade.OK), (3, Grade.NOTE), (-1, Grade.FAIL)]
)
async def test_certificate(
    provider: Provider, tmp_path: Path, days: int, grade: Grade, engine: str
) -> None:
    assert engine
    issued = trustme.CA().issue_cert(
        "127.0.0.1", not_after=datetime.fromtimestamp(NOON, UTC) + timedelta(days=days)
    )
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    key.chmod(0o600)
    found = await findings(provider, certificate=str(certificate), private_key=str(key))
    assert worst(found, "certificate").grade is grade


@pytest.mark.parametrize("engine", ["sqlite"])
def test_by_command(shell: Shell, engine: str) -> None:
    assert engine
    documents = json.loads(shell.done("check", "--json"))
    assert {document["grade"] for document in documents} <= {"ok", "note"}
    assert "is safe to serve" in shell.done("check")
    shell.database.with_suffix(".keys").chmod(0o644)
    failed = shell("check")
    assert failed.exit_code == 1
    assert "chmod 600" in failed.stdout
