"""The networks of the page: optimised, with the same outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from ferkit.errors import ModelError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.serving import page_networks as module
from ferkit.serving.page_networks import classifier_network, detector_network
from ferkit.weights import onnx_file


def operators(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def answers(content: bytes, faces: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return np.asarray(session.run(None, {given.name: faces})[0])


@pytest.mark.parametrize("name", ["nano-fer2013", "nano-wild", "nano-wild-int8"])
def test_an_optimised_model_keeps_its_outputs_with_one_view(name: str) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1)).astype(np.uint8)
    content = classifier_network(onnx_file(name))
    wanted = EmotionClassifier(name, threads=1, views="one", classes=8 if "wild" in name else None)
    found = answers(content, faces.astype(np.float32))
    assert np.abs(found - wanted.predict(faces)).max() < 1e-6
    before = operators(onnx_file(name).read_bytes())
    assert len(operators(content)) < len(before)
    assert set(operators(content)) & module._FUSED


def test_convolutions_in_8_bits_have_their_channels_last() -> None:
    network = onnx.load_from_string(classifier_network(onnx_file("nano-wild-int8")))
    last = [node for node in network.graph.node if node.op_type == "QLinearConv"]
    assert last
    assert all({a.name: a.i for a in node.attribute}["channels_last"] == 1 for node in last)


def test_operators_that_a_browser_may_lack_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FUSED", frozenset())
    content = classifier_network(onnx_file("nano-fer2013"))
    assert operators(content) == operators(onnx_file("nano-fer2013").read_bytes())


def test_an_unwritable_folder_leaves_networks_unoptimised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    path = onnx_file("nano-fer2013")
    assert operators(classifier_network(path)) == operators(path.read_bytes())


@pytest.mark.parametrize("network", [classifier_network, detector_network])
def test_a_file_that_is_no_network_is_named(network: object, tmp_path: Path) -> None:
    path = tmp_path / "torn.onnx"
    path.write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"torn\.onnx is not"):
        network(path)  # type: ignore[operator]
