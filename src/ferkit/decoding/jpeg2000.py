"""The header of a JPEG 2000 file, which says how much memory its decoder will take.

OpenJPEG makes tables for every tile, precinct and code block before it looks at the data, and
some hundred bytes can ask for millions of them. Pillow reads the size from another box of the file,
which may say something else.

Reference:
    ISO/IEC 15444-1, annex A: Codestream syntax.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from ferkit.errors import ImageError

_START = b"\xff\x4f\xff\x51"  # of the codestream, and its marker SIZ
_SIZ, _COD, _COC, _SOT, _SOD = 0xFF51, 0xFF52, 0xFF53, 0xFF90, 0xFF93
_MOST_COMPONENTS: Final = 4
_MOST_TILES: Final = 10_000
# OpenJPEG's tables, measured upwards: of a tile and component, and of a block or precinct.
_TILE_BYTES, _BLOCK_BYTES = 8_000, 400
# Beside Pillow's four bytes a pixel: 32-bit samples and a copy of them.
_SAMPLE_BYTES = 5
_MOST_METADATA, _MOST_MARKERS = 1 << 20, 100_000


@dataclass(frozen=True)
class Jpeg2000Header:
    """What decoding depends on.

    Attributes:
        size: Width and height of the picture.
        tile: Width and height of a tile.
        components: Channels.
        levels: How often the sides can be halved while decoding.
        block: Samples of the smallest block or precinct.
    """

    size: tuple[int, int]
    tile: tuple[int, int]
    components: int
    levels: int
    block: int

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        (width, height), (tile_width, tile_height) = self.size, self.tile
        return -(-width // tile_width) * -(-height // tile_height)

    def bytes_needed(self, reduction: int) -> int:
        """Return the memory that decoding takes, at most."""
        area = self.size[0] * self.size[1]
        in_tile = min(self.tile[0], self.size[0]) * min(self.tile[1], self.size[1])
        shrink = min(reduction, 1 << self.levels) ** 2
        samples = in_tile * self.components
        tables = self.tiles * self.components * _TILE_BYTES
        tables += samples // self.block * _BLOCK_BYTES
        return 4 * area // shrink + _SAMPLE_BYTES * samples // shrink + tables


def read_header(file: IO[bytes], size: tuple[int, int]) -> Jpeg2000Header:
    """Read the header of the codestream in `file`, whose position stays the same.

    Args:
        file: A `.jp2` or a bare codestream.
        size: Width and height that the file's other header states.

    Raises:
        ImageError: There is none, it contradicts `size`, or it has more than four components or
            10,000 tiles.
    """
    position = file.tell()
    try:
        header = _parsed(file, _start(file))
    except (struct.error, ValueError, IndexError, ZeroDivisionError):
        raise ImageError("the image is broken (its JPEG 2000 header cannot be read)") from None
    finally:
        file.seek(position)
    if header.size != size:
        raise ImageError(
            f"the image is broken (its headers state {size[0]}x{size[1]} and "
            f"{header.size[0]}x{header.size[1]} pixels)"
        )
    if not 1 <= header.components <= _MOST_COMPONENTS:
        raise ImageError(f"the image has {header.components} channels, expected 1 to 4")
    if header.tiles > _MOST_TILES:
        raise ImageError(f"the image has {header.tiles:,} tiles, more than {_MOST_TILES:,}")
    return header


def _start(file: IO[bytes]) -> int:
    """Return where the codestream's marker SIZ is; boxes of metadata may stand before it."""
    file.seek(0)
    start = file.read(_MOST_METADATA).find(_START)
    if start < 0:
        raise ValueError
    return start + 2


def _parsed(file: IO[bytes], start: int) -> Jpeg2000Header:
    sizes, levels, block = b"", 32, 1 << 20
    for marker, content in _markers(file, start):
        if marker == _SIZ:
            sizes = content
        elif marker in (_COD, _COC):
            # COC names the component first, in one byte or in two.
            skipped = 0 if marker == _COD else 1 if sizes[34] == 0 else 2
            has_precincts = bool(content[skipped] & 1)
            settings = content[skipped + (5 if marker == _COD else 1) :]
            levels = min(levels, settings[0])
            block = min(block, _smallest_block(settings, has_precincts))
    right, bottom, left, top, width, height = struct.unpack_from(">IIIIII", sizes, 2)
    if right <= left or bottom <= top:
        raise ValueError
    components = struct.unpack_from(">H", sizes, 34)[0]
    return Jpeg2000Header((right - left, bottom - top), (width, height), components, levels, block)


def _markers(file: IO[bytes], offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield the markers of the main header and of the parts of tiles, which may change what the
    main one states.
    """
    part = end = 0
    for _ in range(_MOST_MARKERS):
        file.seek(offset)
        head = file.read(4)
        if len(head) < 4:
            return  # cut off, or the marker of the end
        marker, length = struct.unpack(">HH", head)
        if marker == _SOD:
            if end <= part:
                return  # the last part, without a length
            offset = end
            continue
        content = file.read(length - 2) if length >= 2 else b""
        if marker == _SOT:
            part = offset
            end = offset + struct.unpack_from(">I", content, 2)[0]
        yield marker, content
        offset += 2 + length
    raise ValueError


def _smallest_block(settings: bytes, has_precincts: bool) -> int:
    """Return the samples of the smallest code block or precinct that COD or COC states."""
    levels, wide, high = settings[:3]
    block = 1 << ((wide & 15) + (high & 15) + 4)
    for size in settings[5 : 5 + levels + 1] if has_precincts else b"":
        # A precinct spreads over the four bands of its level.
        block = min(block, max(1, (1 << ((size & 15) + (size >> 4))) // 4))
    return block
