"""`train_and_evaluate`: a complete training from a config, with evaluation and report."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

from ferkit.data.dataset import FerDataset
from ferkit.renamed import renamed_arguments
from ferkit.runs.config import TrainConfig
from ferkit.training.fitted_run import fitted_in
from ferkit.training.result import TrainingResult, score


@renamed_arguments(workdir="out", dataset="data")
def train_and_evaluate(
    config: TrainConfig,
    out: str | os.PathLike[str],
    *,
    data: FerDataset | str | os.PathLike[str] | None = None,
    resume: bool = False,
    devices: int | Literal["all"] = 1,
    quiet: bool = False,
) -> TrainingResult:
    """Train with `config`, score the best epoch on all splits including test, and write the report.

    Args:
        config: Settings of the training.
        out: The run folder to create.
        data: The data, or the path of a folder, zip or table. Defaults to None: `config.data`.
        resume: Whether to continue the run in the folder after its last complete epoch. Defaults to
            False.
        devices: Number of devices that share each batch, on JAX, or `"all"`. Defaults to 1.
        quiet: Whether to print nothing. Defaults to False.

    Returns:
        The paths of the results and the metrics. If several processes train together, only the
        first one evaluates, and the others have no metrics.

    Raises:
        FerkitError: The data, the config or the folder is unusable, in one sentence.

    Example:
        >>> import tempfile
        >>> from ferkit.synthetic.synthesize import synthesize
        >>> faces = synthesize(tempfile.mkdtemp() + "/faces", per_class=2, seed=1)
        >>> config = TrainConfig(model="demo", data=str(faces), epochs=1, tensorboard=False)
        >>> result = train_and_evaluate(config, tempfile.mkdtemp() + "/run", quiet=True)
        >>> sorted(result.metrics["splits"])
        ['test', 'train', 'validation', 'validation+test']
    """
    if data is not None and not isinstance(data, FerDataset):
        config, data = replace(config, data=os.fspath(data)), None
    with fitted_in(config, out, data=data, resume=resume, devices=devices, quiet=quiet) as fitted:
        if fitted.process:
            fitted.run.finish()
            return TrainingResult(fitted.run.path, {}, fitted.run.model, fitted.run.report)
        return score(fitted.run, fitted.dataset)
