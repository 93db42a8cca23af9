"""Video jobs, processed one after the other; clients poll their progress."""

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
        folder: Folder of the video, its rows and the annotated video; its name is the job's id.
        query: Parameters of the request.
        state: `receiving`, `queued`, `running`, `done` or `failed`.
        progress: Finished share, 0..1.
        frames: Number of finished frames.
        error: Why it failed, or which part of the video could not be read.
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
        """The received video."""
        return self.folder / "video"

    @property
    def annotated(self) -> Path:
        """The video with boxes and emotions drawn into it."""
        return self.folder / "annotated.mp4"

    def rows(self, format_name: str) -> Path:
        """Return the file of the rows as `json`, `jsonl` or `csv`."""
        return self.folder / f"rows.{format_name}"

    def to_dict(self) -> dict[str, Any]:
        """Return the state of the job, as the API shows it."""
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
    """All video jobs of a server, in a private folder.

    Args:
        settings: Settings of the server: how many jobs, and how long they are kept.
        recognizers: The recognisers of the server.
        count: Called with the faces of every frame.

    Raises:
        OutputError: The folder cannot be created.
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
        # One at a time, so that photos and live sessions get processor time as well.
        self._thread = ThreadPoolExecutor(1, "ferkit-video")

    def __len__(self) -> int:
        return len(self._jobs)

    def open(self, query: VideoQuery) -> VideoJob:
        """Create a job for a video that is about to arrive.

        Raises:
            ProblemError: 429 if there are too many.
        """
        if len(self._jobs) >= self._settings.max_jobs:
            raise ProblemError(
                429,
                f"The server keeps at most {self._settings.max_jobs} videos; delete one or wait.",
                {"Retry-After": "30"},
            )
        job = VideoJob(self._folder.new(), query)
        self._jobs[job.folder.name] = job
        return job

    def start(self, job: VideoJob) -> None:
        """Queue a job whose video has arrived."""
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
        """Stop a job and remove its files."""
        job = self._jobs.pop(name, None)
        if timer := self._timers.pop(name, None):
            timer.cancel()
        if job is not None:
            job.cancelled.set()
            shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """Stop and remove all jobs."""
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
            # The path of the video on this machine means nothing to the client.
            job.state = "failed"
            job.error = str(error).replace(str(job.source), "The video")
        except Exception:
            # That the folder of a deleted job disappears is not an error.
            if not job.cancelled.is_set():
                log.exception("A video job failed")
            job.state, job.error = "failed", "The server failed; its log says why."
        finally:
            self._ended(job)

    def _ended(self, job: VideoJob) -> None:
        job.source.unlink(missing_ok=True)
        if job.cancelled.is_set():
            # Remove files that were written while the folder was being removed.
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
        tracking = TrackingOptions(query.detect_every, query.smooth)
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
                        "send a shorter one, or take fewer frames per second with fps."
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
