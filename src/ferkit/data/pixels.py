"""Decimal pixel text to bytes, vectorised: the 301 MB of `fer2013.csv` in a second or two."""

from __future__ import annotations

import numpy as np

from ferkit.labels import IMAGE_SIZE

PIXELS = IMAGE_SIZE * IMAGE_SIZE

_SPACE, _ZERO = ord(" "), ord("0")


def parse_pixel_rows(fields: list[bytes]) -> tuple[np.ndarray, list[str | None]]:
    """Parse rows of space-separated decimal pixels.

    Args:
        fields: One row of text each, `b"70 80 82 ..."`.

    Returns:
        `uint8` `(n, 2304)` and, for each row, None or what is wrong with it in words (its pixels
        are 0 then).

    Example:
        >>> pixels, problems = parse_pixel_rows([b"255 " * 2304, b"70 80"])
        >>> int(pixels[0, 0]), problems
        (255, [None, 'expected 2304 pixels (48x48), found 2'])
    """
    pixels = _parse(fields)
    if pixels is not None:
        return pixels, [None] * len(fields)
    # Something is wrong somewhere: row by row.
    pixels = np.zeros((len(fields), PIXELS), np.uint8)
    problems: list[str | None] = []
    for index, field in enumerate(fields):
        row = _parse([field])
        if row is None:
            problems.append(_explain(field))
        else:
            pixels[index] = row[0]
            problems.append(None)
    return pixels, problems


def _parse(fields: list[bytes]) -> np.ndarray | None:
    """Return `uint8` `(n, 2304)`, or None unless every row has 2304 numbers of one to three digits
    up to 255.
    """
    # Every digit has three characters before it and one after it.
    text = np.frombuffer(b"   " + b" ".join(fields) + b" ", dtype=np.uint8)
    digits = text - np.uint8(_ZERO)  # wraps around, so that all but digits are above 9
    in_number = digits <= 9
    if not (in_number | (text == _SPACE)).all():
        return None
    place = np.flatnonzero(in_number[:-1] > in_number[1:])  # of last digits

    # Row r covers the text from offsets[r] up to offsets[r + 1].
    offsets = np.cumsum([3, *(len(field) + 1 for field in fields)])
    if (np.diff(np.searchsorted(place, offsets)) != PIXELS).any():
        return None

    # All in bytes and in place, which takes a third of the time.
    values = digits[place]
    place -= 1
    tens = digits[place]
    counts = tens <= 9
    values += 10 * tens * counts
    place -= 1
    hundreds = digits[place]
    counts &= hundreds <= 9
    hundreds *= counts
    place -= 1
    if (counts & in_number[place]).any():  # four digits
        return None
    if ((hundreds > 2) | ((hundreds == 2) & (values > 55))).any():
        return None
    values += 100 * hundreds
    return values.reshape(-1, PIXELS)


def _explain(field: bytes) -> str:
    """Say what is wrong with a row that `_parse` refuses."""
    tokens = [token for token in field.split(b" ") if token]
    for number, token in enumerate(tokens, start=1):
        if not (token.isdigit() and len(token) <= 3 and int(token) <= 255):
            shown = token.decode("utf-8", "backslashreplace")[:20]
            return (
                f"expected pixels that are whole numbers 0..255, found {shown!r} as pixel {number}"
            )
    return f"expected {PIXELS} pixels ({IMAGE_SIZE}x{IMAGE_SIZE}), found {len(tokens)}"
