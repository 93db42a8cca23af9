"""Any number of different hostile request bodies, reproducible by seed."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

Body = tuple[str, bytes, dict[str, str]]  # what it is, content, headers

_KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")


def hostile_bodies(number: int, seed: int = 0) -> Iterator[Body]:
    """Yield `number` bodies, each kind of harm in turn."""
    rng = np.random.default_rng(seed)
    for i in range(number):
        yield _HARMS[i % len(_HARMS)](rng)


def _picture(rng: np.random.Generator) -> tuple[str, bytes]:
    kind = str(rng.choice([kind for kind in _KINDS if kind in Image.SAVE or Image.init()]))
    pixels = rng.integers(0, 256, (int(rng.integers(1, 80)), int(rng.integers(1, 80)), 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return kind, file.getvalue()


def _cut_off(rng: np.random.Generator) -> Body:
    kind, content = _picture(rng)
    return f"{kind} cut off", content[: int(rng.integers(1, len(content)))], {}


def _flipped(rng: np.random.Generator) -> Body:
    kind, content = _picture(rng)
    damaged = bytearray(content)
    for place in rng.integers(0, len(damaged), 1 + len(damaged) // 50):
        damaged[place] = int(rng.integers(0, 256))
    return f"{kind} with other bytes", bytes(damaged), {}


def _random(rng: np.random.Generator) -> Body:
    return "random bytes", rng.bytes(int(rng.integers(1, 5000))), {"Content-Type": "image/jpeg"}


def _bomb(rng: np.random.Generator) -> Body:
    """A PNG of a few bytes that unpacks to gigabytes."""
    side = int(rng.integers(20_000, 100_000))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        sums = struct.pack(">I", zlib.crc32(name + data))
        content += struct.pack(">I", len(data)) + name + data + sums
    return "PNG bomb", content, {}


def _zip(rng: np.random.Generator) -> Body:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", bytes(int(rng.integers(1, 1_000_000))))
    return "zip as JPEG", file.getvalue(), {"Content-Type": "image/jpeg"}


def _packed(rng: np.random.Generator) -> Body:
    content = gzip.compress(bytes(int(rng.integers(1, 1_000_000))))
    return "gzip", content, {"Content-Encoding": "gzip"}


def _wrong_type(rng: np.random.Generator) -> Body:
    types = ("application/json", "text/html", "a/b; charset=\xff", "", "multipart/mixed")
    return "wrong type", b'{"image": "x"}', {"Content-Type": str(rng.choice(types))}


def _form(rng: np.random.Generator) -> Body:
    """A form with something wrong in it."""
    parts = [
        b"--b",
        b'Content-Disposition: form-data; name="images"; filename="' + rng.bytes(20) + b'"',
        b"",
        _picture(rng)[1],
        b"--b--",
        b"",
    ]
    del parts[int(rng.integers(0, len(parts)))]
    boundary = str(rng.choice(["b", "c", "", '"', "b" * 500]))
    content_type = f"multipart/form-data; boundary={boundary}"
    return "broken form", b"\r\n".join(parts), {"Content-Type": content_type}


def _many_parts(rng: np.random.Generator) -> Body:
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'
    content = part * int(rng.integers(100, 3000)) + b"--b--\r\n"
    return "many parts", content, {"Content-Type": "multipart/form-data; boundary=b"}


def _long_header(rng: np.random.Generator) -> Body:
    return "long header", b"x", {"X-Long": "a" * int(rng.integers(1000, 30_000))}


def _playlist(rng: np.random.Generator) -> Body:
    lists = (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile x\n")
    scripts = (b"<svg xmlns='x'><image href='file:///etc/passwd'/></svg>", b"%!PS\n(x) run\n")
    return "playlist or script", lists[int(rng.integers(2))] + scripts[int(rng.integers(2))], {}


def _large(rng: np.random.Generator) -> Body:
    return "large", bytes(int(rng.integers(1_000_000, 1_500_000))), {}


_HARMS: tuple[Callable[[np.random.Generator], Body], ...] = (
    _cut_off, _flipped, _random, _bomb, _zip, _packed, _wrong_type, _form, _many_parts,
    _long_header, _playlist, _large,
)  # fmt: skip
