"""One frame of a video or a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.errors import UsageError


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """A decoded, upright frame.

    Attributes:
        index: Its number in the source, from 0.
        time_s: When it is shown, in seconds from the start of the source.
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
    """Says of each frame, in order, whether it is wanted.

    Args:
        every: Every n-th frame. Defaults to 1: all.
        fps: At most so many frames per second, evenly by their times. Defaults to None.

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
            raise UsageError("every and fps are two ways to say the same; give one of them.")
        if fps is not None and not 0 < fps < float("inf"):
            raise UsageError(
                f"fps expects a number above 0, not {fps}; leave it out for all frames."
            )
        self._every = every
        self._fps = fps
        self._slot = -1

    def wants(self, index: int, time_s: float) -> bool:
        """Say it of the frame with this number and time."""
        if self._fps is None:
            return index % self._every == 0
        # Times such as 0.1 * 5 lie a hair beside the grid.
        slot = int(time_s * self._fps + 1e-6)
        is_new, self._slot = slot > self._slot, max(slot, self._slot)
        return is_new
