"""`none`: the whole image is one face."""

from __future__ import annotations

import numpy as np

from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.protocol import Faces
from ferkit.inference.detectors.registry import register_detector


@register_detector
class NoDetector:
    """Takes the whole image as one face, for pictures that are already cropped.

    Args:
        threads: Not used, but every detector accepts it. Defaults to None.
    """

    name = "none"
    crop_rule = CropRule()
    search_sizes = None

    def __init__(self, *, threads: int | None = None) -> None:
        del threads

    def detect(self, image: np.ndarray) -> Faces:
        """Return one box around the whole image."""
        height, width = image.shape[:2]
        return Faces(np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32))
