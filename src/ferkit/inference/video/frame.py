"""One frame of a video or a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.errors import UsageError


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """A decoded, upright frame.

    Attributes:
        index: Number of the frame in the source, from 0.
        time_s: Presentation time in seconds from the start of the source.
        image: `uint8` `(h, w, 3)` RGB.
    """

    index: int
    time_s: float
    image: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


class FrameChoice:
    """Decides for each frame, in order, whether it is processed.

    Args:
        every: Take every n-th frame. Defaults to 1: all.
        fps: Largest number of frames per second, spread evenly by their times. Defaults to None:
            all.

    Raises:
        UsageError: A number is out of range, or both are given.

    Example:
        >>> choice = FrameChoice(fps=2)
        >>> [choice.wants(i, i / 10) for i in range(6)]
        [True, False, False, False, False, True]
    """

    def __init__(self, every: int = 1, fps: float | None = None) -> None:
        if every < 1:
            raise UsageError(f"every expects 1 or more, not {every}.")
        if fps is not None and every != 1:
            raise UsageError("every and fps both choose frames; use only one of them.")
        if fps is not None and not 0 < fps < float("inf"):
            raise UsageError(f"fps expects a number above 0, not {fps}; omit it for all frames.")
        self._every = every
        self._fps = fps
        self._slot = -1

    def wants(self, index: int, time_s: float) -> bool:
        """Return whether to process the frame with this number and time in seconds."""
        if self._fps is None:
            return index % self._every == 0
        # Floating-point times such as 0.1 * 5 may miss the grid slightly.
        slot = int(time_s * self._fps + 1e-6)
        is_new, self._slot = slot > self._slot, max(slot, self._slot)
        return is_new
