"""Processes whose Keras computes with another backend than that of the tests."""

from __future__ import annotations

import os
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]


def on_backend(backend: str, folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process of Keras on `backend`, where there is no TensorFlow.

    Keras imports one that is there on every backend, which takes five seconds. With `folder` first
    in the path there is none, as with the extra train-gpu. Then come this ferkit's sources,
    wherever another one is installed.
    """
    (folder / "tensorflow.py").write_text("raise ImportError('there is none')")
    places = [folder, _TESTS / "support", _TESTS.parent / "benchmarks", _TESTS.parent / "src"]
    path = os.pathsep.join(map(str, places))
    return {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": path, **more}


def on_jax(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment for JAX, which keeps what it compiles in `folder`."""
    return on_backend(
        "jax",
        folder,
        JAX_PLATFORMS="cpu",
        JAX_COMPILATION_CACHE_DIR=str(folder / "compiled"),
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
        **more,
    )
