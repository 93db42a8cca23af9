"""Which Keras backend, device and precision to use, decided before Keras is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from ferkit.backend.notices import without_native_notices, without_retracing_advice
from ferkit.errors import MissingDependencyError, UsageError
from ferkit.files import keep_home_clean

_INSTALLED_AS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
# Keras's backends, some of which are for inference only.
_BACKENDS = (*_INSTALLED_AS, "numpy", "openvino")
_CPU_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Compute:
    """Where and how a run computes.

    Attributes:
        backend: Keras's backend, `"tensorflow"` or `"jax"`.
        device: `"cpu"`, or the accelerator's name.
        precision: `"float32"` or `"bfloat16"` (mixed: weights stay in float32).
    """

    backend: str
    device: str
    precision: str

    def __str__(self) -> str:
        return f"{self.backend} on {self.device} in {self.precision}"

    def to_dict(self) -> dict[str, str]:
        """Return the three as a plain dictionary."""
        return asdict(self)


def prepare_backend() -> str:
    """Choose Keras's backend if nothing has chosen it yet, and return its name.

    The order is: `KERAS_BACKEND` if it is set, an installed backend with an accelerator,
    TensorFlow, any installed backend. Keras reads the choice when it is first imported.

    Raises:
        UsageError: `KERAS_BACKEND` does not name a backend.
        MissingDependencyError: Keras or every backend is missing.
    """
    if sys.modules.get("keras") is not None:  # None stands there where imports of it are blocked
        return str(sys.modules["keras"].config.backend())
    if find_spec("keras") is None:
        raise MissingDependencyError.of("Keras", "Training and Keras models", "train")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    keep_home_clean()
    backend = os.environ.get("KERAS_BACKEND") or _default_backend()
    if backend not in _BACKENDS:
        raise UsageError(
            f"KERAS_BACKEND expects one of {', '.join(_INSTALLED_AS)}, not '{backend}'; unset or "
            "change it."
        )
    os.environ["KERAS_BACKEND"] = backend
    try:
        with without_native_notices():
            import keras
    except ImportError as error:
        extra = "train-gpu" if backend == "jax" else "train"
        raise MissingDependencyError.of(backend, "The Keras backend in use", extra) from error
    return str(keras.config.backend())


def _default_backend() -> str:
    installed = [name for name, module in _INSTALLED_AS.items() if find_spec(module)]
    if not installed:
        raise MissingDependencyError.of("TensorFlow or JAX", "Keras", "train")
    if "jax" in installed and _has_nvidia() and _has_jax_cuda():
        return "jax"
    return installed[0]


def _has_nvidia() -> bool:
    return any(Path("/dev").glob("nvidia[0-9]*"))


def _has_jax_cuda() -> bool:
    return any(find_spec(f"jax_cuda{version}_plugin") for version in (12, 13))


def prepare_compute(precision: str = "auto") -> Compute:
    """Set Keras's backend and precision, and return them.

    Args:
        precision: `"float32"`, `"bfloat16"`, or `"auto"`: bfloat16 if the CPU (AVX512-BF16, AMX) or
            the accelerator supports it, else float32. Defaults to `"auto"`.

    Raises:
        UsageError: `precision` is none of these, or `KERAS_BACKEND` does not name a backend.
        MissingDependencyError: Keras or its backend is missing.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision must be one of {', '.join(PRECISIONS)}, not '{precision}'.")
    backend = prepare_backend()
    import keras

    device = _device(backend)
    if precision == "auto":
        fast = cpu_has_bfloat16() if device == "cpu" else True
        # XLA's CPU convolutions have no bfloat16 kernels: it is slower there than float32.
        precision = "bfloat16" if fast and not (backend == "jax" and device == "cpu") else "float32"
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return Compute(backend, device, precision)


@contextmanager
def computing(precision: str = "auto") -> Iterator[Compute]:
    """Set backend and precision like `prepare_compute`, and restore the precision after the block,
    since models that are created later are not meant.

    Args:
        precision: As `prepare_compute` takes it. Defaults to `"auto"`.

    Raises:
        UsageError: As `prepare_compute` does.
        MissingDependencyError: As `prepare_compute` does.
    """
    prepare_backend()
    import keras

    before = keras.config.dtype_policy()
    try:
        yield prepare_compute(precision)
    finally:
        keras.config.set_dtype_policy(before)


def _device(backend: str) -> str:
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return "cpu" if device.platform == "cpu" else str(device.device_kind)
    if backend == "tensorflow":
        with without_native_notices():
            import tensorflow as tf

        without_retracing_advice()
        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            details = tf.config.experimental.get_device_details(gpus[0])
            return str(details.get("device_name", "gpu"))
    return "cpu"


def cpu_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether this CPU multiplies bfloat16 in hardware (AVX512-BF16 or AMX)."""
    try:
        flags = cpuinfo.read_text().split()
    except OSError:
        return False
    return any(flag in flags for flag in _CPU_BFLOAT16_FLAGS)
