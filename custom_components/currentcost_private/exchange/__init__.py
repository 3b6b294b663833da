"""The private exchange: the provider learns a bucket, the household keeps its reading.

A two-party computation with Yao's garbled circuits. The household garbles, so that
a cheating provider can't deviate; the provider's thresholds are pinned by oblivious
transfer for a whole period, so that it can't probe. Both parties are objects that
take a message and return a message: no network, no clock, no storage in here.
"""

from .asking import ASK_SECONDS, Verdict, judge, window_to_ask
from .compiler import ProgramError
from .errors import (
    CircuitError,
    ExchangeError,
    Malformed,
    NotAuthentic,
    OtherCircuit,
    PlanError,
    ProofRefused,
    Refused,
    UnsupportedVersion,
    Violation,
)
from .household import HouseholdAgreement, HouseholdSetup, rehearse
from .identity import HouseholdIdentity, ProviderIdentity
from .measure import HouseholdInput, Measure, Take, encode_measure
from .opening import verify_opening
from .plan import Plan
from .program_question import ProgramQuestion, ProviderInput
from .provider import Answer, ProviderAgreement, ProviderSetup
from .question import MAX_LABELS, Question, RangeQuestion, bucket_of, most_bits
from .report import Declined, Missing, Report, parse_claim
from .schedule import Period, Schedule
from .setup import Request, renewed_agreement
from .statement import PlanStatement, short_code
from .values import ProviderValues
from .window import INSTANT_SECONDS, Window, WindowKind
from .wire import MAX_CLAIM, MAX_MESSAGE, MAX_STATEMENT, PROTOCOL_VERSION

__all__ = [
    "ASK_SECONDS",
    "INSTANT_SECONDS",
    "MAX_CLAIM",
    "MAX_LABELS",
    "MAX_MESSAGE",
    "MAX_STATEMENT",
    "PROTOCOL_VERSION",
    "Answer",
    "CircuitError",
    "Declined",
    "ExchangeError",
    "HouseholdAgreement",
    "HouseholdIdentity",
    "HouseholdInput",
    "HouseholdSetup",
    "Malformed",
    "Measure",
    "Missing",
    "NotAuthentic",
    "OtherCircuit",
    "Period",
    "Plan",
    "PlanError",
    "PlanStatement",
    "ProgramError",
    "ProgramQuestion",
    "ProofRefused",
    "ProviderAgreement",
    "ProviderIdentity",
    "ProviderInput",
    "ProviderSetup",
    "ProviderValues",
    "Question",
    "RangeQuestion",
    "Refused",
    "Report",
    "Request",
    "Schedule",
    "Take",
    "UnsupportedVersion",
    "Verdict",
    "Violation",
    "Window",
    "WindowKind",
    "bucket_of",
    "encode_measure",
    "judge",
    "most_bits",
    "parse_claim",
    "rehearse",
    "renewed_agreement",
    "short_code",
    "verify_opening",
    "window_to_ask",
]
