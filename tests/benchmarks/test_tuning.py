"""The report of the benchmark of early stopping."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from fake_trainings import SEAM, fake_fit_run

import tuning
from ferkit.files import read_json


def test_early_ends_take_fewer_epochs_for_about_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)
    monkeypatch.setattr("ferkit.tuning.page.write_page", lambda *_: None)
    record = tmp_path / "rows.csv"
    studies = tmp_path / "studies"
    sizes = ["--per-class", "2", "--trials", "12", "--then", "14", "--epochs", "9"]
    tuning.main([*sizes, "--train-images", "5", "--out", str(studies), "--record", str(record)])
    with record.open(newline="") as file:
        early, whole = csv.DictReader(file)
    assert (whole["ends_early"], whole["trials"], whole["epochs"]) == ("False", "12", "108")
    assert (early["ends_early"], early["trials"], early["train_images"]) == ("True", "12", "5")
    assert int(early["epochs"]) < 0.6 * 108
    assert float(early["best_validation"]) == pytest.approx(float(whole["best_validation"]), abs=5)
    assert read_json(studies / "early-ends" / "best.json")["tuning"]["trials"] == 14
