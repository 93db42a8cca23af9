"""The memory that decoding an opened picture will take, and a limit to it.

A small file can require gigabytes, by its size, its number of channels, or the tables of its
compression. The allocations of a decoder follow from the headers, so such files are refused before
they are decoded.
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

# More than any camera of today.
MOST_PIXELS: Final = 100_000_000
TOO_LARGE: Final = f"the image is too large, more than {MOST_PIXELS // 1_000_000} million pixels"
MOST_BYTES: Final = 1_000_000_000

# Pillow's bytes per pixel; all other modes take four bytes.
_STORED: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
# Additional bytes per pixel of the decoders: frames of an animation in WebP, planes of a video
# codec in AVIF and HEIF, coefficients in a progressive JPEG.
_DECODER: Final = {"WEBP": 12, "AVIF": 12, "HEIF": 12, "JPEG": 6, "MPO": 6}
_MOST_SAMPLES: Final = 6
_SAMPLES, _BITS = 277, 258  # tags of TIFF
# Python reads numbers in plain text at about a million a second.
_MOST_PLAIN_VALUES: Final = 5_000_000


def check_bounds(image: Image.Image, *, reduction: int = 1) -> None:
    """Check that decoding `image` takes at most 100 million pixels and 1 GB.

    Args:
        image: The result of `PIL.Image.open`, before its pixels are read.
        reduction: Divisor of its sides while decoding, if its format supports that. Defaults to 1.

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
    """Return the bytes per pixel that the decoder needs in addition to the finished picture."""
    if image.format != "TIFF":
        return _DECODER.get(image.format, 0)
    # A strip, of which there may be one alone. Pillow refuses what has more than six samples.
    samples = min(int(image.tag_v2.get(_SAMPLES, 1)), _MOST_SAMPLES)
    bits = image.tag_v2.get(_BITS, (1,))
    return -(-samples * int(max(bits)) // 8)


@cache
def silence_decoders() -> None:
    """Suppress messages of libtiff and Pillow's plugins about damaged files, which raise an error
    anyway.

    On Windows, libtiff cannot be silenced.
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
