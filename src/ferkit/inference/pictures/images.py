"""`read_image`: a picture of any kind to upright RGB pixels, within bounded memory."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from ferkit.decoding.bounds import TOO_LARGE, check_megapixels, silence_decoders
from ferkit.errors import ImageError, UsageError, first_line
from ferkit.formats import VIDEO_SUFFIXES, pillow_formats, register_heic
from ferkit.inference.pictures.decoding import ReadImage, decoded, from_array

# The form of an address after `Path`, which reduces two slashes to one.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_PNG = b"\x89PNG\r\n\x1a\n"


def read_image(
    source: Any, *, full: bool = False, most_megapixels: float | None = None
) -> ReadImage:
    """Read a picture, upright according to its metadata, with transparent parts white; of an
    animation, the first frame.

    Args:
        source: A path, the bytes of a file, a PIL image, or an array: `uint8` or `uint16`, `(h, w)`
            grey, `(h, w, 3)` RGB (not BGR) or `(h, w, 4)` RGBA.
        full: Whether a picture of more than 12 million pixels keeps its size, instead of being
            halved until it has fewer. Defaults to False.
        most_megapixels: A lower limit, in millions of pixels, for files in memory. Defaults to
            None: 100.

    Raises:
        ImageError: The file is missing, empty, truncated or no picture, has more than 100 million
            pixels or would take more than 1 GB while it is decoded.
        UsageError: `source` is of another type, or an array of another shape or kind.

    Example:
        >>> read_image(np.zeros((20, 30), np.uint8)).size
        (30, 20)
    """
    from PIL import Image

    if isinstance(source, np.ndarray):
        return from_array(source, full)
    if isinstance(source, Image.Image):
        with _faults_in_words():
            return decoded(source, full, own=False)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_file(io.BytesIO(source), full, most=most_megapixels)
    if isinstance(source, str | os.PathLike):
        return _from_path(Path(source), full)
    raise UsageError(
        "Expected a path, the bytes of an image file, a PIL image or an RGB array, "
        f"not {type(source).__name__}."
    )


@contextmanager
def named_errors(source: Any) -> Iterator[None]:
    """Put the path of a picture before what is wrong with it, for errors that stand alone.

    Rows of results have the path in a column of its own.

    Raises:
        ImageError: The block raised one.

    Example:
        >>> with named_errors("a.jpg"):
        ...     read_image("a.jpg")
        Traceback (most recent call last):
        ferkit.errors.ImageError: a.jpg: there is no such file
    """
    try:
        yield
    except ImageError as error:
        if isinstance(source, str | os.PathLike):
            raise ImageError(f"{os.fspath(source)}: {error}") from error
        raise


def _from_path(path: Path, full: bool) -> ReadImage:
    try:
        if not path.exists():
            if _ADDRESS.match(str(path)):
                raise ImageError(
                    "pictures are read from files; download it first, or open a video at an "
                    "address with: ferkit video ADDRESS, a camera with: ferkit camera ADDRESS"
                )
            raise ImageError("there is no such file")
        if not path.is_file():
            # Reading a pipe or a device could block forever.
            raise ImageError("it is a folder" if path.is_dir() else "it is not a regular file")
        with path.open("rb") as file:
            return _from_file(file, full, path.suffix.lower())
    except OSError as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"the file cannot be opened ({error.strerror or error})") from error
    except ValueError as error:  # a path with a zero byte
        raise ImageError(f"the path cannot be used ({error})") from error


def _from_file(
    file: IO[bytes], full: bool, suffix: str = "", most: float | None = None
) -> ReadImage:
    from PIL import Image, UnidentifiedImageError

    head = file.read(32)
    file.seek(0)
    if not head:
        raise ImageError("the file is empty")
    register_heic(head)
    silence_decoders()
    try:
        with _faults_in_words():
            if head.startswith(_PNG):
                # Pillow decodes a damaged PNG as a black picture unless its checksums are verified.
                Image.open(file, formats=["PNG"]).verify()
                file.seek(0)
            with Image.open(file, formats=pillow_formats()) as image:
                check_megapixels(image, most)
                return decoded(image, full, own=True)
    except UnidentifiedImageError:
        video = suffix in VIDEO_SUFFIXES
        hint = "the file is a video; use: ferkit video" if video else "the file is not an image"
        raise ImageError(hint) from None


@contextmanager
def _faults_in_words() -> Iterator[None]:
    """Turn Pillow's exceptions on damaged files into an `ImageError`."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except (ImageError, UnidentifiedImageError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        # The warning, from 89 million pixels on, is raised only if warnings are errors.
        raise ImageError(TOO_LARGE) from None
    except MemoryError:
        raise ImageError("there is not enough memory for the image") from None
    except Exception as error:
        # On damaged files, Pillow's plugins raise many exceptions, such as struct.error and
        # IndexError.
        raise ImageError(f"the image is broken ({first_line(error)[:200]})") from None
