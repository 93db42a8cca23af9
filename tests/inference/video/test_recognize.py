"""Every frame has its record, with presentation times, stable ids and smoothed probabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import SquareDetector, brightness, paint, write_clip

from ferkit.errors import UsageError, VideoError
from ferkit.inference.detectors.protocol import Faces, face_roll
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.inference.results import FaceEmotions
from ferkit.inference.video import recognize_video
from ferkit.inference.video.frame import VideoFrame
from ferkit.inference.video.recognize import recognize_frames
from ferkit.inference.video.tracker import TrackingOptions

SIZE = (160, 96)
HAPPY, SAD = brightness(3), brightness(4)


def walk(n: int, *, texture: bool = False) -> list[np.ndarray]:
    """Return frames in which a happy face goes right and a sad one left, below it."""
    return [
        paint(SIZE, (10 + 2 * i, 8, 30, HAPPY), (110 - 2 * i, 55, 30, SAD), texture=texture)
        for i in range(n)
    ]


def frames(images: list[np.ndarray], rate: float = 25) -> Iterator[VideoFrame]:
    for i, image in enumerate(images):
        yield VideoFrame(i, i / rate, image)


def test_a_clip_from_python(recognizer: EmotionRecognizer, tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.1, 0.5, 0.52, 1.25, 3.0]
    path = write_clip(tmp_path / "clip.mp4", walk(7), times)
    results = list(recognizer.video(path))
    assert [r.time_s for r in results] == pytest.approx(times, abs=1e-4)
    assert [r.label.tolist() for r in results[:3]] == [["happy", "sad"]] * 3
    assert {r.image_size for r in results} == {SIZE}
    assert results[2].xyxy == pytest.approx(
        np.array([[14, 8, 44, 38], [106, 55, 136, 85]]), abs=1.5
    )


def test_a_frame_without_a_face_has_its_record(
    recognizer: EmotionRecognizer, tmp_path: Path
) -> None:
    blank = paint(SIZE)
    path = write_clip(tmp_path / "clip.mp4", [*walk(3), blank, blank, *walk(3)])
    results = list(recognize_video(recognizer, path))
    assert [len(r) for r in results] == [2, 2, 2, 0, 0, 2, 2, 2]
    assert results[3].time_s == pytest.approx(0.12)
    assert results[3].track_id is not None
    assert {tuple(sorted(r.track_id)) for r in results if len(r)} == {(1, 2)}  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [1, 3])
def test_numbers_stay_with_people_who_pass_each_other(
    threads: int, with_threads: Callable[[int], EmotionRecognizer]
) -> None:
    results = [faces for _, faces in recognize_frames(with_threads(threads), frames(walk(50)))]
    for faces in results:
        assert faces.track_id is not None
        assert dict(zip(faces.track_id.tolist(), faces.label.tolist(), strict=True)) == {
            1: "happy",
            2: "sad",
        }


def test_threads_give_the_same_results(with_threads: Callable[[int], EmotionRecognizer]) -> None:
    def rows(threads: int) -> list[object]:
        found = recognize_frames(with_threads(threads), frames(walk(30)))
        return [(frame.index, faces.time_s, faces.to_dicts()) for frame, faces in found]

    assert rows(1) == rows(4)


def test_faces_are_followed_between_detections(recognizer: EmotionRecognizer) -> None:
    images = walk(30, texture=True)
    tracking = TrackingOptions(detect_every=5, smooth=0)
    results = [faces for _, faces in recognize_frames(recognizer, frames(images), tracking)]
    assert recognizer.detector.calls == 6  # type: ignore[attr-defined]
    for i, faces in enumerate(results):
        order = np.argsort(faces.track_id)
        true = [[10 + 2 * i, 8, 40 + 2 * i, 38], [110 - 2 * i, 55, 140 - 2 * i, 85]]
        assert faces.xyxy[order] == pytest.approx(np.array(true), abs=2)
        assert faces.label[order].tolist() == ["happy", "sad"]


def test_a_lost_face_triggers_detection_at_once(recognizer: EmotionRecognizer) -> None:
    images = [*walk(3, texture=True), paint(SIZE), paint(SIZE), *walk(3, texture=True)]
    tracking = TrackingOptions(detect_every=100)
    results = [faces for _, faces in recognize_frames(recognizer, frames(images), tracking)]
    # Without a face none is lost: the next detection is the regular one.
    assert [len(faces) for faces in results] == [2, 2, 2, 0, 0, 0, 0, 0]


def test_smoothing_can_be_off(recognizer: EmotionRecognizer) -> None:
    images = [paint(SIZE, (20, 20, 40, HAPPY if i < 10 else SAD)) for i in range(20)]

    def label_at(index: int, smooth: float) -> str:
        results = list(recognize_frames(recognizer, frames(images), TrackingOptions(smooth=smooth)))
        return str(results[index][1].label[0])

    assert label_at(10, smooth=0) == "sad"
    assert label_at(10, smooth=1.0) == "happy"
    assert label_at(19, smooth=0.1) == "sad"


def test_small_faces_are_left_out(tiny_onnx: Path) -> None:
    from clips import SquareDetector

    chosen = EmotionRecognizer(tiny_onnx, detector=SquareDetector(), threads=1, min_face=25)
    images = [paint(SIZE, (10, 10, 20, HAPPY), (60, 10, 30, SAD))]
    ((_, faces),) = recognize_frames(chosen, frames(images))
    assert faces.label.tolist() == ["sad"]


def test_only_selected_frames_are_processed(recognizer: EmotionRecognizer, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", walk(25))
    results = list(recognizer.video(path, fps=5))
    assert [r.time_s for r in results] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert recognizer.detector.calls == 5  # type: ignore[attr-defined]


def test_a_truncated_clip_gives_all_it_has_and_then_fails(
    recognizer: EmotionRecognizer, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 40, (50, 96, 160, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "clip.mp4", list(noise), options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    results: list[FaceEmotions] = []
    with pytest.raises(VideoError, match="cut off"):
        results.extend(recognizer.video(path))
    assert 15 < len(results) < 35


@pytest.mark.parametrize("options", [{"detect_every": 0}, {"smooth": -1}, {"every": 0}])
def test_wrong_options_are_refused(
    options: dict[str, float], recognizer: EmotionRecognizer, tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "clip.mp4", walk(2))
    with pytest.raises(UsageError):
        list(recognizer.video(path, **options))


def test_frames_are_read_only_as_needed(with_threads: Callable[[int], EmotionRecognizer]) -> None:
    taken = 0

    def counted() -> Iterator[VideoFrame]:
        nonlocal taken
        for frame in frames(walk(50)):
            taken += 1
            yield frame

    results = recognize_frames(with_threads(2), counted())
    next(results)
    results.close()
    assert taken <= 10


class UpsideDown(SquareDetector):
    """Returns upside-down landmarks for every face: the mouth is at the upper edge of the box."""

    def detect(self, image: np.ndarray) -> Faces:
        faces = super().detect(image)
        shares = np.array([[1, 1], [0, 1], [0.5, 0.5], [1, 0], [0, 0]], np.float32)
        sides = faces.xyxy[:, np.newaxis, 2:] - faces.xyxy[:, np.newaxis, :2]
        marks = faces.xyxy[:, np.newaxis, :2] + shares * sides
        return Faces(faces.xyxy, faces.score, marks)


def test_landmarks_follow_a_face_between_detections(tiny_onnx: Path) -> None:
    """A face that is turned upright in one frame must be turned in the next one, too."""
    detector = UpsideDown()
    tracking = TrackingOptions(detect_every=4, smooth=0)
    found = recognize_frames(
        EmotionRecognizer(tiny_onnx, detector=detector, threads=1),
        frames(walk(8, texture=True)),
        tracking,
    )
    for _, faces in found:
        assert faces.landmarks is not None
        assert np.abs(face_roll(faces.landmarks)).tolist() == pytest.approx([180, 180])
        mouth = faces.landmarks[:, 3:]
        assert mouth[:, 1] == pytest.approx(faces.xyxy[:, :2], abs=0.01)
        assert mouth[:, 0, 0] == pytest.approx(faces.xyxy[:, 2], abs=0.01)
    assert detector.calls == 2
