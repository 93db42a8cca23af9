"""`train_and_evaluate`: a config and a folder in, a complete run folder out."""

from __future__ import annotations

import os

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import read_ferplus
from ferkit.data.ferplus_labels import require_labels, with_votes
from ferkit.data.load import load_fer2013
from ferkit.errors import UsageError
from ferkit.models.registry import require_architecture
from ferkit.runs.config import TrainConfig
from ferkit.training.augmentation.pipelines import require_augmentation
from ferkit.training.cycles import train_in_cycles
from ferkit.training.one_cycle import TrainingResult, train_one_cycle
from ferkit.training.run_folder import RunFolder


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
        >>> from ferkit.synthetic.synthesize import synthesize
        >>> faces = synthesize(tempfile.mkdtemp() + "/faces", per_class=2, seed=1)
        >>> config = TrainConfig(model="demo", data=str(faces), epochs=1, tensorboard=False)
        >>> result = train_and_evaluate(config, tempfile.mkdtemp() + "/run", quiet=True)
        >>> sorted(result.metrics["splits"])
        ['test', 'train', 'validation', 'validation+test']
    """
    if not config.fine_tunes:
        require_architecture(config.model)
    require_augmentation(config.augment)
    _require_labels(config)
    run = RunFolder(workdir)
    run.check(config, resume=resume)
    if dataset is None:
        dataset = load_fer2013(
            config.data,
            skip_bad=config.skip_bad,
            convert=config.convert,
            seed=config.seed,
            labels=config.labels,
            own_classes=config.own_classes,
            ferplus=None if config.votes_weight else config.ferplus,
        )
    if config.votes_weight and config.ferplus:
        dataset = with_votes(dataset, read_ferplus(config.ferplus))
    train = train_in_cycles if config.second_epochs else train_one_cycle
    return train(config, run, dataset, quiet=quiet)


def _require_labels(config: TrainConfig) -> None:
    if not config.votes_weight:
        require_labels(config.labels, config.ferplus)
    elif not config.ferplus or config.labels != "fer2013":
        raise UsageError(
            f"The recipe {config.recipe} learns from FER+ votes beside the labels fer2013; name "
            "its fer2013new.csv with "
            "--ferplus, or do without: --set votes_weight=0"
        )
