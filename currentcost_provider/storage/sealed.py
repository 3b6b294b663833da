"""What is sealed in the database: each secret column, and what it holds opened."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from currentcost_exchange import (
    PlanStatement,
    ProviderAgreement,
    ProviderIdentity,
    ProviderSetup,
    ProviderValues,
)

from ..plans import pack_values, unpack_values
from .models import (
    AgreementRow,
    Base,
    PlanDraftRow,
    PlanRow,
    ProviderRow,
    WebhookRow,
)
from .vault import Vault


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values."""

    table: type[Base]
    column: str
    place: Callable[[object], str]
    """Where a row's value stands, from the row's primary key."""


def _place_of(table: type[Base], column: str) -> SealedColumn:
    def place(key: object) -> str:
        shown = key.hex() if isinstance(key, bytes) else key
        return f"{table.__tablename__}.{column}:{shown}"

    return SealedColumn(table, column, place)


IDENTITY: Final = _place_of(ProviderRow, "identity")
VALUES: Final = _place_of(PlanRow, "private_values")
SETUP: Final = _place_of(AgreementRow, "setup")
AGREEMENT: Final = _place_of(AgreementRow, "agreement")
DRAFT: Final = _place_of(PlanDraftRow, "private_values")
WEBHOOK: Final = _place_of(WebhookRow, "secret")
SEALED: Final = (IDENTITY, VALUES, SETUP, AGREEMENT, DRAFT, WEBHOOK)


_read_statement: Final = lru_cache(maxsize=64)(PlanStatement.from_bytes)
"""Most agreements are on the same few plans."""


def open_identity(vault: Vault, row: ProviderRow) -> ProviderIdentity:
    """Return the key that signs the provider's plans."""
    return ProviderIdentity(vault.open(IDENTITY.place(row.id), row.identity))


def seal_identity(vault: Vault, identity: ProviderIdentity) -> bytes:
    """Seal the signing key of the one provider."""
    return vault.seal(IDENTITY.place(1), identity.secret)


def open_values(vault: Vault, row: PlanRow) -> ProviderValues:
    """Return the private values of a plan."""
    return unpack_values(vault.open(VALUES.place(row.id), row.private_values))


def seal_values(vault: Vault, plan_key: int, values: ProviderValues) -> bytes:
    """Seal the private values of a plan."""
    return vault.seal(VALUES.place(plan_key), pack_values(values))


def open_draft(vault: Vault, row: PlanDraftRow) -> ProviderValues:
    """Return the private values of a plan that is a draft."""
    return unpack_values(vault.open(DRAFT.place(row.id), row.private_values))


def seal_draft(vault: Vault, plan_id: str, values: ProviderValues) -> bytes:
    """Seal the private values of a plan that is a draft."""
    return vault.seal(DRAFT.place(plan_id), pack_values(values))


def open_webhook(vault: Vault, row: WebhookRow) -> bytes:
    """Return what signs the deliveries to a webhook."""
    return vault.open(WEBHOOK.place(row.id), row.secret)


def seal_webhook(vault: Vault, webhook_id: str, secret: bytes) -> bytes:
    """Seal what signs the deliveries to a webhook."""
    return vault.seal(WEBHOOK.place(webhook_id), secret)


def open_setup(vault: Vault, agreement_id: bytes, sealed: bytes) -> ProviderSetup:
    """Return the set-up that an agreement began with."""
    return ProviderSetup.from_bytes(vault.open(SETUP.place(agreement_id), sealed))


def seal_setup(vault: Vault, setup: ProviderSetup) -> bytes:
    """Seal a set-up."""
    return vault.seal(SETUP.place(setup.agreement_id), setup.to_bytes())


def open_agreement(
    vault: Vault, agreement_id: bytes, sealed: bytes
) -> ProviderAgreement:
    """Return an agreement."""
    opened = vault.open(AGREEMENT.place(agreement_id), sealed)
    return ProviderAgreement.from_bytes(opened, _read_statement)


def seal_agreement(vault: Vault, agreement: ProviderAgreement) -> bytes:
    """Seal an agreement."""
    return vault.seal(AGREEMENT.place(agreement.id), agreement.to_bytes())
