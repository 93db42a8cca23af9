"""Opening the ONNX file of a classifier, with an error for every other file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.convention import Convention
from ferkit.errors import ModelError, UsageError, first_line
from ferkit.inference.exact_products import products_are_exact
from ferkit.inference.input_adapter import InputAdapter
from ferkit.inference.onnx_runtime import load_onnxruntime
from ferkit.inference.parallel import usable_cores
from ferkit.labels import IMAGE_SIZE
from ferkit.metrics.checks import ROW_SUM_TOLERANCE

INPUT_SIZE = (IMAGE_SIZE, IMAGE_SIZE)
METADATA_KEY = "ferkit"

# Whether threads that wait for work spin, "1", or sleep. Spinning saves little on an idle machine.
# On a busy one it takes the cores from other work, and a photo takes two to four times as long
# (records/spinning.csv).
SPINNING = "0"

# Metadata of files whose 8-bit sums do not overflow on any processor.
EXACT_PAIRS = {"exact_pairs": True}
_EXACT_PAIRS_TEXT = json.dumps(EXACT_PAIRS)[1:-1].encode()

# An input with a default: 2 averages the answers to a face and to its mirror image, 1 does not.
VIEWS_INPUT = "views"


def open_session(
    path: Path,
    *,
    content: bytes | None = None,
    threads: int | None = None,
    providers: Sequence[str] | None = None,
) -> Any:
    """Return an ONNX Runtime session for the file at `path`.

    Args:
        path: An `.onnx` file.
        content: Replaces the content of the file. Defaults to None: the file itself.
        threads: Threads within an operator. Defaults to None: the cores that this process may use,
            at most 8.
        providers: ONNX Runtime's execution providers in order of preference. Defaults to None: the
            CPU.

    Raises:
        UsageError: `threads` is below 1, or a provider is not in this build of ONNX Runtime.
        ModelError: The file is missing, or not a complete ONNX model.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"threads must be 1 or more, not {threads}; omit it for all cores.")
    if not path.is_file():
        raise ModelError(f"There is no ONNX file {path}; create one with: ferkit export")
    onnxruntime = load_onnxruntime()
    wanted = list(providers or ["CPUExecutionProvider"])
    available = onnxruntime.get_available_providers()
    if unknown := [name for name in wanted if name not in available]:
        raise UsageError(
            f"ONNX Runtime here has no provider {unknown[0]}; choose from {', '.join(available)}."
        )
    options = onnxruntime.SessionOptions()
    # Explicit, because ONNX Runtime itself counts cores that a container does not grant.
    options.intra_op_num_threads = threads or usable_cores()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", SPINNING)
    options.log_severity_level = 3
    # Sums of 8-bit products could overflow, so this selects slower kernels that are exact.
    if not products_are_exact() and _EXACT_PAIRS_TEXT not in (content or path.read_bytes()):
        options.add_session_config_entry("session.x64quantprecision", "1")
    # A fallback from CPU to CPU would only print to standard output.
    retry = int(wanted != ["CPUExecutionProvider"])
    try:
        return onnxruntime.InferenceSession(
            content or _named_or_read(path), options, providers=wanted, enable_fallback=retry
        )
    except Exception as error:  # ONNX Runtime's errors share no other base
        raise ModelError(f"{path} is not a complete ONNX model ({_reason(error)}).") from error


def _named_or_read(path: Path) -> str | bytes:
    """Return the path, or the content of a file whose name is not UTF-8, which ONNX Runtime cannot
    open.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return path.read_bytes()
    return str(path)


def _reason(error: Exception) -> str:
    return first_line(error)[:200]


def read_metadata(session: Any, path: Path) -> dict[str, Any]:
    """Return the metadata that `ferkit export` wrote, or `{}` for a file from another program.

    Raises:
        ModelError: The metadata is broken.
    """
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ModelError(f"{path} has broken metadata ({text[:60]!r}); export the model again.")
    return content


def check_interface(session: Any, path: Path, adapter: InputAdapter) -> None:
    """Check that the model maps each face, converted by `adapter`, to one row of probabilities.

    Raises:
        ModelError: It has other inputs or outputs, or returns logits.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(outputs)} outputs, expected one of each; "
            "export the model with: ferkit export"
        )
    # Two images, in order to detect a file with a fixed batch size of one.
    probe = np.stack([np.zeros((*INPUT_SIZE, 1)), np.full((*INPUT_SIZE, 1), 255)])
    try:
        rows = np.asarray(session.run(None, {inputs[0].name: adapter(probe)})[0])
    except Exception as error:
        raise ModelError(f"{path} fails on two test images ({_reason(error)}).") from error
    if rows.ndim != 2 or len(rows) != 2:
        raise ModelError(f"{path} returns shape {rows.shape} for two images, expected (2, c).")
    if not np.isfinite(rows).all() or (rows < 0).any():
        raise ModelError(
            f"{path} returns {rows[0]}, which are not probabilities; end it with a softmax."
        )
    if (np.abs(rows.sum(axis=1) - 1) > ROW_SUM_TOLERANCE).any():
        raise ModelError(
            f"{path} returns rows that sum to {rows.sum(axis=1)}; end it with a softmax."
        )


def names_of(
    metadata: dict[str, Any], n_classes: int, path: Path, convention: Convention
) -> tuple[str, ...]:
    """Return the names of the classes: the metadata's, else those of the convention.

    Raises:
        ModelError: Names and outputs do not match, or there are no names.
    """
    names = metadata.get("emotions")
    if names is None:
        return convention.names_of(n_classes, str(path))
    fits = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not fits or len(set(names)) != n_classes or len(names) != n_classes:
        raise ModelError(f"{path} has {n_classes} classes, but names {names}; export it again.")
    return tuple(names)
