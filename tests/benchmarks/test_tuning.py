"""What the benchmark of early ends reports."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from fake_trainings import SEAM, fake_fit_run

import tuning


def test_early_ends_take_fewer_epochs_for_about_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")
    monkeypatch.setattr(SEAM, "fit_run", fake_fit_run)
    monkeypatch.setattr("ferkit.tuning.page.write_page", lambda *_: None)
    record = tmp_path / "rows.csv"
    sizes = ["--per-class", "2", "--trials", "12", "--epochs", "9"]
    tuning.main([*sizes, "--record", str(record)])
    with record.open(newline="") as file:
        whole, early = csv.DictReader(file)
    assert (whole["ends_early"], whole["epochs"], whole["time_share"]) == ("False", "108", "1.0")
    assert int(early["epochs"]) < 0.6 * 108
    assert float(early["best_validation"]) == pytest.approx(float(whole["best_validation"]), abs=5)
