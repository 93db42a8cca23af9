"""Checks whether a training may begin or continue in a folder."""

from __future__ import annotations

from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import Exclusion
from ferkit.data.layout import printable
from ferkit.errors import ExistingFileError, OutputError, UsageError
from ferkit.runs.config import TrainConfig
from ferkit.runs.config_file import read_config
from ferkit.runs.folder import RunFolder
from ferkit.targets import check_folder

# Fields that may differ when a training is resumed: its length, unless that decides the rates and
# sizes of all epochs, and the place of the data and of what is left out of it.
_MAY_CHANGE = frozenset({"epochs", "data", "ferplus", "tensorboard", "exclude"})


def check_run(run: RunFolder, config: TrainConfig, *, resume: bool) -> None:
    """Check that the training of `config` may begin in the folder or, with `resume`, continue
    there.

    Raises:
        OutputError: The folder holds a run but `resume` is False, or no run but `resume` is True;
            or it cannot be created.
        UsageError: The folder holds another training.
    """
    if resume:
        check_resumable(run, config)
    else:
        make_free(run)


def make_free(run: RunFolder) -> None:
    """Create the folder and check that a new training may begin there.

    Raises:
        OutputError: It already holds a run, cannot be created, or has a name that is not UTF-8.
    """
    check_unused(run)
    if (name := printable(str(run.path))) != str(run.path):
        # TensorFlow cannot write there.
        raise OutputError(f"The name of the run folder {name} is not UTF-8; choose another.")
    try:
        run.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot create the run folder {run.path}: {error.strerror or error}. Choose another."
        ) from error


def check_unused(run: RunFolder) -> None:
    """Check that the folder holds no training, nor another file of the name of one of its files.

    Raises:
        OutputError: It holds either.
    """
    if run.config.exists():
        raise OutputError(
            f"{run.path} already holds a run; continue it with resume=True, "
            "or choose another folder."
        )
    trained = (run.environment, run.history, run.skipped, run.model, run.votes)
    files = (*trained, run.metrics, run.predictions, run.text_report, run.samples, run.report)
    try:
        check_folder(run.path, [file.name for file in files], sign=run.metrics.name)
    except ExistingFileError as error:
        raise OutputError(str(error)) from None


def check_resumable(run: RunFolder, config: TrainConfig) -> None:
    """Check that `config` continues what the folder holds.

    Raises:
        OutputError: The folder holds no run.
        UsageError: The settings are those of another training, a finished training should get more
            epochs, or the number of epochs differs and decides the schedule.
    """
    if not run.config.exists():
        raise OutputError(f"{run.path} holds no run to resume; omit resume=True to start one.")
    before = read_config(run)
    scheduled = before.anneals or len(before.image_sizes) > 1
    may_change = _MAY_CHANGE - {"epochs"} if scheduled else _MAY_CHANGE
    differing = [
        f"{name} ({old!r}, now {now!r})"
        for name in config.to_dict()
        if (old := getattr(before, name)) != (now := getattr(config, name))
        # `check_exclusion` compares the content of two files.
        and (name not in may_change or (name == "exclude" and not (old and now)))
    ]
    if differing:
        raise UsageError(
            f"{run.path} was begun with other settings: {', '.join(differing)}; "
            "repeat those to resume, or choose another folder."
        )
    if run.is_finished() and config.epochs != before.epochs:
        raise UsageError(
            f"{run.path} finished its {before.epochs} epochs and keeps no state to continue from; "
            "train again in another folder."
        )


def check_exclusion(run: RunFolder, excluded: Exclusion) -> None:
    """Check that a resumed training leaves out the same images as before.

    Raises:
        UsageError: The audit.csv has changed.
    """
    if run.config.exists() and run.facts().get("excluded") != excluded.to_dict():
        raise UsageError(
            f"{run.path} was begun with another audit.csv, which left out other images; "
            "use that file to resume, or choose another folder."
        )


def check_data(run: RunFolder, dataset: FerDataset) -> None:
    """Check that a resumed training gets the data that it began with, which may have moved.

    Raises:
        UsageError: Images, labels, splits or their order differ.
    """
    before = run.facts().get("data_summary", {})
    # A run of an older version recorded only the counts.
    for name, now in (("counts", dataset.counts), ("digest", dataset.digest)):
        if name in before and before[name] != now():
            raise UsageError(
                f"{run.path} was begun with other data than {dataset.origin or 'this'} now "
                f"holds; give the data of {before.get('origin') or 'its beginning'} as it was to "
                "resume, or choose another folder."
            )
