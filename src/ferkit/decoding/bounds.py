"""How much memory an opened, not yet decoded picture will take, and a limit to it.

A file of some bytes can ask for gigabytes, by its size, its number of channels, or tables of its
compression. What a decoder is about to allocate is known from the headers, so it is refused before.
"""

from __future__ import annotations

import ctypes
import logging
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ferkit.decoding.jpeg2000 import read_header
from ferkit.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image

# Above any camera of today.
MOST_PIXELS: Final = 100_000_000
TOO_LARGE: Final = f"the image is too large, more than {MOST_PIXELS // 1_000_000} million pixels"
MOST_BYTES: Final = 1_000_000_000

# What Pillow keeps for a pixel; all other modes take four bytes.
_STORED: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
# Beside it, the decoders hold the whole picture so often, in bytes a pixel: frames of an animation
# in WebP, the planes of a video codec in AVIF and HEIF, coefficients in a progressive JPEG.
_DECODER: Final = {"WEBP": 12, "AVIF": 12, "HEIF": 12, "JPEG": 6, "MPO": 6}
_MOST_SAMPLES: Final = 6
_SAMPLES, _BITS = 277, 258  # tags of TIFF
# Python reads numbers in plain text at about a million a second.
_MOST_PLAIN_VALUES: Final = 5_000_000


def check_bounds(image: Image.Image, *, reduction: int = 1) -> None:
    """Check that decoding `image` takes at most 100 million pixels and 1 GB.

    Args:
        image: As `PIL.Image.open` returns it, its pixels not yet read.
        reduction: By how much its sides are divided while it is decoded, where its format can do
            that. Defaults to 1.

    Raises:
        ImageError: It takes more, or its headers contradict each other.
    """
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise ImageError(TOO_LARGE)
    kind: Any = image
    if image.format == "JPEG2000" and kind.fp is not None:
        needed = read_header(kind.fp, image.size).bytes_needed(reduction)
    else:
        needed = pixels * (_STORED.get(image.mode, 4) + _held(kind))
    if needed > MOST_BYTES:
        raise ImageError(
            f"the image would take {needed / 1e9:.2f} GB while it is decoded, more than "
            f"{MOST_BYTES / 1e9:.0f}"
        )
    if image.format == "PPM" and kind.tile and kind.tile[0][0] == "ppm_plain":
        values = pixels * len(image.getbands())
        if values > _MOST_PLAIN_VALUES:
            raise ImageError(
                f"the image is plain text of {values:,} numbers, more than "
                f"{_MOST_PLAIN_VALUES:,}; save it in binary"
            )


def check_megapixels(image: Image.Image, most: float | None) -> None:
    """Check that `image` has at most so many millions of pixels; None: any number.

    Raises:
        ImageError: It has more.
    """
    megapixels = image.width * image.height / 1e6
    if most is not None and megapixels > most:
        raise ImageError(
            f"the image has {megapixels:.1f} million pixels, more than the {most:g} that are taken "
            "here; send it smaller"
        )


def _held(image: Any) -> int:
    """Return the bytes a pixel that the decoder holds beside the finished picture."""
    if image.format != "TIFF":
        return _DECODER.get(image.format, 0)
    # A strip, of which there may be one alone. Pillow refuses what has more than six samples.
    samples = min(int(image.tag_v2.get(_SAMPLES, 1)), _MOST_SAMPLES)
    bits = image.tag_v2.get(_BITS, (1,))
    return -(-samples * int(max(bits)) // 8)


@cache
def silence_decoders() -> None:
    """Keep off the terminal what libtiff and Pillow's plugins say about damaged files, which
    becomes an error anyway.

    Where libtiff's own switch cannot be reached (Windows), its lines stay.
    """
    from PIL import _imaging

    # Programs that listen to Pillow's log still hear it.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            switch = getattr(library, name)
            switch.restype = ctypes.c_void_p
            switch(ctypes.c_void_p(None))
