"""Training in two cycles: a full one, a short one from its end, and the mean of their weights."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ferkit.data.dataset import FerDataset
from ferkit.files import read_json, write_json
from ferkit.runs.checks import check_data, check_run
from ferkit.runs.config import TrainConfig
from ferkit.runs.config_file import read_config
from ferkit.runs.folder import CYCLES, RunFolder
from ferkit.training.average import write_mean
from ferkit.training.one_cycle import fit_one_cycle

if TYPE_CHECKING:
    import keras


def fit_two_cycles(
    config: TrainConfig,
    run: RunFolder,
    dataset: FerDataset,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    quiet: bool,
) -> FerDataset:
    """Fit a first cycle, then a second one of `second_epochs` at full image size from
    `second_rate`, and average their weights.

    The folder contains a run folder per cycle, and itself becomes the run of their mean. The second
    cycle uses the next seed. `ferkit.training.average.average_runs` explains the benefit.

    Args:
        config: Settings of the training; `second_epochs` is 1 or more.
        run: The run folder, which is free or holds this training.
        dataset: The data, with votes if `config` uses them.
        callbacks: Further Keras callbacks, called by both cycles. Defaults to none.
        quiet: Whether to print nothing.

    Returns:
        The data for evaluation.

    Raises:
        FerkitError: The data or the config is unusable, in one sentence.
    """
    first, second = cycles = run.cycles
    for cycle in cycles:
        check_data(cycle, dataset)  # before config.json is written again
    if run.is_finished():  # its files tell of the training, not of another command
        return _with_notes(dataset, run)
    write_json(run.config, {**config.to_dict(), "data": dataset.origin or config.data})
    run.state.mkdir(exist_ok=True)
    was_there = first.path.exists()
    if not quiet:
        plan = f"ferkit: {config.epochs} epochs, then a second cycle of {config.second_epochs}"
        print(f"{plan} (second_epochs=0 skips it)", file=sys.stderr, flush=True)
    try:
        for cycle, of_cycle in zip(cycles, _configs(config, cycles), strict=True):
            _fit(of_cycle, cycle, dataset, callbacks, quiet)
    finally:
        if not first.config.exists():  # refused before the first epoch: nothing to continue from
            if not was_there:
                shutil.rmtree(first.path, ignore_errors=True)
            run.config.unlink()
            run.finish()
    facts = {k: v for k, v in second.facts().items() if k not in config.to_dict()}
    # The notes of the second cycle tell of its beginning, those of the first of the training's.
    summary = first.facts()["data_summary"]
    own = {**read_json(run.config), **facts, "data_summary": summary, "averaged": list(CYCLES)}
    write_mean(run, cycles, own, cycles)
    return _with_notes(dataset, run)


def _with_notes(dataset: FerDataset, run: RunFolder) -> FerDataset:
    """Return the data with the notes of its training, for the report."""
    notes = run.facts().get("data_summary", {}).get("notes", dataset.notes)
    return replace(dataset, notes=tuple(notes))


def _fit(
    config: TrainConfig,
    cycle: RunFolder,
    dataset: FerDataset,
    callbacks: Sequence[keras.callbacks.Callback],
    quiet: bool,
) -> None:
    """Start or resume a cycle, unless it is finished."""
    begun = cycle.config.exists()
    check_run(cycle, config, resume=begun)
    if not (begun and cycle.is_finished()):
        fit_one_cycle(config, cycle, dataset, callbacks=callbacks, quiet=quiet)
        cycle.finish()


def _configs(config: TrainConfig, cycles: Sequence[RunFolder]) -> tuple[TrainConfig, TrainConfig]:
    first = replace(config, second_epochs=0)
    second = replace(
        first,
        start=str(cycles[0].path),
        start_classes=(),  # ferkit's own file says both
        start_pixels=None,
        epochs=config.second_epochs,
        learning_rate=config.second_rate,
        warmup_epochs=1.0,
        image_sizes=(48,),
        seed=(config.seed + 1) % 2**31,
    )
    if cycles[1].config.exists():  # the folder may have been moved since
        second = replace(second, start=read_config(cycles[1]).start)
    return first, second
