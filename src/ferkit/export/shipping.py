"""`ship`: from finished trainings to the files of a shipped model and the card that tells of them."""

from __future__ import annotations

import os
import statistics
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ferkit import __version__
from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.evaluation.calibration import expected_calibration_error
from ferkit.evaluation.card_check import split_digest
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.predict import KerasPredictor, labels_for, predict_probabilities
from ferkit.evaluation.selective import WANTED_ACCURACY, kept_share, uncertainty_threshold
from ferkit.evaluation.subject import describe_data
from ferkit.evaluation.temperature import apply_temperature, calibrating_temperature
from ferkit.export.onnx import operations, write_onnx
from ferkit.export.parity import Parity, compare
from ferkit.export.reference import Tempered, float32_copy
from ferkit.export.run_record import choose_run, read_run, seed_row, without_paths
from ferkit.export.size import graph_macs, graph_parameters
from ferkit.files import write_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.models.checkpoint import load_model, model_card, save_model
from ferkit.weights import NAME_PATTERN, sha256_of

# What a shipped float32 file may differ from Keras, and the size up to which a Keras file is shipped.
MOST_DIFFERENCE = 1e-3
MOST_CHANGE = 1e-3
MOST_KERAS_BYTES = 8_000_000

SPLITS = ("validation", "test")
AUGMENTATIONS = ("none", "flip", "ten")


@dataclass(frozen=True)
class Shipped:
    """The files of a shipped model.

    Attributes:
        card: `NAME.json`.
        onnx: `NAME.onnx`.
        keras: `NAME.keras`; None where it is too large to ship.
        content: What the card says.
    """

    card: Path
    onnx: Path
    keras: Path | None
    content: dict[str, Any]


def ship(runs: list[Path], name: str, data: FerDataset, folder: str | os.PathLike[str]) -> Shipped:
    """Write `NAME.onnx`, `NAME.keras` and `NAME.json` from trainings of one recipe that differ in their seed.

    The run that is best on validation is shipped. Temperature and the threshold of uncertainty are fitted on validation;
    every figure of the card is measured on the ONNX file as it is shipped.

    Args:
        runs: Finished run folders, one for each seed.
        name: Name of the shipped model.
        data: FER-2013 with train (to know which images have a twin there), validation and test.
        folder: Where to write, `src/ferkit/weights` in a checkout.

    Raises:
        UsageError: The name can not be one.
        ModelError: A run is not finished, the runs are of different recipes, the model can not be exported, or the
            exported file does not say what Keras says.
        OutputError: The folder can not be written.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise UsageError(f"A model's name is made of a-z, 0-9, - and _, not '{name}'.")
    _check_one_recipe(runs)
    best, target = choose_run(runs), Path(folder)
    model, emotions = load_model(best), tuple(model_card(best)["emotions"])
    calibrated = Tempered(KerasPredictor(float32_copy(model), emotions), 1.0)
    calibration, calibrated = _calibrate(calibrated, data)
    facts = {
        "emotions": list(emotions),
        "name": name,
        "temperature": calibration["temperature"],
        "uncertain_below": calibration["uncertain_below"],
    }
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".ship") as temporary:
        made = {kind: Path(temporary) / f"{name}.{kind}" for kind in ("onnx", "keras")}
        write_onnx(model, made["onnx"], facts, calibration["temperature"])
        parity = compare(calibrated, EmotionClassifier(made["onnx"]), data, "Keras in float32")
        _check_parity(parity)
        save_model(calibrated.inner.model, made["keras"], emotions, facts)
        if made["keras"].stat().st_size >= MOST_KERAS_BYTES:
            del made["keras"]
        files = {
            kind: {"name": file.name, "bytes": file.stat().st_size, "sha256": sha256_of(file)}
            for kind, file in made.items()
        }
        card = {
            **_description(facts, model, files),
            "parity": parity.to_dict(),
            "calibration": {**calibration, **_calibration_figures(made["onnx"], data, facts)},
            "training": _training(best),
            "seeds": _seeds(runs),
            "evaluation": _evaluation(made["onnx"], data),
        }
        for kind, file in made.items():
            os.replace(file, target / f"{name}.{kind}")
    write_json(target / f"{name}.json", card)
    keras_file = target / f"{name}.keras" if "keras" in made else None
    return Shipped(target / f"{name}.json", target / f"{name}.onnx", keras_file, card)


def _check_one_recipe(runs: list[Path]) -> None:
    if not runs:
        raise UsageError("Name one run folder or more.")
    recipes = [
        {
            k: v
            for k, v in read_run(run)["config"].items()
            if k not in ("seed", "data", "data_summary")
        }
        for run in runs
    ]
    for run, recipe in zip(runs, recipes, strict=True):
        differing = [
            key for key in {**recipes[0], **recipe} if recipe.get(key) != recipes[0].get(key)
        ]
        if differing:
            raise ModelError(
                f"{run} and {runs[0]} differ in more than their seed: {', '.join(sorted(differing))}; "
                "ship runs of one recipe."
            )


def _calibrate(plain: Tempered, data: FerDataset) -> tuple[dict[str, float], Tempered]:
    """Fit temperature and threshold on validation; return them, and the predictor with the temperature."""
    split = data.split("validation")
    truth = labels_for(split.labels, data.emotions, plain.emotions)
    rows = predict_probabilities(plain, split.images)
    # Six digits are what the card shows, and the file must have the very same.
    temperature = round(calibrating_temperature(truth, rows), 6)
    below = uncertainty_threshold(truth, apply_temperature(rows, temperature))
    fitted = {"temperature": temperature, "uncertain_below": below}
    return fitted, Tempered(plain.inner, temperature)


def _check_parity(parity: Parity) -> None:
    change = abs((parity.accuracy_exported or 0) - (parity.accuracy_reference or 0))
    if parity.largest_difference > MOST_DIFFERENCE or change > MOST_CHANGE:
        raise ModelError(
            f"The exported file differs from Keras by {parity.largest_difference:.2g} in a probability "
            f"and {change:.2%} in accuracy; expected at most {MOST_DIFFERENCE:g} and {MOST_CHANGE:.1%}."
        )


def _description(facts: dict[str, Any], model: Any, files: dict[str, Any]) -> dict[str, Any]:
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
        "parameters_exported": graph_parameters(graph),
        "macs": graph_macs(graph),
        "temperature": facts["temperature"],
        "uncertain_below": facts["uncertain_below"],
        "files": files,
    }


def _calibration_figures(onnx: Path, data: FerDataset, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the calibration error before the temperature, and what the threshold keeps, of both splits."""
    classifier = EmotionClassifier(onnx)
    figures: dict[str, Any] = {
        "rule": f"lowest confidence from which on {WANTED_ACCURACY:.0%} of the answers to validation images are right"
    }
    for name in SPLITS:
        split = data.split(name)
        truth = labels_for(split.labels, data.emotions, classifier.emotions)
        rows = predict_probabilities(classifier, split.images)
        before = apply_temperature(rows, 1 / facts["temperature"])
        figures[name] = {
            "ece_before": expected_calibration_error(truth, before),
            "ece": expected_calibration_error(truth, rows),
            **kept_share(truth, rows, facts["uncertain_below"]),
        }
    return figures


def _training(run_folder: Path) -> dict[str, Any]:
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


def _seeds(runs: list[Path]) -> dict[str, Any]:
    """Return every seed's figures, as its own Keras evaluation gave them, with mean and standard deviation."""
    rows = sorted((seed_row(run) for run in runs), key=lambda row: row["seed"])
    summary: dict[str, Any] = {"runs": rows}
    for key in ("validation", "test", "test_clean"):
        values = [row[key] for row in rows if row[key] is not None]
        summary[key] = {
            "mean": statistics.mean(values) if values else None,
            "sd": statistics.stdev(values) if len(values) > 1 else None,
        }
    return summary


def _evaluation(onnx: Path, data: FerDataset) -> dict[str, Any]:
    described = describe_data(data)
    measured = {
        tta: evaluate(EmotionClassifier(onnx, batch_size=256), data, splits=SPLITS, tta=tta)[
            "splits"
        ]
        for tta in AUGMENTATIONS
    }
    return {
        "runtime": f"onnxruntime {version('onnxruntime')}, numpy {np.__version__}",
        "data": {
            "counts": described["counts"],
            "notes": described["notes"],
            "digests": {name: split_digest(data, name) for name in SPLITS},
        },
        "tta": measured,
    }
