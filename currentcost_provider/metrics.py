"""What Prometheus is told: numbers of the service, nothing of any household."""

import os
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the workers of one service add up."""
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

REQUESTS: Final = Counter(
    "currentcost_requests",
    "Requests by route and status.",
    ("method", "route", "status"),
)
SECONDS: Final = Histogram(
    "currentcost_request_seconds",
    "Time from a request to the end of its answer.",
    ("route",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
WINDOWS: Final = Counter(
    "currentcost_windows",
    "Windows that were answered, by what they came to.",
    ("state",),
)
WAITING: Final = Gauge(
    "currentcost_waiting_households",
    "Households that wait for a question on demand.",
    multiprocess_mode="livesum",
)
DELIVERIES: Final = Counter(
    "currentcost_webhook_deliveries",
    "Deliveries to webhooks, by what came of them.",
    ("outcome",),
)
BATCH: Final = Histogram(
    "currentcost_batch_windows",
    "Reports that shared a transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)


def exposition() -> bytes:
    """Return all numbers, of all workers, as Prometheus reads them."""
    if MULTIPROCESS not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
