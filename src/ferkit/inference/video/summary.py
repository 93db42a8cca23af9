"""Summary of a video: the time of each emotion, per face and in total, and its changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ferkit.inference.results import FaceEmotions

# Most steps of the timeline. Steps get longer with the video, so that memory stays constant.
_STEPS: Final = 600
_FIRST_STEP_S: Final = 0.1
# Most changes listed per face; all are counted.
_LISTED: Final = 1000
# Duration of the only frame of a video.
_ONE_FRAME_S: Final = 0.04


@dataclass
class _Totals:
    """Sums over time of one face, or of all."""

    seconds: float
    frames: int
    dominant: np.ndarray  # seconds, by emotion
    probabilities: np.ndarray  # probability times seconds, by emotion

    @classmethod
    def of(cls, n: int) -> _Totals:
        return cls(0.0, 0, np.zeros(n), np.zeros(n))

    def add(self, probabilities: np.ndarray, seconds: float) -> None:
        self.seconds += seconds
        self.frames += 1
        self.dominant[probabilities.argmax()] += seconds
        self.probabilities += probabilities * seconds


@dataclass
class _Person:
    totals: _Totals
    first_s: float
    last_s: float
    dominant: int
    changes: list[dict[str, Any]] = field(default_factory=list)
    change_count: int = 0
    steps: dict[int, np.ndarray] = field(default_factory=dict)  # probability times seconds, seconds


class EmotionSummary:
    """Adds up the frames of a video in constant memory.

    Each frame counts for as long as it is shown, so the frame rate does not matter.

    Args:
        emotions: Names of the model's classes.

    Example:
        >>> summary = EmotionSummary(("happy", "sad"))
        >>> for time_s, happy in ((0.0, 0.9), (1.0, 0.2), (2.0, 0.2)):
        ...     summary.add(
        ...         FaceEmotions(
        ...             xyxy=[[0, 0, 9, 9]],
        ...             face_score=[1],
        ...             probabilities=[[happy, 1 - happy]],
        ...             image_size=(20, 20),
        ...             track_id=[1],
        ...             time_s=time_s,
        ...             emotions=("happy", "sad"),
        ...         )
        ...     )
        >>> summary.to_dict()["persons"][0]["share_of_time"]
        {'happy': 0.3333, 'sad': 0.6667}
    """

    def __init__(self, emotions: Sequence[str]) -> None:
        self.emotions = tuple(emotions)
        self._all = _Totals.of(len(self.emotions))
        self._persons: dict[int, _Person] = {}
        self._step_s = _FIRST_STEP_S
        self._waiting: FaceEmotions | None = None
        self._shown_s = 0.0  # how long the last frame was shown
        self._end_s = 0.0
        self._frames = 0
        self._frames_with_face = 0
        self._seconds_with_face = 0.0

    def add(self, faces: FaceEmotions) -> None:
        """Add the faces of the next frame, which must have a `time_s`."""
        assert faces.time_s is not None
        self._frames += 1
        self._frames_with_face += len(faces) > 0
        if self._waiting is not None:
            assert self._waiting.time_s is not None
            self._shown_s = faces.time_s - self._waiting.time_s
            self._count(self._waiting, self._shown_s)
        self._waiting = faces

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as JSON values; the last frame counts as long as the one before.

        Shares and means are rounded to four digits, times to milliseconds. `timeline` contains mean
        probabilities in steps of `step_s` seconds, starting at `first_step * step_s`, and None for
        steps without the face.
        """
        if self._waiting is not None:
            self._count(self._waiting, self._shown_s or _ONE_FRAME_S)
            self._waiting = None
        ranked = sorted(self._persons.items(), key=lambda item: -item[1].totals.seconds)
        return {
            "duration_s": round(self._end_s, 3),
            "frames": self._frames,
            "frames_with_face": self._frames_with_face,
            "seconds_with_face": round(self._seconds_with_face, 3),
            "emotions": list(self.emotions),
            "all_faces": self._figures(self._all),
            "persons": [self._person(number, person) for number, person in ranked],
            "timeline": {
                "step_s": self._step_s,
                "persons": [_timeline(number, person) for number, person in ranked],
            },
        }

    def _count(self, faces: FaceEmotions, seconds: float) -> None:
        assert faces.time_s is not None
        time_s = faces.time_s
        self._end_s = time_s + seconds
        self._seconds_with_face += seconds if len(faces) else 0.0
        while self._end_s > _STEPS * self._step_s:
            self._coarsen()
        ids = [-1] * len(faces) if faces.track_id is None else faces.track_id.tolist()
        for number, row in zip(ids, faces.probabilities.astype(np.float64), strict=True):
            self._all.add(row, seconds)
            if number >= 0:
                self._count_person(number, row, time_s, seconds)

    def _count_person(self, number: int, row: np.ndarray, time_s: float, seconds: float) -> None:
        best = int(row.argmax())
        person = self._persons.get(number)
        if person is None:
            totals = _Totals.of(len(self.emotions))
            person = self._persons[number] = _Person(totals, time_s, time_s, best)
        if best != person.dominant:
            person.change_count += 1
            if len(person.changes) < _LISTED:
                change = {"from": self.emotions[person.dominant], "to": self.emotions[best]}
                person.changes.append({"time_s": round(time_s, 3), **change})
        person.dominant, person.last_s = best, time_s + seconds
        person.totals.add(row, seconds)
        weighted = np.append(row, 1.0)
        first, last = int(time_s / self._step_s), int((time_s + seconds) / self._step_s)
        for step in range(first, last + 1):
            low, high = step * self._step_s, (step + 1) * self._step_s
            part = min(high, time_s + seconds) - max(low, time_s)
            if part > 1e-9:
                person.steps[step] = person.steps.get(step, 0) + weighted * part

    def _coarsen(self) -> None:
        """Double the length of the steps."""
        self._step_s *= 2
        for person in self._persons.values():
            merged: dict[int, np.ndarray] = {}
            for step, values in person.steps.items():
                merged[step // 2] = merged.get(step // 2, 0) + values
            person.steps = merged

    def _person(self, number: int, person: _Person) -> dict[str, Any]:
        return {
            "track_id": number,
            "first_s": round(person.first_s, 3),
            "last_s": round(person.last_s, 3),
            **self._figures(person.totals),
            "change_count": person.change_count,
            "changes": person.changes,
        }

    def _figures(self, totals: _Totals) -> dict[str, Any]:
        seconds = totals.seconds or 1.0
        return {
            "seconds": round(totals.seconds, 3),
            "frames": totals.frames,
            "share_of_time": self._named(totals.dominant / seconds),
            "mean_probability": self._named(totals.probabilities / seconds),
        }

    def _named(self, values: np.ndarray) -> dict[str, float]:
        return dict(zip(self.emotions, values.round(4).tolist(), strict=True))


def _timeline(number: int, person: _Person) -> dict[str, Any]:
    first, last = min(person.steps, default=0), max(person.steps, default=-1)
    rows = [person.steps.get(step) for step in range(first, last + 1)]
    means = [None if row is None else (row[:-1] / row[-1]).round(4).tolist() for row in rows]
    return {"track_id": number, "first_step": first, "probabilities": means}
