"""What benchmarks/recognition.py works on: longer and larger clips, and a folder of photos."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np


def make_clip(source: Path, target: Path, frames: int, size: tuple[int, int] | None = None) -> Path:
    """Repeat a clip until there are so many frames, 30 per second, of `size` where it is given."""
    import cv2

    from ferkit.inference.video.writer import VideoWriter

    images = list(forth_and_back(source))
    if size:
        images = [cv2.resize(image, size, interpolation=cv2.INTER_CUBIC) for image in images]
    writer = VideoWriter(target, rate=30)
    for i, image in enumerate(islice(cycle(images), frames)):
        writer.write(image, i / 30)
    writer.close()
    return target


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
