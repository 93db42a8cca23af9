"""Shares of time count seconds, not frames; memory does not grow with the video."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ferkit.inference.results import FaceEmotions
from ferkit.inference.video.summary import EmotionSummary

NAMES = ("happy", "sad")


def faces(time_s: float, people: dict[int, float]) -> FaceEmotions:
    """Return a frame with people and how happy each is."""
    n = len(people)
    happy = np.array(list(people.values()))
    return FaceEmotions(
        xyxy=np.tile([0, 0, 9, 9], (n, 1)),
        face_score=np.ones(n),
        probabilities=np.stack([happy, 1 - happy], axis=1) if n else np.empty((0, 2)),
        image_size=(20, 20),
        track_id=np.array(list(people), np.int64),
        time_s=time_s,
        emotions=NAMES,
    )


def test_seconds_count_not_frames() -> None:
    summary = EmotionSummary(NAMES)
    # Ten frames of joy in one second, then one sad frame for three seconds.
    for i in range(10):
        summary.add(faces(i / 10, {1: 0.8}))
    summary.add(faces(1.0, {1: 0.1}))
    summary.add(faces(4.0, {}))
    summary.add(faces(5.0, {}))
    result = summary.to_dict()
    (person,) = result["persons"]
    assert person["share_of_time"] == {"happy": 0.25, "sad": 0.75}
    assert person["mean_probability"]["happy"] == pytest.approx((0.8 + 3 * 0.1) / 4, abs=1e-3)
    assert (person["first_s"], person["last_s"], person["seconds"]) == (0, 4, 4)
    assert (result["duration_s"], result["frames"]) == (6, 13)
    assert (result["seconds_with_face"], result["frames_with_face"]) == (4, 11)


def test_changes_are_counted_and_listed_for_each_person() -> None:
    summary = EmotionSummary(NAMES)
    for i, (first, second) in enumerate([(0.9, 0.2), (0.8, 0.2), (0.3, 0.2), (0.7, 0.2)]):
        summary.add(faces(float(i), {4: first, 7: second}))
    by_number = {person["track_id"]: person for person in summary.to_dict()["persons"]}
    assert by_number[4]["change_count"] == 2
    assert by_number[4]["changes"] == [
        {"time_s": 2.0, "from": "happy", "to": "sad"},
        {"time_s": 3.0, "from": "sad", "to": "happy"},
    ]
    assert by_number[7]["change_count"] == 0


def test_who_was_seen_longest_comes_first() -> None:
    summary = EmotionSummary(NAMES)
    for i in range(10):
        summary.add(faces(float(i), {1: 0.9, 2: 0.9} if i < 3 else {2: 0.9}))
    assert [person["track_id"] for person in summary.to_dict()["persons"]] == [2, 1]


def test_the_timeline_has_gaps_without_faces() -> None:
    summary = EmotionSummary(NAMES)
    for i in range(12):
        summary.add(faces(i / 10, {} if 4 <= i < 8 else {1: 0.5 + i / 100}))
    timeline = summary.to_dict()["timeline"]
    (person,) = timeline["persons"]
    assert (timeline["step_s"], person["first_step"]) == (0.1, 0)
    rows = person["probabilities"]
    assert [row is None for row in rows] == [4 <= i < 8 for i in range(12)]
    assert rows[2] == pytest.approx([0.52, 0.48], abs=1e-3)


def test_two_hours_take_no_more_than_a_minute() -> None:
    summary = EmotionSummary(NAMES)
    for i in range(7200):
        summary.add(faces(float(i), {1: 0.5 + 0.4 * (-1) ** i}))
    result = summary.to_dict()
    (person,) = result["timeline"]["persons"]
    assert 300 <= len(person["probabilities"]) <= 600
    assert result["timeline"]["step_s"] * 600 >= 7200
    # Long steps are the mean over their time.
    assert person["probabilities"][100] == pytest.approx([0.5, 0.5], abs=0.04)
    assert result["persons"][0]["change_count"] == 7199
    assert len(result["persons"][0]["changes"]) == 1000
    json.dumps(result, allow_nan=False)


def test_an_empty_video_and_a_single_frame_are_fine() -> None:
    assert EmotionSummary(NAMES).to_dict()["persons"] == []
    summary = EmotionSummary(NAMES)
    summary.add(faces(0.0, {1: 0.9}))
    assert summary.to_dict()["persons"][0]["share_of_time"]["happy"] == 1
