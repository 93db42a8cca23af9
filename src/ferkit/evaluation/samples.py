"""The images of a report, stored next to `metrics.json`."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from ferkit.displays.sample_grid import SampleGridDisplay


def samples_content(
    samples: SampleGridDisplay, mistakes: SampleGridDisplay | None, *, split: str
) -> dict[str, Any]:
    """Return the content of `samples.json`.

    Args:
        samples: Images drawn at random.
        mistakes: The most confident mistakes; None if the model made none.
        split: The split that both are from.

    Returns:
        `{"split": ..., "samples": [...], "mistakes": [...]}`; each image is a dict with `source`,
        `true`, `predicted`, `confidence` (0..1) and `png` (base64 of the image as it was read).
    """
    return {
        "split": split,
        "samples": _rows(samples),
        "mistakes": _rows(mistakes) if mistakes is not None else [],
    }


def _rows(grid: SampleGridDisplay) -> list[dict[str, Any]]:
    return [
        {
            "source": grid.sources[i],
            "true": grid.emotions[int(grid.labels[i])],
            "predicted": grid.emotions[int(grid.predictions[i])],
            "confidence": float(grid.confidences[i]),
            "png": png(grid.images[i]),
        }
        for i in range(len(grid))
    ]


def png(image: np.ndarray) -> str:
    """Return a grey image, uint8 `(h, w)` or `(h, w, 1)`, as base64 of a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image.reshape(image.shape[:2])).save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
