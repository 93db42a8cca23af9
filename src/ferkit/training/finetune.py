"""`finetune`: continue the training of a model on your own images."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Final

from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.errors import DataError, UsageError
from ferkit.renamed import renamed_arguments
from ferkit.runs.checks import check_resumable, check_unused
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.training.result import TrainingResult
from ferkit.training.train import train_and_evaluate
from ferkit.weights import is_shipped
from ferkit.weights.named import architecture_name, named_model

FINETUNE: Final = TrainConfig(
    recipe="finetune",
    epochs=60,
    batch_size=16,
    learning_rate=5e-3,
    head_epochs=5,
    body_rate=0.02,
    augment="light",
    # The loaded layers compute in float32 with any policy, so the run should say so.
    precision="float32",
    plateau_factor=0.3,
    plateau_patience=4,
    stop_patience=12,
    # With few validation images, the loss distinguishes epochs better than the accuracy.
    checkpoint_monitor="val_loss",
    convert=True,
    own_classes=True,
)


@renamed_arguments(workdir="out")
def finetune(
    model: str | os.PathLike[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    config: TrainConfig = FINETUNE,
    resume: bool = False,
    quiet: bool = False,
) -> TrainingResult:
    """Fine-tune a model on your own images, evaluate it, and write the report.

    At first only the head is trained, then also the body, at a fiftieth of its rate and with
    BatchNormalization frozen. The epoch with the lowest validation loss is kept; training ends when
    it no longer improves. Class names are free: those that the model knows keep their weights, new
    ones start at zero, and those that are not in `data` are dropped.

    Args:
        model: The name of a shipped model, a run folder, or a `.keras` file.
        data: A folder or zip with one folder of images for each class, with or without `train/`,
            `validation/`, `test/` above; images of any size and colour, each cropped to a
            face. Each class needs at least three images.
        out: The run folder to create.
        config: Settings of the training. Defaults to `ferkit.training.finetune.FINETUNE`; change
            its fields with `dataclasses.replace`.
        resume: Whether to continue the run in the folder after its last complete epoch. Defaults to
            False.
        quiet: Whether to print nothing. Defaults to False.

    Returns:
        The run folder and the metrics, as from `train_and_evaluate`.

    Raises:
        ModelError: There is no such model, or it cannot be trained.
        UsageError: `config` is not one of a fine-tuning.
        DataError: There are fewer than two classes, too few images, or unusable ones.
        OutputError: `out` holds another run, or cannot be written.

    Example:
        >>> import tempfile
        >>> from ferkit.synthetic.synthesize import synthesize
        >>> from ferkit.models import create_model, save_model
        >>> folder = tempfile.mkdtemp()
        >>> save_model(create_model("demo"), folder + "/demo.keras")
        >>> faces = synthesize(folder + "/faces", per_class=3, seed=1)
        >>> short = replace(FINETUNE, epochs=1, tensorboard=False)
        >>> model, out = folder + "/demo.keras", folder + "/run"
        >>> result = finetune(model, faces, out, config=short, quiet=True)
        >>> sorted(result.metrics["splits"])
        ['test', 'train', 'validation', 'validation+test']
    """
    if config.optimizer != "adam":
        raise UsageError(
            f"Fine-tuning needs optimizer=adam, not {config.optimizer}; to train the whole network "
            "for another cycle, use ferkit train with start=MODEL."
        )
    run = RunFolder(out)
    if not (resume and run.start.exists()):
        _ = named_model(model).keras  # raises now rather than after reading the data
    start = str(model) if is_shipped(model) else os.path.abspath(os.path.expanduser(model))
    config = replace(config, start=start, model=architecture_name(start), data=os.fspath(data))
    if resume:
        check_resumable(run, config)
    else:
        check_unused(run)
    dataset = load_fer2013(
        config.data,
        skip_bad=config.skip_bad,
        convert=config.convert,
        seed=config.seed,
        own_classes=config.own_classes,
    )
    _check_learnable(dataset)
    if not quiet:
        print(counts_table(dataset), file=sys.stderr)
    return train_and_evaluate(config, out, data=dataset, resume=resume, quiet=quiet)


def counts_table(dataset: FerDataset) -> str:
    """Return the number of images of each class in each split, as aligned text.

    Example:
        >>> import numpy as np
        >>> faces = FerDataset(
        ...     np.zeros((2, 48, 48, 1), np.uint8), np.array([0, 1]), np.array([0, 2], np.int8),
        ...     np.array(["a.png", "b.png"]), emotions=("calm", "cross"))
        >>> print(counts_table(faces))
        class  train  validation   test
        calm       1           0      0
        cross      0           0      1
    """
    counts = dataset.counts()
    width = max(len(name) for name in ("class", *dataset.emotions))
    lines = [f"{'class':<{width}}  train  validation   test"]
    for name in dataset.emotions:
        train, validation, test = (counts[split][name] for split in counts)
        lines.append(f"{name:<{width}}  {train:>5,}  {validation:>10,}  {test:>5,}")
    return "\n".join(lines)


def _check_learnable(dataset: FerDataset) -> None:
    for name, count in dataset.counts()["train"].items():
        if not count:
            raise DataError(
                f"'{name}' has no image in train of {dataset.origin}, so it cannot be learned; "
                "add some, or remove the folder."
            )
