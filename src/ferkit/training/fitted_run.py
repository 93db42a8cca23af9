"""`fit_run`: fit a run without using the test split."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import read_ferplus
from ferkit.data.ferplus_labels import require_labels, with_votes
from ferkit.data.load import load_fer2013
from ferkit.errors import UsageError
from ferkit.models.registry import require_architecture
from ferkit.renamed import renamed_arguments
from ferkit.runs.checks import check_run
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.training.augmentation.pipelines import require_augmentation
from ferkit.training.cycles import fit_two_cycles
from ferkit.training.one_cycle import fit_one_cycle

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class FittedRun:
    """A run whose model is chosen, and whose test split has not been used.

    Attributes:
        run: Its folder. It keeps the state of the last epoch, so that more epochs may follow, until
            `run.finish()` removes it.
        dataset: The data for evaluation, with notes about exclusions from training.
        process: Number of this process among those that train together; process 0 evaluates.
            Defaults to 0.
    """

    run: RunFolder
    dataset: FerDataset
    process: int = 0

    def validation(self) -> dict[str, Any]:
        """Evaluate the model on the validation split only.

        Returns:
            The result of `ferkit.metrics.scores.classification_metrics`: `accuracy`, `nll`,
            `macro_f1`, `ece` and more.

        Raises:
            ModelError: The folder holds no model.
        """
        from ferkit.evaluation.evaluate import evaluate

        metrics = evaluate(self.run.path, self.dataset, splits=("validation",))
        entry: dict[str, Any] = metrics["splits"]["validation"]
        return entry


@renamed_arguments(workdir="out", dataset="data")
def fit_run(
    config: TrainConfig,
    out: str | os.PathLike[str],
    *,
    data: FerDataset | None = None,
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    devices: int | Literal["all"] = 1,
    quiet: bool = False,
) -> FittedRun:
    """Fit on train with `config` and choose the best epoch on validation, without using test.

    Comparisons of trainings build on this, because test is scored only once, for a finished model:
    `train_and_evaluate` does that afterwards.

    Args:
        config: The settings of the training.
        out: The run folder to create.
        data: The data, if it is already in memory. Defaults to None: `config.data` is read.
        resume: Whether to continue the run in the folder after its last complete epoch. Defaults to
            False.
        callbacks: Further Keras callbacks, which run after ferkit's own and see `loss`, `accuracy`,
            `val_loss` and `val_accuracy` of each epoch. An exception from one ends the training,
            which can be resumed from its last complete epoch. Both cycles of a two-cycle training
            call them, each with epochs from 0. Defaults to none.
        devices: Number of devices that share each batch, on JAX, or `"all"`; with several
            processes, of all of them (`ferkit.training.devices`). Defaults to 1.
        quiet: Whether to print nothing. Defaults to False.

    Returns:
        The run with its model.

    Raises:
        FerkitError: The data, the config or the folder is unusable, in one sentence.

    Example:
        >>> import tempfile
        >>> from ferkit.synthetic.synthesize import synthesize
        >>> faces = synthesize(tempfile.mkdtemp() + "/faces", per_class=2, seed=1)
        >>> config = TrainConfig(model="demo", data=str(faces), epochs=1, tensorboard=False)
        >>> fitted = fit_run(config, tempfile.mkdtemp() + "/run", quiet=True)
        >>> 0 <= fitted.validation()["accuracy"] <= 1, fitted.run.metrics.exists()
        (True, False)
    """
    with fitted_in(
        config, out, data=data, resume=resume, callbacks=callbacks, devices=devices, quiet=quiet
    ) as fitted:
        return fitted


@contextmanager
def fitted_in(
    config: TrainConfig,
    out: str | os.PathLike[str],
    *,
    data: FerDataset | None,
    resume: bool,
    devices: int | Literal["all"],
    quiet: bool,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Iterator[FittedRun]:
    """Fit as `fit_run` does, and keep other trainings out of the folder until the block ends: one
    that resumes it while it is evaluated would find its state half removed.
    """
    require_trainable(config)
    process = _join_processes() if devices != 1 else 0
    # Each further process keeps its own run for resuming, inside that of the first one.
    run = RunFolder(Path(out) / f"process-{process}" if process else out)
    check_run(run, config, resume=resume)
    with run.locked():
        if data is None:
            data = read_data(config)
        if config.votes_weight and config.ferplus and data.votes is None:
            data = with_votes(data, read_ferplus(config.ferplus))
        fit = fit_two_cycles if config.second_epochs else fit_one_cycle
        with _sharing(devices, config.batch_size):
            measured = fit(config, run, data, callbacks=callbacks, quiet=quiet or process > 0)
        yield FittedRun(run, measured, process)


def _join_processes() -> int:
    from ferkit.backend.choosing import prepare_backend

    prepare_backend()
    from ferkit.training.devices import join_processes

    return join_processes()


def _sharing(devices: int | Literal["all"], batch_size: int) -> AbstractContextManager[None]:
    if devices == 1:
        return nullcontext()
    from ferkit.training.devices import on_devices

    return on_devices(devices, batch_size)


def read_data(config: TrainConfig) -> FerDataset:
    """Read the data set of a training.

    Raises:
        DataError: It cannot be read.
    """
    return load_fer2013(
        config.data,
        skip_bad=config.skip_bad,
        convert=config.convert,
        seed=config.seed,
        labels=config.labels,
        own_classes=config.own_classes,
        draw_test=config.draw_test,
        ferplus=None if config.votes_weight else config.ferplus,
    )


def require_trainable(config: TrainConfig) -> None:
    """Check what a config names, as far as that needs no data.

    Raises:
        UsageError: There is no such architecture or augmentation, or labels of FER+ lack its file.
    """
    if not config.fine_tunes:
        require_architecture(config.model)
    require_augmentation(config.augment)
    if not config.votes_weight:
        require_labels(config.labels, config.ferplus)
    elif not config.ferplus or config.labels != "fer2013":
        raise UsageError(
            f"The recipe {config.recipe} learns from FER+ votes in addition to the labels fer2013; "
            "name FER+'s fer2013new.csv with ferplus=..., or train without votes: votes_weight=0"
        )
