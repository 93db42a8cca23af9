"""The objects that the routes of one server share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from ferkit.errors import ImageError
from ferkit.inference.pictures.images import read_image
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.inference.results import FaceEmotions
from ferkit.serving.body import BodyLimits
from ferkit.serving.jobs import VideoJobs
from ferkit.serving.metrics import Metrics
from ferkit.serving.pool import WorkPool
from ferkit.serving.query import PictureQuery
from ferkit.serving.recognizers import Recognizers
from ferkit.serving.settings import ServeSettings


class Services:
    """Settings, threads, recognisers, jobs and counters of one server.

    Args:
        settings: Settings of the server.

    Attributes:
        live: Number of open live sessions.

    Raises:
        UsageError: The settings name a model or detector that does not exist.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self.settings = settings
        self.pool = WorkPool(settings.threads, settings.queue)
        self.metrics = Metrics()
        self.recognizers = Recognizers(settings.models, settings.model, settings.detector)
        self.live = 0
        self._closed = False
        self._jobs: VideoJobs | None = None
        self._making_jobs = threading.Lock()
        watch = self.metrics.watch
        watch("ferkit_calls_admitted", "Processed or waiting.", lambda: self.pool.admitted)
        watch("ferkit_calls_refused", "Refused with 503.", lambda: self.pool.refused)
        watch("ferkit_live_sessions", "Open live sessions.", lambda: self.live)
        watch("ferkit_video_jobs", "Video jobs.", lambda: len(self._jobs or ()))

    @property
    def jobs(self) -> VideoJobs:
        """The video jobs; their folder is created on first use, once for all threads."""
        with self._making_jobs:
            if self._jobs is None:
                self._jobs = VideoJobs(self.settings, self.recognizers, self.count)
            return self._jobs

    def start(self) -> None:
        """Load the default model, and remove what a crashed server has left."""
        if self.settings.max_jobs:
            _ = self.jobs
        self.recognizers.get(PictureQuery())

    @property
    def ready(self) -> bool:
        """Whether the default model is loaded and the server is not stopping."""
        return self.recognizers.loaded and not self._closed

    def close(self) -> None:
        """Shut down the threads and remove the jobs."""
        self._closed = True
        if self._jobs is not None:
            self._jobs.close()
        self.pool.close()

    def picture_limits(self) -> BodyLimits:
        """Return the limits of the body of a request with pictures."""
        s = self.settings
        return BodyLimits(s.max_body_mb, s.max_images, s.body_s)

    def recognize(
        self,
        content: bytes | bytearray,
        recognizer: EmotionRecognizer,
        draw: Callable[[Any, FaceEmotions], bytes] | None = None,
    ) -> FaceEmotions | ImageError | bytes:
        """Return the faces of a picture or its error; with `draw`, the result of that."""
        try:
            most, full = self.settings.max_megapixels, recognizer.detail == "high"
            picture = read_image(content, full=full, most_megapixels=most)
        except ImageError as error:
            return error
        faces = recognizer.recognize(picture)
        self.count(faces)
        return draw(picture.pixels, faces) if draw else faces

    def count(self, faces: FaceEmotions) -> None:
        """Count a searched picture or frame and its faces."""
        self.metrics.pictures.inc()
        self.metrics.faces.inc(len(faces))


async def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the server that received a request.

    A coroutine, since FastAPI runs a plain function in a thread, where each request would wait
    twice for the interpreter's lock while recognition holds it.
    """
    services: Services = connection.app.state.services
    return services


ServicesOfCall = Annotated[Services, Depends(services_of)]
