"""Secrets at rest: sealed for their place, with a key from outside the database."""

import contextlib
from pathlib import Path
import sqlite3
import stat

from hypothesis import given, settings, strategies as st
import pytest

from currentcost_provider.storage.database import Database
from currentcost_provider.storage.ledger import Ledger
from currentcost_provider.storage.models import AgreementRow
from currentcost_provider.storage.registry import Registry
from currentcost_provider.storage.vault import (
    KeyFile,
    Keys,
    KeyText,
    UnusableKeys,
    Vault,
)

from .conftest import THRESHOLDS, Provider
from .household import Household

ZEROS = "00000000:" + "A" * 43 + "="


@given(st.binary(max_size=300), st.text(max_size=20))
@settings(max_examples=30)
def test_what_is_sealed_is_opened_in_its_place_alone(value: bytes, place: str) -> None:
    vault = Vault(KeyText(Keys.new().to_text()))
    sealed = vault.seal(place, value)
    assert vault.open(place, sealed) == value
    assert len(sealed) == len(value) + 49
    assert vault.seal(place, value) != sealed
    with pytest.raises(UnusableKeys, match="was changed"):
        vault.open(f"{place}!", sealed)


def test_every_changed_byte_is_noticed() -> None:
    vault = Vault(KeyText(Keys.new().to_text()))
    sealed = vault.seal("here", b"value")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(UnusableKeys):
            vault.open("here", bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(UnusableKeys):
            vault.open("here", sealed[:length])


def test_file_belongs_to_its_owner_and_is_read_again(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "folder" / "keys")
    first = Keys.new()
    file.write(first)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    vault = Vault(file)
    old = vault.seal("here", b"old")

    both = first.with_new()
    file.write(both)
    assert file.read() == both
    new = Vault(file).seal("here", b"new")
    # A process that runs meets a key that it doesn't know.
    assert vault.open("here", new) == b"new"
    assert vault.open("here", old) == b"old"
    file.write(both.only(set()))
    with pytest.raises(UnusableKeys, match=first.current.hex()):
        Vault(file).open("here", old)


@pytest.mark.parametrize(
    "text", ["", "# no key", "nonsense", "00:AAAA", "xx:AAAA", ZEROS, "00000000:%%"]
)
def test_unusable_keys_are_refused(text: str) -> None:
    with pytest.raises(UnusableKeys):
        Vault(KeyText(text))


def test_keys_are_not_shown() -> None:
    keys = Keys.new()
    [key] = keys.by_id.values()
    assert str(key) not in repr(keys)


async def test_no_secret_is_in_the_database(
    provider: Provider, anna: Household
) -> None:
    """Whoever has the file alone has neither the thresholds nor a seed."""
    registry = Registry(provider.database)
    row = await registry.provider()
    assert row is not None
    secret = registry.identity(row).secret
    async with provider.database.read() as session:
        held = await session.get_one(AgreementRow, anna.agreement.id)
    agreement = Ledger(provider.database).opened(held)
    assert agreement is not None
    path = provider.database.path
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    assert not any(seed in data for seed in [*agreement.seeds, agreement.exponent])
    assert anna.agreement.id in data
    assert secret not in data
    assert str(list(THRESHOLDS)).encode() not in data
    plan = await registry.plan_named("evening")
    assert plan is not None
    values = registry.values(plan)
    assert values.values == THRESHOLDS
    assert values.salt not in data
    assert values.salt.hex().encode() not in data


async def test_secret_that_was_moved_is_refused(database: Database) -> None:
    """Somebody who can write to the database can't exchange its secrets."""
    registry = Registry(database)
    plan = await registry.plan_named("evening")
    provider = await registry.provider()
    assert plan is not None
    assert provider is not None
    plan.private_values = provider.identity
    with pytest.raises(UnusableKeys, match=r"plan.private_values:1 was changed"):
        registry.values(plan)
