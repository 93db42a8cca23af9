"""BackupAndRestore that survives a kill at any moment and forgets nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import keras

from ferkit.errors import OutputError
from ferkit.files import read_json

# What Keras's callbacks remember between epochs; its own BackupAndRestore saves none of it.
_REMEMBERED = ("best", "wait", "cooldown_counter", "best_epoch", "stopped_epoch")


class TrainingState(keras.callbacks.BackupAndRestore):  # type: ignore[misc]
    """Save weights, optimizer, callbacks and history after each epoch, and restore the last of
    them.

    Keras's BackupAndRestore writes two files in place: a kill between or within them leaves a
    broken backup. Here an epoch is a folder that gets its name by one rename when it is complete,
    and the one before goes only then. Put it after every callback that it watches, and before
    whatever makes the epoch public (CSVLogger).

    Args:
        folder: Where the states lie.
        watched: Callbacks whose memory is saved, in an order that stays the same.
    """

    def __init__(self, folder: Path, watched: list[keras.callbacks.Callback]) -> None:
        super().__init__(folder, delete_checkpoint=False)
        self.folder = folder
        self.watched = watched
        self.history: list[dict[str, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save the state of a finished epoch."""
        self.history.append({"epoch": epoch, **{k: float(v) for k, v in (logs or {}).items()}})
        super().on_epoch_end(epoch, logs)

    def _save_model(self) -> None:
        partial = self.folder / ".partial"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            self.model.save_weights(partial / "state.weights.h5")
            state = {
                "epoch": self._current_epoch,
                "stop": bool(self.model.stop_training),
                "history": self.history,
                "callbacks": [_memory(callback) for callback in self.watched],
            }
            (partial / "state.json").write_text(json.dumps(state), encoding="utf-8")
            partial.rename(self.folder / f"epoch-{self._current_epoch:05d}")
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise OutputError(
                f"Cannot save the training state in {self.folder}: {error.strerror or error}. "
                "Free some space, then continue with resume=True."
            ) from error
        for older in saved_epochs(self.folder)[:-1]:
            shutil.rmtree(older)

    def _load_model(self) -> None:
        epochs = saved_epochs(self.folder)
        if not epochs:
            return
        state = read_json(epochs[-1] / "state.json")
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        self.model.load_weights(epochs[-1] / "state.weights.h5")
        self.model._initial_epoch = state["epoch"]
        self.history = state["history"]
        for callback, memory in zip(self.watched, state["callbacks"], strict=True):
            for name, value in memory.items():
                setattr(callback, name, value)


def saved_epochs(folder: Path) -> list[Path]:
    """Return the complete states in `folder`, oldest first."""
    return sorted(path for path in folder.glob("epoch-*") if path.is_dir())


def last_state(folder: Path) -> dict[str, Any] | None:
    """Return the last saved state's `epoch`, `stop`, `history` and `callbacks`, or None."""
    epochs = saved_epochs(folder)
    return dict(read_json(epochs[-1] / "state.json")) if epochs else None


def _memory(callback: keras.callbacks.Callback) -> dict[str, Any]:
    values = {name: getattr(callback, name) for name in _REMEMBERED if hasattr(callback, name)}
    return {
        name: value if value is None or isinstance(value, int) else float(value)
        for name, value in values.items()
    }
