"""`train_and_evaluate`: a config and a folder in, a complete run folder out."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

from ferkit.data.dataset import FerDataset
from ferkit.renamed import renamed_arguments
from ferkit.runs.config import TrainConfig
from ferkit.training.fitted_run import fit_run
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
    """Train as `config` says, then score the best epoch, test included, and write the report.

    Args:
        config: What to train and how.
        out: The run folder to make.
        data: The data, or where it lies: a folder, zip or table. Defaults to None: `config.data`.
        resume: Go on with what the folder holds, from its last finished epoch. Defaults to False.
        devices: How many devices share each batch, on JAX, or `"all"`. Defaults to 1.
        quiet: Print nothing. Defaults to False.

    Returns:
        Where everything lies, and the metrics; of several processes that train together the first
        one measures, and the others have none.

    Raises:
        FerkitError: One sentence about what is wrong with the data, the config or the folder.

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
    fitted = fit_run(config, out, data=data, resume=resume, devices=devices, quiet=quiet)
    if fitted.process:
        fitted.run.finish()
        return TrainingResult(fitted.run.path, {}, fitted.run.model, fitted.run.report)
    return score(fitted.run, fitted.dataset)
