"""Decimal pixel text to bytes, vectorised: the 301 MB of `fer2013.csv` in about two seconds."""

from __future__ import annotations

import numpy as np

from ferkit.data.dataset import IMAGE_SIZE

PIXELS = IMAGE_SIZE * IMAGE_SIZE

_SPACE, _ZERO, _NINE = ord(" "), ord("0"), ord("9")


def parse_pixel_rows(fields: list[bytes]) -> tuple[np.ndarray, list[str | None]]:
    """Parse rows of space-separated decimal pixels.

    Args:
        fields: One row of text each, `b"70 80 82 ..."`.

    Returns:
        `uint8` `(n, 2304)` and, for each row, None or what is wrong with it in words (its pixels are 0 then).
    """
    text = np.frombuffer(b" " + b" ".join(fields) + b" ", dtype=np.uint8)
    in_number = text != _SPACE
    starts = np.flatnonzero(in_number[1:] & ~in_number[:-1]) + 1
    ends = np.flatnonzero(in_number[:-1] & ~in_number[1:]) + 1
    lengths = ends - starts

    # Up to three digits, last one first; anything longer is out of range and caught by its length.
    values = text[ends - 1].astype(np.int16) - _ZERO
    for place, weight in ((2, 10), (3, 100)):
        has_place = np.flatnonzero(lengths >= place)
        values[has_place] += (text[ends[has_place] - place].astype(np.int16) - _ZERO) * weight
    foreign = np.flatnonzero(in_number & ((text < _ZERO) | (text > _NINE)))

    # Row r covers the text from offsets[r] up to offsets[r + 1].
    offsets = np.cumsum([1, *(len(field) + 1 for field in fields)])
    first = np.searchsorted(starts, offsets)
    counts = np.diff(first)
    if len(foreign) == 0 and (counts == PIXELS).all() and lengths.max(initial=0) <= 3:
        if values.max(initial=0) <= 255:
            return values.astype(np.uint8).reshape(-1, PIXELS), [None] * len(fields)

    pixels = np.zeros((len(fields), PIXELS), np.uint8)
    problems: list[str | None] = []
    foreign_rows = set((np.searchsorted(offsets, foreign, side="right") - 1).tolist())
    for row in range(len(fields)):
        tokens = slice(first[row], first[row + 1])
        problem = _problem(fields[row], int(counts[row]), row in foreign_rows)
        if problem is None and (lengths[tokens].max() > 3 or values[tokens].max() > 255):
            problem = "a pixel lies outside 0..255"
        if problem is None:
            pixels[row] = values[tokens]
        problems.append(problem)
    return pixels, problems


def _problem(field: bytes, count: int, has_foreign: bool) -> str | None:
    if has_foreign:
        token = next((t for t in field.split() if not t.isdigit()), field[:12])
        shown = token.decode("utf-8", "replace")[:20]
        if token.startswith(b"-") and token[1:].isdigit():
            return f"a pixel lies outside 0..255: {shown}"
        return f"a pixel is not a whole number: {shown!r}"
    if count != PIXELS:
        return f"expected {PIXELS} pixels ({IMAGE_SIZE}x{IMAGE_SIZE}), found {count}"
    return None
