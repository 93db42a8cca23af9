"""Processes whose Keras computes with JAX instead of TensorFlow."""

from __future__ import annotations

import os
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
# Keras imports them where they are, on every backend, which takes most of its time; there is no
# TensorFlow with the extra train-gpu, and these trainings draw nothing.
_MISSING = ("tensorflow", "matplotlib", "pandas", "sklearn")
# Programs of tests run for moments, so they are to compile quickly, if to run slowly. The second
# flag takes XLA's older code generator, which halves the time of affine augmentations; the last
# has a small program compiled as one part instead of many.
_QUICK = (
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false "
    "--xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1"
)


def on_jax(folder: Path, flags: str = "", **more: str) -> dict[str, str]:
    """Return the environment of a process of Keras on JAX with these flags of XLA, which keeps what
    it compiles in `folder`. This ferkit's sources come before another one that is installed.
    """
    for name in _MISSING:
        (folder / f"{name}.py").write_text("raise ImportError('there is none')")
    places = [folder, _TESTS / "support", _TESTS.parent / "benchmarks", _TESTS.parent / "src"]
    return {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "XLA_FLAGS": f"{_QUICK} {flags}",
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        **more,
    }
