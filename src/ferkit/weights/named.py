"""`named_model`: the model that a name or a path refers to, for all code that takes a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ferkit.errors import ModelError, UsageError
from ferkit.runs.folder import RunFolder
from ferkit.weights import (
    is_shipped,
    keras_file,
    model_card,
    onnx_file,
    present_name,
    shipped_models,
)

KERAS_ENDINGS = (".keras", ".h5", ".hdf5")
ONNX_ENDING = ".onnx"


@dataclass(frozen=True, eq=False)
class NamedModel:
    """The model that a name or a path refers to.

    Attributes:
        kind: `"shipped"`; `"onnx"`, an ONNX file; `"run"`, a run folder; `"keras"`, a Keras file.
        name: Name of the shipped model or the run folder, else of the file without its suffix.
        path: The named file or folder; None for a shipped model.
        run: The run folder that it is or that contains it, else None.
        card: The card of a shipped model; empty for others, whose files contain the facts.
    """

    kind: Literal["shipped", "onnx", "run", "keras"]
    name: str
    path: Path | None = None
    run: RunFolder | None = None
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs_on_onnx(self) -> bool:
        """Whether ONNX Runtime can open it directly, without Keras."""
        return self.kind in ("shipped", "onnx")

    @property
    def onnx(self) -> Path:
        """The ONNX file.

        Raises:
            ModelError: It is a Keras model, or the file of a shipped one is damaged.
            DownloadError: The file of a shipped one is missing and cannot be downloaded.
        """
        if self.path is None:
            return onnx_file(self.name)
        if self.kind != "onnx":
            raise ModelError(
                f"{self.path} is a Keras model, which needs Keras; export it first with: "
                f"ferkit export {self.path}"
            )
        return self.path

    @property
    def keras(self) -> Path:
        """The Keras file.

        Raises:
            ModelError: There is only an ONNX file, or the file of a shipped one is damaged.
            DownloadError: The file of a shipped one is missing and cannot be downloaded.
        """
        if self.path is None:
            return keras_file(self.name)
        if self.kind == "onnx":
            raise ModelError(
                f"{self.path} is an ONNX file, which is for inference only; use the run folder or "
                "the Keras file that it was exported from."
            )
        return RunFolder(self.path).model if self.kind == "run" else self.path


def named_model(model: str | os.PathLike[str]) -> NamedModel:
    """Return the model that `model` refers to.

    Args:
        model: The name of a shipped model, a run folder, or a `.keras`, `.h5`, `.hdf5` or `.onnx`
            file.

    Raises:
        UsageError: There is no shipped model of this name.
        ModelError: There is no model at this path.

    Example:
        >>> named_model("small-fer2013").kind
        'shipped'
        >>> named_model("typo.keras")
        Traceback (most recent call last):
        ferkit.errors.ModelError: There is no model typo.keras: no such file or folder; ...
    """
    if is_shipped(model):
        return NamedModel("shipped", present_name(str(model)), card=model_card(str(model)))
    path = Path(model).expanduser()
    ending = path.suffix.lower()
    # Unlike those of `Path`, they return False for a name that is too long or not accessible.
    if os.path.isdir(path):
        return _folder(path)
    if not os.path.isfile(path):
        raise _nothing_there(str(model), path)
    if ending == ONNX_ENDING:
        return NamedModel("onnx", _file_name(path), path)
    if ending in KERAS_ENDINGS:
        run = RunFolder.of(path)
        inside = run.path != Path(os.path.abspath(path))
        return NamedModel("keras", _file_name(path), path, run if inside else None)
    raise ModelError(f"{path} is not a model that ferkit reads; {_wanted()}.")


def architecture_name(model: str | os.PathLike[str]) -> str:
    """Return the architecture of a training that starts from `model`, which need not exist: that of
    a shipped model or a run, else the model's name.

    Example:
        >>> architecture_name("small-fer2013"), architecture_name("runs/mine/model.keras")
        ('small', 'mine')
    """
    if is_shipped(model):
        return str(model_card(str(model)).get("architecture", model))
    path = Path(model).expanduser()
    known = RunFolder(path).facts().get("model")
    return known if isinstance(known, str) else _file_name(path)


def as_named(model: Any) -> NamedModel | None:
    """Return the model that `model` refers to; None if it is a model in memory.

    Raises:
        UsageError: There is no shipped model of this name.
        ModelError: There is no model at this path.
    """
    return named_model(model) if isinstance(model, str | os.PathLike) else None


def run_of(model: Any) -> RunFolder | None:
    """Return the run folder that `model` names, or that contains the Keras file that it names; it
    need not exist.

    Args:
        model: A name, a path, or a model in memory.

    Returns:
        The folder; None for a shipped model and for a model in memory.

    Example:
        >>> run_of("small-wild") is None, run_of("runs/nano/model.keras").path.name
        (True, 'nano')
    """
    if not isinstance(model, str | os.PathLike) or is_shipped(model):
        return None
    return RunFolder.of(Path(model).expanduser())


def _file_name(path: Path) -> str:
    """Return a file's name without its suffix; for the model of a run, the folder's name."""
    whole = Path(os.path.abspath(path))
    run = RunFolder.of(whole)
    return run.path.name if whole == run.model else whole.stem


def _folder(path: Path) -> NamedModel:
    run = RunFolder(path)
    if run.model.is_file():
        return NamedModel("run", Path(os.path.abspath(path)).name, path, run)
    if (path / "saved_model.pb").is_file():
        raise ModelError(
            f"{path} is a TensorFlow SavedModel, which Keras 3 does not read; save it as one file "
            "where it was made, with model.save('model.keras') or model.save('model.h5')."
        )
    raise ModelError(f"There is no model in {path}: it has no {run.model.name}; {_wanted()}.")


def _nothing_there(named: str, path: Path) -> ModelError | UsageError:
    if path.suffix or len(path.parts) > 1:
        return ModelError(f"There is no model {named}: no such file or folder; {_wanted()}.")
    return UsageError(f"There is no model '{named}': {_wanted()}.")


def _wanted() -> str:
    names = ", ".join(shipped_models()) or "none in this installation"
    return f"give the name of a shipped one ({names}), a run folder, or a .keras, .h5 or .onnx file"
