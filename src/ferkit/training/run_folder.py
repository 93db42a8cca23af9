"""The folder that holds all that is needed to repeat and to judge a training."""

from __future__ import annotations

import shutil
from os import PathLike
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import Exclusion
from ferkit.errors import OutputError, UsageError
from ferkit.files import read_json, read_rows, write_json
from ferkit.models.checkpoint import model_card
from ferkit.runs.config import TrainConfig

# Fields that may differ when a training goes on: how long, unless that decides the rates and sizes
# of all epochs, and where the same data lies now.
_MAY_CHANGE = frozenset({"epochs", "data", "ferplus", "tensorboard"})

# What config.json tells beside the fields of TrainConfig.
_FACTS = frozenset({"data_summary", "extra_labels", "excluded", "averaged"})


# Lies in a run folder while its training is not finished.
STATE_FOLDER = ".ferkit-state"


class RunFolder:
    """Paths of a run folder, and its config.

    Args:
        path: The folder; it need not be there yet.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.environment = self.path / "environment.json"
        self.history = self.path / "history.csv"
        self.model = self.path / "model.keras"
        self.votes = self.path / "votes.keras"
        self.start = self.path / "start.keras"
        self.metrics = self.path / "metrics.json"
        self.report = self.path / "report.html"
        # Named after ferkit, since it is removed whole: a folder of the user's has another name.
        self.state = self.path / STATE_FOLDER
        self.answers = self.state / "teacher.npy"
        self.tensorboard = self.path / "tensorboard"

    def check(self, config: TrainConfig, *, resume: bool) -> None:
        """Check that the training of `config` may begin in the folder, or go on there with
        `resume`.

        Raises:
            OutputError: There is a run where none shall be, or none where one shall be; or the
                folder cannot be made.
            UsageError: What is there is another training.
        """
        if resume:
            self.check_resumable(config)
        else:
            self.check_free()

    def check_free(self) -> None:
        """Make the folder, and check that a new training may go there.

        Raises:
            OutputError: It holds a run already, or cannot be made.
        """
        self.check_unused()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"Cannot make the run folder {self.path}: {error.strerror or error}. "
                "Choose another with --out."
            ) from error

    def check_unused(self) -> None:
        """Check that no training has been here.

        Raises:
            OutputError: The folder holds a run already.
        """
        if self.config.exists():
            raise OutputError(
                f"{self.path} holds a run already; continue it with --resume, "
                "or choose another folder with --out."
            )

    def check_resumable(self, config: TrainConfig) -> None:
        """Check that `config` continues what the folder holds.

        Raises:
            OutputError: The folder holds no run.
            UsageError: Another training's settings are there, more epochs than a finished one had,
                or other ones for a schedule over all of them.
        """
        if not self.config.exists():
            raise OutputError(
                f"{self.path} holds no run to resume; leave out --resume to begin one."
            )
        before = self.read_config()
        scheduled = before.anneals or len(before.image_sizes) > 1
        may_change = _MAY_CHANGE - {"epochs"} if scheduled else _MAY_CHANGE
        differing = [
            f"{name} ({old!r}, now {now!r})"
            for name in config.to_dict()
            if (old := getattr(before, name)) != (now := getattr(config, name))
            and name not in may_change
        ]
        if differing:
            raise UsageError(
                f"{self.path} was begun with other settings: {', '.join(differing)}; "
                "repeat those to resume, or choose another folder with --out."
            )

        if self.is_finished() and config.epochs != before.epochs:
            raise UsageError(
                f"{self.path} finished its {before.epochs} epochs and keeps no state to go on "
                "from; "
                "train anew with another --out."
            )

    def is_finished(self) -> bool:
        """Say whether the training in the folder came to its end."""
        return self.report.exists() and self.model.exists() and not self.state.exists()

    def training_seconds(self) -> float:
        """Return the wall time of all epochs in the history, resumed ones too."""
        return sum(float(row["seconds"]) for row in read_rows(self.history))

    def read_config(self) -> TrainConfig:
        """Return the config that is saved in the folder.

        Raises:
            DataError: There is none that can be read.
        """
        saved: dict[str, Any] = read_json(self.config)
        return TrainConfig.from_dict({k: v for k, v in saved.items() if k not in _FACTS})

    def extra_labels(self) -> bool:
        """Say whether the training uses labels beyond the data's own, as config.json tells where it
        is there.
        """
        return self.config.exists() and bool(read_json(self.config).get("extra_labels", False))

    def check_exclusion(self, excluded: Exclusion) -> None:
        """Check that a training that goes on leaves out the same images as before.

        Raises:
            UsageError: The audit.csv has changed meanwhile.
        """
        if self.config.exists() and read_json(self.config).get("excluded") != excluded.to_dict():
            raise UsageError(
                f"{self.path} was begun with another audit.csv, which left out other images; "
                "give that one to resume, or choose another folder with --out."
            )

    def check_data(self, dataset: FerDataset) -> None:
        """Check that a training that goes on is given the data that it began with, wherever that
        lies now.

        Raises:
            UsageError: Images, labels or splits are others, or in another order.
        """
        before = read_json(self.config).get("data_summary", {}) if self.config.exists() else {}
        # A run of an older version knows its counts alone.
        for name, now in (("counts", dataset.counts), ("digest", dataset.digest)):
            if name in before and before[name] != now():
                raise UsageError(
                    f"{self.path} was begun with other data than {dataset.origin or 'this'} now "
                    "holds; give the data of "
                    f"{before.get('origin') or 'its beginning'} as it was to resume, or choose "
                    "another folder with --out."
                )

    def write_config(
        self,
        config: TrainConfig,
        dataset: FerDataset,
        excluded: Exclusion | None = None,
        *,
        extra_labels: bool = False,
    ) -> None:
        """Save the config, a summary of the data, what was left out, and whether labels beyond the
        data's own were used.

        Args:
            config: The settings.
            dataset: The data.
            excluded: What was left out of training. Defaults to None.
            extra_labels: Whether a teacher brings such labels. Defaults to False.
        """
        summary = {
            "origin": dataset.origin,
            "counts": dataset.counts(),
            "digest": dataset.digest(),
            "notes": list(dataset.notes),
            "skipped": len(dataset.skipped),
            "label_source": dataset.label_source,
        }
        inherited = bool(config.start) and model_card(self.start).get("extra_labels", False)
        facts = {
            "data_summary": summary,
            "extra_labels": bool(
                dataset.label_source or config.ferplus or inherited or extra_labels
            ),
            "excluded": excluded.to_dict() if excluded else None,
        }
        write_json(self.config, {**config.to_dict(), **facts})

    def finish(self) -> None:
        """Remove what only an unfinished training needs."""
        shutil.rmtree(self.state, ignore_errors=True)
