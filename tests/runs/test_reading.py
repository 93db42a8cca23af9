"""Every command that measures a run reads its data as the run did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferkit.cli.main import cli
from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.errors import DataError, UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.files import write_json
from ferkit.labels import SPLITS
from ferkit.runs.folder import RunFolder
from ferkit.runs.reading import load_as_run, reading_options
from ferkit.training import TrainConfig
from ferkit.weights.named import run_of

RUN = TrainConfig(model="demo", seed=3)


@pytest.fixture(scope="module")
def faces(
    make_patterns: Callable[..., FerDataset],
    write_images: Callable[[FerDataset, Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Return a folder without a validation split, one of whose 70 training images is in colour."""
    from PIL import Image

    patterns = make_patterns({"train": 10, "test": 1})
    names = np.array([source.replace("Training_", "face") for source in patterns.sources])
    folder = write_images(replace(patterns, sources=names), tmp_path_factory.mktemp("own"))
    Image.open(folder / names[0]).convert("RGB").resize((60, 60)).save(folder / names[0])
    return folder


def a_run(folder: Path, config: TrainConfig) -> Path:
    write_json(folder / "config.json", config.to_dict())
    (folder / "model.keras").touch()
    return folder


def test_the_seed_of_the_run_draws_its_validation_images_again(faces: Path, tmp_path: Path) -> None:
    run = a_run(tmp_path / "run", replace(RUN, convert=True))
    trained = load_fer2013(faces, seed=3, convert=True)
    for model in (run, str(run), run / "model.keras", run / "votes.keras"):
        assert np.array_equal(load_as_run(run_of(model), faces).splits, trained.splits)
    for other in ("small", tmp_path / "mine.onnx", object()):
        drawn = load_as_run(run_of(other), faces, convert=True).splits
        assert not np.array_equal(drawn, trained.splits)


def test_unusable_images_are_treated_as_the_run_treated_them(faces: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="convert=True"):
        load_as_run(RunFolder(a_run(tmp_path / "strict", RUN)), faces)
    skipping = RunFolder(a_run(tmp_path / "skipping", replace(RUN, skip_bad=True)))
    assert len(load_as_run(skipping, faces)) == 76
    assert len(load_as_run(skipping, faces, convert=True)) == 77


def test_chosen_labels_override_those_of_the_run(tmp_path: Path, faces: Path) -> None:
    voted = replace(RUN, labels="ferplus-votes", ferplus="none.csv", convert=True)
    run = RunFolder(a_run(tmp_path / "voted", voted))
    options = reading_options(run)
    assert (options["labels"], options["ferplus"]) == ("ferplus-votes", "none.csv")
    assert load_as_run(run, faces, labels="fer2013").label_source == ""
    with pytest.raises(DataError, match=r"none\.csv"):
        load_as_run(run, faces, labels="ferplus-majority")
    # A second head's votes are not the labels.
    two_heads = replace(RUN, votes_weight=1.0, ferplus="none.csv", convert=True)
    heads = RunFolder(a_run(tmp_path / "heads", two_heads))
    assert load_as_run(heads, faces).label_source == ""


def test_a_cycle_has_the_data_of_the_whole_training(tmp_path: Path) -> None:
    whole = replace(RUN, optimizer="nesterov", second_epochs=1)
    a_run(tmp_path / "run", whole)
    second = a_run(tmp_path / "run" / "cycle-2", replace(whole, second_epochs=0, seed=4))
    assert reading_options(RunFolder(second))["seed"] == 3
    assert reading_options(run_of(second / "model.keras"))["seed"] == 3


class Even:
    emotions = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

    def predict(self, images: np.ndarray) -> np.ndarray:
        return np.full((len(images), 7), 1 / 7)


def test_the_path_of_data_is_enough_in_python_too(
    faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(tmp_path / "run", replace(RUN, convert=True))
    monkeypatch.setattr("ferkit.evaluation.evaluate.as_predictor", lambda *_, **__: Even())
    monkeypatch.setattr("ferkit.evaluation.evaluate.uses_extra_labels", lambda *_: None)
    assert evaluate(run, faces, splits=["validation"])["splits"]["validation"]["n"] == 7


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[FerDataset]:
    """Replace the measurement of every command; return a list of the data that each would have
    measured.
    """
    given: list[FerDataset] = []

    class StopError(Exception):
        pass

    def noted(*arguments: Any, **options: Any) -> None:
        given.extend(x for x in [*arguments, *options.values()] if isinstance(x, FerDataset))
        raise StopError

    for name in ("evaluation.evaluate.evaluate", "export.export.export_model"):
        monkeypatch.setattr(f"ferkit.{name}", noted)
    monkeypatch.setattr("ferkit.training.average.average_runs", noted)
    monkeypatch.setattr("ferkit.cli.evaluate._prepare", lambda _: "nothing")
    return given


def typed(*words: str | Path) -> None:
    try:
        cli.main([str(word) for word in words], standalone_mode=False)
    except Exception as error:
        if type(error).__name__ != "StopError":
            raise


@pytest.mark.parametrize("command", ["evaluate", "export", "average"])
def test_every_command_reads_data_like_the_run(
    command: str, faces: Path, tmp_path: Path, measured: list[FerDataset]
) -> None:
    run, out = a_run(tmp_path / "run", RUN), ["--out", tmp_path / "out"]
    with pytest.raises(DataError, match="convert=True"):
        typed(command, run, "--data", faces, *out)
    typed(command, run, "--data", faces, *out, "--skip-bad")
    typed(command, run, "--data", faces, *out, "--convert")
    skipped, converted = measured
    assert (len(skipped), len(converted)) == (76, 77)
    assert np.array_equal(converted.splits, load_fer2013(faces, seed=3, convert=True).splits)


def test_runs_with_different_validation_images_are_not_averaged(
    faces: Path, tmp_path: Path, measured: list[FerDataset]
) -> None:
    first, second = (
        a_run(tmp_path / str(seed), replace(RUN, seed=seed, convert=True)) for seed in (3, 4)
    )
    with pytest.raises(UsageError, match="drew other validation images from"):
        typed("average", first, second, "--data", faces, "--out", tmp_path / "mean")
    assert measured == []
    split = tmp_path / "split"
    _with_validation(faces, split)
    typed("average", first, second, "--data", split, "--out", tmp_path / "mean")
    assert measured[0].sizes() == dict(zip(SPLITS, (63, 7, 7), strict=True))


def _with_validation(faces: Path, to: Path) -> None:
    import shutil

    shutil.copytree(faces, to)
    for label in (to / "train").iterdir():
        chosen = sorted(label.iterdir())[-1]
        (to / "validation" / label.name).mkdir(parents=True)
        chosen.rename(to / "validation" / label.name / chosen.name)
