"""What a provider can tell from a household's power, and what from its buckets: pure."""

from .findings import Findings, find
from .series import Series
from .views import View, bucket_view, coarse_view, raw_view

__all__ = [
    "Findings",
    "Series",
    "View",
    "bucket_view",
    "coarse_view",
    "find",
    "raw_view",
]
