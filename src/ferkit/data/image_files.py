"""Decoding an image file to `uint8` pixels, with strict checks of size and colour by default."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ferkit.decoding.bounds import TOO_LARGE, check_bounds, silence_decoders
from ferkit.decoding.grey_levels import to_8_bit, value_range
from ferkit.errors import ImageError
from ferkit.formats import pillow_formats, register_heic
from ferkit.labels import IMAGE_SIZE

# Converted at once, to save memory.
_ROWS = 256

# Pillow's modes in words; all others are colour.
_KINDS = {
    "1": "black-and-white",
    "P": "palette",
    "LA": "transparent",
    "I;16": "16-bit",
    "I": "32-bit",
    "F": "32-bit",
}


class BadImageError(Exception):
    """An image file that cannot be used; the message says why."""


class ConvertibleImageError(BadImageError):
    """An image file that could be used after a conversion."""


def decode_image(content: bytes, convert: bool = False) -> np.ndarray:
    """Decode one image file; one that a camera marked as turned is turned upright.

    Args:
        content: The file's bytes.
        convert: Whether a colour or other-sized image is made grey, cut to its middle square and
            resized to 48x48 (transparent parts become white, of an animation the first frame
            counts). Otherwise such an image is an error. Defaults to False.

    Returns:
        `uint8` `(48, 48)`.

    Raises:
        ConvertibleImageError: The image is colour or has another size and `convert` is false.
        BadImageError: The file is empty, cut off, no image, or too large.

    Example:
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("L", (48, 48), 7).save(file, "png")
        >>> int(decode_image(file.getvalue()).max())
        7
    """
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise BadImageError("the file is empty")
    silence_decoders()
    try:
        register_heic(content[:32])
        with Image.open(io.BytesIO(content), formats=pillow_formats()) as image:
            check_bounds(image)
            if not convert:
                _check(image)
            elif image.format == "JPEG":
                # Decodes a large photo at a half, a quarter or an eighth of its size, in a fraction
                # of the time.
                image.draft(None, (4 * IMAGE_SIZE, 4 * IMAGE_SIZE))
            if image.mode != "L" or image.size != (IMAGE_SIZE, IMAGE_SIZE):
                return np.asarray(_converted(image))
            return np.asarray(_upright(image) if "exif" in image.info else image)
    except BadImageError:
        raise
    except ImageError as error:
        raise BadImageError(str(error)) from None
    except UnidentifiedImageError:
        raise BadImageError("the file is not an image") from None
    except Image.DecompressionBombError:
        raise BadImageError(TOO_LARGE) from None
    except Exception as error:
        # Pillow's plugins raise whatever a damaged file makes them raise, struct.error and
        # IndexError among it.
        reason = str(error) or type(error).__name__
        raise BadImageError(f"the image is broken ({reason})") from None


def _check(image: Any) -> None:
    if image.size != (IMAGE_SIZE, IMAGE_SIZE):
        raise ConvertibleImageError(
            f"expected {IMAGE_SIZE}x{IMAGE_SIZE} pixels, found {image.width}x{image.height}"
        )
    if image.mode != "L":
        kind = _KINDS.get(image.mode, "colour")
        raise ConvertibleImageError(f"expected an 8-bit grey image, found a {kind} one")


def _converted(image: Any) -> Any:
    from PIL import Image, ImageOps

    grey = _to_grey(_upright(image))
    shrinks = min(grey.size) >= IMAGE_SIZE
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return ImageOps.fit(grey, (IMAGE_SIZE, IMAGE_SIZE), method)


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _to_grey(image: Any) -> Any:
    """Return the image in mode L: transparent parts white, values of more than 8 bits scaled as in
    recognition.
    """
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        span = value_range(image)
        grey = np.empty((image.height, image.width), np.uint8)
        for top in range(0, image.height, _ROWS):
            strip = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
            grey[top : top + _ROWS] = to_8_bit(np.asarray(strip), span)
        return Image.fromarray(grey)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("L")
    return image.convert("L")
