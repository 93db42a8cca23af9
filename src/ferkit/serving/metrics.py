"""What a server counts, in the format of Prometheus."""

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
    """Counters of one server, in a registry of its own.

    Attributes:
        requests: Calls by `route` and `status`.
        seconds: Time from header to answer by `route`.
        pictures: Pictures and frames that were searched.
        faces: Faces that were found.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.requests = Counter(
            "ferkit_requests", "Calls.", ("route", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "ferkit_request_seconds", "From header to answer.", ("route",), registry=self._registry
        )
        self.pictures = Counter("ferkit_pictures", "Pictures searched.", registry=self._registry)
        self.faces = Counter("ferkit_faces", "Faces found.", registry=self._registry)

    def watch(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Report `value()` as it is when somebody asks."""
        Gauge(name, description, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all of them as Prometheus reads them."""
        return generate_latest(self._registry)
