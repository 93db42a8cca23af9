"""A folder of good, odd and bad files, each with its expected result."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

GOOD = None  # no error
SIZE = (60, 40)


def picture(mode: str = "RGB") -> Image.Image:
    """Return a picture with some structure in a Pillow mode."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    red, green, blue = x * 4 % 256, y * 6 % 256, (x + y) * 2 % 256
    rgb = Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((x * 1000).astype(np.uint16))
    if mode == "I":
        return Image.fromarray((x * 1000).astype(np.int32))
    if mode == "F":
        return Image.fromarray((x / SIZE[0]).astype(np.float32))
    return rgb.convert(mode)


def encoded(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    picture(mode).save(file, kind, **options)
    return file.getvalue()


def exif(turn: int) -> Image.Exif:
    """Return EXIF data with an orientation."""
    data = Image.Exif()
    data[0x0112] = turn
    return data


def animation(kind: str) -> bytes:
    """Return an animation whose first frame is the picture and whose second is black."""
    file = io.BytesIO()
    black = Image.new("RGB", SIZE)
    picture().save(file, kind, save_all=True, append_images=[black], duration=100)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Return a tiny PNG that claims to be of this size."""
    return _png(width, height, 8, zlib.compress(b"\0" * 1000))


def _png(width: int, height: int, depth: int, data: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def png_of_16_bit() -> bytes:
    """Return a PNG with 16 bits for each of red, green and blue, which Pillow cannot write."""
    rows = b"".join(b"\0" + bytes(6 * SIZE[0]) for _ in range(SIZE[1]))
    return _png(*SIZE, 16, zlib.compress(rows))


def good_files() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files that can be read."""
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"mode-{mode.replace(';', '-')}.png", encoded("png", mode)
    for mode in ("L", "RGB", "CMYK", "I;16", "I", "F", "LAB", "RGBA"):
        yield f"mode-{mode.replace(';', '-')}.tif", encoded("tiff", mode)
    for mode in ("L", "RGB", "CMYK", "YCbCr"):
        yield f"mode-{mode}.jpg", encoded("jpeg", mode)
    yield "palette-transparent.png", encoded("png", "P", transparency=0)
    for turn in range(1, 9):
        yield f"turned-{turn}.jpg", encoded("jpeg", exif=exif(turn))
    yield "turned-nonsense.jpg", encoded("jpeg", exif=exif(77))
    yield "progressive.jpg", encoded("jpeg", progressive=True)
    for kind, suffix in (
        ("bmp", "bmp"),
        ("gif", "gif"),
        ("webp", "webp"),
        ("ppm", "ppm"),
        ("tga", "tga"),
    ):
        yield f"kind.{suffix}", encoded(kind)
    yield "animated.gif", animation("gif")
    yield "animated.webp", animation("webp")
    yield "animated.png", animation("png")
    yield "a photo called.png.jpg", encoded("png")
    yield "turned.tif", encoded("tiff", exif=exif(6))
    yield "16-bit-colour.png", png_of_16_bit()
    yield "UPPER.JPG", encoded("jpeg")
    yield "trailing-rubbish.jpg", encoded("jpeg") + b"rubbish" * 100
    yield "broken-exif.jpg", encoded("jpeg", exif=b"Exif\0\0II*\0\xff\xff\xff\xffnonsense")


def odd_names() -> Iterator[bytes]:
    """Yield file names that programs stumble over; not all systems can have all of them."""
    yield b"with space.png"
    yield b"-rf.png"
    yield "üñí çødé 日本 😀.png".encode()
    yield b"new\nline.png"
    yield b'quote"comma,semi;.png'
    yield b"tab\tand\x1b[31mred.png"
    yield b"not-utf8-\xff\xfe.png"
    yield b"percent%20%s{}.png"
    yield b"x" * 200 + b".png"


def bad_files() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, content and a part of the error of files that cannot be read."""
    jpeg, png = encoded("jpeg"), encoded("png")
    yield "empty.jpg", b"", "empty"
    yield "one-byte.png", b"\x89", "not an image"
    yield "text.jpg", b"This is a text and no picture at all.", "not an image"
    yield "html.png", b"<!doctype html><title>404 Not found</title>", "not an image"
    yield "zeros.jpg", bytes(5000), "not an image"
    yield "noise.png", np.random.default_rng(0).bytes(5000), "not an image"
    yield "zip.webp", b"PK\x03\x04" + bytes(100), "not an image"
    yield "script.bmp", b"#!/bin/sh\nexit 1\n", "not an image"
    yield "postscript.tif", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"
    yield "video.gif", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64), "not an image"
    yield (
        "pointer.png",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "not an image",
    )
    yield "json.jpg", b'{"error": "not found"}', "not an image"
    yield (
        "svg.png",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "not an image",
    )
    yield "two-bytes.jpg", b"\xff\xd8", ""
    yield "utf16.webp", "A text".encode("utf-16"), "not an image"
    for share in (2, 3, 10):
        yield f"cut-{share}.jpg", jpeg[: len(jpeg) * (share - 1) // share], "broken"
        yield f"cut-{share}.png", png[: len(png) * (share - 1) // share], "broken"
    yield "head-only.jpg", jpeg[:20], "not an image"
    yield "cut.gif", encoded("gif")[:-60], ""
    yield "cut.webp", encoded("webp")[:60], "broken"
    yield "cut.bmp", encoded("bmp")[:200], "broken"
    yield "cut.tif", encoded("tiff")[:300], ""
    yield "wrong-sum.png", png.replace(b"IDAT", b"IDAX"), ""
    yield "flipped.png", png[:60] + bytes(b ^ 255 for b in png[60:100]) + png[100:], "broken"
    yield "bomb.png", png_of(30_000, 30_000), "too large"
    yield "large.png", png_of(11_000, 10_000), "too large"
    yield "no-width.png", png_of(0, 40), ""
    yield "heic-without-content.heic", b"\0\0\0\x18ftypheic" + bytes(12), ""


def make_corpus(folder: Path) -> dict[str, str | None]:
    """Write all files and return for each path as text a part of its error, or None."""
    wanted: dict[str, str | None] = {}
    for name, content in good_files():
        (folder / name).write_bytes(content)
        wanted[str(folder / name)] = GOOD
    for raw in odd_names():
        path = os.path.join(os.fsencode(folder), raw)
        try:
            with open(path, "wb") as file:
                file.write(encoded("png"))
        except OSError:
            continue  # this file system has no such names
        wanted[os.fsdecode(path)] = GOOD
    for name, content, error in bad_files():
        (folder / name).write_bytes(content)
        wanted[str(folder / name)] = error
    (folder / "folder.jpg").mkdir()
    wanted[str(folder / "missing.jpg")] = "no such file"
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    wanted[str(folder / "loop.jpg")] = ""
    (folder / "link-to-nothing.jpg").symlink_to(folder / "nothing")
    wanted[str(folder / "link-to-nothing.jpg")] = "no such file"
    (folder / "link.png").symlink_to(folder / "mode-RGB.png")
    wanted[str(folder / "link.png")] = GOOD
    os.mkfifo(folder / "pipe.jpg")
    wanted[str(folder / "pipe.jpg")] = "not a regular file"
    wanted[str(folder / ("n" * 300 + ".jpg"))] = ""
    (folder / "forbidden.jpg").write_bytes(encoded("jpeg"))
    (folder / "forbidden.jpg").chmod(0)
    if not os.access(folder / "forbidden.jpg", os.R_OK):  # root may read anything
        wanted[str(folder / "forbidden.jpg")] = "cannot be opened"
    else:
        wanted[str(folder / "forbidden.jpg")] = GOOD
    return wanted
