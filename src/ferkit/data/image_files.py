"""One image file to `uint8` pixels, strict about size and colour unless told to convert."""

from __future__ import annotations

import io

import numpy as np

from ferkit.data.dataset import IMAGE_SIZE

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})


class BadImageError(Exception):
    """An image file that can not be used; the message says why."""


class ConvertibleImageError(BadImageError):
    """An image file that could be used after a conversion."""


def decode_image(content: bytes, convert: bool) -> np.ndarray:
    """Decode one image file.

    Args:
        content: The file's bytes.
        convert: Whether a colour or other-sized image is turned upright, made grey, cut to its middle
            square and resized to 48x48. Otherwise such an image is an error.

    Returns:
        `uint8` `(48, 48)`.

    Raises:
        ConvertibleImageError: The image is colour or has another size and `convert` is false.
        BadImageError: The file is empty, cut off, or no image.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not content:
        raise BadImageError("the file is empty")
    try:
        with Image.open(io.BytesIO(content)) as image:
            if convert:
                upright = ImageOps.exif_transpose(image)
                return np.asarray(
                    ImageOps.fit(
                        _to_grey(upright), (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BOX
                    )
                )
            if image.size != (IMAGE_SIZE, IMAGE_SIZE):
                raise ConvertibleImageError(
                    f"expected {IMAGE_SIZE}x{IMAGE_SIZE} pixels, found {image.width}x{image.height}"
                )
            if image.mode != "L":
                raise ConvertibleImageError(
                    f"expected a grey image (mode L), found mode {image.mode}"
                )
            return np.asarray(image)
    except UnidentifiedImageError:
        raise BadImageError("the file is not an image") from None
    except Image.DecompressionBombError:
        raise BadImageError("the image is too large to be read safely") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadImageError(f"the image is broken ({error})") from None


def _to_grey(image):  # type: ignore[no-untyped-def]
    """Return the image in mode L; transparent parts become white, 16-bit values are scaled."""
    from PIL import Image

    if image.mode.startswith("I;16") or image.mode == "I":
        return Image.fromarray((np.asarray(image).astype(np.float64) / 257).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("L")
    return image.convert("L")
