"""The private exchange: the provider learns a bucket, the household keeps its reading.

A two-party computation with Yao's garbled circuits. The household garbles, so that
a cheating provider can't deviate; the provider's thresholds are pinned by oblivious
transfer for a whole period, so that it can't probe. Both parties are objects that
take a message and return a message: no network, no clock, no storage in here.
"""

from .errors import (
    CircuitError,
    ExchangeError,
    Malformed,
    PlanError,
    PolicyRefused,
    Refused,
    UnsupportedVersion,
    Violation,
)
from .household import HouseholdAgreement, HouseholdSetup
from .identity import HouseholdIdentity, ProviderIdentity
from .measure import Measure, bucket_of, encode_measure
from .plan import Plan, PlanStatement, short_code
from .provider import Answer, ProviderAgreement, ProviderSetup
from .report import Missing, Report, parse_claim, verify_reply
from .setup import Request
from .thresholds import Thresholds
from .window import Window, WindowKind
from .wire import MAX_CLAIM, MAX_MESSAGE, MAX_STATEMENT, PROTOCOL_VERSION

__all__ = [
    "MAX_CLAIM",
    "MAX_MESSAGE",
    "MAX_STATEMENT",
    "PROTOCOL_VERSION",
    "Answer",
    "CircuitError",
    "ExchangeError",
    "HouseholdAgreement",
    "HouseholdIdentity",
    "HouseholdSetup",
    "Malformed",
    "Measure",
    "Missing",
    "Plan",
    "PlanError",
    "PlanStatement",
    "PolicyRefused",
    "ProviderAgreement",
    "ProviderIdentity",
    "ProviderSetup",
    "Refused",
    "Report",
    "Request",
    "Thresholds",
    "UnsupportedVersion",
    "Violation",
    "Window",
    "WindowKind",
    "bucket_of",
    "encode_measure",
    "parse_claim",
    "short_code",
    "verify_reply",
]
