"""The model to export, and the facts about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.errors import ModelError, UsageError
from ferkit.evaluation.predictors import KerasPredictor, Predictor, as_predictor
from ferkit.evaluation.subject import uses_extra_labels
from ferkit.inference.classifier import EmotionClassifier
from ferkit.metrics.calibration import PLAIN, Calibration
from ferkit.weights.named import as_named


@dataclass(frozen=True, eq=False)
class ExportedModel:
    """A model to export.

    Attributes:
        name: Its name, for file names and metadata.
        emotions: Names of its classes.
        keras: The Keras model; None if there is only an ONNX file.
        onnx: The ONNX file; None if there is only a Keras model.
        calibration: The calibration for the exported file, or the one inside an ONNX file.
        uncertain_below: Confidence below which its answers are uncertain; None if unknown.
        extra_labels: Whether it learned from labels beyond FER-2013's own; None if unknown.
        path: The file of the Keras model; None for one in memory.
    """

    name: str
    emotions: tuple[str, ...]
    keras: Any | None = None
    onnx: Path | None = None
    calibration: Calibration = PLAIN
    uncertain_below: float | None = None
    extra_labels: bool | None = None
    path: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The files that it is read from, which an export must not replace."""
        return [file for file in (self.onnx, self.path) if file is not None]

    def metadata(self) -> dict[str, Any]:
        """Return the metadata of an exported file."""
        facts = {
            "emotions": list(self.emotions),
            "name": self.name,
            "temperature": self.calibration.temperature,
            "smoothing": self.calibration.smoothing,
            "uncertain_below": self.uncertain_below,
            "extra_labels": self.extra_labels,
        }
        return {key: value for key, value in facts.items() if value is not None}


def open_source(
    model: Any,
    *,
    keras_needed: bool = False,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
) -> ExportedModel:
    """Return the model that `model` names.

    Args:
        model: The name of a shipped model, an `.onnx` file, a run folder, a `.keras` file or a
            Keras model.
        keras_needed: Whether a Keras model is required; for a shipped model, its Keras file is
            taken then.
        class_names: The classes of a model from another program, in the order of its outputs.
            Defaults to the seven emotions in FER-2013's order.
        pixels: Pixel range of such a model: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`.

    Raises:
        UsageError: `model` is none of these.
        ModelError: The file is missing or broken, or there is no Keras model although one is
            required.
        MissingDependencyError: Keras is needed and not installed.
    """
    named = as_named(model)
    if named and named.runs_on_onnx and not keras_needed:
        classifier = EmotionClassifier(model, class_names=class_names, pixels=pixels)
        if not classifier.card:
            raise ModelError(
                f"{model} is an ONNX file from another program; use it directly in recognition and "
                "evaluation, with class_names and pixels, or export the Keras model that it was "
                "made from, so that the file contains both."
            )
        return ExportedModel(
            classifier.name,
            classifier.emotions,
            onnx=classifier.path,
            calibration=Calibration.of_card(classifier.card),
            uncertain_below=classifier.uncertain_below,
            extra_labels=uses_extra_labels(model, classifier),
        )
    if named:
        _ = named.keras  # raises here if there is only an ONNX file
    stored = named.keras if named and named.kind == "shipped" else model
    predictor = _keras(stored, class_names, pixels)
    card = named.card if named else {}
    return ExportedModel(
        named.name if named else str(predictor.model.name),
        predictor.emotions,
        keras=predictor.model,
        calibration=Calibration.of_card(card),
        uncertain_below=card.get("uncertain_below"),
        extra_labels=uses_extra_labels(model, predictor),
        path=named.keras if named else None,
    )


def _keras(model: Any, class_names: Sequence[str] | None, pixels: str | None) -> KerasPredictor:
    predictor: Predictor = as_predictor(model, class_names=class_names, pixels=pixels)
    if not isinstance(predictor, KerasPredictor):
        raise UsageError(f"Expected a Keras model to export, got {type(model).__name__}.")
    return predictor
