"""The parties of the exchange's own tests."""

from ..exchange.conftest import agreed, offered, trusted_party

__all__ = ["agreed", "offered", "trusted_party"]
