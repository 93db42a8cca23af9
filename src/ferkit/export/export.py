"""`export_model`: write a model for another runtime and compare the two."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.errors import UsageError
from ferkit.evaluation.predictors import KerasPredictor, Predictor
from ferkit.export.litert import LitertPredictor, write_litert
from ferkit.export.onnx.convert import write_onnx
from ferkit.export.onnx.int8 import write_int8
from ferkit.export.parity import Parity, compare
from ferkit.export.reference import Calibrated, calibrated_on, in_float32
from ferkit.export.source import ExportedModel, open_source
from ferkit.files import atomic_path, write_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.metrics.calibration import Calibration
from ferkit.targets import check_target, is_own
from ferkit.weights import sha256_of

# Format -> ending of the file.
FORMATS = {"onnx": ".onnx", "onnx-int8": "-int8.onnx", "litert": ".tflite"}
NO_REDUCE_RANGE = (
    "8-bit files are exact on every processor now, so reduce_range does nothing; it goes with the "
    "next release."
)


@dataclass(frozen=True)
class Export:
    """An exported file, and its comparison with the model.

    Attributes:
        path: The file.
        report: `NAME.parity.json` in the same folder.
        format: `"onnx"`, `"onnx-int8"` or `"litert"`.
        bytes: Its size.
        sha256: Its SHA-256, in hexadecimal.
        calibration: The calibration inside the file.
        parity: The comparison.
    """

    path: Path
    report: Path
    format: str
    bytes: int
    sha256: str
    calibration: Calibration
    parity: Parity


def export_model(
    model: Any,
    out: str | os.PathLike[str] | None = None,
    *,
    format: str = "onnx",  # noqa: A002 (as Keras calls it)
    data: FerDataset | None = None,
    temperature: float | None = None,
    calibrate: bool = False,
    reduce_range: bool | None = None,
    overwrite: bool = False,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
) -> Export:
    """Write a model for another runtime, compare the two, and write the comparison next to it.

    Every file takes float32 `(n, 48, 48, 1)`, raw grey pixels 0..255, and returns probabilities
    `(n, c)`.

    Args:
        model: The name of a shipped model, a run folder, a `.keras` file, a Keras model, or, for
            `"onnx-int8"`, an `.onnx` file.
        out: The file to write. Defaults to the model's name with the format's ending, in the
            working folder.
        format: `"onnx"`, `"onnx-int8"` (static quantisation) or `"litert"`. Defaults to `"onnx"`.
        data: Images; both models are compared on the validation split, and int8 is calibrated on
            the training split. Defaults to None: the comparison uses noise, and int8 is not
            possible.
        temperature: Divisor of the logits. Defaults to None: the calibration that the
            model's card states, else 1.
        calibrate: Whether to fit the calibration on the validation split instead, and the
            confidence below which answers are uncertain. Defaults to False.
        reduce_range: Without effect, since 8-bit files are exact on every processor; it goes with
            the next release. Defaults to None.
        overwrite: Whether a file that ferkit did not write may be replaced. Defaults to False.
        class_names: The classes of a model from another program, in the order of its outputs.
            Defaults to the seven emotions in FER-2013's order.
        pixels: Pixel range of such a model: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`.

    Returns:
        The path of the file and the comparison.

    Raises:
        UsageError: There is no such format, it needs data and there is none, or `out` is the
            model's own file.
        ModelError: The model is missing, broken, or cannot be exported.
        MissingDependencyError: A library of the `export` extra is not installed.
        OutputError: The file cannot be written.
        ExistingFileError: It exists and ferkit did not write it.
    """
    if reduce_range is not None:
        warnings.warn(NO_REDUCE_RANGE, DeprecationWarning, stacklevel=2)
    if format not in FORMATS:
        raise UsageError(f"There is no format '{format}'; choose from {', '.join(FORMATS)}.")
    if data is None and (calibrate or format == "onnx-int8"):
        purpose = "onnx-int8" if format == "onnx-int8" else "calibrating"
        raise UsageError(f"{purpose} needs images of the data set; name it with data=... .")
    source = open_source(
        model, keras_needed=format == "litert", class_names=class_names, pixels=pixels
    )
    source = _calibrated(source, temperature, calibrate, data)
    path = Path(out) if out is not None else Path(source.name + FORMATS[format])
    # A file that ferkit wrote has its comparison in the same folder.
    own = is_own(path.parent / f"{path.name}.parity.json")
    check_target(path, inputs=source.files, overwrite=overwrite or own)
    reference, words = _reference(source)
    if format == "litert":
        write_litert(source.keras, path, source.calibration)
        exported: Predictor = LitertPredictor(path, source.emotions)
    else:
        if format == "onnx":
            _write_float(source, path)
        else:
            with tempfile.TemporaryDirectory() as folder:
                between = Path(folder) / "float.onnx"
                _write_float(source, between)
                assert data is not None
                write_int8(between, path, data)
        exported = EmotionClassifier(path)
    return _report(path, format, source, compare(reference, exported, data, words))


def _calibrated(
    source: ExportedModel, given: float | None, calibrate: bool, data: FerDataset | None
) -> ExportedModel:
    """Return the model with its calibration, and the threshold of uncertainty that belongs to it:
    none if the calibration is not that of the card.
    """
    if given is not None and not 0 < given < float("inf"):
        raise UsageError(f"temperature must be above 0, not {given}.")
    if source.keras is None and (calibrate or given not in (None, source.calibration.temperature)):
        raise UsageError(
            f"{source.name} is an ONNX file with its calibration inside; "
            "set another calibration when you export the Keras model."
        )
    if calibrate and data is not None:
        plain = KerasPredictor(in_float32(source.keras), source.emotions)
        fitted, below = calibrated_on(plain, data)
        return replace(source, calibration=fitted.calibration, uncertain_below=below)
    if source.keras is None or given is None or Calibration(given) == source.calibration:
        return source
    return replace(source, calibration=Calibration(given), uncertain_below=None)


def _reference(source: ExportedModel) -> tuple[Predictor, str]:
    if source.keras is not None:
        plain = KerasPredictor(in_float32(source.keras), source.emotions)
        return Calibrated(plain, source.calibration), "Keras in float32"
    assert source.onnx is not None
    return EmotionClassifier(source.onnx), source.onnx.name


def _write_float(source: ExportedModel, path: Path) -> None:
    if source.keras is not None:
        write_onnx(source.keras, path, source.metadata(), source.calibration)
        return
    assert source.onnx is not None
    with atomic_path(path) as partial:
        shutil.copyfile(source.onnx, partial)


def _report(path: Path, kind: str, source: ExportedModel, parity: Parity) -> Export:
    report = path.with_name(path.name + ".parity.json")
    done = Export(
        path, report, kind, path.stat().st_size, sha256_of(path), source.calibration, parity
    )
    content = {
        "file": path.name,
        "format": kind,
        "bytes": done.bytes,
        "sha256": done.sha256,
        "name": source.name,
        "emotions": list(source.emotions),
        "temperature": source.calibration.temperature,
        "smoothing": source.calibration.smoothing,
        "parity": parity.to_dict(),
    }
    write_json(report, content)
    return done
