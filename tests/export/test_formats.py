"""`export_model` and `ferkit export`: each format, its comparison, and errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from ferkit.cli.main import main
from ferkit.data.dataset import FerDataset
from ferkit.errors import MissingDependencyError, ModelError, OutputError, UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.predictors import KerasPredictor, predict_probabilities
from ferkit.export.export import _calibrated, export_model
from ferkit.export.litert import LitertPredictor, write_litert
from ferkit.export.onnx.int8 import calibration_images
from ferkit.export.parity import compare, noise_images
from ferkit.export.reference import in_float32
from ferkit.export.source import open_source
from ferkit.files import read_json
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.metrics.abstaining import uncertainty_threshold
from ferkit.metrics.calibration import Calibration, fit_calibration
from ferkit.models import save_model
from ferkit.training.teacher import open_teacher
from ferkit.weights import model_card

Build = Callable[[str], keras.Model]
CLASSES = ("calm", "tense", "glad", "sorry", "odd", "even", "plain")


@pytest.fixture(scope="module")
def run_folder(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "mine"
    save_model(build("demo"), folder / "model.keras", CLASSES)
    return folder


@pytest.fixture(scope="module")
def data(tiny_dataset: FerDataset) -> FerDataset:
    return replace(tiny_dataset, emotions=CLASSES)


def rows_of(run_folder: Path, images: np.ndarray) -> np.ndarray:
    model = keras.saving.load_model(run_folder / "model.keras")
    return predict_probabilities(KerasPredictor(model, CLASSES), images)


def test_onnx_keeps_names_and_probabilities(
    run_folder: Path, data: FerDataset, tmp_path: Path
) -> None:
    done = export_model(run_folder, tmp_path / "a.onnx", data=data)
    classifier = EmotionClassifier(done.path)
    assert (classifier.name, classifier.emotions) == ("mine", CLASSES)
    images = data.split("validation").images
    assert classifier.predict(images) == pytest.approx(rows_of(run_folder, images), abs=1e-4)
    assert done.parity.largest_difference < 1e-4
    assert done.parity.agreement == 1
    assert done.parity.accuracy_reference == done.parity.accuracy_exported is not None
    report = read_json(done.report)
    assert report["parity"] == done.parity.to_dict()
    assert (report["sha256"], report["bytes"]) == (done.sha256, done.path.stat().st_size)


def test_the_calibration_is_fitted_on_validation(
    run_folder: Path, data: FerDataset, tmp_path: Path
) -> None:
    done = export_model(run_folder, tmp_path / "a.onnx", data=data, calibrate=True)
    split = data.split("validation")
    rows = rows_of(run_folder, split.images)
    fitted = fit_calibration(split.labels, rows)
    assert done.calibration.temperature == pytest.approx(fitted.temperature, rel=1e-2)
    assert done.calibration.smoothing == fitted.smoothing
    assert done.calibration.temperature != 1
    wanted = done.calibration.apply(rows)
    exported = EmotionClassifier(done.path)
    assert exported.predict(split.images) == pytest.approx(wanted, abs=1e-4)
    assert exported.uncertain_below == uncertainty_threshold(split.labels, wanted)


def test_int8_is_small_and_nearly_as_right(
    build: Build, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    plain = export_model(build("stripes"), tmp_path / "a.onnx", data=tiny_dataset)
    done = export_model(plain.path, tmp_path / "b.onnx", format="onnx-int8", data=tiny_dataset)
    assert plain.parity.accuracy_exported == 1
    assert done.bytes < 0.5 * plain.bytes
    assert EmotionClassifier(done.path).emotions == EMOTIONS
    assert EmotionClassifier(done.path).name == "stripes"
    kinds = {tensor.data_type for tensor in onnx.load(done.path).graph.initializer}
    assert onnx.TensorProto.INT8 in kinds
    assert 0 < done.parity.largest_difference < 0.05
    assert done.parity.reference == "a.onnx"
    assert done.parity.agreement == 1


@pytest.mark.parametrize("lists_constants", [False, True])
def test_int8_of_a_file_whose_input_has_another_name(
    lists_constants: bool, build: Build, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    plain = export_model(build("stripes"), tmp_path / "a.onnx")
    wanted = export_model(plain.path, tmp_path / "b.onnx", format="onnx-int8", data=tiny_dataset)
    model = onnx.load(plain.path)
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = "image" if name == "pixels" else name
    model.graph.input[0].name = "image"
    if lists_constants:  # as files of before ONNX 1.3 do
        (own,) = model.graph.input
        model.graph.ClearField("input")
        model.graph.input.extend(
            onnx.helper.make_tensor_value_info(c.name, c.data_type, c.dims)
            for c in model.graph.initializer
        )
        model.graph.input.append(own)
    onnx.save(model, tmp_path / "other.onnx")
    done = export_model(
        tmp_path / "other.onnx", tmp_path / "c.onnx", format="onnx-int8", data=tiny_dataset
    )
    images = tiny_dataset.split("validation").images
    np.testing.assert_array_equal(
        EmotionClassifier(done.path).predict(images), EmotionClassifier(wanted.path).predict(images)
    )


def test_reduced_range_still_works_with_advice(
    run_folder: Path, data: FerDataset, tmp_path: Path
) -> None:
    plain, reduced = tmp_path / "a.onnx", tmp_path / "b.onnx"
    export_model(run_folder, plain, format="onnx-int8", data=data)
    with pytest.warns(DeprecationWarning, match="exact on every processor"):
        export_model(run_folder, reduced, format="onnx-int8", data=data, reduce_range=True)
    assert plain.read_bytes() == reduced.read_bytes()


def test_litert_agrees_with_keras(run_folder: Path, data: FerDataset, tmp_path: Path) -> None:
    done = export_model(
        run_folder, tmp_path / "a.tflite", format="litert", data=data, temperature=1.5
    )
    images = data.split("test").images
    wanted = Calibration(1.5).apply(rows_of(run_folder, images))
    assert LitertPredictor(done.path, CLASSES).predict(images) == pytest.approx(wanted, abs=1e-4)
    assert done.parity.largest_difference < 1e-4


def test_litert_undoes_smoothing_as_onnx_does(build: Build, tmp_path: Path) -> None:
    model, calibration = build("demo"), Calibration(0.8, 0.1)
    write_litert(model, tmp_path / "a.tflite", calibration)
    images = noise_images(8)
    wanted = calibration.apply(np.asarray(model(images.astype(np.float32), training=False)))
    found = LitertPredictor(tmp_path / "a.tflite", EMOTIONS).predict(images)
    assert found == pytest.approx(wanted, abs=1e-4)


def test_without_data_noise_is_compared(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = export_model(run_folder)
    assert done.path == Path("mine.onnx")
    assert done.parity.accuracy_exported is None
    assert "noise" in done.parity.lines()[0]
    assert len(done.parity.lines()) == 1


def test_a_model_of_mixed_precision_is_compared_in_float32(build: Build, tmp_path: Path) -> None:
    plain = build("demo")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        from ferkit.models import create_model

        mixed = create_model("demo")
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(plain.get_weights())
    images = noise_images(8).astype(np.float32)
    wanted = np.asarray(plain(images, training=False))
    assert np.array_equal(np.asarray(in_float32(mixed)(images, training=False)), wanted)
    assert in_float32(plain) is plain
    assert export_model(mixed, tmp_path / "m.onnx").parity.largest_difference < 1e-4


def test_a_wrong_export_is_detected(build: Build, tiny_dataset: FerDataset) -> None:
    right = KerasPredictor(build("demo"), EMOTIONS)

    class Other:
        emotions = EMOTIONS

        def predict(self, images: np.ndarray) -> np.ndarray:
            return right.predict(images)[:, ::-1]

    found = compare(right, Other(), tiny_dataset, "Keras")
    assert found.largest_difference > 0.05
    assert found.agreement < 1
    assert found.accuracy_reference != found.accuracy_exported


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"format": "pickle"}, UsageError, "no format 'pickle'; choose from onnx, onnx-int8"),
        ({"format": "onnx-int8"}, UsageError, "onnx-int8 needs images"),
        ({"calibrate": True}, UsageError, "calibrating needs images"),
        ({"temperature": 0.0}, UsageError, "must be above 0"),
        (
            {"out": "no/such.txt/../../mine.onnx", "model": "nowhere"},
            UsageError,
            "There is no model 'nowhere'",
        ),
    ],
)
def test_what_is_refused(
    run_folder: Path, options: dict[str, object], error: type[Exception], words: str
) -> None:
    model = options.pop("model", run_folder) if "model" in options else run_folder
    with pytest.raises(error, match=words):
        export_model(model, **options)  # type: ignore[arg-type]


def test_8_bits_need_weights(tiny_onnx: Path, tiny_dataset: FerDataset, tmp_path: Path) -> None:
    model = onnx.load(tiny_onnx)
    next(node for node in model.graph.node if node.op_type == "MatMul").op_type = "Mul"
    onnx.save_model(model, tmp_path / "plain.onnx")
    with pytest.raises(ModelError, match="8-bit integers, found none"):
        export_model(
            tmp_path / "plain.onnx", tmp_path / "b.onnx", format="onnx-int8", data=tiny_dataset
        )
    assert not (tmp_path / "b.onnx").exists()


@pytest.mark.parametrize("out", [".", "/"])
def test_a_folder_without_a_name_is_no_file(
    tiny_onnx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="it is not a regular file"):
        export_model(tiny_onnx, out, overwrite=True)
    assert not list(tmp_path.iterdir())


def test_8_bits_are_not_made_of_8_bits(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found one that has them already; name the float32"):
        export_model(
            "nano-fer2013-int8", tmp_path / "b.onnx", format="onnx-int8", data=tiny_dataset
        )
    assert not list(tmp_path.iterdir())


def test_an_onnx_file_keeps_its_temperature(tiny_onnx: Path, tmp_path: Path) -> None:
    copy = export_model(tiny_onnx, tmp_path / "copy.onnx")
    assert copy.path.read_bytes() == tiny_onnx.read_bytes()
    with pytest.raises(UsageError, match="with its calibration inside"):
        export_model(tiny_onnx, tmp_path / "copy.onnx", temperature=2.0)
    with pytest.raises(ModelError, match="is for inference only; use the run folder"):
        export_model(tiny_onnx, tmp_path / "copy.tflite", format="litert")


def test_a_threshold_belongs_to_the_calibration_that_it_was_fitted_with() -> None:
    source = open_source("nano-fer2013", keras_needed=True)
    stated = model_card("nano-fer2013")["uncertain_below"]
    assert _calibrated(source, None, False, None).uncertain_below == stated
    other = _calibrated(source, 3.0, False, None)
    assert (other.calibration, other.uncertain_below) == (Calibration(3.0), None)


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_export_never_replaces_its_own_model(
    overwrite: bool, build: Build, data: FerDataset, tmp_path: Path
) -> None:
    keras, onnx = tmp_path / "m.keras", tmp_path / "m.onnx"
    save_model(build("demo"), keras)
    export_model(keras, onnx)  # beside it, m.onnx.parity.json
    before = keras.read_bytes(), onnx.read_bytes()
    for model, kind in ((keras, "onnx"), (onnx, "onnx-int8")):
        with pytest.raises(UsageError, match="is an input, which would be lost"):
            export_model(model, model, format=kind, data=data, overwrite=overwrite)
    assert (keras.read_bytes(), onnx.read_bytes()) == before
    export_model(keras, onnx)  # an earlier export may be replaced


@pytest.mark.parametrize("extra", [True, False, None])
def test_an_exported_file_declares_its_extra_labels(
    extra: bool | None, build: Build, tiny_dataset: FerDataset, tmp_path: Path
) -> None:
    card = {} if extra is None else {"extra_labels": extra}
    save_model(build("demo"), tmp_path / "m.keras", card=card)
    done = export_model(tmp_path / "m.keras", tmp_path / "m.onnx")
    again = export_model(done.path, tmp_path / "again.onnx")
    for model in (tmp_path / "m.keras", done.path, str(again.path), EmotionClassifier(done.path)):
        assert evaluate(model, tiny_dataset)["extra_labels"] is extra
    teacher = open_teacher((str(done.path),), EMOTIONS)
    assert teacher.extra_labels is (extra is not False)  # it may have, where the file does not say


def test_a_missing_library_names_its_extra(
    run_folder: Path, data: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ferkit\[export\]"'):
        export_model(run_folder, tmp_path / "a.onnx")
    with pytest.raises(MissingDependencyError, match=r'pip install "ferkit\[export\]"'):
        LitertPredictor(tmp_path / "a.tflite", CLASSES).predict(data.images)
    assert not list(tmp_path.iterdir())


def test_calibration_images_are_drawn_evenly(tiny_dataset: FerDataset) -> None:
    drawn = calibration_images(tiny_dataset, 21, seed=0)
    train = tiny_dataset.split("train")
    labels = {
        image.tobytes(): int(label) for image, label in zip(train.images, train.labels, strict=True)
    }
    counts = np.bincount([labels[image.astype(np.uint8).tobytes()] for image in drawn])
    assert counts.tolist() == [3] * 7
    assert drawn.dtype == np.float32
    assert np.array_equal(drawn, calibration_images(tiny_dataset, 21, seed=0))
    assert len(calibration_images(tiny_dataset, 1000, seed=0)) == len(train)


def test_the_command_prints_what_it_found(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.onnx"
    with pytest.raises(SystemExit) as done:
        main(["export", str(run_folder), "--out", str(out), "--temperature", "2"])
    assert done.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{out}: 0.39 MB, temperature 2.000")
    assert "same answer for 100.00%" in lines[1]
    assert lines[2] == f"Comparison: {out}.parity.json"
