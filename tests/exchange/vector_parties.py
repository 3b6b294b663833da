"""Two parties whose every byte is fixed, for the known answers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import hashlib
import secrets
from typing import Any
from unittest import mock

from currentcost_exchange import (
    HouseholdAgreement,
    HouseholdIdentity,
    HouseholdSetup,
    PlanStatement,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    ProviderValues,
)

type Json = dict[str, Any]


def octets(name: str, size: int = 32) -> bytes:
    """Return bytes that look random and are always the same."""
    return hashlib.shake_256(f"known answer: {name}".encode()).digest(size)


@contextmanager
def drawing(fresh: Sequence[bytes]) -> Iterator[None]:
    """Make the random source give these 32-byte strings, one after the other."""
    left = iter(fresh)

    def draw(size: int) -> bytes:
        assert size == 32
        return next(left)

    with mock.patch.object(secrets, "token_bytes", draw):
        yield


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Two parties after a set-up from given random bytes."""

    provider_identity: ProviderIdentity
    identity: HouseholdIdentity
    values: ProviderValues
    statement: PlanStatement
    setup: HouseholdSetup
    provider_setup: ProviderSetup
    transfer: bytes
    confirmation: bytes
    household: HouseholdAgreement
    provider: ProviderAgreement

    @classmethod
    def agree(
        cls,
        *,
        provider_identity: ProviderIdentity,
        identity: HouseholdIdentity,
        values: ProviderValues,
        statement: PlanStatement,
        fresh: Sequence[bytes],
    ) -> Parties:
        with drawing(fresh):
            setup = HouseholdSetup(identity, statement)
            provider_setup = ProviderSetup.begin(
                provider_identity, statement, values, setup.request()
            )
            transfer = setup.transfer(provider_setup.offer)
        provider, confirmation = provider_setup.finish(transfer)
        return cls(
            provider_identity=provider_identity,
            identity=identity,
            values=values,
            statement=statement,
            setup=setup,
            provider_setup=provider_setup,
            transfer=transfer,
            confirmation=confirmation,
            household=setup.finish(confirmation),
            provider=provider,
        )

    @classmethod
    def of_case(cls, case: Json) -> Parties:
        """Do again what a case of the vectors says."""
        return cls.agree(
            provider_identity=ProviderIdentity(bytes.fromhex(case["provider_secret"])),
            identity=HouseholdIdentity(bytes.fromhex(case["household_secret"])),
            values=ProviderValues(tuple(case["values"]), bytes.fromhex(case["salt"])),
            statement=PlanStatement.from_bytes(bytes.fromhex(case["statement"])),
            fresh=[bytes.fromhex(each) for each in case["fresh"].values()],
        )
