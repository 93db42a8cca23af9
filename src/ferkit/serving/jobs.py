"""Videos that are worked on one after the other while their senders ask how far that is."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ferkit.errors import FerkitError, VideoError
from ferkit.inference.records import error_record, make_record
from ferkit.inference.results import FaceEmotions
from ferkit.serving.job_folder import JobFolder
from ferkit.serving.problems import ProblemError
from ferkit.serving.query import VideoQuery
from ferkit.serving.recognizers import Recognizers
from ferkit.serving.settings import ServeSettings

log = logging.getLogger("ferkit.serving")


@dataclass
class VideoJob:
    """One video, from its arrival until it is deleted.

    Attributes:
        folder: Holds the video, rows and annotated video; its name is the job's.
        query: What was asked for.
        state: `receiving`, `queued`, `running`, `done` or `failed`.
        progress: How much is done, 0..1.
        frames: How many frames are done.
        error: Why it failed, or what of the video is missing.
    """

    folder: Path
    query: VideoQuery
    state: str = "receiving"
    progress: float = 0.0
    frames: int = 0
    error: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def source(self) -> Path:
        """The video that came."""
        return self.folder / "video"

    @property
    def annotated(self) -> Path:
        """The video with what was found drawn into it."""
        return self.folder / "annotated.mp4"

    def rows(self, format_name: str) -> Path:
        """Return the file of the rows as `json`, `jsonl` or `csv`."""
        return self.folder / f"rows.{format_name}"

    def to_dict(self) -> dict[str, Any]:
        """Return what a caller is told."""
        done = self.state == "done"
        address = f"v1/videos/{self.folder.name}"
        return {
            "id": self.folder.name,
            "state": self.state,
            "progress": round(self.progress, 4),
            "frames": self.frames,
            "error": self.error,
            "rows": f"{address}/rows" if done else None,
            "video": f"{address}/video" if done and self.query.annotate else None,
        }


class VideoJobs:
    """All video jobs of a server, on a disk folder of its own.

    Args:
        settings: How many, how long.
        recognizers: What does the work.
        count: Is told of every frame.
    """

    def __init__(
        self,
        settings: ServeSettings,
        recognizers: Recognizers,
        count: Callable[[FaceEmotions], None],
    ) -> None:
        self._settings = settings
        self._recognizers = recognizers
        self._count = count
        self._folder = JobFolder(settings.jobs_folder)
        self._jobs: dict[str, VideoJob] = {}
        self._timers: dict[str, threading.Timer] = {}
        # One at a time: photos and live sessions run beside it.
        self._thread = ThreadPoolExecutor(1, "ferkit-video")

    def __len__(self) -> int:
        return len(self._jobs)

    def open(self, query: VideoQuery) -> VideoJob:
        """Make room for a video that is about to arrive.

        Raises:
            ProblemError: 429 if there are too many.
        """
        if len(self._jobs) >= self._settings.max_jobs:
            raise ProblemError(
                429,
                f"The server keeps {self._settings.max_jobs} videos at most; delete one or wait.",
                {"Retry-After": "30"},
            )
        job = VideoJob(self._folder.new(), query)
        self._jobs[job.folder.name] = job
        return job

    def start(self, job: VideoJob) -> None:
        """Queue a job whose video is there."""
        job.state = "queued"
        self._thread.submit(self._work, job)

    def get(self, name: str) -> VideoJob:
        """Return a job by its id.

        Raises:
            ProblemError: 404 if there is none, 410 if it ended with a server that was killed.
        """
        if name in self._folder.lost:
            raise ProblemError(
                410, "The server ended while it had this video, and removed it; send it again."
            )
        job = self._jobs.get(name)
        if job is None or job.state == "receiving":
            raise ProblemError(404, "There is no such video job; it may have been deleted.")
        return job

    def delete(self, name: str) -> None:
        """End a job and remove all of it."""
        job = self._jobs.pop(name, None)
        if timer := self._timers.pop(name, None):
            timer.cancel()
        if job is not None:
            job.cancelled.set()
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """End and remove all jobs."""
        for name in list(self._jobs):
            self.delete(name)
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._folder.close()

    def _work(self, job: VideoJob) -> None:
        try:
            if not job.cancelled.is_set():
                job.state = "running"
                self._recognize(job)
                job.state, job.progress = "done", 1.0
        except FerkitError as error:
            # The caller knows the video, not where it lies here.
            job.state = "failed"
            job.error = str(error).replace(str(job.source), "The video")
        except Exception:
            # A folder that is deleted under the work is not an error.
            if not job.cancelled.is_set():
                log.exception("A video job failed")
            job.state, job.error = "failed", "The server failed; its log says why."
        finally:
            self._ended(job)

    def _ended(self, job: VideoJob) -> None:
        job.source.unlink(missing_ok=True)
        if job.cancelled.is_set():
            # What was written while it was removed.
            shutil.rmtree(job.folder, ignore_errors=True)
            return
        timer = threading.Timer(self._settings.keep_s, self.delete, (job.folder.name,))
        timer.daemon = True
        self._timers[job.folder.name] = timer
        timer.start()

    def _recognize(self, job: VideoJob) -> None:
        from ferkit.inference.annotation.annotate import annotate
        from ferkit.inference.sinks import open_sink
        from ferkit.inference.video.reader import VideoReader
        from ferkit.inference.video.recognize import recognize_frames
        from ferkit.inference.video.tracker import TrackingOptions
        from ferkit.inference.video.writer import VideoWriter

        query = job.query
        recognizer = self._recognizers.get(query)
        tracking = TrackingOptions(query.detect_every, query.smooth_s)
        with ExitStack() as stack:
            reader = stack.enter_context(VideoReader(job.source))
            sinks = [
                stack.enter_context(open_sink(job.rows(name), recognizer.emotions))
                for name in ("json", "jsonl", "csv")
            ]
            writer = None
            if query.annotate:
                sound = job.source if reader.has_audio else None
                writer = VideoWriter(job.annotated, rate=reader.rate, audio_from=sound)
                stack.callback(writer.close)
            frames = reader.frames(fps=query.fps)
            results = recognize_frames(recognizer, frames, tracking, threads=1)
            for frame, faces in stack.enter_context(closing(results)):
                if job.cancelled.is_set():
                    return
                if job.frames >= self._settings.max_frames:
                    raise VideoError(
                        f"The video has more than {self._settings.max_frames} frames; "
                        "send a shorter one, or fewer frames a second with fps."
                    )
                record = make_record("video", faces, top_k=query.top_k)
                for sink in sinks:
                    sink.write(record)
                if writer:
                    writer.write(annotate(frame.image, faces), frame.time_s)
                self._count(faces)
                job.frames += 1
                if reader.duration_s:
                    job.progress = min(frame.time_s / reader.duration_s, 0.999)
            if reader.problem and not job.frames:
                raise VideoError(reader.problem)
            if reader.problem:
                job.error = reader.problem.replace(str(job.source), "The video")
                for sink in sinks:
                    sink.write(error_record("video", job.error))
