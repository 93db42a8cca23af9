"""The choice of backend, device and precision."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from ferkit.backend import choosing as backend
from ferkit.backend.notices import without_retracing_advice
from ferkit.errors import MissingDependencyError, UsageError


@pytest.mark.parametrize(
    ("installed", "nvidia", "cuda", "chosen"),
    [
        ({"tensorflow", "jax"}, False, True, "tensorflow"),
        ({"tensorflow", "jax"}, True, True, "jax"),
        ({"tensorflow", "jax"}, True, False, "tensorflow"),
        ({"jax"}, False, False, "jax"),
    ],
)
def test_default_backend(
    monkeypatch: pytest.MonkeyPatch, installed: set[str], nvidia: bool, cuda: bool, chosen: str
) -> None:
    monkeypatch.setattr(backend, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setattr(backend, "_has_nvidia", lambda: nvidia)
    monkeypatch.setattr(backend, "_has_jax_cuda", lambda: cuda)
    assert backend._default_backend() == chosen


def test_no_backend_names_the_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ferkit\[train\]"'):
        backend._default_backend()


@pytest.mark.parametrize(
    ("flags", "has"), [("avx2 avx512_bf16", True), ("amx_bf16", True), ("avx2 avx512f", False)]
)
def test_bfloat16_support_is_read_from_the_cpu_flags(tmp_path: Path, flags: str, has: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags\t: fpu {flags}\n")
    assert backend.cpu_has_bfloat16(tmp_path / "cpuinfo") is has


def test_system_without_cpuinfo(tmp_path: Path) -> None:
    assert backend.cpu_has_bfloat16(tmp_path / "none") is False


def test_unknown_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "foo")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with pytest.raises(UsageError, match="expects one of tensorflow, jax, torch, not 'foo'"):
        backend.prepare_backend()


def test_wrong_precision() -> None:
    with pytest.raises(UsageError, match="precision must be one of auto, float32, bfloat16"):
        backend.prepare_compute("float16")


def test_a_precision_is_restored_after_the_block_and_after_an_error() -> None:
    import keras

    with backend.computing("bfloat16") as compute:
        assert compute.precision == "bfloat16"
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    with pytest.raises(ValueError, match="inside"), backend.computing("bfloat16"):
        raise ValueError("inside")
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.slow
def test_tensorflow_is_silent_at_start_and_errors_are_shown() -> None:
    # Keras and TensorFlow import them where they are, which takes half of the time.
    quiet = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('jax', 'matplotlib', 'pandas', 'sklearn')))\n"
        "from ferkit.backend.choosing import prepare_compute; print(prepare_compute('float32'))"
    )
    done = subprocess.run([sys.executable, "-c", quiet], capture_output=True, text=True)
    assert done.stdout == "tensorflow on cpu in float32\n"
    assert done.stderr == ""
    loud = (
        "import os; from ferkit.backend.notices import without_native_notices\n"
        "with without_native_notices():\n    os.write(2, b'native words\\n'); raise SystemExit(3)"
    )
    done = subprocess.run([sys.executable, "-c", loud], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "native words\n")


def test_retracing_advice_is_hidden_and_other_warnings_are_shown(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("tensorflow")
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(logger, "propagate", True)
    without_retracing_advice()
    without_retracing_advice()
    assert len(logger.filters) == 1
    logger.warning("%d calls to %s triggered tf.function retracing. Tracing is expensive", 5, "f")
    logger.warning("disk full")
    assert [record.getMessage() for record in caplog.records] == ["disk full"]
