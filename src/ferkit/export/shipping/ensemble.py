"""`ship_ensemble`: several networks shipped as one model, in one ONNX file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.evaluation.ensemble import Ensemble
from ferkit.evaluation.predictors import labels_for, predict_probabilities
from ferkit.export.onnx.convert import write_onnx
from ferkit.export.onnx.ensemble import join, store_in_bytes
from ferkit.export.parity import Parity, compare
from ferkit.export.reference import Calibrated
from ferkit.export.shipping.card import calibration_figures, description, evaluation, file_entry
from ferkit.export.shipping.int8 import check_accuracy
from ferkit.export.shipping.members import Member
from ferkit.export.shipping.ship import Shipped, check_name, put
from ferkit.export.shipping.wild import (
    EXTRA,
    Album,
    calibrate_on_photographs,
    finished,
    put_mirror,
)
from ferkit.inference.classifier import EmotionClassifier
from ferkit.metrics.abstaining import uncertainty_threshold
from ferkit.metrics.calibration import Calibration
from ferkit.metrics.temperature import fit_temperature

MEMBERS_CHOSEN = "chosen on: members, share of the heads, temperature and threshold of uncertainty"
_SUMS = ("parameters", "parameters_exported", "macs")


def ship_ensemble(
    members: Sequence[Member],
    name: str,
    data: FerDataset,
    folder: str | os.PathLike[str],
    *,
    votes: FerDataset | None = None,
    photographs: str | os.PathLike[str] | None = None,
) -> Shipped:
    """Write `NAME.onnx` and `NAME.json` of an ensemble, with the mirror image inside.

    The answer is the mean of the members' probabilities, divided by one temperature. The file
    stores weights in 8 bits each; computations are in float32.

    Args:
        members: The networks, with the same classes in the same order.
        name: Name of the shipped model.
        data: FER-2013 with its own labels: train, validation and test. Without photographs its
            validation split decides temperature and threshold of uncertainty.
        folder: Folder to write into, `src/ferkit/weights` in a checkout.
        votes: The same with the majority of FER+'s votes, for members that know contempt. Defaults
            to None.
        photographs: Labelled photographs, for such members; they decide temperature and threshold.
            Defaults to None.

    Raises:
        UsageError: The name is not allowed.
        ModelError: The members do not have the same classes, or the file is less accurate than
            they.
        DataError: The photographs cannot be read.
        OutputError: The folder cannot be written.
    """
    check_name(name)
    _check_classes(members)
    plain = Ensemble([member.predictor for member in members])
    album = Album(photographs) if photographs is not None else None
    calibration, below, before = _calibrate(plain, data, album)
    facts: dict[str, Any] = {
        "emotions": list(plain.emotions),
        "name": name,
        "temperature": calibration.temperature,
        "smoothing": calibration.smoothing,
        "uncertain_below": below,
        "extra_labels": any(member.training["extra_labels"] for member in members),
        **({"extra_classes": list(EXTRA)} if album else {}),
    }
    with tempfile.TemporaryDirectory() as temporary:
        path, raw = (Path(temporary) / f"{kind}.onnx" for kind in (name, "uncalibrated"))
        parts = _networks(members, Path(temporary))
        _write(parts, path, facts, calibration.temperature)
        _write(parts, raw, facts, 1.0)
        exported = EmotionClassifier(path, classes=len(plain.emotions))
        parity = compare(
            Calibrated(plain, calibration), exported, data, "its members in float32", before=before
        )
        check_accuracy(name, parity)
        card = _card(members, path, raw, facts, data, parity)
        if album and votes is not None:
            card = finished(card, path, votes, album, use=MEMBERS_CHOSEN)
        else:
            put_mirror(path)
            card |= {"files": {"onnx": file_entry(path)}, "views_inside": True}
        return put(folder, {"onnx": path}, card)


def _check_classes(members: Sequence[Member]) -> None:
    known = {member.predictor.emotions for member in members}
    if len(known) != 1:
        raise ModelError(
            "Expected two or more members with the same classes in the same order, got "
            f"{'; '.join(', '.join(names) for names in sorted(known)) or 'none'}."
        )


def _calibrate(
    plain: Ensemble, data: FerDataset, album: Album | None
) -> tuple[Calibration, float, np.ndarray | None]:
    """Return the calibration, the threshold of uncertainty, and the calibrated probabilities on
    validation if they were needed for that.
    """
    if album:
        return (*calibrate_on_photographs(plain, album), None)
    split = data.split("validation")
    truth = labels_for(split.labels, data.emotions, plain.emotions)
    rows = predict_probabilities(plain, split.images)
    calibration = Calibration(round(fit_temperature(truth, rows), 6))
    calibrated = calibration.apply(rows)
    return calibration, uncertainty_threshold(truth, calibrated), calibrated


def _networks(members: Sequence[Member], folder: Path) -> list[Any]:
    """Return each member as an `onnx.ModelProto`."""
    import onnx

    parts = []
    for i, member in enumerate(members):
        part = folder / f"{i}.onnx"
        write_onnx(member.predictor.model, part, {})
        parts.append(onnx.load(part))
    return parts


def _write(parts: Sequence[Any], path: Path, facts: dict[str, Any], temperature: float) -> None:
    joined = join(parts, facts, temperature)
    store_in_bytes(joined)
    path.write_bytes(joined.SerializeToString(deterministic=True))


def _card(
    members: Sequence[Member],
    path: Path,
    raw: Path,
    facts: dict[str, Any],
    data: FerDataset,
    parity: Parity,
) -> dict[str, Any]:
    files = {"onnx": file_entry(path)}
    described = [description(facts, member.predictor.model, files) for member in members]
    names = " + ".join(each["architecture"] for each in described)
    return {
        **described[0],
        "architecture": f"mean of {names}",
        **{key: sum(each[key] for each in described) for key in _SUMS},
        **({"extra_classes": facts["extra_classes"]} if "extra_classes" in facts else {}),
        "parity": parity.to_dict(),
        "calibration": calibration_figures(raw, path, data, facts["uncertain_below"]),
        "training": {
            "data": members[0].training["data"],
            "extra_labels": facts["extra_labels"],
            "excluded": None,
            "recipe": "ensemble",
        },
        "members": [member.to_dict() for member in members],
        "evaluation": evaluation(path, data, ttas=("none", "flip")),
    }
