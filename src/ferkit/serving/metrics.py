"""Counters of a server, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)


class Metrics:
    """Counters of one server, in their own registry.

    Attributes:
        requests: Requests by `route` and `status`.
        seconds: Time from header to answer by `route`.
        pictures: Pictures and frames in which faces were searched.
        faces: Faces found.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.requests = Counter(
            "ferkit_requests", "Requests.", ("route", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "ferkit_request_seconds", "From header to answer.", ("route",), registry=self._registry
        )
        self.pictures = Counter("ferkit_pictures", "Pictures searched.", registry=self._registry)
        self.faces = Counter("ferkit_faces", "Faces found.", registry=self._registry)

    def watch(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Add a gauge that shows `value()` at the time of each scrape."""
        Gauge(name, description, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all counters in the text format of Prometheus."""
        return generate_latest(self._registry)
