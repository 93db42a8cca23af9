"""How a run read its data, so that the same folder gives the same classes and splits again."""

from __future__ import annotations

import os
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.runs.folder import RunFolder

_FIELDS = ("own_classes", "convert", "skip_bad", "seed", "labels", "ferplus", "draw_test")


def load_as_run(run: RunFolder | None, data: str | os.PathLike[str], **chosen: Any) -> FerDataset:
    """Read `data` as `run` read its own, so that no image of its training is taken for validation.

    Args:
        run: The run folder of a model, or None.
        data: As `ferkit.load_fer2013` takes it.
        **chosen: Options of `ferkit.load_fer2013` that take precedence over the run's; None and
            False stand for options that were not given.

    Raises:
        DataError: As `ferkit.load_fer2013` does.
        UsageError: The labels of FER+ were chosen without their file.
    """
    from ferkit.data.load import load_fer2013

    # `is`, because 0 is a value although it equals False.
    typed = {name: value for name, value in chosen.items() if not (value is None or value is False)}
    options = {**reading_options(run), **typed}
    if options.get("labels", "fer2013") == "fer2013" and "ferplus" not in typed:
        options.pop("ferplus", None)  # of the run's second head, or of labels that were not chosen
    return load_fer2013(data, **options)


def reading_options(run: RunFolder | None) -> dict[str, Any]:
    """Return what `load_fer2013` needs to read the data of a run as the run did.

    A cycle has its own seed, but the data of the whole training.

    Returns:
        `own_classes`, `convert`, `skip_bad`, `seed`, `labels`, `draw_test` and `ferplus` (None
        without); nothing if there is no run.

    Example:
        >>> reading_options(RunFolder("runs/nowhere"))
        {}
    """
    config = run.whole().facts() if run else {}
    options = {name: config[name] for name in _FIELDS if name in config}
    if "ferplus" in options:
        options["ferplus"] = options["ferplus"] or None
    return options
