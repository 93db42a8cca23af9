"""Pictures that callers sent, refused by the number of their pixels before they are unpacked."""

from __future__ import annotations

import io
import warnings

from ferkit.errors import ImageError
from ferkit.formats import pillow_formats, register_heic
from ferkit.inference.pictures.decoding import ReadImage
from ferkit.inference.pictures.images import read_image


def read_picture(content: bytes | bytearray, most_megapixels: float, *, full: bool) -> ReadImage:
    """Read a picture from memory.

    Args:
        content: The bytes of a file.
        most_megapixels: How many millions of pixels it may have.
        full: Whether a very large one is kept at its size.

    Raises:
        ImageError: It has more pixels, or cannot be read.
    """
    megapixels = _pixels(content) / 1e6
    if megapixels > most_megapixels:
        raise ImageError(
            f"the image has {megapixels:.1f} million pixels, more than the {most_megapixels:g} "
            "that this server takes; send it smaller"
        )
    return read_image(content, full=full)


def _pixels(content: bytes | bytearray) -> int:
    """Return how many pixels the header announces; 0 where `read_image` will say what is wrong."""
    from PIL import Image

    register_heic(bytes(content[:32]))
    try:
        with (
            warnings.catch_warnings(),
            Image.open(io.BytesIO(content), formats=pillow_formats()) as image,
        ):
            return image.width * image.height
    except Image.DecompressionBombError:
        return 10**9
    except Exception:  # Pillow's plugins raise many kinds
        return 0
