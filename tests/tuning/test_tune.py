"""A search: its result, how it ends and resumes, and that it never uses the test split."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from fake_trainings import CONFIG, SEAM, SPACE, accuracy_of, fake_fit_run, no_images

from ferkit.cli.main import main
from ferkit.data.dataset import FerDataset
from ferkit.errors import NonFiniteLossError, OutputError, UsageError
from ferkit.files import read_json
from ferkit.training.recipe_file import read_recipe_file
from ferkit.tuning import worker
from ferkit.tuning.storage import open_storage
from ferkit.tuning.trial_callback import TrialCallback
from ferkit.tuning.tune import TuningResult, tune

tuning = import_module("ferkit.tuning.tune")
optuna = pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def _undrawn_page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no page, which takes longer than a search, but where a test is of it."""
    if not request.node.name.startswith("test_the_page"):
        monkeypatch.setattr("ferkit.tuning.page.write_page", lambda *_: None)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)


def search(out: Path, **changes: Any) -> TuningResult:
    options = {"space": SPACE, "trials": 12, "storage": "journal", "data": no_images()}
    return tune(changes.pop("config", CONFIG), out, **(options | changes), quiet=True)


def study_in(out: Path) -> Any:
    storage = open_storage("journal", out)
    return optuna.load_study(storage=storage, study_name=out.name)


@pytest.mark.usefixtures("fake")
def test_a_better_rate_is_found_and_poor_trials_are_pruned(tmp_path: Path) -> None:
    result = search(tmp_path / "a")
    assert [row["number"] for row in result.trials] == list(range(12))
    first = result.trials[0]
    assert first["settings"] == {"learning_rate": "0.0001"}  # the recipe's own
    assert first["accuracy"] == pytest.approx(accuracy_of(CONFIG, 8))
    assert result.accuracy == max(row["accuracy"] or 0 for row in result.trials)
    assert result.accuracy > first["accuracy"] + 0.1
    ended = [row for row in result.trials if row["ended"] == "behind the others"]
    assert len(ended) >= 4
    assert {row["epochs"] for row in ended} <= {1, 3}
    every = search(tmp_path / "b", prune=False)
    assert {row["epochs"] for row in every.trials} == {9}
    assert every.accuracy == pytest.approx(result.accuracy, abs=0.05)


@pytest.mark.usefixtures("fake")
def test_the_memory_of_every_trial_is_freed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    freed: list[int] = []
    monkeypatch.setattr(keras.backend, "clear_session", lambda: freed.append(len(freed)))
    trials = search(tmp_path / "a", trials=9).trials
    assert any(row["ended"] for row in trials)
    assert len(freed) == len(trials) == 9


@pytest.mark.usefixtures("fake")
def test_a_search_is_deterministic(tmp_path: Path) -> None:
    rows = [search(tmp_path / name, trials=6).trials for name in "ab"]
    assert [row["values"] for row in rows[0]] == [row["values"] for row in rows[1]]


@pytest.mark.usefixtures("fake")
def test_best_json_is_a_recipe(tmp_path: Path) -> None:
    result = search(tmp_path / "a", trials=4)
    best = max(result.trials, key=lambda row: row["accuracy"] or 0)
    wanted = replace(CONFIG, recipe="custom-tuned", **best["values"])
    assert read_recipe_file(result.recipe) == result.config == wanted
    facts = read_json(result.recipe)["tuning"]
    assert (facts["trial"], facts["trials"]) == (best["number"], 4)
    assert facts["validation_accuracy"] == result.accuracy


@pytest.mark.usefixtures("fake")
def test_the_page_lists_every_trial_and_no_external_address(tmp_path: Path) -> None:
    page = search(tmp_path / "a", trials=5).page.read_text()
    assert page.count("<polyline") + page.count("<circle") == 5
    assert page.count("data:image/png;base64,") == 3
    assert "http" not in page.replace("http-equiv", "")
    assert "<b>test</b> was not used" in page


@pytest.mark.usefixtures("fake")
def test_a_search_resumes_and_refuses_other_settings(tmp_path: Path) -> None:
    search(tmp_path / "a", trials=2)
    study = study_in(tmp_path / "a")
    known = study.user_attrs["config"]
    del known["head_epochs"]  # as if an older version had begun it, without this setting
    study.set_user_attr("config", known)
    assert len(search(tmp_path / "a", trials=5).trials) == 5
    assert len(search(tmp_path / "a", trials=5).trials) == 5
    with pytest.raises(UsageError, match="study a was begun with other settings"):
        search(tmp_path / "a", config=replace(CONFIG, epochs=5))
    with pytest.raises(UsageError, match="study a was begun with other ranges"):
        search(tmp_path / "a", space=["learning_rate"])
    other = no_images()
    other.images[0] = 1
    with pytest.raises(UsageError, match="study a was begun with other data"):
        search(tmp_path / "a", data=other)


@pytest.mark.usefixtures("fake")
def test_a_study_that_another_process_begins_meanwhile_is_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds_study = tuning.holds_study

    def asked_too_early(folder: Path) -> bool:
        answer: bool = holds_study(folder)
        folder.mkdir()
        (folder / "study.log").touch()
        return answer

    monkeypatch.setattr(tuning, "holds_study", asked_too_early)
    assert len(search(tmp_path / "study", trials=2).trials) == 2


@pytest.mark.usefixtures("fake")
def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "best.json").write_text("mine")
    with pytest.raises(OutputError, match="holds something other than a study; name a new folder"):
        search(tmp_path)
    with pytest.raises(OutputError, match=r"best\.json is a file; name a new folder"):
        search(tmp_path / "best.json")
    assert [path.name for path in tmp_path.iterdir()] == ["best.json"]


def test_an_interrupted_trial_resumes_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)
    end = TrialCallback.on_epoch_end

    def interrupt(self: TrialCallback, epoch: int, logs: Any = None) -> None:
        end(self, epoch, logs)
        if (self.trial.number, epoch) == (1, 4):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TrialCallback, "on_epoch_end", interrupt)
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "a", trials=3, prune=False)
    assert (tmp_path / "a" / "trial-0001" / "history.csv").read_text().count("\n") == 6
    rows = search(tmp_path / "a", trials=3, prune=False).trials
    assert [(row["number"], row["folder"]) for row in rows] == [
        (0, "trial-0000"),
        (2, "trial-0001"),
        (3, "trial-0003"),
    ]
    assert [row["epochs"] for row in rows] == [9, 9, 9]


def test_a_trial_whose_process_is_gone_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)
    search(tmp_path / "a", trials=1)
    study = study_in(tmp_path / "a")
    for pid, host in ((2**22 + 1, worker.platform.node()), (1, "elsewhere")):
        trial = study.ask()
        trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        seen = {"host": host, "pid": pid, "begun": "1", "seen": time.time() - 1000}
        trial.set_user_attr("worker", seen)
    living = study.ask()
    with worker.Beat(study._storage, living._trial_id):
        rows = search(tmp_path / "a", trials=4).trials
    states = {row["number"]: row["state"] for row in rows}
    assert states.pop(0) == "finished"
    assert states.pop(3) == "running"
    assert list(states) == [4, 5]
    assert [row["folder"] for row in rows[2:]] == ["trial-0001", "trial-0002"]


@pytest.mark.usefixtures("fake")
def test_a_trial_that_kills_its_process_three_times_is_given_up(tmp_path: Path) -> None:
    search(tmp_path / "a", trials=1)
    study = study_in(tmp_path / "a")
    gone = {"host": worker.platform.node(), "pid": 2**22 + 1, "begun": "1", "seen": 0.0}
    trial = study.ask()
    trial.set_user_attr("worker", gone)
    trial.set_user_attr("deaths", 2)
    rows = search(tmp_path / "a", trials=2).trials
    assert rows[1]["ended"] == "its process died 3 times"


def test_a_timeout_ends_the_search_and_keeps_the_running_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)
    search(tmp_path / "a", trials=1)
    end = TrialCallback.on_epoch_end

    def late(self: TrialCallback, epoch: int, logs: Any = None) -> None:
        self.deadline = 0.0 if epoch == 3 else self.deadline
        end(self, epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(TrialCallback, "on_epoch_end", late)
        rows = search(tmp_path / "a", trials=9, timeout=3600, prune=False).trials
    assert [row["state"] for row in rows] == ["finished"]
    assert (tmp_path / "a" / "trial-0001" / "history.csv").read_text().count("\n") == 5


def test_a_loss_that_is_not_finite_ends_its_trial_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(config: Any, *arguments: Any, **named: Any) -> Any:
        if config.learning_rate > 3e-3:
            raise NonFiniteLossError("too fast")
        return fake_fit_run(config, *arguments, **named)

    monkeypatch.setattr(SEAM, "fit_run", burst)
    rows = search(tmp_path / "a", trials=6).trials
    burst_rows = [row for row in rows if row["ended"] == "its loss became NaN"]
    assert burst_rows
    assert all(row["values"]["learning_rate"] > 3e-3 for row in burst_rows)
    assert rows[0]["state"] == "finished"


def test_without_a_finished_trial_there_is_no_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*arguments: Any, **named: Any) -> Any:
        raise NonFiniteLossError("too fast")

    monkeypatch.setattr(SEAM, "fit_run", burst)
    with pytest.raises(OutputError, match=r"No trial of .* was finished"):
        search(tmp_path / "a", trials=2)
    assert not (tmp_path / "a" / "best.json").exists()


def test_the_study_opens_in_optuna_dashboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = pytest.importorskip("optuna_dashboard")
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)
    search(tmp_path / "mine", trials=3)
    app = dashboard.wsgi(open_storage("journal", tmp_path / "mine"))
    environment: dict[str, Any] = {"PATH_INFO": "/api/studies"}
    setup_testing_defaults(environment)
    status: list[str] = []
    body = b"".join(app(environment, lambda line, *_: status.append(line)))
    assert status == ["200 OK"]
    (summary,) = json.loads(body)["study_summaries"]
    assert (summary["study_name"], summary["directions"]) == ("mine", ["maximize"])


@pytest.mark.usefixtures("undrawn", "with_tiny")
def test_a_real_search_never_scores_test(
    faces_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    evaluating = import_module("ferkit.evaluation.evaluate")
    scored: list[tuple[str, ...]] = []
    evaluate = evaluating.evaluate

    def note(model: Any, dataset: FerDataset, **options: Any) -> Any:
        scored.append(tuple(options["splits"]))
        return evaluate(model, dataset, **options)

    monkeypatch.setattr(evaluating, "evaluate", note)
    out = tmp_path / "study"
    typed = ["tune", "demo", "--data", str(faces_folder), "--out", str(out), "--epochs", "2"]
    space = ["--space", "learning_rate=1e-3..1e-2:log", "--space", "batch_size=28,56"]
    settings = ["tensorboard=false", "augment=none", "precision=float32", "model=tiny"]
    fixed = [part for setting in settings for part in ("--set", setting)]
    with pytest.raises(SystemExit) as exit_:
        main([*typed, *space, *fixed, "--trials", "2", "--no-prune"])
    told = capsys.readouterr()
    assert exit_.value.code == 0, told.err
    assert scored == [("validation",)] * 2
    assert "Best validation accuracy: " in told.out
    assert told.err.count("\ntrial 1  2 epochs  0.") == 1
    assert not list(out.glob("trial-*/metrics.json"))
    assert not list(out.glob("trial-*/.ferkit-state"))
    best = read_recipe_file(out / "best.json")
    assert (best.recipe, best.epochs, best.augment) == ("demo-tuned", 2, "none")
    assert os.path.getsize(out / "study.db") > 0


class Trial:
    """What `Halving` looks at of a trial."""

    def __init__(self, number: int, *accuracies: float, state: str = "COMPLETE") -> None:
        self.number = number
        self.intermediate_values = dict(enumerate(accuracies, start=1))
        self.last_step = len(accuracies)
        self.state = optuna.trial.TrialState[state]


@pytest.mark.parametrize(
    ("accuracies", "ends"),
    [
        ((0.5,), True),  # third of four at the first rung
        ((0.7,), False),  # first
        ((0.5, 0.5), False),  # between the rungs
        ((0.1, 0.3, 0.4), True),  # first is 0.6, of three
        ((0.1, 0.7, 0.4), False),  # by its best epoch it is first
        ((0.1,) * 8, False),
    ],
)
def test_a_trial_is_compared_with_others_at_the_same_epoch(
    accuracies: tuple[float, ...], ends: bool
) -> None:
    from ferkit.tuning.halving import Halving

    class Study:
        def get_trials(self, *, deepcopy: bool) -> list[Trial]:
            return [
                Trial(0, 0.6, 0.6, 0.6, 0.9),
                Trial(1, 0.55, 0.4, 0.5),
                Trial(2, 0.2, state="PRUNED"),
                Trial(3, 0.9, 0.9, 0.9, state="FAIL"),  # was tried again
            ]

    assert Halving(9).rungs == [1, 3]
    assert Halving(9).prune(Study(), Trial(4, *accuracies)) is ends
    assert Halving(2).rungs == [1]


@pytest.mark.parametrize(
    ("epochs", "warmup", "rungs"),
    [(15, 2, [3, 5]), (20, 1.5, [4, 8]), (3, 2, []), (2, 5, []), (90, 2, [12, 32])],
)
def test_no_trial_ends_before_the_first_epoch_after_the_warmup(
    epochs: int, warmup: float, rungs: list[int]
) -> None:
    from ferkit.tuning.halving import Halving

    assert Halving(epochs, warmup).rungs == rungs
