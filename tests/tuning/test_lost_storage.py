"""A search whose storage is damaged, replaced or lost, or whose trial is taken over."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_trainings import CONFIG, SEAM, SPACE, Fitted, fake_fit_run, no_images

from ferkit.errors import FerkitError, OutputError, UsageError
from ferkit.tuning.requeue import requeue
from ferkit.tuning.tune import TuningResult, tune

optuna = pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferkit.tuning.page.write_page", lambda *_: None)
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)


def search(out: Path, **changes: Any) -> TuningResult:
    options = {"space": SPACE, "trials": 2, "storage": "journal", "data": no_images()}
    return tune(changes.pop("config", CONFIG), out, **(options | changes), quiet=True)


def during_trial(
    monkeypatch: pytest.MonkeyPatch, number: int, happens: Any
) -> list[tuple[Path, Any]]:
    """Let something happen when a trial begins; return the calls so far."""
    calls: list[tuple[Path, Any]] = []

    def fit(config: Any, path: Path, **named: Any) -> Fitted:
        calls.append((path, config))
        if len(calls) == number + 1:
            happens(path.parent)
        return fake_fit_run(config, path, **named)

    monkeypatch.setattr(SEAM, "fit_run", fit)
    return calls


def test_a_lost_database_ends_the_search_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drop(out: Path) -> None:
        with sqlite3.connect(out / "study.db") as database:
            database.execute("drop table trial_intermediate_values")
        database.close()

    during_trial(monkeypatch, 1, drop)
    with pytest.raises(OutputError, match=r"The storage of the study a failed \(no such table"):
        search(tmp_path / "a", storage="sqlite")


def test_a_new_storage_does_not_take_over_the_trials_of_another(tmp_path: Path) -> None:
    search(tmp_path / "a")
    (tmp_path / "a" / "study.log").unlink()
    before = (tmp_path / "a" / "trial-0001" / "config.json").read_text()
    for storage in ("journal", "journal", "sqlite"):
        with pytest.raises(OutputError, match="holds trials of a study that is not in this stor"):
            search(tmp_path / "a", storage=storage, trials=4)
    assert (tmp_path / "a" / "trial-0001" / "config.json").read_text() == before


@pytest.mark.parametrize("content", [b"hello\n[1]\n", b"hello", b'{"a":1}\n', bytes(range(256))])
def test_another_file_in_place_of_the_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    journal = tmp_path / "study.log"
    journal.write_bytes(content)
    with pytest.raises(OutputError, match="is damaged or not the journal of a study"):
        search(tmp_path)
    assert journal.read_bytes() == content


def test_a_journal_that_a_full_disk_cut_short_is_continued(tmp_path: Path) -> None:
    search(tmp_path / "a")
    journal = tmp_path / "a" / "study.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole.splitlines()[-1][:30])
    assert len(search(tmp_path / "a", trials=3).trials) == 3
    assert len(search(tmp_path / "a", trials=4).trials) == 4


@pytest.mark.parametrize("address", ["postgresql://host:port/study", "postgresql://[::1/study"])
def test_an_address_without_a_number_of_a_port_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a supported database"):
        search(tmp_path / "a", storage=address)


def test_a_process_whose_trial_was_taken_over_goes_on_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_over(out: Path) -> None:
        storage = optuna.storages.RDBStorage(f"sqlite:///{out / 'study.db'}")
        study = optuna.load_study(storage=storage, study_name="a")
        requeue(study, study.trials[1], died=True)
        storage.remove_session()
        storage.engine.dispose()

    calls = during_trial(monkeypatch, 1, take_over)
    rows = search(tmp_path / "a", storage="sqlite", trials=3, prune=False).trials
    assert [(row["number"], row["folder"], row["state"]) for row in rows] == [
        (0, "trial-0000", "finished"),
        (2, "trial-0001", "finished"),
        (3, "trial-0003", "finished"),
    ]
    assert [path.name for path, _ in calls] == ["trial-0000", *["trial-0001"] * 2, "trial-0003"]
    assert calls[1][1] == calls[2][1]


@pytest.mark.parametrize(
    ("changes", "space", "said"),
    [
        ({}, "image_sizes=32-48,40", "that end with 48, such as 32-40-48, not '40'"),
        ({}, "model=demo,no-such", "There is no model 'no-such'"),
        ({}, "augment=none,blurr", "There is no augmentation 'blurr'"),
        ({}, "start=,no-such", "There is no model 'no-such'"),
        ({"augment": "blurr"}, "label_smoothing", "There is no augmentation 'blurr'"),
        ({}, "second_epochs=0..9", "needs optimizer=nesterov or muon, not adam"),
    ],
)
def test_settings_that_cannot_be_trained_begin_no_study(
    tmp_path: Path, changes: dict[str, Any], space: str, said: str
) -> None:
    config = replace(CONFIG, **changes)
    with pytest.raises(FerkitError, match=said):
        search(tmp_path / "a", config=config, space=[space])
    assert not (tmp_path / "a").exists()


def test_values_that_cannot_be_trained_together_end_their_trial_alone(tmp_path: Path) -> None:
    space = ["optimizer=adam,nesterov", "second_epochs=0..9", "plateau_factor=0.1..1"]
    rows = search(tmp_path / "a", space=space, trials=12).trials
    ended = [row for row in rows if row["ended"].startswith(("A second cycle", "A plateau"))]
    assert len(rows) == 12
    assert 0 < len(ended) < 12
    assert all(row["epochs"] == 0 for row in ended)


def test_the_first_trial_has_the_recipes_values_however_choices_are_written(
    tmp_path: Path,
) -> None:
    space = ["learning_rate=0.001,1e-4,0.01", "image_sizes=32 - 48, 48"]
    (first,) = search(tmp_path / "a", space=space, trials=1).trials
    assert first["values"] == {"learning_rate": "1e-4", "image_sizes": "48"}
    config = replace(CONFIG, learning_rate=0.01, image_sizes=(32, 48))
    (first,) = search(tmp_path / "b", config=config, space=space, trials=1).trials
    assert first["values"] == {"learning_rate": "0.01", "image_sizes": "32 - 48"}
    with pytest.raises(UsageError, match="learning_rate has the same choice twice"):
        search(tmp_path / "c", space=["learning_rate=0.001,1e-3"])
