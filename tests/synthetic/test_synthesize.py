"""Drawn faces: reproducible by seed, in Kaggle's layout, with distinct expressions."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.load import load_fer2013
from ferkit.errors import OutputError, UsageError
from ferkit.labels import EMOTIONS
from ferkit.synthetic.actions import EXPRESSIONS, Actions
from ferkit.synthetic.eyes import shape_eye
from ferkit.synthetic.face import draw_face
from ferkit.synthetic.mouth import shape_mouth
from ferkit.synthetic.person import sample_person
from ferkit.synthetic.synthesize import synthesize


def digests(folder: Path) -> dict[str, str]:
    files = sorted(folder.glob("*/*/*.jpg"))
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("drawn") / "faces", per_class=5, seed=4)


def test_layout_and_counts(faces: Path) -> None:
    dataset = load_fer2013(faces, cache=False)
    counts = dataset.counts()
    assert set(counts["train"].values()) == {5}
    assert set(counts["validation"].values()) == set(counts["test"].values()) == {1}
    assert dataset.notes == ()
    assert dataset.images.shape == (49, 48, 48, 1)
    assert "test/happy/PrivateTest_3.jpg" in dataset.sources


def test_same_seed_same_bytes(faces: Path, tmp_path: Path) -> None:
    assert digests(synthesize(tmp_path / "again", per_class=5, seed=4)) == digests(faces)


def test_a_larger_set_begins_with_the_smaller(faces: Path, tmp_path: Path) -> None:
    small = digests(synthesize(tmp_path / "small", per_class=2, seed=4))
    assert len(small) == 28
    assert small.items() <= digests(faces).items()


def test_other_seed_other_faces(faces: Path, tmp_path: Path) -> None:
    other = digests(synthesize(tmp_path / "other", per_class=1, seed=5))
    assert not set(other.values()) & set(digests(faces).values())


def test_images_are_distinct_and_not_flat(faces: Path) -> None:
    images = load_fer2013(faces, cache=False).images.reshape(49, -1)
    assert len(np.unique(images, axis=0)) == 49
    assert images.std(axis=1).min() > 8


def test_same_set_is_not_drawn_again(faces: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in faces.rglob("*")}
    assert synthesize(faces, per_class=5, seed=4) == faces
    assert {file: file.stat().st_mtime_ns for file in faces.rglob("*")} == before


@pytest.mark.parametrize("settings", [{"per_class": 6, "seed": 4}, {"per_class": 5, "seed": 1}])
def test_folder_with_another_set_is_refused(faces: Path, settings: dict[str, int]) -> None:
    with pytest.raises(OutputError, match="already holds something other than this set"):
        synthesize(faces, **settings)


def test_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("precious")
    with pytest.raises(OutputError, match="choose another folder or delete this one"):
        synthesize(tmp_path, per_class=1)
    assert (tmp_path / "letter.txt").read_text() == "precious"


def test_interruption_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def interrupted(emotion: str, rng: np.random.Generator) -> np.ndarray:
        drawn.append(emotion)
        if len(drawn) == 5:
            raise KeyboardInterrupt
        return np.zeros((48, 48), np.uint8)

    monkeypatch.setattr("ferkit.synthetic.synthesize.draw_face", interrupted)
    with pytest.raises(KeyboardInterrupt):
        synthesize(tmp_path / "faces", per_class=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("per_class", "seed"), [(0, 0), (-3, 0), (1, -1)])
def test_wrong_numbers(tmp_path: Path, per_class: int, seed: int) -> None:
    with pytest.raises(UsageError, match="must be"):
        synthesize(tmp_path / "faces", per_class=per_class, seed=seed)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_face_is_grey_pixels(emotion: str) -> None:
    face = draw_face(emotion, np.random.default_rng(0))
    assert (face.shape, face.dtype) == ((48, 48), np.uint8)


def corner_lift(emotion: str, form: int = 0) -> float:
    """Return how far the mouth's corners lie above its middle."""
    person = sample_person(np.random.default_rng(0))
    seam = shape_mouth(person, EXPRESSIONS[emotion][form], skew=0.0).upper_seam
    return float(seam[len(seam) // 2, 1] - (seam[0, 1] + seam[-1, 1]) / 2)


def opening(actions: Actions) -> float:
    return shape_mouth(sample_person(np.random.default_rng(0)), actions, skew=0.0).opening


def eye_height(emotion: str) -> float:
    eye = shape_eye(1, sample_person(np.random.default_rng(0)), EXPRESSIONS[emotion][0])
    return float(np.max(eye.lower[:, 1]) - np.min(eye.upper[:, 1]))


def test_mouths_tell_the_emotions_apart() -> None:
    assert corner_lift("happy") > corner_lift("neutral") + 0.05
    assert corner_lift("sad") < corner_lift("neutral") - 0.03
    assert opening(EXPRESSIONS["surprise"][1]) > 0.2 > opening(EXPRESSIONS["neutral"][0])


def test_eyes_tell_the_emotions_apart() -> None:
    assert eye_height("surprise") > 1.2 * eye_height("neutral")
    assert eye_height("fear") > 1.2 * eye_height("neutral")
    assert eye_height("disgust") < 0.8 * eye_height("neutral")


def test_the_current_folder_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for place in (".", tmp_path):
        with pytest.raises(OutputError, match="which contains the current folder; name another"):
            synthesize(place, per_class=1)
    assert not list(tmp_path.iterdir())
