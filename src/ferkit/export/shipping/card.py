"""The parts of a shipped model's card."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.evaluation.card_check import split_digest
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.predictors import labels_for, predict_probabilities
from ferkit.evaluation.subject import describe_data
from ferkit.export.onnx.convert import operations
from ferkit.inference.classifier import EmotionClassifier
from ferkit.metrics.abstaining import WANTED_ACCURACY, kept_share
from ferkit.metrics.reliability import expected_calibration_error, negative_log_likelihood
from ferkit.runs.folder import RunFolder
from ferkit.runs.record import read_run, seed_row, without_paths
from ferkit.version import __version__
from ferkit.weights import sha256_of

SPLITS = ("validation", "test")
AUGMENTATIONS = ("none", "flip", "ten")


def description(facts: dict[str, Any], model: Any, files: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a model: task, input, output, size, files.

    Args:
        facts: `{"emotions", "name", "temperature", "smoothing", "uncertain_below"}`.
        model: The Keras model.
        files: Name, size and hash of each file.
    """
    graph = operations(model)
    return {
        "name": facts["name"],
        "ferkit": __version__,
        "task": "apparent facial expression of one cropped face: one of the named classes",
        "emotions": facts["emotions"],
        "input": {
            "name": "pixels",
            "shape": ["n", 48, 48, 1],
            "dtype": "float32",
            "range": [0, 255],
            "meaning": "grey pixels of a face crop, not normalised",
        },
        "output": {
            "name": "probabilities",
            "shape": ["n", len(facts["emotions"])],
            "dtype": "float32",
            "meaning": "calibrated probabilities in the order of emotions",
        },
        "architecture": model.name,
        "parameters": int(model.count_params()),
        "parameters_exported": graph.parameters,
        "macs": graph.macs,
        "temperature": facts["temperature"],
        "smoothing": facts["smoothing"],
        "uncertain_below": facts["uncertain_below"],
        "files": files,
    }


def calibration_figures(
    uncalibrated: Path, onnx: Path, data: FerDataset, below: float
) -> dict[str, Any]:
    """Return, for both splits, the calibration error before and after calibration, and the share of
    answers above the threshold `below` with their accuracy.
    """
    before, after = EmotionClassifier(uncalibrated), EmotionClassifier(onnx)
    figures: dict[str, Any] = {
        "rule": f"lowest confidence from which on {WANTED_ACCURACY:.0%} of the answers to "
        "validation images are right"
    }
    for name in SPLITS:
        split = data.split(name)
        truth = labels_for(split.labels, data.emotions, after.emotions)
        rows = predict_probabilities(after, split.images)
        raw = predict_probabilities(before, split.images)
        figures[name] = {
            "ece_before": expected_calibration_error(truth, raw),
            "ece": expected_calibration_error(truth, rows),
            "nll_before": negative_log_likelihood(truth, raw),
            "nll": negative_log_likelihood(truth, rows),
            **kept_share(truth, rows, below),
        }
    return figures


def training(run_folder: Path) -> dict[str, Any]:
    """Return how the model was trained: data, exclusions, recipe, epochs, commit, environment.

    A run that was started from another, or is the mean of several, has a list `cycles` of all these
    trainings.

    Raises:
        ModelError: The folder of one of these trainings no longer exists.
    """
    content = _one_training(run_folder)
    config = read_run(run_folder)["config"]
    start = Path(config.get("start") or "")
    folders = [_cycle(run_folder, name) for name in config.get("averaged") or []]
    if not folders and RunFolder(start).config.is_file():
        folders = [start, run_folder]
    if folders:
        content["cycles"] = [_one_training(folder) for folder in folders]
    return content


def _cycle(run_folder: Path, name: str) -> Path:
    """Return the folder of a cycle: inside the run if it trained both cycles, next to it if `ferkit
    average` created it.
    """
    within = run_folder / name
    return within if within.is_dir() else run_folder.parent / name


def _one_training(run_folder: Path) -> dict[str, Any]:
    run = read_run(run_folder)
    config = dict(run["config"])
    content = {
        "data": config.pop("data_summary"),
        "extra_labels": bool(config.pop("extra_labels", False)),
        "excluded": config.pop("excluded", None),
        "recipe": config["recipe"],
        "config": config,
        "epochs": run["epochs"],
        "best_epoch": run["best_epoch"],
        "commit": run["environment"].get("commit"),
        "environment": run["environment"],
    }
    cleaned: dict[str, Any] = without_paths(content)
    return cleaned


def seeds(runs: list[Path]) -> dict[str, Any]:
    """Return the figures of each seed from its evaluation with Keras, with mean and standard
    deviation.
    """
    rows = sorted((seed_row(run) for run in runs), key=lambda row: row["seed"])
    summary: dict[str, Any] = {"runs": rows}
    for key in ("validation", "test", "test_clean"):
        values = [row[key] for row in rows if row[key] is not None]
        summary[key] = {
            "mean": statistics.mean(values) if values else None,
            "sd": statistics.stdev(values) if len(values) > 1 else None,
        }
    return summary


def evaluation(
    onnx: Path,
    data: FerDataset,
    classes: int | None = None,
    ttas: Sequence[str] = AUGMENTATIONS,
) -> dict[str, Any]:
    """Return all metrics of the ONNX file on validation and test, with and without test-time
    augmentation.

    Args:
        onnx: The file.
        data: Images of both splits, and of train.
        classes: Number of classes for `EmotionClassifier`. Defaults to None: the seven emotions.
        ttas: Test-time augmentations. Defaults to all.
    """
    described = describe_data(data)
    classifier = EmotionClassifier(onnx, batch_size=256, classes=classes)
    measured = {tta: evaluate(classifier, data, splits=SPLITS, tta=tta)["splits"] for tta in ttas}
    return {
        "runtime": f"onnxruntime {version('onnxruntime')}, numpy {np.__version__}",
        "data": {
            "counts": described["counts"],
            "notes": described["notes"],
            "digests": {name: split_digest(data, name) for name in SPLITS},
        },
        "tta": measured,
    }


def file_entry(file: Path) -> dict[str, Any]:
    """Return name, size and hash of a file for a card."""
    return {"name": file.name, "bytes": file.stat().st_size, "sha256": sha256_of(file)}
