"""A provider over TLS, with a certificate that Home Assistant trusts, or does not."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from demo.errors import DemoError
from demo.household import power_entity, set_up_report
from demo.provider import THRESHOLDS, Provider
from demo.system import System
from demo.truth import mean_power, possible_buckets

from .waiting import until

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("reloading"),
]

KETTLE = 2
"""The kettle's sensor: the whole house is asked by the other provider already."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def provider(system: System) -> AsyncIterator[Provider]:
    provider = Provider(system.processes, window=system.window, name="TLS-provider")
    await provider.create()
    yield provider
    await provider.process.stop()


async def serve(provider: Provider, authority: trustme.CA, folder: Path) -> str:
    """Let the provider serve with a certificate of the authority; return its address."""
    issued = authority.issue_cert("localhost")
    chain, key = folder / "chain.pem", folder / "key.pem"
    issued.private_key_pem.write_to_path(str(key))
    key.chmod(0o600)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    await provider.start("--certificate", chain, "--private-key", key)
    return f"https://localhost:{provider.port}"


async def test_an_unknown_authority_is_refused(
    system: System, provider: Provider, tmp_path: Path
) -> None:
    url = await serve(provider, trustme.CA(), tmp_path)
    kettle = await power_entity(system.api, system.entry_id, sensor=KETTLE)
    with pytest.raises(DemoError, match=r"'url': 'certificate'"):
        await set_up_report(
            system.api,
            system.entry_id,
            url=url,
            enrolment=provider.enrolment,
            source=kettle,
        )
    await provider.process.stop()


async def test_reports_go_out_over_tls(
    system: System, provider: Provider, authority: trustme.CA, tmp_path: Path
) -> None:
    url = await serve(provider, authority, tmp_path)
    report = await set_up_report(
        system.api,
        system.entry_id,
        url=url,
        enrolment=provider.enrolment,
        source=await power_entity(system.api, system.entry_id, sensor=KETTLE),
    )

    async def whole_window() -> dict[str, object] | None:
        for row in await provider.results():
            start = datetime.fromisoformat(row["start"]).timestamp()
            if row["state"] == "bucket" and start >= report.since:
                return row
        return None

    async def reported() -> bool:
        return await whole_window() is not None

    await until(reported, within=60, every=1)
    row = await whole_window()
    assert row is not None
    start = int(datetime.fromisoformat(str(row["start"])).timestamp())
    mean = mean_power(system.meter.samples(sensor=KETTLE), start, system.window)
    assert mean is not None
    assert row["outcome"] in possible_buckets(mean, THRESHOLDS)
