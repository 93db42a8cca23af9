"""The window of the live camera."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from typing import Final

import numpy as np

from ferkit.colors import INK, PAPER, to_rgb
from ferkit.errors import OutputError
from ferkit.inference.annotation.text import text_sprite

_TITLE: Final = "ferkit (q closes)"
_CLOSING_KEYS: Final = (ord("q"), ord("Q"), 27)
# Number of frames over which the rate is averaged.
_RECENT: Final = 30

_TRIAL: Final = "import cv2; cv2.namedWindow('ferkit'); cv2.destroyAllWindows()"


class Window:
    """Shows frames until it is closed.

    Raises:
        OutputError: There is no display.
    """

    def __init__(self) -> None:
        _check_display()
        # Qt would warn about fonts that are not needed.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
        import cv2

        cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)

    def show(self, image: np.ndarray) -> bool:
        """Show a `uint8` `(h, w, 3)` RGB frame; return False once the user closes the window."""
        import cv2

        cv2.imshow(_TITLE, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if cv2.waitKey(1) & 0xFF in _CLOSING_KEYS:
            return False
        return cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) >= 1

    def close(self) -> None:
        """Close the window."""
        import cv2

        cv2.destroyAllWindows()


class RateMeter:
    """Frames per second over the last second or so.

    Example:
        >>> meter = RateMeter()
        >>> [round(meter.tick(i / 10)) for i in range(3)]
        [0, 10, 10]
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_RECENT)

    def tick(self, time_s: float) -> float:
        """Take the time of a frame and return the rate, 0.0 for the first."""
        self._times.append(time_s)
        passed = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / passed if passed > 0 else 0.0


def draw_rate(image: np.ndarray, rate: float) -> None:
    """Write the frame rate into the upper left corner of an RGB image, in place."""
    sprite = text_sprite(f"{rate:.0f} frames/s", max(12, image.shape[0] // 32))
    height, width = min(sprite.shape[0], image.shape[0]), min(sprite.shape[1], image.shape[1])
    alpha = sprite[:height, :width, None].astype(np.float32) / 255
    area = image[:height, :width]
    ground = area * 0.4 + np.array(to_rgb(INK)) * 0.6
    area[:] = (ground + (np.array(to_rgb(PAPER)) - ground) * alpha).round().astype(np.uint8)


def _check_display() -> None:
    """Try in another process, since Qt kills a process that has no display."""
    done = subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, check=False)
    if done.returncode:
        raise OutputError("There is no display for a window; write rows or a video instead.")
