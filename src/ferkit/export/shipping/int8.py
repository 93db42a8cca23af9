"""The 8-bit variant of a shipped model: made of its ONNX file, measured by itself, with a card of
its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.export.onnx.int8 import write_int8
from ferkit.export.parity import compare
from ferkit.export.shipping.card import calibration_figures, evaluation, file_entry
from ferkit.inference.classifier import EmotionClassifier

# What 8-bit integers may cost of the accuracy on validation: a tenth of a point.
MOST_LOSS = 1e-3
ENDING = "-int8"


def int8_variant(
    card: dict[str, Any], onnx: Path, uncalibrated: Path, data: FerDataset, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """Write `NAME-int8.onnx` into `folder` and return it with its card.

    Weights have all 8 bits: `open_session` has ONNX Runtime multiply them exactly where a CPU has
    no VNNI.

    Args:
        card: The card of the float32 model.
        onnx: Its ONNX file.
        uncalibrated: The same without calibration inside.
        data: FER-2013; training images calibrate the ranges, the other splits are measured.
        folder: Where to write.

    Raises:
        ModelError: The accuracy on validation is lower by more than a tenth of a point.
    """
    name = card["name"] + ENDING
    path, raw = folder / f"{name}.onnx", folder / f"{name}-uncalibrated.onnx"
    write_int8(onnx, path, data, reduce_range=False, name=name)
    write_int8(uncalibrated, raw, data, reduce_range=False)
    parity = compare(
        EmotionClassifier(onnx), EmotionClassifier(path), data, f"{card['name']} in float32"
    )
    loss = (parity.accuracy_reference or 0) - (parity.accuracy_exported or 0)
    if loss > MOST_LOSS:
        raise ModelError(
            f"In 8-bit integers {card['name']} loses {loss:.2%} on validation; expected at most "
            f"{MOST_LOSS:.1%}; ship it in float32 alone."
        )
    file = file_entry(path)
    return path, {
        **card,
        "name": name,
        "variant_of": card["name"],
        "files": {"onnx": file},
        "parity": parity.to_dict(),
        "calibration": calibration_figures(raw, path, data, card["uncertain_below"]),
        "evaluation": evaluation(path, data),
    }
