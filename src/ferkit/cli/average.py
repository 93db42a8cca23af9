"""`ferkit average`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ferkit.cli.parts import options

if TYPE_CHECKING:
    from ferkit.data.dataset import FerDataset


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.data()
@options.labels(**options.AS_RUN)
@options.ferplus()
@options.skip_bad()
@options.convert()
@options.run_out()
def average(runs: tuple[Path, ...], data: str, out: Path, **reading: Any) -> None:
    """Average the weights of RUNS: finished run folders, each started from the weights of another.

    The data set is read with the options of the last run; options given here take precedence.

    \b
    Examples:
      ferkit train nano --data fer2013.csv --ferplus fer2013new.csv --out runs/a
      ferkit train nano --data fer2013.csv --ferplus fer2013new.csv --out runs/b
        --set start=runs/a --set image_sizes=48 --epochs 14
      ferkit average runs/a runs/b --data fer2013.csv --out runs/mean
    """  # noqa: D301 (click's mark for lines that stay)
    from ferkit.cli.parts.output import print_headline
    from ferkit.runs.folder import RunFolder
    from ferkit.runs.reading import load_as_run, reading_options
    from ferkit.training.average import average_runs

    last = RunFolder(runs[-1])
    dataset = load_as_run(last, data, **reading)
    for run in runs[:-1]:
        seed = reading_options(RunFolder(run)).get("seed")
        _check_splits(run, dataset, load_as_run(last, data, **reading, seed=seed))
    result = average_runs(runs, out, dataset)
    print_headline(result.metrics, result.report)


def _check_splits(run: Path, dataset: FerDataset, of_run: FerDataset) -> None:
    """Check that `run` was not trained on validation or test images of the last run."""
    import numpy as np

    from ferkit.errors import UsageError

    if not np.array_equal(dataset.splits, of_run.splits):
        raise UsageError(
            f"{run} drew other validation images from {dataset.origin} than the last run, so the "
            "mean cannot be evaluated fairly; train all runs with the same --seed, or on data with "
            "a validation split."
        )
