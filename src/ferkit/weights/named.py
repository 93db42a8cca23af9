"""`named_model`: what a name or a path means as a model, for everything that takes one."""

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
    """A model that a name or a path means.

    Attributes:
        kind: `"shipped"`; `"onnx"`, an ONNX file; `"run"`, a run folder; `"keras"`, a Keras file.
        name: What to call it: the shipped name, the run folder's, else the file's without its
            ending.
        path: The file or folder that was named; None of a shipped model.
        run: The run folder that it is, or in which it lies; None without.
        card: The card of a shipped model; empty for others, whose files say what is known.
    """

    kind: Literal["shipped", "onnx", "run", "keras"]
    name: str
    path: Path | None = None
    run: RunFolder | None = None
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs_on_onnx(self) -> bool:
        """Whether ONNX Runtime takes it as it is, without Keras."""
        return self.kind in ("shipped", "onnx")

    @property
    def onnx(self) -> Path:
        """The ONNX file.

        Raises:
            ModelError: It is a Keras model, or the file of a shipped one is damaged.
            DownloadError: The file of a shipped one is not here and cannot be fetched.
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
            ModelError: It comes as ONNX alone, or the file of a shipped one is damaged.
            DownloadError: The file of a shipped one is not here and cannot be fetched.
        """
        if self.path is None:
            return keras_file(self.name)
        if self.kind == "onnx":
            raise ModelError(
                f"{self.path} is an ONNX file, which has weights for inference alone; give the run "
                "folder or the Keras file that it was exported from."
            )
        return RunFolder(self.path).model if self.kind == "run" else self.path


def named_model(model: str | os.PathLike[str]) -> NamedModel:
    """Return what `model` names.

    Args:
        model: The name of a shipped model, a run folder, a `.keras`, `.h5`, `.hdf5` or `.onnx`
            file.

    Raises:
        UsageError: It is a word that names no shipped model.
        ModelError: It is a path where no model lies.

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
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise _nothing_there(str(model), path)
    if ending == ONNX_ENDING:
        return NamedModel("onnx", _file_name(path), path)
    if ending in KERAS_ENDINGS:
        run = RunFolder.of(path)
        inside = run.path != Path(os.path.abspath(path))
        return NamedModel("keras", _file_name(path), path, run if inside else None)
    raise ModelError(f"{path} is not a model that ferkit reads; {_wanted()}.")


def architecture_name(model: str | os.PathLike[str]) -> str:
    """Return what a training that begins with `model` calls its own, whether that is there or not:
    the architecture of a shipped model or a run, else the model's name.

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
    """Return what `model` names; None if it is a model in memory rather than a name or path.

    Raises:
        UsageError, ModelError: As `named_model` does.
    """
    return named_model(model) if isinstance(model, str | os.PathLike) else None


def run_of(model: Any) -> RunFolder | None:
    """Return the run folder that `model` names, or in which the Keras file that it names lies,
    whether there is a model yet or not.

    Args:
        model: Whatever names or is a model.

    Returns:
        None for a shipped model, and for one in memory.

    Example:
        >>> run_of("small-wild") is None, run_of("runs/nano/model.keras").path.name
        (True, 'nano')
    """
    if not isinstance(model, str | os.PathLike) or is_shipped(model):
        return None
    return RunFolder.of(Path(model).expanduser())


def _file_name(path: Path) -> str:
    """Return a file's name without its ending; that of its folder for the model of a run."""
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
    raise ModelError(f"There is no model in {path}: it holds no {run.model.name}; {_wanted()}.")


def _nothing_there(named: str, path: Path) -> ModelError | UsageError:
    if path.suffix or len(path.parts) > 1:
        return ModelError(f"There is no model {named}: no such file or folder; {_wanted()}.")
    return UsageError(f"There is no model '{named}': {_wanted()}.")


def _wanted() -> str:
    names = ", ".join(shipped_models()) or "none in this installation"
    return f"give the name of a shipped one ({names}), a run folder, or a .keras, .h5 or .onnx file"
