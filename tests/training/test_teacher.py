"""Knowledge distillation: teacher predictions are computed once and kept for a resumed training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from stopped_runs import history_of

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.errors import ModelError, UsageError
from ferkit.evaluation.tta import VIEWS
from ferkit.files import read_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.training import TrainConfig, train_and_evaluate
from ferkit.training.teacher import Teacher, blended, open_teacher

pytestmark = pytest.mark.usefixtures("undrawn_module")

TAUGHT = TrainConfig(
    model="tiny",
    epochs=1,
    learning_rate=3e-3,
    precision="float32",
    tensorboard=False,
    teacher=("nano",),
    teacher_weight=1.0,
)


@dataclass
class Brightness:
    """Says `sad` by an image's mean brightness, and `happy` by the rest; its classes are in another
    order.
    """

    emotions: tuple[str, ...] = ("sad", "happy")
    asked: int = 0

    def predict(self, images: np.ndarray) -> np.ndarray:
        self.asked += len(images)
        share = images.reshape(len(images), -1).mean(axis=1) / 255
        return np.stack([share, 1 - share], axis=1)


@pytest.fixture
def grey() -> np.ndarray:
    """Three images, each of one grey."""
    return np.stack([np.full((48, 48, 1), level, np.uint8) for level in (0, 51, 255)])


def test_teacher_predictions_keep_data_order_and_are_made_once(
    grey: np.ndarray, tmp_path: Path
) -> None:
    model = Brightness()
    teacher = Teacher([model], [[1, 0]], extra_labels=False)
    kept = tmp_path / ".ferkit-state" / "teacher.npy"
    answers = teacher.answers(grey, kept, quiet=True)
    assert answers == pytest.approx(np.array([[1, 0], [0.8, 0.2], [0, 1]]), abs=1e-6)
    assert model.asked == 3 * len(VIEWS["ten"])
    assert np.array_equal(teacher.answers(grey, kept, quiet=True), answers)
    assert model.asked == 3 * len(VIEWS["ten"])
    # Of other data the answers are others.
    assert len(teacher.answers(grey[:2], kept, quiet=True)) == 2


def test_the_mean_of_several(grey: np.ndarray, tmp_path: Path) -> None:
    other = Brightness(emotions=("happy", "sad"))
    teacher = Teacher([Brightness(), other], [[1, 0], [0, 1]], extra_labels=False)
    answers = teacher.answers(grey, tmp_path / "teacher.npy", quiet=True)
    assert answers == pytest.approx(np.full((3, 2), 0.5), abs=1e-6)


def test_blending_does_not_change_votes() -> None:
    targets = np.array([[0.0, 1.0, 0.4, 0.6]], np.float32)
    answers = np.array([[0.5, 0.5]], np.float32)
    assert blended(targets, answers, 0.2)[0] == pytest.approx([0.1, 0.9, 0.4, 0.6])
    assert targets[0].tolist() == pytest.approx([0.0, 1.0, 0.4, 0.6])


def test_an_eight_class_teacher_teaches_the_votes(grey: np.ndarray, tmp_path: Path) -> None:
    teacher = open_teacher(("nano-wild",), EMOTIONS, votes=True, views="none")
    assert teacher.first == 7
    answers = teacher.answers(grey, tmp_path / "teacher.npy", quiet=True)
    known = EmotionClassifier("nano-wild", classes=8)
    columns = [known.emotions.index(emotion) for emotion in FERPLUS_EMOTIONS]
    assert answers == pytest.approx(known.predict(grey)[:, columns], abs=1e-6)

    targets = np.eye(15, dtype=np.float32)[:3]  # labels only, no votes
    mixed = blended(targets, answers, 0.5, teacher.first)
    assert np.array_equal(mixed[:, :7], targets[:, :7])
    assert mixed[:, 7:] == pytest.approx(answers / 2)


def test_without_a_votes_head_every_teacher_teaches_the_labels() -> None:
    assert open_teacher(("nano-wild", "nano-fer2013"), EMOTIONS).first == 0
    assert open_teacher(("nano-fer2013",), EMOTIONS, votes=True).first == 0


def test_teachers_of_two_kinds_are_refused() -> None:
    expected = "Of the teachers nano-wild, nano-fer2013, some know contempt"
    with pytest.raises(UsageError, match=expected):
        open_teacher(("nano-wild", "nano-fer2013"), EMOTIONS, votes=True)


def test_a_student_follows_its_teacher(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    with_labels = replace(TAUGHT, teacher_weight=0.0)
    losses = []
    for name, config in (("taught", TAUGHT), ("labels", with_labels)):
        train_and_evaluate(config, tmp_path / name, data=tiny_dataset, quiet=True)
        losses += [float(row["loss"]) for row in history_of(tmp_path / name)]
        content = read_json(tmp_path / name / "config.json")
        assert content["extra_labels"] is True  # nano has learned from FER+
        assert not (tmp_path / name / ".ferkit-state").exists()
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)


def test_an_unsuitable_teacher_is_refused(tmp_path: Path) -> None:
    assert open_teacher(("nano", "small"), EMOTIONS).columns == [list(range(7))] * 2
    assert open_teacher(("nano",), ("sad", "happy")).columns == [[4, 3]]
    with pytest.raises(UsageError, match="The teacher nano does not know smug; it knows angry"):
        open_teacher(("nano",), ("happy", "smug"))
    with pytest.raises(ModelError, match="nothing"):
        open_teacher((str(tmp_path / "nothing"),), EMOTIONS)


def test_a_missing_teacher_leaves_no_run(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    config = replace(TAUGHT, teacher=("nobody",))
    with pytest.raises(UsageError, match="nobody"):
        train_and_evaluate(config, tmp_path / "run", data=tiny_dataset, quiet=True)
    assert not (tmp_path / "run" / "config.json").exists()
