"""`read_image`: a picture of any kind to upright RGB pixels, within bounded memory."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from ferkit.errors import ImageError, UsageError
from ferkit.inference.pixels import to_rgb

if TYPE_CHECKING:
    from PIL import Image

# Above any camera of today; a file of 100 kB can unpack to gigabytes.
MOST_PIXELS: Final = 100_000_000
# Enough for a face of 48 pixels wherever the detector finds one at its bounded size.
_WORKING_PIXELS: Final = 12_000_000

IMAGE_SUFFIXES: Final = frozenset(
    {
        ".avif",
        ".bmp",
        ".dib",
        ".gif",
        ".heic",
        ".heif",
        ".j2k",
        ".jfif",
        ".jp2",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    }
)
VIDEO_SUFFIXES: Final = frozenset(
    {".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"}
)

_FORMATS: Final = (
    "JPEG",
    "MPO",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "DIB",
    "TIFF",
    "PPM",
    "TGA",
    "JPEG2000",
    "AVIF",
    "HEIF",
    "ICO",
    "PCX",
    "SGI",
    "PSD",
)

_ORIENTATION = 0x0112
_STRIP_ROWS = 512  # a power of two, as the step of a reduction is

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True, eq=False)
class ReadImage:
    """A picture that was read.

    Attributes:
        pixels: `uint8` `(h, w, 3)`, upright RGB; smaller than the original where that is very large.
        size: Width and height of the original, upright, in pixels.
    """

    pixels: np.ndarray
    size: tuple[int, int]

    @property
    def scale(self) -> tuple[float, float]:
        """How many original pixels one of `pixels` is wide and high."""
        height, width = self.pixels.shape[:2]
        return self.size[0] / width, self.size[1] / height


def read_image(source: Any, *, full: bool = False) -> ReadImage:
    """Read a picture: turned upright as its camera noted, transparent parts white, of an animation the first frame.

    Args:
        source: A path, the bytes of a file, a PIL image, or an array: `uint8` or `uint16`, `(h, w)` grey,
            `(h, w, 3)` RGB (not BGR) or `(h, w, 4)` RGBA.
        full: Whether a picture of more than 12 million pixels is kept at its size, rather than halved until it
            has fewer. Defaults to False.

    Raises:
        ImageError: The file is missing, empty, cut off, no picture, or has more than 100 million pixels.
        UsageError: `source` is of another type, or an array of another shape or kind.

    Example:
        >>> read_image(np.zeros((20, 30), np.uint8)).size
        (30, 20)
    """
    from PIL import Image

    if isinstance(source, np.ndarray):
        return _from_array(source, full)
    if isinstance(source, Image.Image):
        with _faults_in_words():
            return _decoded(source, full)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_file(io.BytesIO(source), full)
    if isinstance(source, str | os.PathLike):
        return _from_path(Path(source), full)
    raise UsageError(
        "Expected a path, the bytes of an image file, a PIL image or an RGB array, "
        f"not {type(source).__name__}."
    )


def _from_path(path: Path, full: bool) -> ReadImage:
    try:
        if not path.exists():
            raise ImageError("there is no such file")
        if not path.is_file():
            # A pipe or a device would be waited for without an end.
            raise ImageError("it is a folder" if path.is_dir() else "it is not a regular file")
        with path.open("rb") as file:
            return _from_file(file, full, path.suffix.lower())
    except OSError as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"the file cannot be opened ({error.strerror or error})") from error
    except ValueError as error:  # a path with a zero byte
        raise ImageError(f"the path cannot be used ({error})") from error


def _from_file(file: IO[bytes], full: bool, suffix: str = "") -> ReadImage:
    from PIL import Image, UnidentifiedImageError

    head = file.read(32)
    file.seek(0)
    if not head:
        raise ImageError("the file is empty")
    _register_heic(head)
    try:
        with _faults_in_words(), Image.open(file, formats=_formats()) as image:
            return _decoded(image, full)
    except UnidentifiedImageError:
        video = suffix in VIDEO_SUFFIXES
        hint = "the file is a video; use: ferkit video" if video else "the file is not an image"
        raise ImageError(hint) from None


@contextmanager
def _faults_in_words() -> Iterator[None]:
    """Turn what Pillow raises on a damaged file into an `ImageError`."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except (ImageError, UnidentifiedImageError):
        raise
    except Image.DecompressionBombError:
        raise ImageError(_TOO_LARGE) from None
    except MemoryError:
        raise ImageError("there is not enough memory for the image") from None
    except Exception as error:
        # Pillow's plugins raise whatever a damaged file makes them raise, struct.error and IndexError among it.
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ImageError(f"the image is broken ({reason})") from None


def _formats() -> list[str]:
    """Return the formats to try; not those that start another program, such as EPS."""
    from PIL import Image

    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


_TOO_LARGE = f"the image is too large, more than {MOST_PIXELS // 1_000_000} million pixels"


def _register_heic(head: bytes) -> None:
    """Teach Pillow HEIC when such a file comes.

    Raises:
        ImageError: The library is not installed.
    """
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIC_BRANDS:
        return
    try:
        import pillow_heif
    except ImportError:
        raise ImageError(
            'the image is HEIC, which needs pillow-heif; install it with: pip install "ferkit[heic]"'
        ) from None
    pillow_heif.register_heif_opener()


def _decoded(image: Image.Image, full: bool) -> ReadImage:
    """Return the pixels of an opened, not yet decoded image."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise ImageError(_TOO_LARGE)
    turn = image.getexif().get(_ORIENTATION, 1)
    size = (height, width) if turn in (5, 6, 7, 8) else (width, height)
    if not full and width * height > _WORKING_PIXELS:
        # JPEG decodes at a half, a quarter or an eighth in a fraction of time and memory.
        wanted = _shrunk(width, height)
        image.draft(None, wanted)
        pixels = _reduced(image, max(image.width // wanted[0], 1))
    else:
        pixels = to_rgb(image)
    return ReadImage(_turned(pixels, turn), size)


def _reduced(image: Image.Image, step: int) -> np.ndarray:
    """Return RGB pixels at a whole fraction of the size, converted in strips to save memory."""
    from PIL import Image

    rows = (
        _STRIP_ROWS if image.mode not in ("I", "F") else image.height
    )  # those are scaled as a whole
    image.load()
    strips = []
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        strips.append(np.asarray(Image.fromarray(to_rgb(strip)).reduce(step)))
    return np.concatenate(strips)


def _turned(pixels: np.ndarray, turn: int) -> np.ndarray:
    """Return the pixels upright; `turn` is what EXIF says, 1..8."""
    if turn in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _shrunk(width: int, height: int) -> tuple[int, int]:
    """Return the size halved until it has few enough pixels, rounded up."""
    factor = 1
    while (width / factor) * (height / factor) > _WORKING_PIXELS:
        factor *= 2
    return -(-width // factor), -(-height // factor)


def _from_array(array: np.ndarray, full: bool) -> ReadImage:
    shape, kinds = array.shape, ("uint8", "uint16")
    if array.dtype.name not in kinds or array.ndim not in (2, 3) or 0 in shape:
        raise UsageError(
            "Expected a uint8 or uint16 array of shape (h, w), (h, w, 3) or (h, w, 4), "
            f"found {array.dtype} {shape}."
        )
    channels = 1 if array.ndim == 2 else shape[2]
    if channels not in (1, 3, 4):
        raise UsageError(f"Expected 1, 3 or 4 channels (grey, RGB, RGBA), found {channels}.")
    if shape[0] * shape[1] > MOST_PIXELS:
        raise ImageError(_TOO_LARGE)
    size = (shape[1], shape[0])
    if not full:
        step = size[0] // _shrunk(*size)[0]
        array = array[::step, ::step]
    if array.dtype == np.uint16:
        array = (array // 257).astype(np.uint8)
    if array.ndim == 2 or channels == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    if channels == 4:
        alpha = array[..., 3:].astype(np.uint16)
        over_white = (array[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
        array = over_white.astype(np.uint8)
    return ReadImage(np.ascontiguousarray(array), size)
