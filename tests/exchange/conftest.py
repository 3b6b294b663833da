"""A real agreement, made once, and the ideal transfer for all others."""

import pytest

from .ideal import TrustedParty
from .parties import Agreed, Offered, agree, offer_plan


@pytest.fixture(scope="session")
def offered() -> Offered:
    """A provider with a plan of three 17-bit thresholds."""
    return offer_plan()


@pytest.fixture(scope="session")
def agreed(offered: Offered) -> Agreed:
    """An agreement on it, through the real oblivious transfer."""
    return agree(offered)


@pytest.fixture
def trusted_party(monkeypatch: pytest.MonkeyPatch) -> TrustedParty:
    """The ideal oblivious transfer in place of the real one."""
    party = TrustedParty()
    party.install(monkeypatch)
    return party
