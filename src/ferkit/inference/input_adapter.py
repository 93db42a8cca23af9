"""Conversion of grey faces to the input of an ONNX model from another program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.convention import describe_input
from ferkit.errors import ModelError
from ferkit.labels import IMAGE_SIZE


@dataclass(frozen=True)
class InputAdapter:
    """The input format of a model, and the conversion of grey faces to it.

    Attributes:
        height: Height of the images in pixels.
        width: Width of the images in pixels.
        channels: 1 or 3.
        channels_first: Whether the layout is `(n, c, h, w)` instead of `(n, h, w, c)`.
        scale: Factor and offset of the pixels. Defaults to (1, 0): raw pixels 0..255.
    """

    height: int = IMAGE_SIZE
    width: int = IMAGE_SIZE
    channels: int = 1
    channels_first: bool = False
    scale: tuple[float, float] = (1.0, 0.0)

    @classmethod
    def of(cls, session: Any, path: Path, scale: tuple[float, float]) -> InputAdapter:
        """Return the adapter for the only input of an ONNX Runtime session.

        Raises:
            ModelError: The input is not images, or a fixed number of them.
        """
        inputs = session.get_inputs()
        shape = list(inputs[0].shape)
        if len(inputs) == 1 and len(shape) == 4 and inputs[0].type == "tensor(float)":
            sizes = [size if isinstance(size, int) else None for size in shape]
            if sizes[0] is None and sizes[3] in (1, 3):
                return cls(sizes[1] or IMAGE_SIZE, sizes[2] or IMAGE_SIZE, sizes[3], False, scale)
            if sizes[0] is None and sizes[1] in (1, 3):
                return cls(sizes[2] or IMAGE_SIZE, sizes[3] or IMAGE_SIZE, sizes[1], True, scale)
        raise ModelError(
            f"{path} takes {', '.join(entry.type for entry in inputs)} of shape {tuple(shape)}, "
            "expected tensor(float) of grey or RGB images, (n, height, width, channels) or "
            "(n, channels, height, width), with any n; export the model with: ferkit export"
        )

    def steps(self) -> list[str]:
        """Return descriptions of the conversion of a face of 48x48 grey pixels."""
        return describe_input(self.height, self.width, self.channels)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Return float32 images in the format of the model.

        Args:
            faces: `(n, 48, 48, 1)`, raw grey pixels 0..255.
        """
        pixels = np.asarray(faces, np.float32)
        if (self.height, self.width) != (IMAGE_SIZE, IMAGE_SIZE):
            import cv2

            size = (self.width, self.height)
            pixels = np.stack([cv2.resize(face, size)[..., np.newaxis] for face in pixels])
        factor, offset = self.scale
        if (factor, offset) != (1.0, 0.0):
            pixels = pixels * np.float32(factor) + np.float32(offset)
        if self.channels > 1:
            pixels = np.repeat(pixels, self.channels, axis=3)
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2) if self.channels_first else pixels)
