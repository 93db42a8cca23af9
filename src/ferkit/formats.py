"""The supported kinds of pictures and videos, by suffix and by Pillow's plugin, and the formats of
rows.
"""

from __future__ import annotations

from typing import Final

from ferkit.errors import ImageError

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

# What ferkit writes: containers of H.264 that browsers and players know.
H264_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv")

# Formats of rows, named as their suffix -> module and class of the sink that writes them.
ROW_SINKS: Final = {
    "json": "ferkit.inference.sinks.json_text:JsonSink",
    "jsonl": "ferkit.inference.sinks.json_text:JsonLinesSink",
    "csv": "ferkit.inference.sinks.csv_text:CsvSink",
    "parquet": "ferkit.inference.sinks.parquet:ParquetSink",
}

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

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


def pillow_formats() -> list[str]:
    """Return the formats to try, without those that start another program, such as EPS."""
    from PIL import Image

    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def register_heic(head: bytes) -> None:
    """Enable HEIC in Pillow when such a file is read.

    Raises:
        ImageError: The library is not installed.
    """
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIC_BRANDS:
        return
    try:
        import pillow_heif
    except ImportError:
        raise ImageError(
            "the image is HEIC, which needs pillow-heif; "
            'install it with: pip install "ferkit[heic]"'
        ) from None
    pillow_heif.register_heif_opener()
