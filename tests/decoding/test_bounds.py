"""Pictures that would need too much memory are refused before decoding."""

from __future__ import annotations

import io
import logging
import re
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ferkit.data.image_files import BadImageError, decode_image
from ferkit.decoding.grey_levels import value_range
from ferkit.errors import ImageError
from ferkit.inference.pictures.images import read_image
from ferkit.inference.pictures.pixels import to_rgb


def encoded(format_name: str, size: tuple[int, int], mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 90).save(file, format_name, **options)
    return file.getvalue()


def test_a_tiny_file_that_needs_a_gigabyte_is_refused() -> None:
    content = encoded("WEBP", (9_000, 9_000), lossless=True, method=0)
    assert len(content) < 100
    with pytest.raises(ImageError, match=r"would take 1\.30 GB while it is decoded, more than 1"):
        read_image(content)
    with pytest.raises(BadImageError, match=r"would take 1\.30 GB"):
        decode_image(content, convert=True)


def tiff_with(tag: int, value: int) -> bytes:
    """Return a TIFF of 16x16 whose short `tag` has the value `value`."""
    content = bytearray(encoded("TIFF", (16, 16)))
    start = struct.unpack_from("<I", content, 4)[0]
    for number in range(struct.unpack_from("<H", content, start)[0]):
        entry = start + 2 + 12 * number
        if struct.unpack_from("<H", content, entry)[0] == tag:
            struct.pack_into("<HII", content, entry + 2, 4, 1, value)
    return bytes(content)


def test_samples_of_tiff_count(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImageError):
        read_image(tiff_with(277, 2048))
    assert capfd.readouterr() == ("", "")


def test_a_large_tiff_of_eight_samples_is_refused() -> None:
    # A height alone; its strip would be 16 x 6,000,000 pixels.
    with pytest.raises(ImageError):
        read_image(tiff_with(257, 6_300_000))


def test_libtiff_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(encoded("TIFF", (64, 64), compression="tiff_lzw"))
    content[8:40] = bytes(range(200, 232))  # the first codes of LZW
    with pytest.raises(ImageError):
        read_image(bytes(content))
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("PIL").handlers


@pytest.mark.parametrize(("kind", "values"), [(b"P2", 5_290_000), (b"P3", 15_870_000)])
def test_numbers_in_plain_text_are_limited(kind: bytes, values: int) -> None:
    with pytest.raises(ImageError, match=re.escape(f"plain text of {values:,} numbers")):
        read_image(kind + b"\n2300 2300\n255\n0 0 0")
    assert read_image(b"P2\n2 1\n255\n0 255").pixels[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "F", "I"])
def test_pieces_decode_to_the_same_pixels(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 70, 4)).astype(np.uint8)
    rgba = Image.fromarray(noise)
    image = rgba.convert("L").convert(mode) if mode in ("F", "I") else rgba.convert(mode)
    whole = Image.fromarray(to_rgb(image)).reduce(4)
    monkeypatch.setattr("ferkit.inference.pictures.decoding._WORKING_PIXELS", 500)
    monkeypatch.setattr("ferkit.inference.pictures.decoding._PIECE", 32)
    pixels = read_image(image).pixels
    assert pixels.shape == (23, 18, 3)
    np.testing.assert_array_equal(pixels, np.asarray(whole))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.0, 0.5], (0.0, 1.0)),
        ([0.0, 200.0], (0.0, 255.0)),
        ([3.0, 70_000.0], (0.0, 70_000.0)),
        ([-1.0, float("nan")], (-1.0, 0.0)),
    ],
)
def test_the_value_range_is_found(values: list[float], wanted: tuple[float, float]) -> None:
    assert value_range(Image.fromarray(np.array([values], np.float32))) == wanted
