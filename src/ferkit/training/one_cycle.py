"""One cycle of a training, from its first epoch to its last."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ferkit.data.bad_items import write_skipped
from ferkit.data.convention import Convention
from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import exclude_findings
from ferkit.errors import DataError
from ferkit.files import read_json, write_json
from ferkit.runs.checks import check_data, check_exclusion
from ferkit.runs.config import TrainConfig
from ferkit.runs.config_file import write_config
from ferkit.runs.environment import describe_environment
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import training_seconds

if TYPE_CHECKING:
    import keras

    from ferkit.backend.choosing import Compute


def fit_one_cycle(
    config: TrainConfig,
    run: RunFolder,
    dataset: FerDataset,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    quiet: bool,
) -> FerDataset:
    """Fit one cycle, from the last complete epoch in the folder, and keep the best epoch there.

    Args:
        config: The settings of the training; its second cycle is ignored.
        run: The run folder, which is free or holds this training.
        dataset: The data, with votes if `config` uses them.
        callbacks: Further Keras callbacks. Defaults to none.
        quiet: Whether to print nothing.

    Returns:
        The data for evaluation: all of it, with notes about exclusions and the initial weights.

    Raises:
        FerkitError: The data or the config is unusable, in one sentence.
    """
    fitted, excluded = dataset, None
    if config.exclude:
        fitted, excluded = exclude_findings(dataset, config.exclude, config.exclude_kinds)
        check_exclusion(run, excluded)
        # Figures are computed on all images, so that they can be compared with other trainings.
        dataset = replace(dataset, notes=(*dataset.notes, str(excluded)))
    for split in ("train", "validation"):
        fitted.split(split)  # raises now rather than after hours of training
    from ferkit.backend.choosing import computing

    with computing(config.precision) as compute:
        from ferkit.training.teacher import open_teacher

        teacher = None
        if config.teacher:
            votes, views = bool(config.votes_weight), config.teacher_views
            teacher = open_teacher(config.teacher, dataset.emotions, votes=votes, views=views)
        extra_labels = teacher is not None and teacher.extra_labels
        if config.start:
            card = _begin_with(config, dataset, run)
            dataset = replace(dataset, notes=(*dataset.notes, card["note"]))
            extra_labels = extra_labels or card.get("extra_labels", False)
        check_data(run, dataset)
        config = replace(config, data=dataset.origin or config.data)
        write_config(run, config, dataset, excluded, extra_labels=extra_labels)
        _announce(run, dataset, compute, quiet)

        from ferkit.training.fit import fit

        if not run.is_finished():
            environment = _begin_environment(run, compute.to_dict())
            fit(config, fitted, run, compute, teacher=teacher, callbacks=callbacks, quiet=quiet)
            seconds = round(training_seconds(run.history), 1)
            write_json(run.environment, {**environment, "training_seconds": seconds})
        return dataset


def _begin_with(config: TrainConfig, dataset: FerDataset, run: RunFolder) -> dict[str, Any]:
    """Write the initial model into the run folder; return its card, whose note describes the change
    of classes.
    """
    from ferkit.models.checkpoint import model_card
    from ferkit.training.start import write_start

    # Without config.json, the file is from a refused attempt, perhaps with another model.
    if not (run.config.exists() and run.start.exists()):
        stated = Convention.of(config.start_classes, config.start_pixels)
        write_start(str(config.start), dataset.emotions, run.start, stated)
    card = model_card(run.start)
    if card["emotions"] != dataset.emotions:
        raise DataError(
            f"{run.path} was begun with the classes {', '.join(card['emotions'])}, but "
            f"{dataset.origin} now has {', '.join(dataset.emotions)}; choose another folder."
        )
    return card


def _begin_environment(run: RunFolder, compute: dict[str, str]) -> dict[str, Any]:
    """Record this environment, in addition to those of earlier parts of a resumed run."""
    environment = describe_environment(compute)
    if run.environment.exists():
        before = read_json(run.environment)
        environment["resumed_from"] = [*before.pop("resumed_from", []), before]
    write_json(run.environment, environment)
    return environment


def _announce(run: RunFolder, dataset: FerDataset, compute: Compute, quiet: bool) -> None:
    """Print the backend of the run, and the notes on its data."""
    _say(f"ferkit: {compute}", quiet)
    for note in dataset.notes:
        _say(f"ferkit: {note}", quiet)
    if dataset.skipped:
        write_skipped(run.skipped, dataset.skipped)
        _say(f"ferkit: left out {len(dataset.skipped)} items, see skipped.csv", quiet)


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)
