"""A training in two cycles: the whole of it, a short one from its end, and the mean of both's
weights.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

from ferkit.data.dataset import FerDataset
from ferkit.files import read_json, write_json
from ferkit.runs.config import TrainConfig
from ferkit.training.average import write_mean
from ferkit.training.one_cycle import TrainingResult, train_one_cycle
from ferkit.training.run_folder import RunFolder

_FOLDERS = ("cycle-1", "cycle-2")


def train_in_cycles(
    config: TrainConfig, run: RunFolder, dataset: FerDataset, *, quiet: bool
) -> TrainingResult:
    """Train as `config` says, then `second_epochs` more at full size from `second_rate`, and
    average both.

    The folder gets a whole run folder of each cycle, `cycle-1` and `cycle-2`, and beside them the
    run of their mean. The second has the next seed. Why the mean is better:
    `ferkit.training.average.average_runs`.

    Args:
        config: What to train and how; `second_epochs` is 1 or more.
        run: The run folder, checked to be free or to hold this training.
        dataset: The data, with votes where `config` weighs them.
        quiet: Print nothing.

    Returns:
        Where everything lies, and the metrics of the mean.

    Raises:
        FerkitError: One sentence about what is wrong with the data or the config.
    """
    cycles = [RunFolder(run.path / name) for name in _FOLDERS]
    for cycle in cycles:
        cycle.check_data(dataset)  # before config.json is written anew
    write_json(run.config, {**config.to_dict(), "data": dataset.origin or config.data})
    run.state.mkdir(exist_ok=True)
    was_there = cycles[0].path.exists()
    if not quiet:
        plan = f"ferkit: {config.epochs} epochs, then a second cycle of {config.second_epochs}"
        print(f"{plan} (--set second_epochs=0 does without)", file=sys.stderr, flush=True)
    try:
        for cycle, of_cycle in zip(cycles, _configs(config, cycles), strict=True):
            _train(of_cycle, cycle, dataset, quiet)
    finally:
        if not cycles[0].config.exists():  # refused before the first epoch: nothing to go on from
            if not was_there:
                shutil.rmtree(cycles[0].path, ignore_errors=True)
            run.config.unlink()
            run.finish()
    facts = {k: v for k, v in read_json(cycles[1].config).items() if k not in config.to_dict()}
    own = {**read_json(run.config), **facts, "averaged": list(_FOLDERS)}
    result = write_mean(run, cycles, dataset, own, cycles)
    run.finish()
    return result


def _train(config: TrainConfig, cycle: RunFolder, dataset: FerDataset, quiet: bool) -> None:
    """Begin a cycle, or go on with it, unless it came to its end."""
    begun = cycle.config.exists()
    cycle.check(config, resume=begun)
    if not (begun and cycle.is_finished()):
        train_one_cycle(config, cycle, dataset, quiet=quiet)


def _configs(config: TrainConfig, cycles: Sequence[RunFolder]) -> tuple[TrainConfig, TrainConfig]:
    first = replace(config, second_epochs=0)
    second = replace(
        first,
        start=str(cycles[0].path),
        epochs=config.second_epochs,
        learning_rate=config.second_rate,
        warmup_epochs=1.0,
        image_sizes=(48,),
        seed=config.seed + 1,
    )
    if cycles[1].config.exists():  # the folder may have been moved since
        second = replace(second, start=cycles[1].read_config().start)
    return first, second
