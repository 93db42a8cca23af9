"""Decoding one image file: accepted, converted or refused."""

from __future__ import annotations

import io
import struct
import time
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ferkit.data.image_files import BadImageError, ConvertibleImageError, decode_image

GREY = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)


def encode(image: Image.Image | np.ndarray, kind: str = "png", **options: Any) -> bytes:
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, kind, **options)
    return file.getvalue()


def ramp(size: int) -> np.ndarray:
    """Return `(size, size)`, dark at the left and bright at the right."""
    return np.tile(np.linspace(0, 255, size).astype(np.uint8), (size, 1))


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "gif"])
@pytest.mark.parametrize("convert", [False, True])
def test_a_grey_48x48_image_is_unchanged(kind: str, convert: bool) -> None:
    image = decode_image(encode(GREY, kind), convert)
    assert image.dtype == np.uint8
    assert (image == GREY).all()


def test_a_jpeg_is_close() -> None:
    smooth = ramp(48)
    assert np.abs(decode_image(encode(smooth, "jpeg", quality=95)).astype(int) - smooth).max() < 8


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("RGB", (48, 48)), "expected an 8-bit grey image, found a colour one"),
        (Image.new("RGBA", (48, 48)), "expected an 8-bit grey image, found a colour one"),
        (Image.new("P", (48, 48)), "expected an 8-bit grey image, found a palette one"),
        (Image.new("1", (48, 48)), "expected an 8-bit grey image, found a black-and-white one"),
        (Image.new("I;16", (48, 48)), "expected an 8-bit grey image, found a 16-bit one"),
        (Image.new("L", (64, 48)), "expected 48x48 pixels, found 64x48"),
        (Image.new("L", (100_000, 1)), "expected 48x48 pixels, found 100000x1"),
    ],
)
def test_convertible_images_are_refused_without_convert(image: Image.Image, reason: str) -> None:
    with pytest.raises(ConvertibleImageError) as caught:
        decode_image(encode(image))
    assert str(caught.value) == reason
    assert decode_image(encode(image), convert=True).shape == (48, 48)


def test_convert_cuts_the_middle_square_and_averages() -> None:
    wide = np.zeros((96, 200), np.uint8)
    wide[:, 52:148] = np.kron(GREY, np.ones((2, 2), np.uint8))
    assert (decode_image(encode(wide), convert=True) == GREY).all()


def test_convert_makes_colour_grey_by_its_brightness() -> None:
    colour = np.zeros((48, 48, 3), np.uint8)
    colour[..., 1] = 255
    assert (decode_image(encode(colour), convert=True) == 150).all()


def test_convert_scales_16_bits_and_does_not_cut_them_off() -> None:
    deep = GREY.astype(np.uint16) * 257
    assert (decode_image(encode(deep), convert=True) == GREY).all()


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_convert_scales_floats_by_their_range(white: float) -> None:
    deep = Image.fromarray(GREY.astype(np.float32) * np.float32(white / 255))
    assert np.abs(decode_image(encode(deep, "tiff"), convert=True).astype(int) - GREY).max() <= 1


def test_convert_puts_what_is_transparent_on_white() -> None:
    image = Image.new("RGBA", (48, 48), (0, 0, 0, 0))
    assert (decode_image(encode(image), convert=True) == 255).all()


def test_convert_understands_cmyk() -> None:
    photo = Image.fromarray(ramp(64)).convert("CMYK")
    image = decode_image(encode(photo, "jpeg", quality=95), convert=True).astype(int)
    assert image[24, 0] < 40
    assert image[24, -1] > 215


def test_convert_understands_a_palette() -> None:
    image = Image.fromarray(np.dstack([GREY] * 3)).quantize(256)
    assert np.abs(decode_image(encode(image), convert=True).astype(int) - GREY).mean() < 3


def test_convert_takes_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (60, 60), color) for color in ("white", "black")]
    animation = encode(frames[0], "gif", save_all=True, append_images=frames[1:])
    assert (decode_image(animation, convert=True) == 255).all()


@pytest.mark.parametrize("size", [48, 96])
def test_a_photo_that_the_camera_marked_as_turned_is_turned(size: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # what is shown must be turned by 90 degrees to the right
    turned = encode(ramp(size), "jpeg", quality=95, exif=exif)
    image = decode_image(turned, convert=size != 48).astype(int)
    assert image[0].mean() < 20
    assert image[-1].mean() > 235


def test_a_large_photo_is_quick() -> None:
    photo = encode(ramp(6000), "jpeg")
    start = time.process_time()
    image = decode_image(photo, convert=True).astype(int)
    assert time.process_time() - start < 1
    assert (np.diff(image[24]) >= 0).all()


def bomb() -> bytes:
    """Return a PNG whose header promises 100,000 x 100,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("convert", [False, True])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"<html>404</html>", "the file is not an image"),
        (encode(GREY)[:600], "the image is broken"),
        (encode(GREY, "jpeg")[:1000], "the image is broken"),
        (bomb(), "the image is too large, more than 100 million pixels"),
    ],
)
def test_broken_images_are_refused(content: bytes, reason: str, convert: bool) -> None:
    with pytest.raises(BadImageError, match=reason) as caught:
        decode_image(content, convert)
    assert not isinstance(caught.value, ConvertibleImageError)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "tiff", "bmp", "webp"])
def test_damage_anywhere_gives_an_image_or_a_ferkit_error(kind: str) -> None:
    content = encode(ramp(48), kind)
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = rng.integers(0, 256)
        try:
            image = decode_image(bytes(damaged), convert=True)
        except BadImageError:
            continue
        assert image.shape == (48, 48)
