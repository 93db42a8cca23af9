"""8-bit integers are multiplied exactly on every processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit import weights
from ferkit.inference import onnx_session
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.vnni import has_vnni

INT8 = [name for name in weights.shipped_models() if name.endswith("-int8")]


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [("avx2 avx512_vnni", True), ("avx2 avx_vnni", True), ("avx2 avx512f", False), ("asimd", True)],
)
def test_which_processors_multiply_int8_whole(flags: str, wanted: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags : fpu {flags}\n")
    assert has_vnni(tmp_path / "cpuinfo") is wanted
    assert has_vnni(tmp_path / "none") is True


@pytest.mark.parametrize("name", INT8)
def test_the_exact_kernels_say_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (32, 48, 48, 1), np.uint8)
    usual = EmotionClassifier(name).predict(faces)
    monkeypatch.setattr(onnx_session, "has_vnni", lambda: False)
    exact = EmotionClassifier(name).predict(faces)
    if has_vnni():  # else both are the exact ones
        assert np.abs(usual - exact).max() < 1e-6
