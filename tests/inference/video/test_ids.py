"""An id stays with a person."""

from __future__ import annotations

import numpy as np
import pytest

from ferkit.inference.video.ids import PersonNumbers


def box(x: float, y: float = 50, side: float = 40) -> list[float]:
    return [x, y, x + side, y + side]


def numbers(
    tracker: PersonNumbers, time_s: float, *boxes: list[float], score: float = 0.9
) -> list[int]:
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return tracker.update(xyxy, np.full(len(boxes), score), time_s).tolist()


def test_a_face_has_its_id_from_the_first_frame_on() -> None:
    tracker = PersonNumbers()
    for i in range(20):
        assert numbers(tracker, i / 25, box(10 + 3 * i), box(300 - 2 * i)) == [1, 2]


def test_order_does_not_matter() -> None:
    tracker = PersonNumbers()
    assert numbers(tracker, 0.0, box(10), box(300)) == [1, 2]
    assert numbers(tracker, 0.04, box(301), box(11)) == [2, 1]
    assert numbers(tracker, 0.08, box(150), box(302), box(12)) == [3, 2, 1]


def test_a_hidden_face_keeps_its_number_for_a_while() -> None:
    tracker = PersonNumbers(lost_s=1.0)
    for i in range(10):
        assert numbers(tracker, i / 25, box(100)) == [1]
    for i in range(10, 30):
        assert numbers(tracker, i / 25) == []
    assert numbers(tracker, 1.2, box(101)) == [1]


def test_a_long_absence_gives_a_new_id_at_any_frame_rate() -> None:
    tracker = PersonNumbers(lost_s=1.0)
    for i in range(10):
        numbers(tracker, i / 25, box(100))
    # Two frames only, but three seconds.
    assert numbers(tracker, 3.4) == []
    assert numbers(tracker, 3.44, box(100)) == [2]


def test_a_face_missed_in_its_second_frame_keeps_its_number() -> None:
    tracker = PersonNumbers()
    assert numbers(tracker, 0.0, box(100)) == [1]
    assert numbers(tracker, 0.04) == []
    assert numbers(tracker, 0.08, box(101)) == [1]
    assert numbers(tracker, 0.12, box(102)) == [1]


def test_one_frame_per_second_still_follows_a_still_face() -> None:
    tracker = PersonNumbers()
    assert [numbers(tracker, float(t), box(100 + t)) for t in range(6)] == [[1]] * 6


def test_uneven_times_and_equal_times_are_fine() -> None:
    tracker = PersonNumbers()
    times = [0.0, 0.01, 0.01, 0.3, 0.31, 1.0]
    assert [numbers(tracker, t, box(100)) for t in times] == [[1]] * 6


def test_a_poor_detection_has_no_number() -> None:
    assert numbers(PersonNumbers(), 0.0, box(100), score=0.2) == [-1]


def test_people_who_cross_keep_their_numbers() -> None:
    tracker = PersonNumbers()
    # One walks past the other, a face's height lower.
    for i in range(60):
        assert numbers(tracker, i / 30, box(5 * i, 50), box(300 - 5 * i, 85)) == [1, 2]


@pytest.mark.parametrize("people", [1, 10])
def test_forgotten_faces_use_no_memory(people: int) -> None:
    tracker = PersonNumbers(lost_s=0.5)
    seen = set()
    for visit in range(20):
        for i in range(3):
            boxes = [box(60 * p, 20) for p in range(people)]
            seen |= set(numbers(tracker, 5.0 * visit + i / 25, *boxes))
    assert len(seen) == 20 * people
    assert len(tracker._numbers) + len(tracker._new) <= 2 * people
