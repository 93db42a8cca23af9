"""Track ids: which face of a frame is which face of the frames before."""

from __future__ import annotations

import numpy as np

from ferkit.inference.video.libraries import load_tracker

# A face that was not seen for longer than this gets a new id when it returns.
LOST_S = 2.0
# The library `trackers` measures its buffer in frames of this rate.
_RATE = 30.0
_TICK_S = 1e-3
# Low, since detectors have applied their own thresholds before.
_LOWEST_SCORE = 0.5


class PersonNumbers:
    """Assigns track ids with ByteTrack and the presentation times of the frames.

    Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
    in the implementation of the library `trackers`. That assigns an id when a face is seen for the
    second time; here a face has its id at once and keeps it.

    Args:
        lost_s: Seconds for which a face may be hidden without losing its id. Defaults to 2.0.

    Raises:
        MissingDependencyError: `trackers` or `supervision` is not installed.
    """

    def __init__(self, lost_s: float = LOST_S) -> None:
        tracker, self._detections = load_tracker()
        self._tracker = tracker(
            lost_track_buffer=max(1, round(lost_s * _RATE)),
            frame_rate=_RATE,
            track_activation_threshold=_LOWEST_SCORE,
            high_conf_det_threshold=_LOWEST_SCORE,
            minimum_consecutive_frames=1,
        )
        self._lost_s = lost_s
        self._numbers: dict[int, tuple[int, float]] = {}  # by ByteTrack's id: ours, last seen
        self._new: dict[int, tuple[np.ndarray, float]] = {}  # ours, of faces seen once: box, time
        self._next = 1
        self._clock = float("-inf")

    def update(self, xyxy: np.ndarray, score: np.ndarray, time_s: float) -> np.ndarray:
        """Return the id of each face, `int64` `(n,)`, from 1; -1 if its score is too low.

        Args:
            xyxy: `(n, 4)`, the boxes of one frame; may be empty.
            score: `(n,)`, their scores.
            time_s: Presentation time of the frame, not before that of the previous one.
        """
        n = len(xyxy)
        index = np.arange(n)
        found = self._detections(
            xyxy=np.asarray(xyxy, np.float32).reshape(-1, 4),
            confidence=np.asarray(score, np.float32).reshape(-1),
            data={"index": index},
        )
        self._forget(time_s)
        # Two frames of a broken file may have the same time; the tracker needs increasing times.
        self._clock = max(time_s, self._clock + _TICK_S)
        tracked = self._tracker.update(found, timestamp=self._clock)
        theirs = np.full(n, -1, np.int64)
        if len(tracked):
            theirs[tracked.data["index"]] = tracked.tracker_id
        ours = np.full(n, -1, np.int64)
        for i in index[theirs >= 0]:
            number = self._numbers.get(theirs[i], (0, 0.0))[0] or self._adopt(xyxy[i])
            self._numbers[theirs[i]] = (number, time_s)
            ours[i] = number
        for i in index[(theirs < 0) & (np.asarray(score) >= _LOWEST_SCORE)]:
            ours[i] = self._number()
            self._new[int(ours[i])] = (np.array(xyxy[i]), time_s)
        return ours

    def _adopt(self, box: np.ndarray) -> int:
        """Return the id that this face got when it was seen for the first time."""
        overlaps = {number: _overlap(box, other) for number, (other, _) in self._new.items()}
        best = max(overlaps, key=lambda number: overlaps[number], default=None)
        if best is None or overlaps[best] == 0:
            return self._number()
        del self._new[best]
        return best

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _forget(self, time_s: float) -> None:
        """Drop faces that were not seen for long, so that memory stays constant."""
        limit = time_s - 2 * self._lost_s
        self._numbers = {k: v for k, v in self._numbers.items() if v[1] >= limit}
        self._new = {k: v for k, v in self._new.items() if v[1] >= limit}


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return intersection over union of two boxes."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = (high - low).clip(0).prod()
    both = (one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - common
    return float(common / both) if both > 0 else 0.0
