"""The parties of the exchange's own tests, and the provider's service."""

from ..exchange.conftest import agreed, offered, trusted_party
from ..provider.conftest import clock, database

__all__ = ["agreed", "clock", "database", "offered", "trusted_party"]
