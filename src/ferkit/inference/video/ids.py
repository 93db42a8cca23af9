"""Which face of this frame is which face of the frames before."""

from __future__ import annotations

import numpy as np

from ferkit.inference.video.assignment import best_pairs
from ferkit.inference.video.box_motion import BoxMotion

# A face that was not seen for longer than this comes back as another one.
LOST_S = 2.0
# Where a track is expected and a face is found share at least so much of what both cover.
_LEAST_OVERLAP = 0.1
# Detectors have thresholds of their own: every face that comes here may be followed.
_LOWEST_SCORE = 0.5
_TICK_S = 1e-3


class PersonNumbers:
    """Gives each person a number that stays, with the frames' real times.

    Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022:
    faces of a high score continue tracks first, those of a low score continue the tracks that are
    left, and begin none. A face has its number from its first frame on.

    Args:
        lost_s: Seconds for which a face may be hidden and keep its number. Defaults to 2.0.
    """

    def __init__(self, lost_s: float = LOST_S) -> None:
        self._lost_s = lost_s
        self._motion = BoxMotion()
        self._number = np.empty(0, np.int64)  # of each track
        self._seen = np.empty(0)  # when it was found last
        self._next = 1
        self._clock = float("-inf")

    def update(self, xyxy: np.ndarray, score: np.ndarray, time_s: float) -> np.ndarray:
        """Return the number of each face, `int64` `(n,)`, from 1; -1 where the score is too low to
        follow it.

        Args:
            xyxy: `(n, 4)`, the boxes of one frame; may be empty.
            score: `(n,)`, their scores.
            time_s: When the frame is shown; not before the last one.
        """
        boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
        high = np.asarray(score, np.float64).reshape(-1) >= _LOWEST_SCORE
        self._proceed(time_s)
        expected = self._motion.xyxy
        track_of = np.full(len(boxes), -1)
        free = np.ones(len(expected), bool)
        for some in (np.flatnonzero(high), np.flatnonzero(~high)):
            left = np.flatnonzero(free)
            shared = overlaps(expected[left], boxes[some])
            rows, columns = best_pairs(shared)
            good = shared[rows, columns] >= _LEAST_OVERLAP
            tracks = left[rows[good]]
            track_of[some[columns[good]]] = tracks
            free[tracks] = False
        found = track_of >= 0
        self._motion.correct(track_of[found], boxes[found])
        self._seen[track_of[found]] = self._clock
        numbers = np.full(len(boxes), -1, np.int64)
        numbers[found] = self._number[track_of[found]]
        new = ~found & high
        numbers[new] = self._begin(boxes[new])
        return numbers

    def _proceed(self, time_s: float) -> None:
        """Move all tracks to a time, and forget who has been away for long."""
        # Two frames of a broken file may have one time.
        now = max(time_s, self._clock + _TICK_S)
        elapsed, self._clock = now - self._clock, now
        kept = now - self._seen <= self._lost_s
        if not kept.all():
            self._motion.keep(kept)
            self._number, self._seen = self._number[kept], self._seen[kept]
        if len(self._seen):
            self._motion.predict(elapsed)

    def _begin(self, boxes: np.ndarray) -> np.ndarray:
        """Begin a track at each box; return their numbers."""
        numbers = self._next + np.arange(len(boxes))
        self._next += len(boxes)
        self._motion.add(boxes)
        self._number = np.concatenate([self._number, numbers])
        self._seen = np.concatenate([self._seen, np.full(len(boxes), self._clock)])
        return numbers


def overlaps(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return intersection over union of each box `(n, 4)` with each other one `(m, 4)`: `(n, m)`.

    Example:
        >>> overlaps(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 2], [0, 1, 2, 3]])).round(2)
        array([[1.  , 0.33]])
    """
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    common = (high - low).clip(0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1) for boxes in (some, others)]
    both = areas[0][:, None] + areas[1][None] - common
    shares: np.ndarray = common / np.maximum(both, 1e-9)
    return shares
