"""A whole small training: its files, reproducibility and errors."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from stopped_runs import history_of

from ferkit.backend.choosing import prepare_compute
from ferkit.data.dataset import FerDataset
from ferkit.data.splitting import note_missing_test
from ferkit.errors import DataError, NonFiniteLossError, OutputError, UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.models import load_model, model_card
from ferkit.runs.checks import check_data, check_resumable, make_free
from ferkit.runs.config_file import write_config
from ferkit.runs.folder import RunFolder
from ferkit.training import TrainConfig, TrainingResult, train_and_evaluate
from ferkit.training.callbacks.training_state import saved_epochs
from ferkit.training.fit import fit

CONFIG = TrainConfig(
    model="tiny",
    epochs=3,
    batch_size=16,
    learning_rate=3e-3,
    time_decay=1e-2,
    augment="flip-zoom",
    precision="float32",
    plateau_factor=0.5,
    plateau_patience=1,
    seed=5,
)


def fitted(config: TrainConfig, dataset: FerDataset, folder: Path) -> list[dict[str, str]]:
    """Fit without evaluation, and return the rows of history.csv."""
    run = RunFolder(folder)
    if not run.config.exists():
        make_free(run)
        write_config(run, config, dataset)
    fit(config, dataset, run, prepare_compute(config.precision), quiet=True)
    return history_of(folder)


@pytest.fixture(scope="module")
def finished(tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train_and_evaluate(CONFIG, folder, data=tiny_dataset, quiet=True)


def test_run_folder_holds_everything(finished: TrainingResult) -> None:
    names = {path.name for path in finished.folder.iterdir()}
    assert names >= {
        "config.json",
        "environment.json",
        "history.csv",
        "model.keras",
        "tensorboard",
        "metrics.json",
        "figures",
        "report.html",
        "classification_report.txt",
    }
    assert ".ferkit-state" not in names
    environment = json.loads((finished.folder / "environment.json").read_text())
    assert (environment["backend"], environment["precision"]) == ("tensorflow", "float32")
    assert environment["versions"]["keras"] == keras.__version__
    config = json.loads((finished.folder / "config.json").read_text())
    assert config["data_summary"]["counts"]["train"]["angry"] == 8


def test_history_has_every_epoch_once_with_the_effective_rate(finished: TrainingResult) -> None:
    rows = history_of(finished.folder)
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    steps = -(-56 // CONFIG.batch_size)
    for row in rows:
        step = (int(row["epoch"]) + 1) * steps
        factor = float(row["plateau_factor"])
        expected = CONFIG.learning_rate * factor / (1 + CONFIG.time_decay * step)
        assert float(row["learning_rate"]) == pytest.approx(expected, rel=1e-5)


def test_plateau_and_decay_act_together_and_a_finished_run_is_kept(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    # No change of the loss is ever 1000, so the plateau comes after every second epoch.
    config = replace(CONFIG, epochs=5, plateau_min_delta=1000.0, tensorboard=False)
    rows = fitted(config, tiny_dataset, tmp_path / "run")
    factors = [float(row["plateau_factor"]) for row in rows]
    assert factors == pytest.approx([1, 1, 0.5, 0.25, 0.125])
    rates = [float(row["learning_rate"]) for row in rows]
    assert rates[4] == pytest.approx(3e-3 * 0.125 / (1 + 1e-2 * 20), rel=1e-5)

    # A finished run is not trained again.
    before = (tmp_path / "run" / "model.keras").stat().st_mtime_ns
    assert fitted(config, tiny_dataset, tmp_path / "run") == rows
    assert (tmp_path / "run" / "model.keras").stat().st_mtime_ns == before


def test_saved_model_is_the_best_epoch(finished: TrainingResult, tiny_dataset: FerDataset) -> None:
    rows = history_of(finished.folder)
    best = max(rows, key=lambda row: float(row["val_accuracy"]))
    card = model_card(finished.folder)
    assert card["epoch"] == int(best["epoch"])
    assert card["emotions"] == tiny_dataset.emotions
    validation = finished.metrics["splits"]["validation"]
    assert validation["accuracy"] == pytest.approx(float(best["val_accuracy"]), abs=1e-6)


def test_saved_model_is_plain_float32_keras(finished: TrainingResult) -> None:
    model = load_model(finished.folder)
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
    assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)


def test_another_seed_gives_another_history(
    finished: TrainingResult, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    other = fitted(replace(CONFIG, seed=6, epochs=1), tiny_dataset, tmp_path / "other")
    assert other != history_of(finished.folder)[:1]


def test_the_same_seed_gives_the_same_model_and_in_two_parts_too(
    finished: TrainingResult, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    """Two epochs, then on to the third, give the history of three in one go."""
    folder = tmp_path / "run"
    fitted(replace(CONFIG, epochs=2), tiny_dataset, folder)
    keras.utils.clear_session()
    assert fitted(CONFIG, tiny_dataset, folder) == history_of(finished.folder)


def test_early_stopping_is_remembered(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=9, stop_patience=2, tensorboard=False, learning_rate=1e-12)
    config = replace(config, plateau_factor=1.0, stop_monitor="accuracy", augment="none")
    rows = fitted(config, tiny_dataset, tmp_path / "run")
    assert len(rows) < 9
    assert len(fitted(config, tiny_dataset, tmp_path / "run")) == len(rows)


def test_folder_with_a_run_is_refused(finished: TrainingResult, tiny_dataset: FerDataset) -> None:
    with pytest.raises(OutputError, match="already holds a run; continue it with resume=True"):
        train_and_evaluate(CONFIG, finished.folder, data=tiny_dataset, quiet=True)


def test_resume_with_other_settings_is_refused(
    finished: TrainingResult, tiny_dataset: FerDataset
) -> None:
    other = replace(CONFIG, batch_size=8)
    with pytest.raises(UsageError, match=r"other settings: batch_size \(16, now 8\)"):
        train_and_evaluate(other, finished.folder, data=tiny_dataset, resume=True, quiet=True)


def test_resume_on_other_data_is_refused(
    finished: TrainingResult, tiny_dataset: FerDataset
) -> None:
    other = replace(tiny_dataset, images=255 - tiny_dataset.images, origin="other.csv")
    with pytest.raises(UsageError, match=r"begun with other data than other\.csv now holds"):
        train_and_evaluate(CONFIG, finished.folder, data=other, resume=True, quiet=True)


def test_resume_accepts_the_same_data_moved(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    run, backwards = RunFolder(tmp_path), np.arange(len(tiny_dataset))[::-1]
    check_data(run, tiny_dataset)
    write_config(run, CONFIG, tiny_dataset)
    check_data(run, replace(tiny_dataset, origin="moved", notes=("It was moved.",)))
    with pytest.raises(UsageError, match="begun with other data"):
        check_data(run, tiny_dataset.select(backwards))  # answers of a teacher go by order
    with pytest.raises(UsageError, match="begun with other data"):
        check_data(run, replace(tiny_dataset, votes=np.full((84, 8), 1 / 8, np.float32)))
    # As an older version wrote it.
    content = json.loads(run.config.read_text())
    del content["data_summary"]["digest"]
    run.config.write_text(json.dumps(content))
    check_data(run, tiny_dataset.select(backwards))
    with pytest.raises(UsageError, match="begun with other data"):
        check_data(run, tiny_dataset.select(backwards[1:]))


@pytest.mark.parametrize(
    "schedule", [{"optimizer": "nesterov", "plateau_factor": 1.0}, {"image_sizes": (32, 48)}]
)
def test_resume_refuses_other_epochs_for_a_schedule(
    schedule: dict[str, object], tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    run, config = RunFolder(tmp_path), replace(CONFIG, **schedule)  # type: ignore[arg-type]
    write_config(run, config, tiny_dataset)
    with pytest.raises(UsageError, match=r"other settings: epochs \(3, now 9\)"):
        check_resumable(run, replace(config, epochs=9))
    write_config(run, CONFIG, tiny_dataset)
    check_resumable(run, replace(CONFIG, epochs=9))


@pytest.mark.usefixtures("undrawn")
def test_resume_of_a_finished_run_trains_no_more(
    finished: TrainingResult, tiny_dataset: FerDataset
) -> None:
    model, history = finished.model.read_bytes(), history_of(finished.folder)
    again = train_and_evaluate(CONFIG, finished.folder, data=tiny_dataset, resume=True, quiet=True)
    assert again.metrics["splits"] == finished.metrics["splits"]
    assert (finished.model.read_bytes(), history_of(finished.folder)) == (model, history)
    longer = replace(CONFIG, epochs=9)
    with pytest.raises(UsageError, match="finished its 3 epochs and keeps no state"):
        train_and_evaluate(longer, finished.folder, data=tiny_dataset, resume=True, quiet=True)


def test_wrong_data_leaves_no_run_folder(tiny_folder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, data=str(tmp_path / "missing"), epochs=1)
    with pytest.raises(DataError, match="There is no file or folder"):
        train_and_evaluate(config, tmp_path / "run", quiet=True)
    assert list((tmp_path / "run").iterdir()) == []


def test_resume_without_a_run_is_refused(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no run to resume"):
        train_and_evaluate(CONFIG, tmp_path / "no", data=tiny_dataset, resume=True, quiet=True)


def test_non_finite_loss_stops_with_advice(
    tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflowing(name: str, num_classes: int) -> keras.Model:
        layers = keras.layers
        head = [layers.Flatten(), layers.Dense(num_classes, activation="softmax")]
        return keras.Sequential([keras.Input((48, 48, 1)), layers.Rescaling(1e38), *head])

    monkeypatch.setattr("ferkit.training.core.create_model", overflowing)
    with pytest.raises(NonFiniteLossError, match=r"learning_rate=0\.0003") as caught:
        fitted(CONFIG, tiny_dataset, tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_data_without_validation_split_is_refused_before_training(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    without = tiny_dataset.select(tiny_dataset.splits != 1)
    with pytest.raises(DataError, match=r"split 'validation' of .* is empty"):
        train_and_evaluate(CONFIG, tmp_path / "run", data=without, quiet=True)
    assert not (tmp_path / "run" / "history.csv").exists()


@pytest.mark.usefixtures("undrawn")
def test_without_a_test_split_validation_is_reported(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    without = note_missing_test(tiny_dataset.select(tiny_dataset.splits != 2))
    config = replace(CONFIG, epochs=1)
    result = train_and_evaluate(config, tmp_path / "run", data=without, quiet=True)
    assert sorted(result.metrics["splits"]) == ["train", "validation"]
    report = result.report.read_text(encoding="utf-8")
    assert "accuracy on the validation split" in report
    assert "by which the epoch was chosen" in report
    assert "no <b>test</b> split, so there is no test figure" in report
    assert list(evaluate(tmp_path / "run", without)["splits"]) == ["validation"]


def test_run_folder_under_a_file_is_refused(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"Cannot create the run folder|Cannot write"):
        train_and_evaluate(CONFIG, tmp_path / "file" / "run", data=tiny_dataset, quiet=True)


@pytest.fixture
def small_disk() -> Iterator[int]:
    """Let no file grow beyond 100 kB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_keeps_the_best_model_and_the_state(
    tiny_dataset: FerDataset, tmp_path: Path, small_disk: int
) -> None:
    folder = tmp_path / "run"
    large = replace(CONFIG, model="demo", tensorboard=False)
    fitted(replace(large, epochs=1), tiny_dataset, folder)
    model = (folder / "model.keras").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (small_disk, limits[1]))
    config = replace(large, epochs=6, checkpoint_monitor="val_accuracy")
    with pytest.raises(OutputError, match=r"Cannot (write|save)"):
        fitted(config, tiny_dataset, folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (folder / "model.keras").read_bytes() == model
    assert [path.name for path in saved_epochs(folder / ".ferkit-state")] == ["epoch-00001"]
    assert [path.name for path in folder.glob(".*")] == [".ferkit-state"]
    assert len(fitted(replace(config, epochs=3), tiny_dataset, folder)) == 3


def test_a_damaged_state_is_one_sentence(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=1, tensorboard=False)
    fitted(config, tiny_dataset, tmp_path)
    (state,) = saved_epochs(tmp_path / ".ferkit-state")
    for file, keep in (("values.npy", 1000), ("values.npy", 0), ("state.json", 20)):
        path = state / file
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(DataError, match=r"epoch-00001 is damaged .*; remove it to train from"):
            fitted(replace(config, epochs=2), tiny_dataset, tmp_path)
    shutil.rmtree(state)
    assert len(fitted(config, tiny_dataset, tmp_path)) == 1


@pytest.mark.usefixtures("undrawn")
def test_skipped_items_are_listed(tiny_folder: Path, tmp_path: Path) -> None:
    (tiny_folder / "train" / "happy" / "Training_9999.png").write_bytes(b"no image")
    config = replace(CONFIG, data=str(tiny_folder), skip_bad=True, epochs=1, tensorboard=False)
    result = train_and_evaluate(config, tmp_path / "run", quiet=True)
    listed = (result.folder / "skipped.csv").read_text().splitlines()
    assert listed[1].startswith("train/happy/Training_9999.png,")
    config_saved = json.loads((result.folder / "config.json").read_text())
    assert config_saved["data_summary"]["skipped"] == 1
    assert np.isclose(sum(config_saved["data_summary"]["counts"]["train"].values()), 56)


def test_votes_without_a_votes_head_are_left_out(
    finished: TrainingResult, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    voted = replace(tiny_dataset, votes=np.full((84, 8), 1 / 8, np.float32))
    config = replace(CONFIG, epochs=1, tensorboard=False)
    [row] = fitted(config, voted, tmp_path / "voted")
    assert row == history_of(finished.folder)[0]
