"""The parties of the exchange's own tests, and the provider's service."""

from ..exchange.conftest import agreed, offered, trusted_party
from ..provider.conftest import clock, database, engine, url, vault

__all__ = [
    "agreed",
    "clock",
    "database",
    "engine",
    "offered",
    "trusted_party",
    "url",
    "vault",
]
