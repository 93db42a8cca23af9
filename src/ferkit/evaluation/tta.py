"""Test-time augmentation: the mean prediction over several views of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ferkit.errors import UsageError
from ferkit.evaluation.predictors import Predictor, predict_probabilities

# Pixels by which the ten views are shifted along both axes.
SHIFT = 2

# (mirrored, down, right) of every view.
View = tuple[bool, int, int]

_SHIFTS = ((0, 0), *((down, right) for down in (-SHIFT, SHIFT) for right in (-SHIFT, SHIFT)))
VIEWS: dict[str, tuple[View, ...]] = {
    "none": ((False, 0, 0),),
    "flip": ((False, 0, 0), (True, 0, 0)),
    "ten": tuple((mirrored, *shift) for mirrored in (False, True) for shift in _SHIFTS),
}


def view_images(images: np.ndarray, view: View) -> np.ndarray:
    """Return images mirrored and shifted; edge pixels fill the uncovered area.

    Args:
        images: `(n, h, w, c)`.
        view: Whether to mirror, then the shift down and right in pixels, which may be negative.

    Example:
        >>> view_images(np.array([[[[1], [2], [3]]]]), (True, 0, 1))[0, 0, :, 0].tolist()
        [3, 3, 2]
    """
    mirrored, down, right = view
    seen = images[:, :, ::-1] if mirrored else images
    if not down and not right:
        return np.ascontiguousarray(seen)
    height, width = images.shape[1:3]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return np.ascontiguousarray(seen[:, rows][:, :, columns])


@dataclass(frozen=True, eq=False)
class ViewsPredictor:
    """A predictor that returns its mean prediction over several views.

    Attributes:
        inner: The predictor of a single view.
        views: The views.
    """

    inner: Predictor
    views: tuple[View, ...]

    @property
    def emotions(self) -> Sequence[str]:
        """Names of the classes, in the order of the columns."""
        return self.inner.emotions

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Map uint8 `(n, 48, 48, 1)` raw grey pixels to probabilities `(n, c)`."""
        total = np.zeros((len(images), len(self.inner.emotions)))
        for view in self.views:
            total += predict_probabilities(self.inner, view_images(images, view))
        return total / len(self.views)


def with_tta(predictor: Predictor, tta: str) -> Predictor:
    """Return `predictor` with test-time augmentation.

    Args:
        predictor: The predictor of a single view.
        tta: `"none"`; `"flip"`, the image and its mirror image; `"ten"`, both unshifted and shifted
            by two pixels towards each corner.

    Raises:
        UsageError: There is no such augmentation.
    """
    if tta not in VIEWS:
        raise UsageError(f"tta must be one of {', '.join(VIEWS)}, not '{tta}'.")
    return predictor if tta == "none" else ViewsPredictor(predictor, VIEWS[tta])
