"""The inputs of benchmarks/recognition.py: longer and larger clips, and a folder of photos."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import numpy as np

RATE = 30  # frames per second


def make_clip(source: Path, target: Path, frames: int, size: tuple[int, int] | None = None) -> Path:
    """Repeat a clip until there are so many frames, 30 per second, of `size` where it is given."""
    import cv2

    from ferkit.inference.video.writer import VideoWriter

    images = list(forth_and_back(source))
    if size:
        images = [cv2.resize(image, size, interpolation=cv2.INTER_CUBIC) for image in images]
    once = target.with_stem(f"{target.stem}-once")
    writer = VideoWriter(once, rate=RATE)
    for i, image in enumerate(images):
        writer.write(image, i / RATE)
    writer.close()
    _repeat(once, target, frames)
    once.unlink()
    return target


def _repeat(source: Path, target: Path, frames: int) -> None:
    """Copy the packets of a clip that `VideoWriter` wrote over and over: hours of it in seconds."""
    from ferkit.inference.video.libraries import load_av

    av = load_av()
    with av.open(str(source)) as clip, av.open(str(target), "w") as copy:
        stream = clip.streams.video[0]
        copied = copy.add_stream_from_template(stream)
        coded = [(bytes(p), p.is_keyframe) for p in clip.demux(stream) if p.size]
        for i, (content, is_key) in enumerate(islice(cycle(coded), frames)):
            packet = av.Packet(content)
            packet.stream, packet.time_base = copied, Fraction(1, RATE)
            # The writer makes no frame that refers to a later one, so both orders are the same.
            packet.pts = packet.dts = i
            packet.duration, packet.is_keyframe = 1, is_key
            copy.mux(packet)


def forth_and_back(source: Path) -> Iterator[np.ndarray]:
    """Yield a clip's frames forwards and backwards, so that repeats do not jump."""
    from ferkit.inference.video.reader import VideoReader

    with VideoReader(source) as reader:
        images = [frame.image for frame in reader.frames()]
    yield from images
    yield from images[-2:0:-1]


def make_folder(photos: list[Path], folder: Path, count: int) -> Path:
    """Fill a folder with so many photos: links to these in turn."""
    folder.mkdir()
    for i, photo in enumerate(islice(cycle(photos), count)):
        (folder / f"{i:05d}{photo.suffix}").symlink_to(photo.resolve())
    return folder
