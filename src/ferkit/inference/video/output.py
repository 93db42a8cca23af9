"""The outputs of a video or a camera: rows, an annotated video and a summary."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.sinks import ResultSink
    from ferkit.inference.video.frame import VideoFrame
    from ferkit.inference.video.summary import EmotionSummary
    from ferkit.inference.video.writer import VideoWriter


class VideoOutput:
    """Writes frames and their faces to several outputs.

    Args:
        source: Name of the video in rows.
        rows: Sink of the rows, or None.
        video: Writer of the annotated video, or None.
        summary: Summary of the video, or None. Defaults to None.
        top_k: Number of probabilities per face in rows. Defaults to None: all.

    Attributes:
        frames: Number of frames written.
        faces: Number of faces in them.
        persons: Their track ids.
    """

    def __init__(
        self,
        source: str,
        rows: ResultSink | None,
        video: VideoWriter | None,
        summary: EmotionSummary | None = None,
        *,
        top_k: int | None = None,
    ) -> None:
        self._source = source
        self._rows = rows
        self._video = video
        self._summary = summary
        self._top_k = top_k
        self.frames = 0
        self.faces = 0
        self.persons: set[int] = set()

    def write(self, frame: VideoFrame, faces: FaceEmotions, *, draw: bool = False) -> np.ndarray:
        """Write one frame; return its annotated picture if there is a video or `draw` is true, else
        the frame.
        """
        from ferkit.inference.annotation.annotate import annotate
        from ferkit.inference.records import make_record

        self.frames += 1
        self.faces += len(faces)
        if faces.track_id is not None:
            self.persons.update(n for n in faces.track_id.tolist() if n >= 0)
        if self._rows:
            self._rows.write(make_record(self._source, faces, top_k=self._top_k))
        if self._summary:
            self._summary.add(faces)
        if not (self._video or draw):
            return frame.image
        picture = annotate(frame.image, faces)
        if self._video:
            self._video.write(picture, frame.time_s)
        return picture

    def fail(self, problem: str) -> None:
        """Add a row with the reason why the video is incomplete."""
        from ferkit.inference.records import error_record

        if self._rows:
            self._rows.write(error_record(self._source, problem))

    def close(self, *, whole: bool = True) -> None:
        """Close rows and video, both even if one of them fails."""
        with ExitStack() as stack:
            if self._rows:
                stack.callback(self._rows.close)
            if self._video:
                stack.callback(self._video.close, whole=whole)
