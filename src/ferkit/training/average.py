"""Averaging the weights of several trainings into a new run folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.files import read_json, write_json
from ferkit.runs.checks import make_free
from ferkit.runs.environment import describe_environment
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import joined_history, write_history
from ferkit.training.result import TrainingResult, score

if TYPE_CHECKING:
    import keras


def average_runs(
    runs: Sequence[str | os.PathLike[str]],
    workdir: str | os.PathLike[str],
    dataset: FerDataset,
) -> TrainingResult:
    """Average the weights of trainings that continue each other, and evaluate the result.

    The loss is low between the end points of training cycles of one network. Their mean often
    generalises better than each of them (Izmailov et al., "Averaging weights leads to wider optima
    and better generalization", arXiv 1803.05407; Wortsman et al., "Model soups", arXiv 2203.05482).
    This does not hold for independent trainings: a mean of their weights predicts at random.

    Args:
        runs: Two or more finished run folders of one architecture; each but the first was started
            from the weights of an earlier one (`start`).
        workdir: The run folder to create. Its settings and history are those of the last run.
        dataset: The data for evaluation.

    Returns:
        The run folder and the metrics.

    Raises:
        UsageError: There are fewer than two runs.
        ModelError: They are not of one architecture and one set of classes, or one is not finished.
        OutputError: `workdir` already holds a run, or cannot be written.
    """
    run, sources = RunFolder(workdir), [RunFolder(path) for path in runs]
    _check(sources)
    make_free(run)
    averaged = [Path(os.path.abspath(source.path)).name for source in sources]
    config = {**sources[-1].facts(), "averaged": averaged}
    with run.locked():
        run.state.mkdir(exist_ok=True)
        write_mean(run, sources, config, sources[-1:])
        return score(run, dataset)


def write_mean(
    run: RunFolder,
    sources: Sequence[RunFolder],
    config: dict[str, Any],
    told: Sequence[RunFolder],
) -> None:
    """Average the weights of finished trainings into `run`, without evaluating the result.

    Args:
        run: The run folder.
        sources: Finished cycles of one network.
        config: The content of its `config.json`, with the names of `sources` as `averaged`.
        told: Those of `sources` whose histories are concatenated into its history.

    Raises:
        ModelError: They are not of one architecture and one set of classes.
    """
    from ferkit.backend.choosing import prepare_compute
    from ferkit.models.checkpoint import model_card, save_model

    compute = prepare_compute("float32")
    files = {run.model: [source.model for source in sources]}
    if all(source.votes.is_file() for source in sources):
        files[run.votes] = [source.votes for source in sources]
    means = {target: _mean(of) for target, of in files.items()}
    write_json(run.config, config)
    write_history(run.history, joined_history(source.history for source in told))
    seconds = sum(read_json(source.environment)["training_seconds"] for source in sources)
    trained = read_json(sources[-1].environment)
    environment = describe_environment({key: trained[key] for key in compute.to_dict()})
    write_json(run.environment, {**environment, "training_seconds": round(seconds, 1)})
    for target, model in means.items():
        card = model_card(files[target][-1])
        facts = {k: v for k, v in card.items() if k not in ("emotions", "epoch", "val_accuracy")}
        facts["averaged"] = config["averaged"]
        save_model(model, target, card["emotions"], facts)


def _check(sources: list[RunFolder]) -> None:
    if len(sources) < 2:
        raise UsageError(f"An average needs two runs or more, not {len(sources)}.")
    for source in sources:
        if not source.is_finished():
            raise ModelError(
                f"{source.path} is not a finished training; finish it with resume=True."
            )


def _mean(files: Sequence[Path]) -> keras.Model:
    """Return the first model with the mean of all weights, including the moving averages of
    BatchNormalization.
    """
    from ferkit.models.checkpoint import load_model, model_card
    from ferkit.models.graph_match import same_network

    models = [load_model(file) for file in files]
    weights = [model.get_weights() for model in models]
    kinds = {
        (model_card(file)["emotions"], tuple(weight.shape for weight in each))
        for file, each in zip(files, weights, strict=True)
    }
    if len(kinds) > 1:
        raise ModelError(
            "The runs differ in architecture or classes, so their weights have no mean; use "
            "cycles of one network."
        )
    for file, model in zip(files, models, strict=True):
        if not same_network(model, models[0]):
            raise ModelError(
                f"{file} was trained with another version of the architecture than {files[0]}, so "
                "their weights have no mean; use cycles of one network."
            )
    models[0].set_weights([np.mean(each, axis=0) for each in zip(*weights, strict=True)])
    return models[0]
