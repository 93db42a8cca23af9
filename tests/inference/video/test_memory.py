"""A long video needs no more memory than a short one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import brightness, paint, write_clip

from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.inference.sinks import open_sink
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.recognize import recognize_frames
from ferkit.inference.video.summary import EmotionSummary
from ferkit.inference.video.tracker import TrackingOptions
from ferkit.inference.video.writer import VideoWriter

STATUS = Path("/proc/self/statm")
PAGE_MB = 4096 / 1e6
# Frames of this size: forty that stay would be seen.
SIZE = (320, 180)
FRAME_MB = SIZE[0] * SIZE[1] * 3 / 1e6


def resident_mb() -> float:
    gc.collect()
    return int(STATUS.read_text().split()[1]) * PAGE_MB


def scenes(n: int) -> Iterator[np.ndarray]:
    """Yield frames in which a face crosses the picture, a new one every two seconds and a half."""
    for i in range(n):
        x = 6 * (i % 50)
        gone = i % 75 >= 50
        yield paint(SIZE) if gone else paint(SIZE, (x, 40, 40, brightness(i // 75 % 7)))


@pytest.mark.skipif(not STATUS.is_file(), reason="needs Linux's /proc")
def test_memory_is_constant_from_reading_to_writing(
    recognizer: EmotionRecognizer, tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "long.mp4", list(scenes(400)), rate=30)
    sink = open_sink(tmp_path / "rows.csv", recognizer.emotions)
    writer = VideoWriter(tmp_path / "out.mp4", rate=30)
    summary = EmotionSummary(recognizer.emotions)
    sizes = []
    with VideoReader(path) as reader:
        for frame, faces in recognize_frames(recognizer, reader.frames(), TrackingOptions(2)):
            writer.write(frame.image, frame.time_s)
            summary.add(faces)
            if frame.index % 50 == 25:
                sizes.append(resident_mb())
    sink.close()
    writer.close()
    # From warm to the end, in 275 frames.
    assert max(sizes[3:]) - sizes[2] < 40 * FRAME_MB
    assert sum(1 for _ in VideoReader(tmp_path / "out.mp4").frames()) == 400
