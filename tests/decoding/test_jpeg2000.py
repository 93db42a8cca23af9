"""The header of a JPEG 2000 file gives the memory needed for decoding."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from PIL import Image, features

from ferkit.decoding.jpeg2000 import read_header
from ferkit.errors import ImageError
from ferkit.inference.pictures.images import read_image

pytestmark = pytest.mark.skipif(
    not features.check("jpg_2000"), reason="Pillow here has no JPEG 2000"
)


def encoded(size: tuple[int, int], mode: str = "RGB", **options: Any) -> bytearray:
    file = io.BytesIO()
    Image.new(mode, size, 90).save(file, "JPEG2000", **options)
    return bytearray(file.getvalue())


def siz(content: bytearray) -> int:
    """Return where the values of the marker SIZ begin."""
    return content.index(b"\xff\x4f\xff\x51") + 6


@pytest.mark.parametrize(
    ("options", "tiles", "components", "levels", "block"),
    [
        ({}, 1, 3, 5, 4096),
        ({"tile_size": (32, 16)}, 4 * 8, 3, 4, 4096),
        ({"mode": "L", "codeblock_size": (4, 8)}, 1, 1, 5, 32),
        ({"num_resolutions": 1}, 1, 3, 0, 4096),
    ],
)
def test_a_header_is_read(
    options: dict[str, Any], tiles: int, components: int, levels: int, block: int
) -> None:
    header = read_header(io.BytesIO(encoded((128, 128), **options)), (128, 128))
    found = (header.tiles, header.components, header.levels, header.block)
    assert found == (tiles, components, levels, block)


def test_precincts_count() -> None:
    content = encoded((128, 128), "L")
    cod = content.index(b"\xff\x52")
    content[cod + 4] |= 1  # precincts follow, one byte for each of six resolutions
    content[cod + 14 : cod + 14] = b"\x77\x77\x33\x77\x77\x77"
    struct.pack_into(">H", content, cod + 2, 18)
    header = read_header(io.BytesIO(content), (128, 128))
    assert header.block == 2**3 * 2**3 // 4


def test_memory_that_decoding_takes() -> None:
    header = read_header(io.BytesIO(encoded((128, 64))), (128, 64))
    tables = 3 * 8_000 + 128 * 64 * 3 // 4096 * 400
    assert header.bytes_needed(1) == 128 * 64 * (4 + 5 * 3) + tables
    assert header.bytes_needed(4) == 128 * 64 * 4 // 16 + 128 * 64 * 15 // 16 + tables


def test_more_tiles_than_10_000_are_refused() -> None:
    content = encoded((110, 110))
    struct.pack_into(">II", content, siz(content) + 18, 1, 1)
    with pytest.raises(ImageError, match="12,100 tiles, more than 10,000"):
        read_image(bytes(content))


def test_small_blocks_of_a_large_picture_are_refused() -> None:
    # 48 million samples in blocks of 4x4 take 3 million tables.
    content = encoded((64, 64), "L", codeblock_size=(4, 4), num_resolutions=1)
    for offset in (siz(content) + 2, siz(content) + 18):  # the picture and its tile
        struct.pack_into(">II", content, offset, 6_900, 6_900)
    ihdr = content.index(b"ihdr") + 4
    struct.pack_into(">II", content, ihdr, 6_900, 6_900)
    with pytest.raises(ImageError, match=r"would take 1\.62 GB while it is decoded"):
        read_image(bytes(content))


def test_headers_that_contradict_each_other_are_refused() -> None:
    content = encoded((64, 48))
    struct.pack_into(">I", content, siz(content) + 2, 65_000)
    with pytest.raises(ImageError, match="its headers state 64x48 and 65000x48 pixels"):
        read_image(bytes(content))


def test_a_large_picture_is_decoded_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferkit.inference.pictures.decoding._WORKING_PIXELS", 2_000)
    image = read_image(bytes(encoded((128, 100))))
    assert (image.size, image.pixels.shape) == ((128, 100), (25, 32, 3))
    assert image.pixels[12, 16].tolist() == [90, 0, 0]
