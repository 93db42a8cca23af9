"""`tune`: search for the settings with the highest accuracy on validation."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferkit.counted import counted
from ferkit.data.dataset import FerDataset
from ferkit.errors import NonFiniteLossError, OutputError, UsageError
from ferkit.renamed import renamed_arguments
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.targets import check_whole_folder
from ferkit.tuning.checks import UntrainableError, check_settings, trial_config
from ferkit.tuning.requeue import ENDED, FOLDER, folder_name, requeue, requeue_dead
from ferkit.tuning.results import TuningResult, best_row, trial_rows, write_results
from ferkit.tuning.space import Dimension, space_of
from ferkit.tuning.storage import holds_study, import_optuna, opened_storage
from ferkit.tuning.worker import Beat

# Settings that may change when a study continues, since they do not affect results.
_LOCATIONS = frozenset({"data", "ferplus", "tensorboard"})


@renamed_arguments(dataset="data")
def tune(
    config: TrainConfig,
    out: str | os.PathLike[str],
    *,
    space: Sequence[str] = (),
    trials: int = 40,
    timeout: float | None = None,
    storage: str = "sqlite",
    prune: bool = True,
    data: FerDataset | None = None,
    quiet: bool = False,
) -> TuningResult:
    """Search for the settings with the highest accuracy on validation, without using test.

    Each trial is trained on `train` and evaluated on `validation`. Values are sampled by a tree-
    structured Parzen estimator (J. Bergstra et al., 2011); the first trial has the values of
    `config`. Trials that are behind at a ninth or a third of the epochs after the warm-up are
    pruned there (`ferkit.tuning.halving`). Another call continues the search, and killed trials
    continue after their last finished epoch. Several processes with the same `storage` share the
    trials.

    Args:
        config: The fixed settings, including the number of epochs of each trial.
        out: The folder of the study.
        space: The settings that vary, in the form of `ferkit.tuning.space.space_of`. Defaults to
            `()`: the default ranges of the levers.
        trials: Total number of trials, of all processes together. Defaults to 40.
        timeout: Seconds after which the search ends, at the end of an epoch. Defaults to None: no
            limit.
        storage: `"sqlite"`, `"journal"`, or the address of a database. Defaults to `"sqlite"`.
        prune: Whether trials that are behind end early. Defaults to True.
        data: The data, if it is already in memory. Defaults to None: `config.data` is read.
        quiet: Whether to print nothing. Defaults to False.

    Returns:
        The best trial and its settings, and the paths of `best.json` and `tuning.html`.

    Raises:
        UsageError: The space is empty or wrong, `trials` is less than 1, or the study was begun
            with other settings.
        OutputError: The folder cannot be created, or no trial was finished.
        FerkitError: The data cannot be read.
        MissingDependencyError: Optuna is not installed.
    """
    optuna = import_optuna()
    dimensions = space_of(config, space)
    if not dimensions:
        raise UsageError("There is nothing to tune: the space is empty.")
    if trials < 1:
        raise UsageError(f"trials must be 1 or more, not {trials}.")
    check_settings(config, dimensions)
    from ferkit.backend.choosing import prepare_backend
    from ferkit.training.fitted_run import read_data

    prepare_backend()

    dataset = read_data(config) if data is None else data
    folder = Path(out)
    names = os.listdir(folder) if folder.is_dir() else []
    check_whole_folder(folder, kind="a study", own=lambda: holds_study(folder), names=names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot create the folder {folder}: {error.strerror}.") from error
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    with opened_storage(storage, folder) as opened:
        study = optuna.create_study(
            storage=opened,
            study_name=folder.resolve().name,
            direction="maximize",
            load_if_exists=True,
            pruner=_pruner(config) if prune else optuna.pruners.NopPruner(),
        )
        _check_not_lost(study, folder, names)
        _check_same(study, config, dimensions, dataset)
        search = _Search(study, config, dimensions, folder, dataset, deadline, quiet)
        while time.monotonic() < deadline and search.next_trial(trials):
            pass
        return write_results(study, config, dimensions, folder)


def _pruner(config: TrainConfig) -> Any:
    from ferkit.tuning.halving import Halving

    return Halving(config.epochs, config.warmup_epochs if config.anneals else 0.0)


@dataclass(frozen=True, eq=False)
class _Search:
    study: Any
    config: TrainConfig
    space: Sequence[Dimension]
    folder: Path
    dataset: FerDataset
    deadline: float
    quiet: bool

    def next_trial(self, trials: int) -> bool:
        """Run one trial; return whether there may be another."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        from ferkit.tuning.trial_callback import TimeIsUpError

        requeue_dead(self.study)
        if self._count() >= trials:
            return False
        trial = self.study.ask()
        if self._count(up_to=trial.number) > trials:  # another process was faster
            self.study.tell(trial, state=TrialState.FAIL)
            return False
        run = RunFolder(self.folder / trial.user_attrs.get(FOLDER, folder_name(trial.number)))
        try:
            self._complete(trial, run)
        except UpdateFinishedTrialError:
            # This process was suspended for so long that another one took it for dead and
            # continues the trial.
            return True
        except BaseException as error:
            requeue(self.study, self.study.trials[trial.number], died=False)
            if isinstance(error, TimeIsUpError):
                return False
            raise
        for each in (run, *run.cycles):
            each.finish()
        self._say(trial.number)
        return True

    def _complete(self, trial: Any, run: RunFolder) -> None:
        """Train a trial until it is finished or ends early, and store which."""
        from optuna import TrialPruned
        from optuna.trial import TrialState

        try:
            with Beat(self.study._storage, trial._trial_id):
                accuracy = self._train(trial, run)
                # Fails, as the reports of epochs do, if the trial is another process's by now.
                trial.set_user_attr(FOLDER, run.path.name)
                self.study.tell(trial, accuracy)
        except (TrialPruned, NonFiniteLossError, UntrainableError) as end:
            trial.set_user_attr(ENDED, _reason(end))
            self.study.tell(trial, state=TrialState.PRUNED)

    def _count(self, up_to: float = float("inf")) -> int:
        """Return the number of trials that ended or are running, of those up to a number."""
        from optuna.trial import TrialState

        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        found = self.study.get_trials(deepcopy=False, states=states)
        return sum(trial.number <= up_to for trial in found)

    def _train(self, trial: Any, run: RunFolder) -> float:
        """Train with the values of a trial, and return the accuracy on validation."""
        import keras

        from ferkit.training.fitted_run import fit_run
        from ferkit.tuning.trial_callback import TrialCallback

        self.study.sampler = self._sampler(trial.number)
        config = trial_config(self.config, self.space, trial)
        callback = TrialCallback(trial, config.epochs, self.deadline)
        resume = run.config.exists()
        if resume:
            callback.report_earlier(run)
        try:
            fitted = fit_run(
                config, run.path, data=self.dataset, resume=resume, callbacks=[callback], quiet=True
            )
            accuracy: float = fitted.validation()["accuracy"]
        finally:
            # Frees the memory of this training, which would add up over many trials, most of them
            # pruned.
            keras.backend.clear_session()
        return accuracy

    def _sampler(self, number: int) -> Any:
        """Return the sampler of a trial, seeded by its number, so that two processes that start at
        the same time draw different values.
        """
        from optuna.exceptions import ExperimentalWarning
        from optuna.samplers import PartialFixedSampler, TPESampler

        sampler = TPESampler(seed=number)
        if number:
            return sampler
        own = {part.lever.name: part.of(self.config) for part in self.space}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            fixed = {name: value for name, value in own.items() if value is not None}
            return PartialFixedSampler(fixed, sampler)

    def _say(self, number: int) -> None:
        if self.quiet:
            return
        rows = trial_rows(self.study)
        row = next(row for row in rows if row["number"] == number)
        best = best_row(rows)
        result = f"{row['accuracy']:.4f}" if row["accuracy"] is not None else row["ended"]
        settings = ", ".join(f"{name} {text}" for name, text in row["settings"].items())
        known = f"  (best {best['accuracy']:.4f}, trial {best['number']})" if best else ""
        epochs = counted(row["epochs"], "epoch")
        line = f"trial {number}  {epochs}  {result}{known}  {settings}"
        print(line, file=sys.stderr, flush=True)


def _reason(end: Exception) -> str:
    if isinstance(end, UntrainableError):
        return str(end)
    return "its loss became NaN" if isinstance(end, NonFiniteLossError) else "behind the others"


def _check_not_lost(study: Any, folder: Path, names: Sequence[str]) -> None:
    """Check that a study that is new to its storage gets no run folders of another one, in which
    its trials would continue other trainings.
    """
    trials = [name for name in names if name.startswith("trial-")]
    if trials and "config" not in study.user_attrs:
        raise OutputError(
            f"{folder} holds trials of a study that is not in this storage; use the same storage "
            "as before, or choose another folder."
        )


def _check_same(
    study: Any, config: TrainConfig, space: Sequence[Dimension], dataset: FerDataset
) -> None:
    """Check that the settings are those with which the study was begun, or store them."""
    now = {
        "config": _fixed(config),
        "space": [str(part) for part in space],
        "data": dataset.digest(),
    }
    words = {"config": "settings", "space": "ranges", "data": "data"}
    for name, value in now.items():
        before = study.user_attrs.get(name)
        if before and name == "config":
            # A setting that did not exist when the study began had its default.
            before = {**_fixed(TrainConfig()), **before}
        if before is None:
            study.set_user_attr(name, value)
        elif before != value:
            raise UsageError(
                f"The study {study.study_name} was begun with other {words[name]}; use the same "
                "again to continue it, or choose another folder."
            )


def _fixed(config: TrainConfig) -> dict[str, Any]:
    return {name: value for name, value in config.to_dict().items() if name not in _LOCATIONS}
