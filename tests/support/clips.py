"""Drawn video clips: bright squares stand for faces, their brightness for an emotion."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.protocol import Faces
from ferkit.inference.video.libraries import load_av

TICKS = 90_000


class SquareDetector:
    """Finds bright squares on a dark ground, from left to right."""

    name = "square"
    crop_rule = CropRule()

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, image: np.ndarray) -> Faces:
        import cv2

        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
        self.calls += 1
        mask = (image.max(axis=2) > 50).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = [[x, y, x + w, y + h] for x, y, w, h, area in stats[1:].tolist() if area >= 60]
        if not boxes:
            return Faces.none()
        return Faces(np.array(sorted(boxes), np.float32), np.full(len(boxes), 0.9, np.float32))


def brightness(code: int) -> int:
    """Return the grey value that the tiny model takes for `EMOTIONS[code]`."""
    return round(255 * (code + 0.5) / 7)


def paint(
    size: tuple[int, int], *squares: tuple[int, int, int, int], texture: bool = False
) -> np.ndarray:
    """Return a black RGB frame of `(width, height)` with squares `(x, y, side, grey)`."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, side, grey in squares:
        patch = np.full((side, side), grey, np.int16)
        if texture:
            spots = np.random.default_rng(grey).normal(0, 1, (side, side))
            patch = patch + (14 * spots).astype(np.int16)
        left, top = max(x, 0), max(y, 0)
        shown = patch[top - y :, left - x :]
        area = image[top : y + side, left : x + side]
        area[:] = shown[: area.shape[0], : area.shape[1], None].clip(60, 255)
    return image


def write_clip(
    path: Path,
    images: Sequence[np.ndarray],
    times: Sequence[float] | None = None,
    *,
    codec: str = "libx264",
    rate: int = 25,
    audio: str | None = None,
    rotation: int = 0,
    pixel_aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write RGB frames, shown at `times` (default: evenly), with a tone as sound where `audio`
    names a codec.
    """
    av = load_av()
    times = [i / rate for i in range(len(images))] if times is None else times
    with av.open(str(path), "w", options=options or {}) as output:
        stream = output.add_stream(
            codec, rate=rate, options={"crf": "10", "bf": "0", "preset": "ultrafast"}
        )
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = (
            "yuv444p" if images[0].shape[0] % 2 or images[0].shape[1] % 2 else "yuv420p"
        )
        base = Fraction(1, TICKS if codec == "libx264" else rate)
        stream.codec_context.time_base = base
        if rotation:
            stream.set_display_rotation(rotation)
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        sound = output.add_stream(audio, rate=48_000, layout="mono") if audio else None
        if sound:
            write_tone(av, output, sound, times[-1] + 1 / rate)
        for image, time_s in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(time_s / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def write_tone(av: Any, output: Any, stream: Any, seconds: float) -> None:
    wave = np.sin(np.arange(round(48_000 * seconds)) * 440 * 2 * np.pi / 48_000) * 8000
    frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[np.newaxis], "s16", "mono")
    frame.sample_rate, frame.pts = 48_000, 0
    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format, layout="mono", rate=48_000, frame_size=context.frame_size or None
    )
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(stream.encode(piece))
    output.mux(stream.encode(None))
