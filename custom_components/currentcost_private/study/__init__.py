"""What a provider can tell from a household's power, and what from its buckets: pure."""

from .disclosure import Disclosure, disclosed_bits, disclosure, upper_bound
from .findings import Findings, find
from .series import Series
from .sharing import Shared, shared_information
from .views import View, bucket_view, coarse_view, raw_view

__all__ = [
    "Disclosure",
    "Findings",
    "Series",
    "Shared",
    "View",
    "bucket_view",
    "coarse_view",
    "disclosed_bits",
    "disclosure",
    "find",
    "raw_view",
    "shared_information",
    "upper_bound",
]
