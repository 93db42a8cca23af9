"""A training in two cycles equals the two trainings and their mean, in one command."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_net import tiny

from ferkit.data.dataset import FerDataset
from ferkit.data.findings import Finding, write_findings
from ferkit.errors import DataError, OutputError, UsageError
from ferkit.export.shipping.card import training
from ferkit.files import read_json
from ferkit.labels import EMOTIONS
from ferkit.models import load_model, model_card
from ferkit.runs.folder import RunFolder
from ferkit.runs.record import read_run
from ferkit.training import TrainConfig, cycles, fit_run, train_and_evaluate
from ferkit.training.average import average_runs
from ferkit.training.one_cycle import fit_one_cycle

pytestmark = pytest.mark.usefixtures("undrawn_module")

CONFIG = TrainConfig(
    model="tiny",
    epochs=2,
    optimizer="nesterov",
    learning_rate=0.05,
    second_epochs=1,
    second_rate=0.03,
    precision="float32",
    seed=5,
    tensorboard=False,
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: FerDataset) -> Path:
    folder = tmp_path_factory.mktemp("cycles") / "run"
    return train_and_evaluate(CONFIG, folder, data=tiny_dataset, quiet=True).folder


def weights(folder: Path) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in load_model(folder).get_weights()]


def test_two_cycles_equal_three_commands(
    done: Path, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    first = replace(CONFIG, second_epochs=0)
    train_and_evaluate(first, tmp_path / "a", data=tiny_dataset, quiet=True)
    second = replace(
        first,
        start=str(tmp_path / "a"),
        epochs=1,
        learning_rate=0.03,
        warmup_epochs=1.0,
        seed=6,
    )
    train_and_evaluate(second, tmp_path / "b", data=tiny_dataset, quiet=True)
    mean = average_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "mean", tiny_dataset)
    for one, three in zip(weights(done), weights(mean.folder), strict=True):
        np.testing.assert_array_equal(one, three)
    figures = read_json(done / "metrics.json")["splits"]
    assert figures["test"]["accuracy"] == mean.metrics["splits"]["test"]["accuracy"]


def test_the_run_folder_records_both_cycles(done: Path) -> None:
    config = read_json(done / "config.json")
    told_folders = config["averaged"]
    assert told_folders == ["cycle-1", "cycle-2"]
    assert (config["epochs"], config["second_epochs"], config["seed"]) == (2, 1, 5)
    assert config["data_summary"]["counts"]
    with (done / "history.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [float(row["learning_rate"]) for row in rows][-1] <= 0.03
    told = training(done)
    assert [cycle["config"]["seed"] for cycle in told["cycles"]] == [5, 6]
    assert [cycle["epochs"] for cycle in told["cycles"]] == [2, 1]
    assert not (done / ".ferkit-state").exists()
    page = (done / "report.html").read_text(encoding="utf-8")
    assert "the mean of the weights of 2 cycles was kept" in page
    assert "1 epoch at 48x48 from a rate of 0.03" in page
    assert read_run(done)["best_epoch"] is None
    environment = read_json(done / "environment.json")
    assert environment["precision"] == "float32"
    spent = [read_json(done / c / "environment.json")["training_seconds"] for c in told_folders]
    assert environment["training_seconds"] == pytest.approx(sum(spent), abs=0.1)


def test_a_stopped_cycle_is_resumed(
    done: Path, tiny_dataset: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"

    def stopped_in_the_second(config: TrainConfig, *rest: object, **options: object) -> object:
        if config.start:
            raise KeyboardInterrupt
        return fit_one_cycle(config, *rest, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(cycles, "fit_one_cycle", stopped_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            train_and_evaluate(CONFIG, run, data=tiny_dataset, quiet=True)
    with pytest.raises(OutputError, match="already holds a run; continue it with resume=True"):
        train_and_evaluate(CONFIG, run, data=tiny_dataset, quiet=True)
    with pytest.raises(UsageError, match="begun with other settings: second_rate"):
        train_and_evaluate(
            replace(CONFIG, second_rate=0.1), run, data=tiny_dataset, resume=True, quiet=True
        )
    other = replace(tiny_dataset, images=255 - tiny_dataset.images)
    with pytest.raises(UsageError, match="cycle-1 was begun with other data"):
        train_and_evaluate(CONFIG, run, data=other, resume=True, quiet=True)
    moved = run.rename(tmp_path / "moved")
    before = (moved / "cycle-1" / "model.keras").read_bytes()
    train_and_evaluate(CONFIG, moved, data=tiny_dataset, resume=True, quiet=True)
    assert (moved / "cycle-1" / "model.keras").read_bytes() == before
    for stopped, whole in zip(weights(moved), weights(done), strict=True):
        np.testing.assert_array_equal(stopped, whole)


def test_a_finished_run_keeps_the_record_of_its_training(
    done: Path, tiny_dataset: FerDataset
) -> None:
    files = [done / name for name in ("config.json", "environment.json", "model.keras")]
    before = [file.read_bytes() for file in files]
    fit_run(CONFIG, done, data=tiny_dataset, resume=True, quiet=True)
    assert [file.read_bytes() for file in files] == before
    assert RunFolder(done).is_finished()


def test_a_refused_run_leaves_no_files(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs optimizer=nesterov or muon, not adam"):
        replace(CONFIG, optimizer="adam")
    foreign = [tmp_path / "run" / name for name in ("state/mine.txt", "cycle-1/mine.txt")]
    for file in foreign:
        file.parent.mkdir(parents=True)
        file.touch()
    empty = replace(tiny_dataset, splits=np.zeros_like(tiny_dataset.splits))
    with pytest.raises(DataError):
        train_and_evaluate(CONFIG, tmp_path / "run", data=empty, quiet=True)
    assert sorted(foreign) == sorted(p for p in (tmp_path / "run").rglob("*") if p.is_file())
    with pytest.raises(DataError):
        train_and_evaluate(CONFIG, tmp_path / "new", data=empty, quiet=True)
    assert not list((tmp_path / "new").glob("*"))


def test_a_model_of_another_program_and_an_audit_go_through_both_cycles(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    """The second cycle begins with ferkit's own file, which refuses to be told classes and pixels;
    and the figures say how the whole training began, and what it left out.
    """
    tiny().save(tmp_path / "other.keras")
    audit, left_out = tmp_path / "audit.csv", str(tiny_dataset.sources[0])
    write_findings(audit, [Finding("blank", left_out, "train", "angry", exclude="yes")])
    config = replace(
        CONFIG,
        epochs=1,
        seed=2**31 - 1,
        start=str(tmp_path / "other.keras"),
        start_classes=EMOTIONS,
        start_pixels="0-255",
        exclude=str(audit),
    )
    fitted = fit_run(config, tmp_path / "run", data=tiny_dataset, quiet=True)
    saved = read_json(fitted.run.config)
    assert saved["start_pixels"] == "0-255"
    assert saved["excluded"]["images"] == 1
    assert read_json(fitted.run.cycles[1].config)["seed"] == 0
    finished = fit_run(config, tmp_path / "run", data=tiny_dataset, resume=True, quiet=True)
    for notes in (fitted.dataset.notes, finished.dataset.notes, saved["data_summary"]["notes"]):
        assert any("1 training images are left out" in note for note in notes)
        assert any("begins with" in note and "other.keras" in note for note in notes)
        assert not any("cycle-1" in note for note in notes)


def test_both_votes_heads_are_averaged_too(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    votes = np.random.default_rng(0).dirichlet(np.ones(8), len(tiny_dataset)).astype(np.float32)
    weighted = replace(CONFIG, epochs=1, votes_weight=1.0)
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    cycles.fit_two_cycles(weighted, run, replace(tiny_dataset, votes=votes), quiet=True)
    both = [weights(run.path / f"cycle-{i}" / "votes.keras") for i in (1, 2)]
    for mean, a, b in zip(weights(run.votes), *both, strict=True):
        np.testing.assert_allclose(mean, (a + b) / 2, atol=1e-6)
    assert len(model_card(run.votes)["emotions"]) == 8
