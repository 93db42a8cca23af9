"""The 8-bit variant of a shipped model, from its ONNX file, with its own figures and card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.export.onnx.int8 import write_int8
from ferkit.export.parity import Parity, compare
from ferkit.export.shipping.card import calibration_figures, evaluation, file_entry
from ferkit.inference.classifier import EmotionClassifier

# Largest loss on validation due to 8-bit integers. They change one or two answers in a hundred,
# which changes the accuracy on 3,589 images by 0.2 points by chance; the likelihood is steadier.
MOST_LOSS = 4e-3
MOST_LIKELIHOOD_LOSS = 0.01
ENDING = "-int8"


def int8_variant(
    card: dict[str, Any], onnx: Path, uncalibrated: Path, data: FerDataset, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """Write `NAME-int8.onnx` into `folder` and return it with its card.

    Args:
        card: The card of the float32 model.
        onnx: Its ONNX file.
        uncalibrated: The same without calibration inside.
        data: FER-2013; training images calibrate the ranges, and the other splits are evaluated.
        folder: Folder to write into.

    Raises:
        ModelError: The accuracy on validation is lower by more than 0.4 points, or the negative
            log-likelihood higher by more than 1 %.
    """
    name = card["name"] + ENDING
    path, raw = folder / f"{name}.onnx", folder / f"{name}-uncalibrated.onnx"
    write_int8(onnx, path, data, name=name)
    write_int8(uncalibrated, raw, data)
    parity = compare(
        EmotionClassifier(onnx), EmotionClassifier(path), data, f"{card['name']} in float32"
    )
    calibration = calibration_figures(raw, path, data, card["uncertain_below"])
    check_accuracy(card["name"], parity)
    check_likelihood(card["name"], card["calibration"], calibration)
    file = file_entry(path)
    return path, {
        **card,
        "name": name,
        "variant_of": card["name"],
        "files": {"onnx": file},
        "parity": parity.to_dict(),
        "calibration": calibration,
        "evaluation": evaluation(path, data),
    }


def check_accuracy(name: str, parity: Parity) -> None:
    """Check that a model with 8-bit weights is about as accurate as in float32.

    Raises:
        ModelError: The accuracy on validation is lower by more than 0.4 points.
    """
    loss = (parity.accuracy_reference or 0) - (parity.accuracy_exported or 0)
    if loss > MOST_LOSS:
        raise ModelError(
            f"In 8-bit integers {name} loses {loss:.2%} on validation; expected at most "
            f"{MOST_LOSS:.1%}; ship it only in float32."
        )


def check_likelihood(name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Check that confidences are about as good, by the results of `calibration_figures`.

    Raises:
        ModelError: The negative log-likelihood on validation is higher by more than 1 %.
    """
    was, is_now = (each["validation"]["nll"] for each in (before, after))
    if is_now > was * (1 + MOST_LIKELIHOOD_LOSS):
        raise ModelError(
            f"In 8-bit integers the negative log-likelihood of {name} rises from {was:.4f} to "
            f"{is_now:.4f} on validation; expected at most {MOST_LIKELIHOOD_LOSS:.0%} more; ship "
            "it only in float32."
        )
