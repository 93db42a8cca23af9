"""The folder with everything that is needed to repeat and to judge a training."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any

from ferkit.errors import OutputError
from ferkit.files import read_json
from ferkit.locks import locked_folder

# The run folders of a training in two cycles, within its own.
CYCLES = ("cycle-1", "cycle-2")


class RunFolder:
    """All paths of a run folder, and the state of its training.

    The folder of an evaluation uses the same names.

    Args:
        path: The folder; it need not exist yet.

    Example:
        >>> RunFolder("runs/nowhere").is_finished()
        False
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.environment = self.path / "environment.json"
        self.history = self.path / "history.csv"
        self.skipped = self.path / "skipped.csv"
        self.tensorboard = self.path / "tensorboard"
        # Models: of the best epoch, of its second head, and the start of a fine-tuning.
        self.model = self.path / "model.keras"
        self.votes = self.path / "votes.keras"
        self.start = self.path / "start.keras"
        # The evaluation.
        self.metrics = self.path / "metrics.json"
        self.predictions = self.path / "predictions.csv"
        self.text_report = self.path / "classification_report.txt"
        self.samples = self.path / "samples.json"
        self.figures = self.path / "figures"
        self.report = self.path / "report.html"
        # Exists while the training is not finished. It is removed as a whole, so its name must not
        # be that of a user's folder.
        self.state = self.path / ".ferkit-state"
        self.answers = self.state / "teacher.npy"

    @classmethod
    def of(cls, path: str | PathLike[str]) -> RunFolder:
        """Return the run folder that `path` refers to: itself, or the folder of a model file.

        Example:
            >>> RunFolder.of("runs/nano/votes.keras").path.name
            'nano'
        """
        run = cls(os.path.abspath(path))
        beside = cls(run.path.parent)
        return beside if run.path in (beside.model, beside.votes) else run

    @property
    def cycles(self) -> tuple[RunFolder, ...]:
        """The run folders of the two cycles of a training, in order."""
        return tuple(RunFolder(self.path / name) for name in CYCLES)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other trainings out of the folder, which exists, within a `with` block.

        Raises:
            OutputError: Another process trains in it.
        """
        busy = f"Another process trains in {self.path}; wait for it, or choose another folder."
        with locked_folder(self.path, OutputError(busy)):
            yield

    def is_finished(self) -> bool:
        """Return whether the training in the folder is finished, evaluated or not.

        Raises:
            DataError: Its environment.json cannot be read.
        """
        if self.state.exists() or self.missing():
            return False
        # Written at the end of a training; the state may have been removed before, by hand.
        return "training_seconds" in read_json(self.environment)

    def missing(self) -> list[str]:
        """Return the names of the files of a finished training that are missing."""
        files = (self.config, self.environment, self.history, self.model)
        return [file.name for file in files if not file.is_file()]

    def finish(self) -> None:
        """Remove the files that only an unfinished training needs."""
        # Renamed first: a kill while it is removed would leave a part, a damaged state.
        removed = self.state.with_name(f"{self.state.name}.old")
        shutil.rmtree(removed, ignore_errors=True)
        with suppress(OSError):
            self.state.rename(removed)
        for folder in (removed, self.state):
            shutil.rmtree(folder, ignore_errors=True)

    def facts(self) -> dict[str, Any]:
        """Return the content of config.json; `{}` if there is none.

        Raises:
            DataError: It cannot be read.
        """
        content = read_json(self.config) if self.config.is_file() else {}
        return content if isinstance(content, dict) else {}

    def whole(self) -> RunFolder:
        """Return the folder of the whole training if this one is a cycle of it, else itself."""
        if self.path.name in CYCLES:
            whole = RunFolder(self.path.parent)
            if whole.facts().get("second_epochs"):
                return whole
        return self

    def extra_labels(self) -> bool:
        """Return whether the training uses labels other than the data's own, according to
        config.json.
        """
        return bool(self.facts().get("extra_labels", False))
