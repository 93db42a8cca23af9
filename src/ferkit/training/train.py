"""`train_and_evaluate`: a config and a folder in, a complete run folder out."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferkit.data.bad_items import write_skipped
from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import exclude_findings
from ferkit.data.ferplus import read_ferplus
from ferkit.data.ferplus_labels import require_labels, with_votes
from ferkit.data.load import load_fer2013
from ferkit.errors import DataError, UsageError
from ferkit.files import read_json, write_json
from ferkit.labels import SPLITS
from ferkit.models.registry import require_architecture
from ferkit.training.augmentation import require_augmentation
from ferkit.training.config import TrainConfig
from ferkit.training.environment import describe_environment
from ferkit.training.run_folder import RunFolder

if TYPE_CHECKING:
    from ferkit.models.backend import Compute


@dataclass(frozen=True)
class TrainingResult:
    """What a finished training left.

    Attributes:
        folder: The run folder.
        metrics: The content of `metrics.json`.
        model: The `.keras` file of the best epoch.
        report: The `report.html`.
    """

    folder: Path
    metrics: dict[str, Any]
    model: Path
    report: Path


def train_and_evaluate(
    config: TrainConfig,
    workdir: str | os.PathLike[str],
    *,
    dataset: FerDataset | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> TrainingResult:
    """Train as `config` says, evaluate the best epoch, and write the report.

    Args:
        config: What to train and how.
        workdir: The run folder to make.
        dataset: The data, if it is in memory already; else `config.data` is read. Defaults to None.
        resume: Go on with what the folder holds, from its last finished epoch. Defaults to False.
        quiet: Print nothing. Defaults to False.

    Returns:
        Where everything lies, and the metrics.

    Raises:
        FerkitError: One sentence about what is wrong with the data, the config or the folder.

    Example:
        >>> import tempfile
        >>> from ferkit.data.synthesize import synthesize
        >>> faces = synthesize(tempfile.mkdtemp() + "/faces", per_class=2, seed=1)
        >>> config = TrainConfig(model="demo", data=str(faces), epochs=1, tensorboard=False)
        >>> result = train_and_evaluate(config, tempfile.mkdtemp() + "/run", quiet=True)
        >>> sorted(result.metrics["splits"])
        ['test', 'train', 'validation', 'validation+test']
    """
    run = RunFolder(workdir)
    if not config.fine_tunes:
        require_architecture(config.model)
    require_augmentation(config.augment)
    _require_labels(config)
    if resume:
        run.check_resumable(config)
    else:
        run.check_free()
    if dataset is None:
        dataset = load_fer2013(
            config.data,
            skip_bad=config.skip_bad,
            convert=config.convert,
            seed=config.seed,
            labels=config.labels,
            own_classes=config.own_classes,
            ferplus=None if config.votes_weight else config.ferplus or None,
        )
    if config.votes_weight:
        dataset = with_votes(dataset, read_ferplus(config.ferplus))
    fitted, excluded = dataset, None
    if config.exclude:
        fitted, excluded = exclude_findings(dataset, config.exclude, config.exclude_kinds)
        run.check_exclusion(excluded)
        # Figures are of all images, so that they compare with those of any other training.
        dataset = replace(dataset, notes=(*dataset.notes, str(excluded)))
    for split in SPLITS:
        fitted.split(split)  # raises now rather than after hours of training
    from ferkit.models.backend import prepare_compute

    compute = prepare_compute(config.precision)
    if config.start:
        dataset = _with_start(config.start, dataset, run)
    from ferkit.training.teacher import open_teacher

    teacher = open_teacher(config.teacher, dataset.emotions) if config.teacher else None
    extra_labels = teacher is not None and teacher.extra_labels
    config = replace(config, data=dataset.origin or config.data)
    run.write_config(config, dataset, excluded, extra_labels=extra_labels)
    _announce(run, dataset, compute, quiet)

    from ferkit.evaluation.evaluate import evaluate_run
    from ferkit.training.fit import fit

    if not run.is_finished():
        environment = _begin_environment(run, compute.to_dict())
        fit(config, fitted, run, compute, teacher=teacher, quiet=quiet)
        seconds = {"training_seconds": round(run.training_seconds(), 1)}
        write_json(run.environment, {**environment, **seconds})
    metrics = evaluate_run(run.path, dataset)
    run.finish()
    return TrainingResult(run.path, metrics, run.model, run.report)


def _with_start(start: str, dataset: FerDataset, run: RunFolder) -> FerDataset:
    """Put the model to begin with into the run folder, and note in the data what becomes of its classes."""
    from ferkit.models.checkpoint import model_card
    from ferkit.training.start import write_start

    if not run.start.exists():
        write_start(start, dataset.emotions, run.start)
    card = model_card(run.start)
    if card["emotions"] != dataset.emotions:
        raise DataError(
            f"{run.path} was begun with the classes {', '.join(card['emotions'])}, but {dataset.origin} now has "
            f"{', '.join(dataset.emotions)}; choose another folder with --out."
        )
    return replace(dataset, notes=(*dataset.notes, card["note"]))


def _require_labels(config: TrainConfig) -> None:
    if not config.votes_weight:
        require_labels(config.labels, config.ferplus)
    elif not config.ferplus or config.labels != "fer2013":
        raise UsageError(
            f"The recipe {config.recipe} learns from FER+ votes beside the labels fer2013; name its fer2013new.csv with "
            "--ferplus, or do without: --set votes_weight=0"
        )


def _begin_environment(run: RunFolder, compute: dict[str, str]) -> dict[str, Any]:
    """Write down this environment, and keep those that a resumed run began in."""
    environment = describe_environment(compute)
    if run.environment.exists():
        before = read_json(run.environment)
        environment["resumed_from"] = [*before.pop("resumed_from", []), before]
    write_json(run.environment, environment)
    return environment


def _announce(run: RunFolder, dataset: FerDataset, compute: Compute, quiet: bool) -> None:
    """Say what the run computes with, and what a reader of its figures must know of its data."""
    _say(f"ferkit: {compute}", quiet)
    for note in dataset.notes:
        _say(f"ferkit: {note}", quiet)
    if dataset.skipped:
        write_skipped(run.path / "skipped.csv", dataset.skipped)
        _say(f"ferkit: left out {len(dataset.skipped)} items, see skipped.csv", quiet)


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)
