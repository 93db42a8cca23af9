"""The filter of boxes, compared with the textbook's matrices."""

from __future__ import annotations

import numpy as np

from ferkit.inference.video.box_motion import BoxMotion


class Textbook:
    """A Kalman filter of one box with eight states: four edges and their velocities."""

    def __init__(self, box: np.ndarray) -> None:
        self.state = np.concatenate([box, np.zeros(4)])
        self.covariance = np.eye(8)

    def predict(self, step: float) -> None:
        move = np.eye(8)
        move[:4, 4:] = step * np.eye(4)
        if step == 1:
            noise = 0.01 * np.eye(8)
        else:
            one = np.array([[step**4 / 4, step**3 / 2], [step**3 / 2, step**2]])
            noise = 0.01 * np.kron(one, np.eye(4))
        self.state = move @ self.state
        self.covariance = move @ self.covariance @ move.T + noise

    def correct(self, box: np.ndarray) -> None:
        seen = np.eye(4, 8)
        gain = self.covariance @ seen.T @ np.linalg.inv(self.covariance[:4, :4] + 0.1 * np.eye(4))
        self.state = self.state + gain @ (box - self.state[:4])
        self.covariance = (np.eye(8) - gain @ seen) @ self.covariance


def test_it_is_the_filter_of_the_textbook() -> None:
    rng = np.random.default_rng(0)
    first = rng.uniform(0, 100, (3, 4))
    motion = BoxMotion()
    motion.add(first)
    filters = [Textbook(box) for box in first]
    for frame in range(12):
        step = 1 if frame % 3 else 2.5
        motion.predict(step / 30)
        for each in filters:
            each.predict(step)
        found = np.array([0, 2] if frame % 2 else [1, 2])
        boxes = first[found] + rng.normal(0, 3, (2, 4)) + frame
        motion.correct(found, boxes)
        for index, box in zip(found, boxes, strict=True):
            filters[index].correct(box)
        np.testing.assert_allclose(motion.xyxy, [each.state[:4] for each in filters], rtol=1e-9)


def test_a_box_that_moves_evenly_is_found_where_it_is_expected() -> None:
    motion = BoxMotion()
    motion.add(np.array([[0.0, 0, 40, 40]]))
    for frame in range(1, 30):
        motion.predict(1 / 30)
        motion.correct(np.array([0]), np.array([[0.0, 0, 40, 40]]) + 5 * frame)
    motion.predict(1 / 30)
    np.testing.assert_allclose(motion.xyxy, np.array([[0, 0, 40, 40]]) + 150.0, atol=0.5)


def test_those_that_are_kept_stay_as_they_are() -> None:
    motion = BoxMotion()
    motion.add(np.arange(12.0).reshape(3, 4))
    motion.keep(np.array([True, False, True]))
    assert motion.xyxy.tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]
