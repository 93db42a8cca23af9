"""Writes the files of a shipped model from Keras, and evaluates them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.evaluation.predictors import KerasPredictor
from ferkit.export.onnx.convert import write_onnx
from ferkit.export.parity import Parity, compare
from ferkit.export.reference import Calibrated
from ferkit.export.shipping.card import (
    calibration_figures,
    description,
    evaluation,
    file_entry,
    seeds,
    training,
)
from ferkit.inference.classifier import EmotionClassifier
from ferkit.models.checkpoint import model_card, save_model

# Largest difference of a shipped float32 file from Keras, and largest size of a shipped Keras file.
MOST_DIFFERENCE = 1e-3
MOST_CHANGE = 1e-3
MOST_KERAS_BYTES = 8_000_000


@dataclass(frozen=True)
class WrittenModel:
    """A model in a temporary folder, before it is shipped.

    Attributes:
        files: Its files by kind: `onnx` and, if it is small enough, `keras`.
        uncalibrated: The ONNX file without calibration inside.
        card: Its card.
    """

    files: dict[str, Path]
    uncalibrated: Path
    card: dict[str, Any]


def write_model(
    model: Any,
    calibrated: Calibrated[KerasPredictor],
    facts: dict[str, Any],
    runs: list[Path],
    best: Path,
    data: FerDataset,
    folder: Path,
    *,
    more: dict[str, Any] | None = None,
) -> WrittenModel:
    """Write the ONNX and the Keras file of a model, and evaluate the ONNX file.

    Args:
        model: The Keras model.
        calibrated: The same in float32, calibrated; the file is compared with it.
        facts: The argument of `description`; also stored in the files.
        runs: The trainings, one for each seed.
        best: The shipped training.
        data: FER-2013 with train, validation and test.
        folder: Folder to write into.
        more: Further entries of the card. Defaults to none.

    Raises:
        ModelError: The model cannot be exported, or the file differs from Keras.
    """
    name, emotions = facts["name"], tuple(facts["emotions"])
    files = {kind: folder / f"{name}.{kind}" for kind in ("onnx", "keras")}
    uncalibrated = folder / "uncalibrated.onnx"
    write_onnx(model, files["onnx"], facts, calibrated.calibration)
    write_onnx(model, uncalibrated, facts)
    classes = len(emotions) if "extra_classes" in facts else None
    exported = EmotionClassifier(files["onnx"], classes=classes)
    parity = compare(calibrated, exported, data, "Keras in float32")
    check_parity(parity)
    # Entries from the training are kept: its epoch, and whether it learned from extra labels.
    save_model(calibrated.inner.model, files["keras"], emotions, {**model_card(best), **facts})
    if files["keras"].stat().st_size >= MOST_KERAS_BYTES:
        del files["keras"]
    below = facts["uncertain_below"]
    card = {
        **description(facts, model, {kind: file_entry(file) for kind, file in files.items()}),
        **(more or {}),
        "parity": parity.to_dict(),
        "calibration": calibration_figures(uncalibrated, files["onnx"], data, below),
        "training": training(best),
        "seeds": seeds(runs),
        "evaluation": evaluation(files["onnx"], data),
    }
    return WrittenModel(files, uncalibrated, card)


def check_parity(parity: Parity) -> None:
    """Check that an exported file agrees with Keras.

    Raises:
        ModelError: It does not.
    """
    change = abs((parity.accuracy_exported or 0) - (parity.accuracy_reference or 0))
    if parity.largest_difference > MOST_DIFFERENCE or change > MOST_CHANGE:
        raise ModelError(
            f"The exported file differs from Keras by {parity.largest_difference:.2g} in a "
            f"probability and {change:.2%} in accuracy; expected at most {MOST_DIFFERENCE:g} and "
            f"{MOST_CHANGE:.1%}."
        )
