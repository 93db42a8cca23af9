"""Training with the labels of FER+: its targets, and how the run declares them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferkit.cli.main import main
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import VOTE_COLUMNS
from ferkit.errors import UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.files import read_json
from ferkit.labels import EMOTIONS, SPLITS
from ferkit.models import model_card
from ferkit.runs.checks import make_free
from ferkit.runs.config_file import read_config, write_config
from ferkit.runs.folder import RunFolder
from ferkit.training import TrainConfig, train_and_evaluate
from ferkit.training.fit import _batches

USAGES = ("Training", "PublicTest", "PrivateTest")
COLUMN_OF = dict(
    zip(
        EMOTIONS,
        ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
        strict=True,
    )
)


@pytest.fixture(scope="module")
def files(tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a table and its votes: seven for the label, three for contempt."""
    folder = tmp_path_factory.mktemp("ferplus")
    table, ferplus = folder / "fer2013.csv", folder / "fer2013new.csv"
    with table.open("w", newline="") as file, ferplus.open("w", newline="") as votes:
        rows, voted = csv.writer(file), csv.writer(votes)
        rows.writerow(("emotion", "pixels", "Usage"))
        voted.writerow(("Usage", "Image name", *VOTE_COLUMNS))
        for image, label, split in zip(
            tiny_dataset.images, tiny_dataset.labels, tiny_dataset.splits, strict=True
        ):
            rows.writerow((label, " ".join(map(str, image.ravel())), USAGES[split]))
            counts = {COLUMN_OF[EMOTIONS[label]]: 7, "contempt": 3}
            voted.writerow((USAGES[split], "x.png", *(counts.get(c, 0) for c in VOTE_COLUMNS)))
    return table, ferplus


@pytest.fixture(scope="module")
def run(
    undrawn_module: None, files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    table, ferplus = files
    config = TrainConfig(
        model="tiny",
        data=str(table),
        labels="ferplus-votes",
        ferplus=str(ferplus),
        epochs=1,
        batch_size=16,
        tensorboard=False,
    )
    out = tmp_path_factory.mktemp("runs") / "run"
    return train_and_evaluate(config, out, quiet=True).folder


def test_training_learns_from_the_shares_of_votes(files: tuple[Path, Path]) -> None:
    from ferkit.data.load import load_fer2013

    table, ferplus = files
    data = load_fer2013(table, labels="ferplus-votes", ferplus=ferplus)
    targets = _batches(data.split("train"), 4).targets
    assert targets is not None
    assert np.allclose(np.sort(targets, axis=1)[:, -2:], [0.3, 0.7])
    own = _batches(load_fer2013(table).split("train"), 4).targets
    assert own is not None
    assert set(own.ravel()) == {0.0, 1.0}


def test_the_run_declares_its_extra_labels(run: Path) -> None:
    config = read_json(run / "config.json")
    assert config["extra_labels"] is True
    assert config["data_summary"]["label_source"] == "ferplus-votes"
    metrics = read_json(run / "metrics.json")
    assert metrics["extra_labels"] is True
    assert metrics["data"]["label_source"] == "ferplus-votes"
    assert metrics["model"]["emotions"] == [*EMOTIONS, "contempt"]
    assert model_card(run)["extra_labels"] is True
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "labels beyond FER-2013’s own" in page
    assert "the shares of FER+&#39;s votes" in page
    assert "The labels are FER+" in page


def test_the_model_file_alone_declares_them_too(run: Path, tiny_dataset: FerDataset) -> None:
    # Contempt, which FER-2013 does not have, is no obstacle.
    metrics = evaluate(run / "model.keras", tiny_dataset)
    assert metrics["extra_labels"] is True
    assert metrics["data"]["label_source"] == ""


def test_evaluate_takes_the_labels_of_ferplus(
    run: Path, files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, ferplus = map(str, files)
    with pytest.raises(SystemExit) as exit_:
        main(
            [
                *("evaluate", str(run), "--data", table, "--out", str(tmp_path / "e")),
                *("--labels", "ferplus-majority", "--ferplus", ferplus),
            ]
        )
    assert exit_.value.code == 0
    assert "ferkit: The labels are FER+'s (ferplus-majority" in capsys.readouterr().err
    metrics = read_json(tmp_path / "e" / "metrics.json")
    assert metrics["data"]["label_source"] == "ferplus-majority"
    assert len(metrics["splits"]["test"]["emotions"]) == 8


def test_data_info_counts_eight_emotions(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    table, ferplus = map(str, files)
    with pytest.raises(SystemExit) as exit_:
        main(["data", "info", table, "--labels", "ferplus-majority", "--ferplus", ferplus])
    assert exit_.value.code == 0
    told = capsys.readouterr().out
    assert "contempt" in told
    assert "!=" not in told
    assert "not with the labels ferplus-majority" in told


def test_wrong_label_files_are_refused_before_reading_data(tmp_path: Path) -> None:
    config = TrainConfig(data=str(tmp_path / "none"), labels="ferplus-majority")
    with pytest.raises(UsageError, match=r"ferplus=\.\.\."):
        train_and_evaluate(config, tmp_path / "run")
    with pytest.raises(UsageError, match=r"labels must be one of .*, not 'mine'"):
        train_and_evaluate(replace(config, labels="mine"), tmp_path / "run")


def test_a_run_with_the_original_labels_declares_no_extra_labels(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    make_free(run)
    write_config(run, TrainConfig(), tiny_dataset)
    assert read_json(run.config)["extra_labels"] is False
    assert run.extra_labels() is False
    assert read_config(run) == TrainConfig()
    # A data set that was relabelled in memory counts too.
    votes = replace(tiny_dataset, label_source="ferplus-majority")
    write_config(run, TrainConfig(), votes.select(votes.splits == SPLITS.index("train")))
    assert run.extra_labels() is True
