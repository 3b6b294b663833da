"""What a provider can tell from a household's power, and what from its buckets: pure."""

from .disclosure import Disclosure, disclosed_bits, disclosure, upper_bound
from .findings import Findings, find
from .own_home import Asked, OwnHome, Taken, known_days, study_home
from .page import Report, Told, page, told
from .recorded import completed, finest, of_changes, of_means, wall_clock
from .series import Series
from .sharing import Shared, shared_information
from .telling import Sentence, Topic
from .views import View, bucket_view, coarse_view, raw_view
from .words import Words

__all__ = [
    "Asked",
    "Disclosure",
    "Findings",
    "OwnHome",
    "Report",
    "Sentence",
    "Series",
    "Shared",
    "Taken",
    "Told",
    "Topic",
    "View",
    "Words",
    "bucket_view",
    "coarse_view",
    "completed",
    "disclosed_bits",
    "disclosure",
    "find",
    "finest",
    "known_days",
    "of_changes",
    "of_means",
    "page",
    "raw_view",
    "shared_information",
    "study_home",
    "told",
    "upper_bound",
    "wall_clock",
]
