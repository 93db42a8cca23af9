"""Degradations of photographs, relative to the size of the face, for testing robustness."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from ferkit.errors import UsageError
from ferkit.labels import IMAGE_SIZE

# name -> (lowest, highest) of its value, and the meaning of the value.
DEGRADATIONS = {
    "detail": ((4, 48), "pixels that the face's longer side keeps"),
    "blur": ((0, 10), "standard deviation in pixels of a face of 48"),
    "jpeg": ((1, 95), "quality, of a face of 48 pixels"),
    "noise": ((0, 128), "standard deviation in grey levels, of a face of 48 pixels"),
    "light": ((0, 4), "factor of all grey levels"),
}


def parse_degradation(text: str) -> tuple[str, float]:
    """Return name and value of a degradation.

    Raises:
        UsageError: There is no such degradation, or the value is out of range.

    Example:
        >>> parse_degradation("detail=24")
        ('detail', 24.0)
    """
    name, _, number = text.partition("=")
    try:
        value = float(number)
        (low, high), _ = DEGRADATIONS[name]
        if low <= value <= high:
            return name, value
    except (KeyError, ValueError):
        pass
    known = "; ".join(f"{n}={a:g}..{b:g}: {what}" for n, ((a, b), what) in DEGRADATIONS.items())
    raise UsageError(f"A degradation is one of {known}; not '{text}'.")


def degrade(pixels: np.ndarray, side: float, name: str, value: float) -> np.ndarray:
    """Return a degraded copy of a picture.

    Args:
        pixels: uint8 `(h, w, 3)`.
        side: The longer side of its face, in pixels.
        name: One of `DEGRADATIONS`.
        value: Its value.

    Returns:
        uint8, of the same size.

    Example:
        >>> degrade(np.full((96, 96, 3), 100, np.uint8), 96, "light", 0.5).max()
        np.uint8(50)
    """
    if name == "light":
        return np.rint(pixels * value).clip(0, 255).astype(np.uint8)
    if name == "blur":
        import cv2

        sigma = value * side / IMAGE_SIZE
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma)) if sigma else pixels
    if name == "detail":
        return _at_scale(pixels, value / side, lambda small: small)
    change = _jpeg if name == "jpeg" else _noise
    return _at_scale(pixels, IMAGE_SIZE / side, lambda small: change(small, value))


def _at_scale(
    pixels: np.ndarray, scale: float, change: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Reduce a picture by averaging, change it, and enlarge it again by interpolation."""
    from PIL import Image

    height, width = pixels.shape[:2]
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.BOX)
    changed = Image.fromarray(change(np.asarray(small)))
    return np.asarray(changed.resize((width, height), Image.Resampling.BILINEAR))


def _jpeg(pixels: np.ndarray, quality: float) -> np.ndarray:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=round(quality))
    return np.asarray(Image.open(file))


def _noise(pixels: np.ndarray, level: float) -> np.ndarray:
    # The same for every picture of a size, so that figures are repeatable.
    noise = np.random.default_rng(0).normal(0, level, pixels.shape[:2])[..., None]
    return np.rint(pixels + noise).clip(0, 255).astype(np.uint8)
