"""What the service counts about itself, told in Prometheus' text format.

Nothing here names a patient, a clinic or an address: requests are told by the route's template.
One process answers; its figures are its own, and start at zero with it.
"""

from __future__ import annotations

import platform
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Gauge, Info, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from sqlalchemy.pool import Pool, QueuePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of the histogram, each included."""

_BOUNDS: Final = (*map(str, SECONDS), "+Inf")
_SLOTS: Final = len(_BOUNDS)


class Tally:
    """Counts requests, and tells the figures of the whole process.

    The client library's own counters take a lock and several calls each; here a request costs one
    look-up and two additions, because only the event loop counts.
    """

    def __init__(self, version: str) -> None:
        self.in_flight = 0
        self._requests: dict[tuple[str, str, int], list[float]] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        build = Info("neurostrata_build", "What is running.", registry=self._registry)
        build.info({"version": version, "python": platform.python_version()})
        Gauge(
            "neurostrata_requests_in_flight",
            "Requests that are being answered.",
            registry=self._registry,
        ).set_function(lambda: self.in_flight)
        self._connections = Gauge(
            "neurostrata_database_connections",
            "Connections to the database that are held open, by state.",
            ["state"],
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one request that ended."""
        slots = self._requests.get((method, route, status))
        if slots is None:
            slots = self._requests[method, route, status] = [0.0] * (_SLOTS + 1)
        slots[bisect_left(SECONDS, seconds)] += 1
        slots[_SLOTS] += seconds

    def render(self, pool: Pool) -> bytes:
        """Write every figure as text."""
        if isinstance(pool, QueuePool):
            self._connections.labels("in_use").set(pool.checkedout())
            self._connections.labels("idle").set(pool.checkedin())
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Give the client library what was counted; it asks when it writes."""
        requests = CounterMetricFamily(
            "neurostrata_requests",
            "Requests that ended; 499: before an answer began.",
            labels=["method", "route", "status"],
        )
        times: dict[tuple[str, str], list[float]] = {}
        for (method, route, status), slots in self._requests.items():
            requests.add_metric([method, route, str(status)], sum(slots[:_SLOTS]))
            before = times.get((method, route), [0.0] * len(slots))
            times[method, route] = [a + b for a, b in zip(before, slots, strict=True)]
        yield requests
        yield _histogram(times)


def _histogram(times: dict[tuple[str, str], list[float]]) -> Metric:
    family = HistogramMetricFamily(
        "neurostrata_request_seconds",
        "Time from a request's head to the end of its answer.",
        labels=["method", "route"],
    )
    for labels, slots in times.items():
        buckets = list(zip(_BOUNDS, accumulate(slots[:_SLOTS]), strict=True))
        family.add_metric(list(labels), buckets, slots[_SLOTS])
    return family
