"""Tracking boxes from frame to frame by optical flow."""

from __future__ import annotations

from typing import Final

import numpy as np

# Longer side of the copy on which boxes are tracked: fast, and fine enough.
_SIDE: Final = 640
# Points per side of a box.
_GRID: Final = 7
# Largest distance in pixels between a point and itself tracked forward and back.
_BACK_ERROR: Final = 1.0
# A box with a smaller share of reliable points is lost.
_GOOD_SHARE: Final = 0.25


class MedianFlow:
    """Moves boxes along with the image content (median flow).

    Kalal et al., "Forward-Backward Error: Automatic Detection of Tracking Failures", ICPR 2010: a
    grid of points in each box is tracked forward and back by Lucas-Kanade optical flow; medians
    over the reliable points give the shift and the change of size.
    """

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._shape: tuple[int, ...] = ()
        self._scale = 1.0

    def see(self, image: np.ndarray) -> None:
        """Store a frame, `uint8` `(h, w, 3)` RGB, as the start for `follow`."""
        self._last, self._scale = _small_grey(image)
        self._shape = image.shape

    def follow(self, image: np.ndarray, xyxy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Track boxes from the stored frame to this one, and store this one.

        Args:
            image: The next frame, `uint8` `(h, w, 3)` RGB.
            xyxy: `(n, 4)`, boxes in the stored frame.

        Returns:
            The moved boxes `float32` `(n, 4)`, and which of them were found, `bool` `(n,)`.
        """
        before, shape, scale = self._last, self._shape, self._scale
        self.see(image)
        boxes = np.array(xyxy, np.float32).reshape(-1, 4)
        found = np.zeros(len(boxes), bool)
        assert self._last is not None
        # Frames of another size, as in a stream that adapts to the network, have other coordinates.
        if before is None or shape != image.shape or not len(boxes):
            return boxes, found
        starts = _points(boxes * scale)
        ends, good = _flow(before, self._last, starts)
        for i in range(len(boxes)):
            moved = _moved(boxes[i] * scale, starts[i], ends[i], good[i])
            if moved is not None:
                boxes[i], found[i] = moved / scale, True
        return boxes, found


def _small_grey(image: np.ndarray) -> tuple[np.ndarray, float]:
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), scale


def _points(boxes: np.ndarray) -> np.ndarray:
    """Return a grid in the inner four fifths of each box, `float32` `(n, p, 2)`."""
    shares = np.linspace(0.1, 0.9, _GRID, dtype=np.float32)
    grid = np.stack(np.meshgrid(shares, shares), axis=-1).reshape(1, -1, 2)
    sides = (boxes[:, 2:] - boxes[:, :2])[:, np.newaxis]
    points: np.ndarray = boxes[:, np.newaxis, :2] + grid * sides
    return points.astype(np.float32)


def _flow(
    before: np.ndarray, after: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Track `(n, p, 2)` points forward and back; return their ends and which are reliable."""
    import cv2

    flat = starts.reshape(-1, 1, 2)
    # OpenCV writes the result into the array that it gets, so both calls need their own.
    ends, there, _ = cv2.calcOpticalFlowPyrLK(before, after, flat, np.empty_like(flat))
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, ends, np.empty_like(flat))
    error = np.linalg.norm(back - flat, axis=2)[:, 0]
    good = (there[:, 0] == 1) & (again[:, 0] == 1) & (error < _BACK_ERROR)
    return ends.reshape(starts.shape), good.reshape(starts.shape[:2])


def _moved(
    box: np.ndarray, starts: np.ndarray, ends: np.ndarray, good: np.ndarray
) -> np.ndarray | None:
    """Return the box moved by the median shift and grown by the median change of distances."""
    if good.mean() < _GOOD_SHARE:
        return None
    one, other = starts[good], ends[good]
    shift = np.median(other - one, axis=0)
    first, second = np.triu_indices(len(one), 1)
    old = np.linalg.norm(one[first] - one[second], axis=1)
    new = np.linalg.norm(other[first] - other[second], axis=1)
    # A face does not double its size from one frame to the next.
    growth = float(np.clip(np.median(new / old), 0.8, 1.25)) if len(old) else 1.0
    centre, half = (box[:2] + box[2:]) / 2 + shift, (box[2:] - box[:2]) / 2 * growth
    moved: np.ndarray = np.concatenate([centre - half, centre + half])
    return moved
