"""BackupAndRestore that is safe against interruptions and saves the state of all callbacks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ferkit.errors import DataError, OutputError
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import write_history
from ferkit.training.background_writer import BackgroundWriter
from ferkit.training.variables import assign_from, copied, write_arrays

_VALUES = "values.npy"

# State of Keras's callbacks between epochs, which its own BackupAndRestore does not save.
_REMEMBERED = ("best", "wait", "cooldown_counter", "best_epoch", "stopped_epoch")


class TrainingState(keras.callbacks.BackupAndRestore):  # type: ignore[misc]
    """Save weights, optimizer, callbacks and history after each epoch, and restore the last of
    them.

    Keras's BackupAndRestore writes two files in place: a kill between or within them leaves a
    broken backup. Here an epoch is a folder that gets its name by one rename when it is complete;
    then the epoch stands in the history, and the state before goes. Put it after every callback
    that it watches.

    Args:
        run: The run folder.
        watched: Callbacks whose memory is saved, in an order that stays the same.
        writer: What writes them, after the models that `watched` gave it.
    """

    def __init__(
        self, run: RunFolder, watched: list[keras.callbacks.Callback], writer: BackgroundWriter
    ) -> None:
        super().__init__(run.state, delete_checkpoint=False)
        self.run = run
        self.watched = watched
        self.writer = writer
        self.history: list[dict[str, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Have the state of a finished epoch saved."""
        self.history.append({"epoch": epoch, **{k: float(v) for k, v in (logs or {}).items()}})
        super().on_epoch_end(epoch, logs)

    def _save_model(self) -> None:
        values = copied(_variables(self.model))
        state = {
            "epoch": self._current_epoch,
            "stop": bool(self.model.stop_training),
            "history": list(self.history),
            "callbacks": [_memory(callback) for callback in self.watched],
        }
        self.writer.put("state", lambda: _write_state(self.run, state, values), refers=True)

    def _load_model(self) -> None:
        state = last_state(self.run.state)
        if state is None:
            return
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        folder = saved_epochs(self.run.state)[-1]
        try:
            assign_from(folder / _VALUES, _variables(self.model))
        except (OSError, ValueError, EOFError) as error:
            raise _damaged(folder, error) from error
        self.model._initial_epoch = state["epoch"]
        self.history = state["history"]
        for callback, memory in zip(self.watched, state["callbacks"], strict=True):
            for name, value in memory.items():
                setattr(callback, name, value)


def _write_state(run: RunFolder, state: dict[str, Any], values: list[np.ndarray]) -> None:
    partial = run.state / ".partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write_arrays(partial / _VALUES, values)
        (partial / "state.json").write_text(json.dumps(state), encoding="utf-8")
        partial.rename(run.state / f"epoch-{state['epoch']:05d}")
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OutputError(
            f"Cannot save the training state in {run.state}: {error.strerror or error}. "
            "Free some space, then continue with resume=True."
        ) from error
    # Only now, so that an epoch in the history is never lost.
    write_history(run.history, state["history"])
    for older in saved_epochs(run.state)[:-1]:
        shutil.rmtree(older)


def saved_epochs(folder: Path) -> list[Path]:
    """Return the complete states in `folder`, oldest first."""
    return sorted(path for path in folder.glob("epoch-*") if path.is_dir())


def last_state(folder: Path) -> dict[str, Any] | None:
    """Return the last saved state's `epoch`, `stop`, `history` and `callbacks`, or None.

    Raises:
        DataError: It is damaged, by a failing disk for example.
    """
    epochs = saved_epochs(folder)
    if not epochs:
        return None
    try:
        return dict(json.loads((epochs[-1] / "state.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(epochs[-1], error) from error


def _damaged(folder: Path, error: Exception) -> DataError:
    return DataError(
        f"The saved state {folder} is damaged ({error}); remove it to train from the first epoch."
    )


def _memory(callback: keras.callbacks.Callback) -> dict[str, Any]:
    values = {name: getattr(callback, name) for name in _REMEMBERED if hasattr(callback, name)}
    return {
        name: value if value is None or isinstance(value, int) else float(value)
        for name, value in values.items()
    }


def _variables(model: keras.Model) -> list[Any]:
    return [*model.weights, *model.optimizer.variables]
