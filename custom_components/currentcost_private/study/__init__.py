"""What a provider can tell from a household's power, and what from its buckets: pure."""

from .series import Series
from .views import View, bucket_view, coarse_view, raw_view

__all__ = ["Series", "View", "bucket_view", "coarse_view", "raw_view"]
