"""`none`: the image is the face."""

from __future__ import annotations

import numpy as np

from ferkit.inference.detectors.protocol import Faces


class NoDetector:
    """Takes the whole image as one face, for pictures that are crops already."""

    name = "none"

    def detect(self, image: np.ndarray) -> Faces:
        """Return one box around the whole image."""
        height, width = image.shape[:2]
        return Faces(np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32))
