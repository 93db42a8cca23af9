"""Products of 8-bit integers are exact on every processor."""

from __future__ import annotations

from pathlib import Path

import cv2
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
def test_which_processors_have_vnni(flags: str, wanted: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags : fpu {flags}\n")
    assert has_vnni(tmp_path / "cpuinfo") is wanted


def test_without_cpuinfo_opencv_is_asked_for_cpu_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if Path("/proc/cpuinfo").exists():
        assert has_vnni(tmp_path / "none") is has_vnni()
    names = {7: "SSE4.2", 11: "AVX2", 23: "AVX512VNNI"}
    for present, wanted in (({7}, True), ({7, 11}, False), ({7, 11, 23}, True)):
        monkeypatch.setattr(cv2, "checkHardwareSupport", present.__contains__)
        monkeypatch.setattr(cv2, "getHardwareFeatureName", names.__getitem__)
        assert has_vnni(tmp_path / "none") is wanted


@pytest.mark.parametrize("name", INT8)
def test_the_exact_kernels_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (32, 48, 48, 1), np.uint8)
    usual = EmotionClassifier(name).predict(faces)
    monkeypatch.setattr(onnx_session, "has_vnni", lambda: False)
    exact = EmotionClassifier(name).predict(faces)
    if has_vnni():  # else both are the exact ones
        assert np.abs(usual - exact).max() < 1e-6
