"""Heat maps mark the evidence in any kind of network, and the picture shows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ferkit.displays.explanation import ExplanationDisplay
from ferkit.errors import DataError, ModelError, UsageError

keras = pytest.importorskip("keras")

from ferkit.evaluation.explain import explain  # noqa: E402
from ferkit.evaluation.gradcam import heat_maps  # noqa: E402
from ferkit.inference.classifier import EmotionClassifier  # noqa: E402
from ferkit.inference.detectors.protocol import Faces  # noqa: E402
from ferkit.models import save_model  # noqa: E402
from ferkit.weights import model_card, shipped_models  # noqa: E402

# The network compares brightness: class 0 the upper left quarter, class 1 the lower right one,
# class 2 nothing.
CORNERS = (slice(0, 24), slice(24, 48))


def looker(kind: str) -> Any:
    """Return a network with two feature maps of 12x12 that looks at two corners of an image."""
    from keras import Input, Model, Sequential, layers

    side = None if kind == "open" else 48
    steps = [
        layers.Rescaling(1 / 255),
        layers.AveragePooling2D(4),
        layers.Conv2D(2, 1, use_bias=False, name="maps"),
    ]
    last = [
        layers.Resizing(12, 12),  # for a model of open size Flatten needs to know
        layers.Flatten(),
        layers.Dense(3, activation="softmax", name="classes"),
    ]
    if kind == "sequential":
        model = Sequential([Input((48, 48, 1)), *steps, *last[1:]], name="looker")
    else:
        pixels = Input((side, side, 1))
        x = pixels
        for step in steps:
            x = step(x)
        if kind == "shortcut":
            y = layers.Conv2D(2, 1, use_bias=False, kernel_initializer="zeros")(x)
            x = layers.Add()([x, y])
        for step in last if kind == "open" else last[1:]:
            x = step(x)
        model = Model(pixels, x, name="looker")
    model.get_layer("maps").set_weights([np.ones((1, 1, 1, 2), np.float32)])
    weights = np.zeros((12, 12, 2, 3), np.float32)
    weights[:6, :6, 0, 0] = 0.2
    weights[6:, 6:, 1, 1] = 0.2
    model.get_layer("classes").set_weights([weights.reshape(-1, 3), np.zeros(3, np.float32)])
    return model


def images() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(100, 200, (3, 48, 48, 1)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["sequential", "functional", "shortcut", "open"])
def test_the_heat_map_marks_the_pixels_that_count(kind: str) -> None:
    codes = np.array([[0, 1], [1, 0], [0, 1]])
    heat = heat_maps(looker(kind), images(), codes)
    assert heat.shape == (3, 2, 48, 48)
    assert heat.dtype == np.float32
    for maps, pair in zip(heat, codes, strict=True):
        for one, code in zip(maps, pair, strict=True):
            assert one.max() == pytest.approx(1)
            assert one.min() >= 0
            corner = one[CORNERS[code], CORNERS[code]]
            assert corner.sum() > 0.9 * one.sum()


def test_evidence_against_a_class_is_not_marked() -> None:
    heat = heat_maps(looker("functional"), images(), np.full((3, 1), 2))
    assert (heat == 0).all(), "nothing speaks for class 2"


def test_a_saturated_prediction_is_explained_too() -> None:
    """The gradient of a probability of 1 would be 0."""
    model = looker("functional")
    weights, bias = model.get_layer("classes").get_weights()
    model.get_layer("classes").set_weights([weights * 10, bias])
    light = np.full((1, 48, 48, 1), 10, np.uint8)
    light[:, :24, :24] = 250
    assert float(np.asarray(model(light))[0, 0]) == pytest.approx(1, abs=1e-6)
    assert heat_maps(model, light, np.array([[0]]))[0, 0, :24, :24].max() == pytest.approx(1)


def test_wrong_use_is_an_error() -> None:
    from keras import Input, Sequential, layers

    with pytest.raises(UsageError, match=r"expects whole numbers of shape \(3, k\), found"):
        heat_maps(looker("functional"), images(), np.array([0, 1, 2]))
    flat = Sequential([Input((48, 48, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    assert heat_maps(looker("functional"), images()[:0], np.zeros((0, 2), int)).shape[:2] == (0, 2)
    with pytest.raises(ModelError, match=r"cannot be explained|no feature maps"):
        heat_maps(flat, images(), np.zeros((3, 1), int))


class Corner:
    """Finds two faces in the upper corners."""

    name = "corner"

    def detect(self, image: np.ndarray) -> Faces:
        boxes = np.array([[0, 0, 48, 48], [100, 0, 148, 48]], np.float32)
        return Faces(boxes, np.ones(2, np.float32))


def test_a_picture_is_explained_face_by_face(tmp_path: Path) -> None:
    path = tmp_path / "looker.keras"
    save_model(looker("functional"), path, ("left", "right", "other"))
    picture = np.full((60, 160, 3), 40, np.uint8)
    picture[:24, :24] = picture[24:48, 124:148] = 240
    display = explain(picture, path, detector=Corner())
    assert [row[0].split()[0] for row in display.captions()] == ["left", "right"]
    assert [len(row) for row in display.captions()] == [2, 2]
    assert len(explain(picture, path, detector=Corner(), top_k=3).captions()[0]) == 3
    display.save(tmp_path / "why.png", dpi=50)
    with Image.open(tmp_path / "why.png") as image:
        colours = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.ptp(colours, axis=1) > 60).sum() > 500, "heat is in colour"


def test_a_class_left_out_of_recognition_is_not_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The maps are those of the kept classes, though their columns in the network are others."""
    from ferkit.evaluation import explain as module

    path = tmp_path / "looker.keras"
    save_model(looker("functional"), path, ("left", "right", "other"))
    picture = np.full((60, 160, 3), 40, np.uint8)
    picture[:24, :24] = picture[24:48, 124:148] = 240
    whole = explain(picture, path, detector=Corner(), top_k=3)
    named = replace(module.named_model(path), card={"extra_classes": ["left"]})
    monkeypatch.setattr(module, "named_model", lambda _: named)
    folded = explain(picture, path, detector=Corner(), top_k=3)
    assert folded.emotions == ("right", "other")
    kept = whole.probabilities[:, 1:]
    assert folded.probabilities == pytest.approx(kept / kept.sum(axis=1, keepdims=True), abs=1e-6)
    for face in (0, 1):
        maps = dict(zip(whole.codes[face].tolist(), whole.heat[face], strict=True))
        for code, heat in zip(folded.codes[face].tolist(), folded.heat[face], strict=True):
            assert np.array_equal(heat, maps[code + 1])


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_keras_models_agree_with_their_onnx_files(name: str) -> None:
    if "keras" not in model_card(name)["files"]:
        pytest.skip("it comes without a Keras file")
    rows = np.linspace(0, 255, 48).astype(np.uint8)
    picture = np.repeat(rows[:, None], 48, axis=1)
    display = explain(picture, name, detector="none")
    classifier = EmotionClassifier(name, threads=1)
    wanted = classifier.predict(picture[None])
    assert display.emotions == classifier.emotions
    assert display.probabilities == pytest.approx(wanted, abs=0.002)
    assert display.heat.shape == (1, 2, 48, 48)
    assert display.heat[0, 0].max() == pytest.approx(1)


def test_a_model_that_cannot_be_explained_is_an_error(tmp_path: Path, tiny_onnx: Path) -> None:
    class Blind:
        name = "blind"

        def detect(self, image: np.ndarray) -> Faces:
            return Faces.none()

    blank = np.zeros((50, 50, 3), np.uint8)
    with pytest.raises(DataError, match="No face was found; if the picture is a cropped face"):
        explain(blank, tiny_onnx, detector=Blind())
    with pytest.raises(ModelError, match="is an ONNX file, which is for inference only"):
        explain(blank, tiny_onnx, detector="none")
    with pytest.raises(UsageError, match="top_k expects 1 or more"):
        explain(blank, tiny_onnx, top_k=0)
    with pytest.raises(DataError, match="at least one face"):
        ExplanationDisplay(np.zeros((0, 48, 48, 1)), np.zeros((0, 2, 48, 48)), [], [], ["a"])


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ferkit.cli.main import main

    monkeypatch.chdir(tmp_path)
    save_model(looker("functional"), tmp_path / "m.keras", ("left", "right", "other"))
    Image.new("RGB", (60, 50), "grey").save("face.png")
    options = ["explain", "face.png", "--model", "m.keras", "--detector", "none"]
    for out, code in (("why.svg", 0), ("why.txt", 2)):
        with pytest.raises(SystemExit) as caught:
            main([*options, "--out", out])
        assert (caught.value.code or 0) == code
    printed = capsys.readouterr()
    assert printed.out.startswith("why.svg: ")
    assert "'--out': expected a name that ends in .png, .svg or .pdf, not why.txt" in printed.err
    assert Path("why.svg").read_text().startswith("<?xml")
