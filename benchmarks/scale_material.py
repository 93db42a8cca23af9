"""Pictures for `benchmarks/scale.py`: photographs, tiny ones, and damaged ones."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

_VARIANTS = 40
_BOMB_SIDE = 30_000


def make_photos(folder: Path, photo: Path, count: int) -> None:
    """Write so many photographs, 40 shifted ones of `photo` under many names."""
    image = cv2.imread(str(photo))
    assert image is not None, photo
    originals = []
    for number in range(min(_VARIANTS, count)):
        path = place(folder, number, ".jpg")
        cv2.imwrite(str(path), np.roll(image, number, axis=1))
        originals.append(path)
    for number in range(len(originals), count):
        os.link(originals[number % _VARIANTS], place(folder, number, ".jpg"))


def make_small(folder: Path, count: int) -> None:
    """Write so many pictures of 48 x 48 random pixels."""
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 255, (48, 48), np.uint8)
        cv2.imwrite(str(place(folder, number, ".png")), pixels)


def damage(folder: Path) -> set[str]:
    """Break one picture of a hundred, replace one of a thousand by a bomb, and return which."""
    pictures = sorted(path for path in folder.rglob("*") if path.is_file())
    content = bomb()
    damaged = set()
    for number, path in enumerate(pictures):
        if number % 100 == 50 or number % 1000 == 25:
            path.unlink()
            broken = number % 100 == 50
            target = path if broken else path.with_suffix(".png")
            target.write_bytes(b"\xff\xd8 and then nothing" if broken else content)
            damaged.add(str(target))
    return damaged


def bomb() -> bytes:
    """Return a whole PNG of 900 megapixels in less than a megabyte."""
    pack = zlib.compressobj(9)
    lines = [pack.compress(bytes(_BOMB_SIDE + 1)) for _ in range(_BOMB_SIDE)]
    body = b"".join(lines) + pack.flush()
    header = struct.pack(">IIBBBBB", _BOMB_SIDE, _BOMB_SIDE, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def place(folder: Path, number: int, suffix: str) -> Path:
    """Return the path of a picture, a thousand to a folder, and make its folder."""
    path = folder / f"{number // 1000:04d}" / f"{number:06d}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
