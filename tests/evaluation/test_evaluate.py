"""`evaluate`: from any kind of model and a data set to metrics and files."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from ferkit.backend.feeding import predict
from ferkit.data.dataset import FerDataset
from ferkit.errors import DataError, ExistingFileError, ModelError, OutputError, UsageError
from ferkit.evaluation.evaluate import RUN_SPLITS, evaluate, evaluate_run, predict_splits
from ferkit.evaluation.predictors import KerasPredictor, as_predictor, labels_for
from ferkit.files import read_json, write_json
from ferkit.labels import EMOTIONS, SPLITS
from ferkit.models import create_model, save_model
from ferkit.runs.config import TrainConfig


class Oracle:
    """Recognises the label of every image by its pixels, and is wrong for every `wrong`-th image.

    Counts what it is asked, to show that no image is predicted twice.
    """

    def __init__(
        self, data: FerDataset, emotions: tuple[str, ...] = EMOTIONS, wrong: int = 0
    ) -> None:
        self.emotions = emotions
        self.name = "oracle"
        self.asked = 0
        self.wrong = wrong
        self._truth = {
            image.tobytes(): emotions.index(data.emotions[label])
            for image, label in zip(data.images, data.labels, strict=True)
        }

    def predict(self, images: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8
        self.asked += len(images)
        guesses = np.array([self._truth[image.tobytes()] for image in images])
        if self.wrong:
            guesses[:: self.wrong] = (guesses[:: self.wrong] + 1) % len(self.emotions)
        return np.asarray(0.1 / len(self.emotions) + 0.9 * np.eye(len(self.emotions))[guesses])


class Returns:
    """A model that returns the given values."""

    emotions = EMOTIONS

    def __init__(self, result: Any) -> None:
        self.result = result

    def predict(self, images: np.ndarray) -> Any:
        return self.result(len(images))


@pytest.fixture(scope="module")
def demo() -> keras.Model:
    keras.utils.set_random_seed(0)
    return create_model("demo")


@pytest.fixture
def run_folder(demo: keras.Model, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    save_model(demo, folder / "model.keras")
    write_json(folder / "config.json", TrainConfig(model="demo").to_dict())
    (folder / "history.csv").write_text(
        "epoch,accuracy,learning_rate,loss,plateau_factor,seconds,val_accuracy,val_loss\n"
        "0,0.3,0.001,1.9,1.0,4.0,0.31,1.8\n1,0.4,0.001,1.7,1.0,4.0,0.35,1.75\n"
    )
    return folder


def test_a_perfect_model_scores_one(tiny_dataset: FerDataset) -> None:
    entry = evaluate(Oracle(tiny_dataset), tiny_dataset)["splits"]["test"]
    assert entry["n"] == 14
    assert entry["accuracy"] == entry["macro_f1"] == entry["balanced_accuracy"] == 1
    assert entry["confusion_matrix"] == (2 * np.eye(7, dtype=int)).tolist()
    assert entry["ece"] == pytest.approx(1 - (0.9 + 0.1 / 7))


def test_only_the_splits_asked_for_in_their_order(tiny_dataset: FerDataset) -> None:
    names = ("validation+test", "train", "validation")
    metrics = evaluate(Oracle(tiny_dataset), tiny_dataset, splits=names)
    assert tuple(metrics["splits"]) == names
    assert [entry["n"] for entry in metrics["splits"].values()] == [28, 56, 14]


def test_a_joined_split_is_the_sum_of_its_parts_and_no_image_is_predicted_twice(
    tiny_dataset: FerDataset,
) -> None:
    # Splits in turns, as in no file but in no order to be relied on either.
    order = np.random.default_rng(0).permutation(len(tiny_dataset))
    mixed = tiny_dataset.select(order)
    oracle = Oracle(mixed, wrong=3)
    splits = evaluate(oracle, mixed, splits=RUN_SPLITS)["splits"]
    assert oracle.asked == len(mixed)
    parts, joined = [splits["validation"], splits["test"]], splits["validation+test"]
    assert joined["n"] == sum(part["n"] for part in parts)
    assert joined["accuracy"] == pytest.approx(np.mean([part["accuracy"] for part in parts]))
    added = sum(np.array(part["confusion_matrix"]) for part in parts)
    assert joined["confusion_matrix"] == added.tolist()
    assert joined["accuracy"] < 1


def test_rows_of_a_joined_split_keep_to_their_images(tiny_dataset: FerDataset) -> None:
    order = np.random.default_rng(1).permutation(len(tiny_dataset))
    mixed = tiny_dataset.select(order)
    part = predict_splits(Oracle(mixed), mixed, ["test+validation"])["test+validation"]
    assert part.predictions.tolist() == part.labels.tolist()
    assert part.sources.tolist() == mixed.split("validation+test").sources.tolist()


def test_twins_of_train_do_not_count_as_clean(tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.images.copy()
    train, test = (
        np.flatnonzero(tiny_dataset.splits == SPLITS.index(s)) for s in ("train", "test")
    )
    images[test[:3]] = images[train[:3]]
    doubled = replace(tiny_dataset, images=images)
    splits = evaluate(Oracle(doubled), doubled, splits=("test", "validation", "train"))["splits"]
    assert splits["test"]["clean_n"] == 11
    assert splits["validation"]["clean_n"] == 14
    assert splits["train"]["clean_n"] is splits["train"]["clean_accuracy"] is None


def test_clean_accuracy_needs_a_training_split(tiny_dataset: FerDataset) -> None:
    test = tiny_dataset.split("test")
    assert evaluate(Oracle(test), test)["splits"]["test"]["clean_n"] is None


def test_model_and_data_may_order_their_classes_differently(tiny_dataset: FerDataset) -> None:
    other = Oracle(tiny_dataset, tuple(sorted((*EMOTIONS, "contempt"))))
    metrics = evaluate(other, tiny_dataset)
    entry = metrics["splits"]["test"]
    assert entry["accuracy"] == entry["macro_f1"] == 1
    assert entry["emotions"] == metrics["model"]["emotions"] == sorted((*EMOTIONS, "contempt"))
    assert entry["per_class"]["contempt"]["support"] == 0
    assert entry["per_class"]["sad"]["support"] == 2


def test_labels_are_translated_by_name() -> None:
    assert labels_for(np.array([0, 1, 1]), ["sad", "happy"], ["happy", "fear", "sad"]).tolist() == [
        2,
        0,
        0,
    ]
    with pytest.raises(DataError, match="labels that the model does not know: happy"):
        labels_for(np.array([1]), ["sad", "happy"], ["sad", "fear"])
    # A name that no image carries does no harm.
    assert labels_for(np.array([0]), ["sad", "happy"], ["sad", "fear"]).tolist() == [0]


def test_metrics_describe_the_measurement(tiny_dataset: FerDataset) -> None:
    metrics = evaluate(Oracle(tiny_dataset), tiny_dataset)
    assert set(metrics) == {"splits", "model", "data", "extra_labels", "tta"}
    assert metrics["extra_labels"] is None, "nobody knows"
    assert metrics["model"] == {
        "name": "oracle",
        "path": None,
        "parameters": None,
        "emotions": list(EMOTIONS),
    }
    assert metrics["data"]["origin"] == "drawn patterns"
    assert metrics["data"]["counts"]["train"]["angry"] == 8
    assert metrics["data"]["notes"] == []
    assert metrics["data"]["skipped"] == 0


def test_a_keras_model_a_file_and_a_run_folder_agree(
    demo: keras.Model, run_folder: Path, tiny_dataset: FerDataset
) -> None:
    direct = evaluate(demo, tiny_dataset, batch_size=5)
    from_file = evaluate(run_folder / "model.keras", tiny_dataset)
    from_run = evaluate(str(run_folder), tiny_dataset)
    for other in (from_file, from_run):
        assert (
            other["splits"]["test"]["confusion_matrix"]
            == direct["splits"]["test"]["confusion_matrix"]
        )
        assert other["splits"]["test"]["nll"] == pytest.approx(
            direct["splits"]["test"]["nll"], rel=1e-5
        )
        assert other["model"]["parameters"] == demo.count_params()
    assert from_run["model"]["name"] == "demo"
    assert from_run["model"]["path"] == str(run_folder)


def test_a_keras_model_predicts_in_image_order(demo: keras.Model, tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.split("test").images
    together = KerasPredictor(demo, EMOTIONS, batch_size=4).predict(images)
    alone = np.concatenate([predict(demo, image[np.newaxis]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_run_folder_gets_every_output_file(run_folder: Path, tiny_dataset: FerDataset) -> None:
    metrics = evaluate_run(run_folder, tiny_dataset)
    assert tuple(metrics["splits"]) == RUN_SPLITS
    assert read_json(run_folder / "metrics.json") == json.loads(json.dumps(metrics))
    names = {path.name for path in (run_folder / "figures").iterdir()}
    expected = {"training_curves.png", "samples.png", "mistakes.png"}
    for suffix in ("", "_train", "_validation", "_validation_test"):
        expected |= {
            f"{kind}{suffix}.png" for kind in ("confusion_counts", "confusion_rates", "reliability")
        }
    assert names == expected
    with (run_folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(tiny_dataset), "each image once, though it is in two splits"
    report = (run_folder / "classification_report.txt").read_text()
    assert [line.split(":")[0] for line in report.splitlines() if ":" in line] == list(RUN_SPLITS)
    assert (run_folder / "report.html").is_file()
    assert not list(run_folder.rglob(".*")), "no temporary file"


def test_a_run_whose_metrics_were_removed_is_evaluated_again(
    run_folder: Path, tiny_dataset: FerDataset
) -> None:
    (run_folder / "classification_report.txt").write_text("of an earlier evaluation")
    with pytest.raises(ExistingFileError, match=r"classification_report\.txt exists"):
        evaluate(Oracle(tiny_dataset), tiny_dataset, out=run_folder)
    write_json(run_folder / "environment.json", {})
    evaluate(Oracle(tiny_dataset), tiny_dataset, out=run_folder)
    assert "accuracy" in (run_folder / "classification_report.txt").read_text()


def test_sample_pictures_of_an_earlier_evaluation_are_replaced(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    evaluate(Oracle(tiny_dataset, wrong=2), tiny_dataset, splits=("test", "train"), out=tmp_path)
    check_samples(tmp_path, tiny_dataset)
    figures = tmp_path / "figures"
    assert (figures / "mistakes.png").is_file()
    assert (figures / "reliability_train.png").is_file()
    own = figures / "mine.png"
    own.write_bytes(b"kept")
    evaluate(Oracle(tiny_dataset), tiny_dataset, out=tmp_path)
    assert {path.name for path in figures.iterdir()} == {
        "confusion_counts.png",
        "confusion_rates.png",
        "reliability.png",
        "samples.png",
        "mine.png",
    }
    assert read_json(tmp_path / "samples.json")["mistakes"] == []


def check_samples(folder: Path, data: FerDataset) -> None:
    """Compare the images in `samples.json` with those of the data set, pixel by pixel."""
    content = read_json(folder / "samples.json")
    assert content["split"] == "test"
    assert len(content["samples"]) == 14
    assert len(content["mistakes"]) == 7
    assert all(row["true"] != row["predicted"] for row in content["mistakes"])
    for row in content["samples"] + content["mistakes"]:
        with Image.open(io.BytesIO(base64.b64decode(row["png"]))) as picture:
            image = np.asarray(picture)
        where = data.sources.tolist().index(row["source"])
        assert np.array_equal(image, data.images[where, ..., 0])
        assert row["true"] == EMOTIONS[data.labels[where]]


def test_no_file_is_written_unless_requested(
    tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evaluate(Oracle(tiny_dataset), tiny_dataset)
    assert not list(tmp_path.iterdir())


def test_data_may_be_a_path(faces_folder: Path, tiny_dataset: FerDataset) -> None:
    metrics = evaluate(Oracle(tiny_dataset), faces_folder)
    assert metrics["splits"]["test"]["accuracy"] == 1
    assert metrics["data"]["origin"] == str(faces_folder)


@pytest.mark.parametrize("splits", ["test", (), []])
def test_splits_are_a_list(splits: Any, tiny_dataset: FerDataset) -> None:
    with pytest.raises(UsageError, match="Expected a list of splits"):
        evaluate(Oracle(tiny_dataset), tiny_dataset, splits=splits)


def test_an_unknown_split_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(UsageError, match=r"'dev' is not a split; choose from train"):
        evaluate("no such model", "no such data", splits=("test+dev",))


def test_an_empty_split(make_patterns: Callable[..., FerDataset]) -> None:
    data = make_patterns({"train": 1, "test": 1})
    with pytest.raises(DataError, match="The split 'validation' of drawn patterns is empty"):
        evaluate(Oracle(data), data, splits=("test", "validation"))


def test_no_model(tmp_path: Path, tiny_dataset: FerDataset) -> None:
    with pytest.raises(ModelError, match="There is no model"):
        evaluate(tmp_path, tiny_dataset)
    with pytest.raises(UsageError, match="or an object with 'emotions' and 'predict', got int"):
        as_predictor(3)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda n: np.full((n, 6), 1 / 6), r"shape \(14, 7\).*returned \(14, 6\)"),
        (lambda n: np.full((n - 1, 7), 1 / 7), r"returned \(13, 7\)"),
        (lambda n: np.full((n, 7), np.nan), "not a number"),
        (lambda n: np.full((n, 7), 3.0), "apply softmax to logits"),
    ],
)
def test_a_model_that_returns_no_probabilities(
    result: Callable[[int], np.ndarray], message: str, tiny_dataset: FerDataset
) -> None:
    with pytest.raises(ModelError, match=message):
        evaluate(Returns(result), tiny_dataset)


def test_an_unwritable_folder(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"Cannot write .*metrics\.json"):
        evaluate(Oracle(tiny_dataset), tiny_dataset, out=tmp_path / "file")


def test_without_plotting_libraries_metrics_are_still_written(
    tiny_dataset: FerDataset,
    write_images: Callable[[FerDataset, Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from ferkit.cli.main import main

    data = write_images(tiny_dataset, tmp_path / "faces")
    # What `pip install ferkit` leaves out.
    for name in ("matplotlib", "matplotlib.figure", "seaborn", "jinja2", "keras", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as exit_:
        main(["evaluate", "nano", "--data", str(data), "--out", str(out)])
    told = capsys.readouterr()
    assert exit_.value.code == 0
    [line] = [line for line in told.err.splitlines() if "ferkit[train]" in line]
    assert line.startswith("ferkit: no pictures and no page: ")
    assert read_json(out / "metrics.json")["splits"]["test"]["n"] == 14
    assert len((out / "predictions.csv").read_text().splitlines()) == 15
    assert "accuracy" in (out / "classification_report.txt").read_text()
    assert not (out / "report.html").exists()
    assert told.out.startswith("test ")
