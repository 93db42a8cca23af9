"""Products of 8-bit integers are exact on every processor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from ferkit import weights
from ferkit.inference import exact_products, onnx_session
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.exact_products import products_are_exact
from ferkit.inference.onnx_runtime import load_onnxruntime

INT8 = [name for name in weights.shipped_models() if name.endswith("-int8")]
CPUINFO = Path("/proc/cpuinfo")


@pytest.fixture
def asked_again() -> Iterator[None]:
    products_are_exact.cache_clear()
    yield
    products_are_exact.cache_clear()


def test_the_question_is_a_valid_model() -> None:
    model = onnx.load_from_string(exact_products._product())
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["MatMulInteger"]


@pytest.mark.skipif(not CPUINFO.exists(), reason="only Linux describes its processor there")
def test_the_answer_is_that_of_the_processor(asked_again: None) -> None:
    features = set(CPUINFO.read_text().split())
    exact = "avx2" not in features or bool(features & {"avx512_vnni", "avx_vnni"})
    assert products_are_exact() is exact


@pytest.mark.parametrize(("sum_of_two", "exact"), [(255 * 127 * 2, True), (2**15 - 1, False)])
def test_a_sum_that_saturates_at_16_bits_is_not_exact(
    sum_of_two: int, exact: bool, asked_again: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        def __init__(self, *_: object, **__: object) -> None: ...

        def run(self, _: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
            pairs = given["unsigned"].size // 2
            return [np.array([[pairs * sum_of_two]], np.int32)]

    monkeypatch.setattr(load_onnxruntime(), "InferenceSession", Session)
    assert products_are_exact() is exact


@pytest.mark.parametrize("name", INT8)
def test_the_slower_kernels_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (32, 48, 48, 1), np.uint8)
    usual = EmotionClassifier(name).predict(faces)
    monkeypatch.setattr(onnx_session, "products_are_exact", lambda: False)
    monkeypatch.setattr(onnx_session, "_EXACT_PAIRS_TEXT", b"in no file")
    assert np.abs(usual - EmotionClassifier(name).predict(faces)).max() < 1e-6
