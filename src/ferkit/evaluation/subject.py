"""The subject of an evaluation: the entries on model and data in `metrics.json`."""

from __future__ import annotations

import os
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.evaluation.predictors import KerasPredictor, Predictor
from ferkit.inference.classifier import EmotionClassifier
from ferkit.runs.folder import RunFolder
from ferkit.weights.named import as_named


def describe_model(model: Any, predictor: Predictor) -> dict[str, Any]:
    """Return name, path, parameters and class names of a model.

    Args:
        model: The argument of `evaluate`.
        predictor: Its predictor.

    Returns:
        `{"name", "path", "parameters", "emotions"}`; `path` and `parameters` may be None.
    """
    if isinstance(predictor, EmotionClassifier):
        return {
            "name": predictor.name,
            "path": os.path.abspath(predictor.path),
            "parameters": predictor.card.get("parameters"),
            "emotions": list(predictor.emotions),
        }
    path = os.path.abspath(model) if isinstance(model, str | os.PathLike) else None
    keras_model = predictor.model if isinstance(predictor, KerasPredictor) else None
    return {
        "name": _name(model, keras_model),
        "path": path,
        "parameters": int(keras_model.count_params()) if keras_model is not None else None,
        "emotions": list(predictor.emotions),
    }


def describe_data(data: FerDataset) -> dict[str, Any]:
    """Return `{"origin", "counts", "notes", "skipped", "label_source"}`; `skipped` is the number of
    items left out.
    """
    return {
        "origin": data.origin,
        "counts": data.counts(),
        "notes": list(data.notes),
        "skipped": len(data.skipped),
        "label_source": data.label_source,
    }


def uses_extra_labels(model: Any, predictor: Predictor) -> bool | None:
    """Return whether a model declares labels beyond FER-2013's own (FER+, for example).

    Args:
        model: The argument of `evaluate`.
        predictor: Its predictor.

    Returns:
        None if that is unknown: for an object in memory, or a file without this information.
    """
    declared = _declared(model, predictor).get("extra_labels")
    return None if declared is None else bool(declared)


def _declared(model: Any, predictor: Predictor) -> dict[str, Any]:
    if isinstance(predictor, EmotionClassifier):
        # A shipped model's card, or the metadata of a file.
        found: dict[str, Any] = predictor.card.get("training", predictor.card)
        return found
    named = as_named(model)
    if named is None:
        return {}
    if named.card:
        return dict(named.card["training"])
    from ferkit.models.checkpoint import model_card

    return {**model_card(named.keras), **_config(model)}


def _name(model: Any, keras_model: Any) -> str:
    config = _config(model)
    for key in ("model", "recipe", "name"):
        if isinstance(config.get(key), str):
            return str(config[key])
    named = getattr(model, "name", None) or getattr(keras_model, "name", None)
    return str(named) if named else type(model).__name__


def _config(model: Any) -> dict[str, Any]:
    if not isinstance(model, str | os.PathLike):
        return {}
    return RunFolder(model).facts()
