"""`EmotionRecognizer`: any kind of picture, lists and streams, boxes of the original picture."""

from __future__ import annotations

import io
import multiprocessing
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ferkit.errors import ImageError, MissingDependencyError, UsageError
from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.builtin.mtcnn import MtcnnDetector
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.inference.detectors.protocol import Faces
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.labels import EMOTIONS


class SpotDetector:
    """Finds one face, the white spot in a dark picture; none where there is no white."""

    name = "spot"

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def detect(self, image: np.ndarray) -> Faces:
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
        self.seen.append(image.shape)
        ys, xs = np.nonzero(image[..., 0] > 240)
        if not len(xs):
            return Faces.none()
        box = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
        return Faces(np.array([box], np.float32), np.ones(1, np.float32))


def spot(width: int, height: int, box: tuple[int, int, int, int]) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = 255
    return image


@pytest.fixture(scope="module")
def whole(tiny_onnx: Path) -> EmotionRecognizer:
    """Return a recogniser for which the image is the face."""
    return EmotionRecognizer(tiny_onnx, detector="none", threads=2)


@pytest.fixture
def spots(tiny_onnx: Path) -> EmotionRecognizer:
    return EmotionRecognizer(tiny_onnx, detector=SpotDetector(), threads=1)


def plain(code: int, size: tuple[int, int] = (60, 50)) -> Image.Image:
    """Return a picture that the tiny model takes for `EMOTIONS[code]`."""
    return Image.new("RGB", size, (round(255 * (code + 0.5) / 7),) * 3)


def test_every_kind_of_source_gives_the_same(whole: EmotionRecognizer, tmp_path: Path) -> None:
    image = plain(5)
    path = tmp_path / "face.png"
    image.save(path)
    file = io.BytesIO()
    image.save(file, "png")
    array = np.asarray(image)
    sources = [
        path,
        str(path),
        file.getvalue(),
        image,
        array,
        array[..., 0],
        bytearray(file.getvalue()),
    ]
    for source in sources:
        result = whole(source)
        assert result.label.tolist() == ["surprise"]
        assert result.image_size == (60, 50)
        assert result.xyxy.tolist() == [[0, 0, 60, 50]]


def test_red_and_blue_are_not_swapped(whole: EmotionRecognizer) -> None:
    # Grey is 0.299 red + 0.114 blue: 76 is the third seventh, 29 the first.
    red, blue = np.zeros((2, 48, 48, 3), np.uint8)
    red[..., 0] = blue[..., 2] = 255
    assert whole([red, blue])[0].label.tolist() == [EMOTIONS[2]]
    assert whole([red, blue])[1].label.tolist() == [EMOTIONS[0]]


def test_a_list_keeps_its_order(whole: EmotionRecognizer) -> None:
    results = whole([plain(code) for code in (3, 0, 6, 3)])
    assert [str(r.label[0]) for r in results] == ["happy", "angry", "neutral", "happy"]
    assert whole([]) == []


def test_a_bad_picture_of_a_list_is_named(whole: EmotionRecognizer) -> None:
    with pytest.raises(ImageError, match="Image 1 of the list: the file is empty"):
        whole([plain(1), b""])
    with pytest.raises(ImageError, match="the file is not an image"):
        whole(b"nonsense, but long enough to be looked at")
    for call in (whole, lambda path: whole.classify_crops([path])):
        with pytest.raises(ImageError, match=r"^nowhere\.jpg: there is no such file$"):
            call("nowhere.jpg")
    with pytest.raises(ImageError, match=r"^nowhere\.jpg: Image 1 of the list: there is no such"):
        whole([plain(1), "nowhere.jpg"])
    with pytest.raises(UsageError, match="not int"):
        whole(7)


def test_a_stream_continues_after_a_bad_picture(whole: EmotionRecognizer) -> None:
    first, bad, last = whole.stream([plain(1), b"", plain(2)])
    assert isinstance(bad, ImageError)
    assert (first.label.tolist(), last.label.tolist()) == (["disgust"], ["fear"])


def test_a_stream_reads_no_further_ahead_than_needed(whole: EmotionRecognizer) -> None:
    taken = 0

    def images() -> Iterator[Any]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield plain(1)

    stream = whole.stream(images())
    next(stream)
    assert taken <= 10
    stream.close()


def test_two_threads_work_at_once(tiny_onnx: Path) -> None:
    class Meeting:
        name = "meeting"
        barrier = threading.Barrier(2, timeout=10)

        def detect(self, image: np.ndarray) -> Faces:
            self.barrier.wait()
            return Faces.none()

    recognizer = EmotionRecognizer(tiny_onnx, detector=Meeting(), threads=2)
    assert [len(result) for result in recognizer([plain(0)] * 4)] == [0] * 4


@pytest.mark.parametrize(("faces", "parts"), [(1, [1]), (3, [3]), (5, [3, 2]), (8, [4, 4])])
def test_many_faces_of_a_picture_are_shared_among_threads(
    whole: EmotionRecognizer, monkeypatch: pytest.MonkeyPatch, faces: int, parts: list[int]
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    boxes = np.array([[10 * i, 5 * i, 10 * i + 40, 5 * i + 40] for i in range(faces)], np.float32)
    found = Faces(boxes, np.ones(faces, np.float32))
    alone = whole.classify(image, found)
    sizes = []
    predict = whole.classifier.predict

    def counted(crops: np.ndarray) -> np.ndarray:
        sizes.append(len(crops))
        return predict(crops)

    monkeypatch.setattr(whole.classifier, "predict", counted)
    shared = whole.classify(image, found, threads=2)
    assert sorted(sizes, reverse=True) == parts
    np.testing.assert_allclose(shared.probabilities, alone.probabilities, atol=1e-6)


def test_boxes_are_those_of_the_original_picture(spots: EmotionRecognizer) -> None:
    # 24 million pixels: read at a half of it, and searched at 800.
    result = spots(spot(6000, 4000, (3000, 1000, 3600, 1800)))
    assert spots.detector.seen == [(533, 800, 3)]  # type: ignore[attr-defined]
    assert result.image_size == (6000, 4000)
    assert result.xyxy[0] == pytest.approx([3000, 1000, 3600, 1800], abs=12)


def test_boxes_of_a_turned_photo_are_those_of_the_upright_one(spots: EmotionRecognizer) -> None:
    upright = Image.fromarray(spot(80, 120, (10, 20, 40, 60)))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    file = io.BytesIO()
    upright.rotate(90, expand=True).save(file, "png", exif=exif)
    result = spots(file.getvalue())
    assert result.image_size == (80, 120)
    assert result.xyxy.tolist() == [[10, 20, 40, 60]]


def test_no_face_is_an_empty_result(spots: EmotionRecognizer) -> None:
    result = spots(np.zeros((50, 70, 3), np.uint8))
    assert len(result) == 0
    assert result.image_size == (70, 50)


def test_small_faces_are_left_out_on_request(tiny_onnx: Path) -> None:
    image = spot(4000, 4000, (0, 0, 200, 150))  # 16 million pixels, read at a half
    for wanted, size in ((1, 195), (0, 205)):
        recognizer = EmotionRecognizer(tiny_onnx, detector=SpotDetector(), min_face=size)
        assert len(recognizer(image)) == wanted


def test_given_crops_and_given_boxes(whole: EmotionRecognizer) -> None:
    crops = np.stack([np.full((30, 40), round(255 * (c + 0.5) / 7), np.uint8) for c in (2, 4)])
    for form in (crops, crops[..., np.newaxis], list(crops), [Image.fromarray(c) for c in crops]):
        result = whole.classify_crops(form)
        assert result.label.tolist() == ["fear", "sad"]
        assert result.xyxy.tolist() == [[0, 0, 40, 30]] * 2
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, 50:] = 255
    result = whole.classify_boxes(image, [[60, 10, 90, 40], [5, 5, 30, 30]])
    assert result.label.tolist() == ["neutral", "angry"]
    assert whole.classify_boxes(image, [[-20, 5, 30, 55]]).xyxy.tolist() == [[0, 5, 30, 55]]
    assert len(whole.classify_crops([])) == len(whole.classify_boxes(image, [])) == 0


def test_the_old_name_still_works_with_advice(whole: EmotionRecognizer) -> None:
    crop = np.full((30, 40), 9, np.uint8)
    with pytest.warns(DeprecationWarning, match=r"faces\(crops\) is called classify_crops"):
        assert len(whole.faces([crop])) == 1
    with pytest.warns(DeprecationWarning, match="classify_boxes"):
        assert len(whole.faces(crop, boxes=[[1, 2, 30, 20]])) == 1


def test_one_picture_is_no_list_of_crops(whole: EmotionRecognizer, tmp_path: Path) -> None:
    photo = np.zeros((120, 90, 3), np.uint8)
    for picture in ("face.png", tmp_path / "face.png", b"bytes", plain(1), photo, photo[..., 0]):
        with pytest.raises(UsageError, match=r"one picture.*put it in a list, or pass boxes"):
            whole.classify_crops(picture)
    with pytest.raises(UsageError, match="expects a list of crops, not int"):
        whole.classify_crops(7)
    with pytest.raises(UsageError, match=r"found an array of shape \(1, 2, 3, 4, 5\)"):
        whole.classify_crops(np.zeros((1, 2, 3, 4, 5), np.uint8))


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([[1, 2, 30, 40, 0.9]], r"\(n, 4\).*found \(1, 5\); remove other columns"),
        (np.zeros((2, 8)), r"found \(2, 8\); remove other columns"),
        ([1, 2, 30, 40], r"found \(4,\)"),
        ([["a", 1, 2, 3]], "boxes expects numbers"),
        ([[1, 2, 30, 40], [1, 2]], "boxes expects numbers"),
        ([[1, 2, float("nan"), 40]], "Box 0 .* not finite"),
        ([[1, 2, 30, 40], [5, 5, 1e6, 1e6]], "Box 1 .* far larger than the picture of 80x60"),
        ([[30, 40, 10, 10]], "has no area; pass corners"),
        ([[80, 10, 90, 20]], "lies outside the picture of 80x60"),
        ([[-9, -9, -1, -1]], "lies outside the picture of 80x60"),
    ],
)
def test_malformed_boxes_are_refused(whole: EmotionRecognizer, boxes: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        whole.classify_boxes(np.zeros((60, 80, 3), np.uint8), boxes)


def test_the_rule_of_the_detector_frames_the_crop(tiny_onnx: Path) -> None:
    """MTCNN's boxes are cut a twentieth tighter, so that the white around a black box stays out."""

    class Framing(SpotDetector):
        def __init__(self, rule: CropRule) -> None:
            super().__init__()
            self.crop_rule = rule

    image = spot(200, 200, (40, 40, 140, 140))
    answers = {}
    for detector in (YuNetDetector, MtcnnDetector):
        name = detector.name
        framing = Framing(detector.crop_rule)
        recognizer = EmotionRecognizer(tiny_onnx, detector=framing, threads=1)
        crops: list[np.ndarray] = []
        predict = recognizer.classifier.predict
        recognizer.classifier.predict = lambda c, p=predict, k=crops: k.append(c) or p(c)  # type: ignore[method-assign]
        recognizer(image)
        answers[name] = crops[0]
    assert answers["mtcnn"].min() == 255
    assert answers["yunet"].min() < 255, "a little of the ground"


def test_boxes_that_cannot_be_faces_are_left_out(tiny_onnx: Path) -> None:
    wild = [
        [0, 0, 1e9, 9],
        [-7e4, -7e4, 7e4, 7e4],
        [640, 9, 700, 60],
        [9, -50, 60, 0],
        [0, 0, 0, 0],
    ]

    class Wild(SpotDetector):
        def detect(self, image: np.ndarray) -> Faces:
            boxes = np.array([*wild, [np.nan, 0, 9, 9], [-9, -9, 60, 60]], np.float32)
            return Faces(boxes, np.linspace(0.1, 0.9, len(boxes), dtype=np.float32))

    found = EmotionRecognizer(tiny_onnx, Wild())(np.zeros((480, 640, 3), np.uint8))
    assert found.xyxy.tolist() == [[0, 0, 60, 60]]
    assert found.face_score == pytest.approx([0.9])


def test_the_threshold_of_the_model_is_used(make_onnx: Any, tmp_path: Path) -> None:
    about = {"emotions": list(EMOTIONS), "uncertain_below": 0.97}
    path = make_onnx(tmp_path / "a.onnx", metadata=about)
    recognizer = EmotionRecognizer(path, detector="none")
    between = Image.new("L", (48, 48), round(255 / 7))
    assert recognizer(between).uncertain.tolist() == [True]
    assert recognizer(plain(6)).uncertain_below == pytest.approx(0.97)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detector": "dlib"}, "no detector 'dlib'"),
        ({"detail": "extreme"}, "detail expects one of normal, high"),
        ({"threads": 0}, "threads expects 1 or more"),
    ],
)
def test_wrong_options(tiny_onnx: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        EmotionRecognizer(tiny_onnx, **options)


def test_closing_a_stream_leaves_no_work_behind(tiny_onnx: Path) -> None:
    class Slow:
        name = "slow"
        calls = 0

        def detect(self, image: np.ndarray) -> Faces:
            Slow.calls += 1
            time.sleep(0.05)
            return Faces.none()

    stream = EmotionRecognizer(tiny_onnx, detector=Slow(), threads=2).stream([plain(0)] * 100)
    next(stream)
    stream.close()
    time.sleep(0.2)
    calls = Slow.calls
    time.sleep(0.1)
    assert Slow.calls == calls < 20


@pytest.mark.parametrize("detector", ["none", "mtcnn"])
def test_a_recognizer_can_be_pickled(tiny_onnx: Path, detector: str) -> None:
    made = EmotionRecognizer(tiny_onnx, detector, threads=2, detail="high", min_face=5)
    again = pickle.loads(pickle.dumps(made))
    assert again.settings == made.settings
    assert (again.threads, again.classifier.batch_size) == (2, 64)
    image = np.full((40, 40, 3), 150, np.uint8)
    assert (again(image).probabilities == made(image).probabilities).all()


def test_a_recognizer_works_in_worker_processes(tiny_onnx: Path) -> None:
    recognizer = EmotionRecognizer(tiny_onnx, "none", threads=1)
    images = [np.full((40, 40), round(255 * (c + 0.5) / 7), np.uint8) for c in (3, 4)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        found = pool.map(recognizer, images)
    assert [str(faces.label[0]) for faces in found] == ["happy", "sad"]


def test_a_missing_library_of_the_system_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "cv2":
                raise ImportError("libGL.so.1: cannot open shared object file: No such file")

    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(MissingDependencyError, match=r"lacks libGL\.so\.1.*libgl1"):
        EmotionRecognizer("nano", "none")
