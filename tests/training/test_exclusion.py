"""A training without images excluded by an audit reports this, and is evaluated on all images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import short_digests
from ferkit.data.findings import Finding, write_findings
from ferkit.errors import UsageError
from ferkit.files import read_json
from ferkit.runs.config import TrainConfig
from ferkit.training import train_and_evaluate

# What is drawn is the same as of any other run.
pytestmark = pytest.mark.usefixtures("undrawn_module")


def write_audit(dataset: FerDataset, path: Path, indices: range) -> Path:
    digests = short_digests(dataset.images)
    rows = [
        Finding(
            "duplicate", str(dataset.sources[i]), "train", "sad", exclude="yes", pixels=digests[i]
        )
        for i in indices
    ]
    write_findings(path, rows)
    return path


def test_excluded_images_are_counted_and_still_evaluated(
    tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    audit_csv = write_audit(tiny_dataset, tmp_path / "audit.csv", range(5))
    config = TrainConfig(model="tiny", epochs=1, tensorboard=False, exclude=str(audit_csv))
    out = tmp_path / "run"
    result = train_and_evaluate(config, out, data=tiny_dataset, quiet=True)

    saved = read_json(out / "config.json")
    assert saved["exclude"] == str(audit_csv)
    assert saved["excluded"]["images"] == 5
    assert saved["excluded"]["per_kind"]["duplicate"] == 5
    assert any("5 training images are left out" in note for note in saved["data_summary"]["notes"])
    assert {name: split["n"] for name, split in result.metrics["splits"].items()} == {
        "train": 56,
        "validation": 14,
        "test": 14,
        "validation+test": 28,
    }
    assert "5 training images are left out of training" in result.report.read_text("utf-8")

    moved = replace(config, exclude=str(audit_csv.rename(tmp_path / "moved.csv")))
    train_and_evaluate(moved, out, data=tiny_dataset, resume=True, quiet=True)
    everything = replace(config, exclude=None)
    with pytest.raises(UsageError, match=r"other settings: exclude \('.*moved\.csv', now None\)"):
        train_and_evaluate(everything, out, data=tiny_dataset, resume=True, quiet=True)
    write_audit(tiny_dataset, audit_csv, range(1, 6))
    with pytest.raises(UsageError, match=r"begun with another audit\.csv"):
        train_and_evaluate(config, out, data=tiny_dataset, resume=True, quiet=True)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(UsageError, match=r"exclude_kinds needs an audit\.csv; give its path"):
        TrainConfig(exclude_kinds=("duplicate",))
    with pytest.raises(
        UsageError, match=r"exclude_kinds must be one of duplicate, .*, not 'copies'"
    ):
        TrainConfig(exclude="audit.csv", exclude_kinds=("copies",))
