"""The pictures of an evaluation, as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferkit.displays import (
    ConfusionMatrixDisplay,
    ReliabilityDisplay,
    SampleGridDisplay,
    TrainingCurvesDisplay,
)
from ferkit.errors import OutputError
from ferkit.evaluation.samples import samples_content
from ferkit.files import write_json
from ferkit.metrics.predictions import SplitPredictions
from ferkit.runs.folder import RunFolder

# Order in which the headline split is chosen; files of other splits have its name at the end.
_HEADLINE_ORDER = ("test", "validation+test", "validation", "train")

# Every file name that write_figures may choose.
_PICTURES = (
    "training_curves.png",
    "confusion_counts*.png",
    "confusion_rates*.png",
    "reliability*.png",
    "samples.png",
    "mistakes.png",
)


def headline_split(splits: Mapping[str, Any]) -> str:
    """Return the main split of an evaluation: test if there is one.

    Example:
        >>> headline_split({"train": {}, "validation": {}})
        'validation'
    """
    return next((name for name in _HEADLINE_ORDER if name in splits), next(iter(splits)))


def write_figures(
    out: Path, metrics: Mapping[str, Any], predicted: Mapping[str, SplitPredictions]
) -> None:
    """Write `figures/*.png` and `samples.json` below `out`.

    `confusion_counts.png`, `confusion_rates.png` and `reliability.png` show the headline split;
    other splits have their name at the end (`confusion_rates_train.png`). `samples.png` and
    `mistakes.png` show images of the headline split, `training_curves.png` the `history.csv`
    in `out`, if there is one. Pictures of an earlier evaluation are removed first, since they
    belong to another model or split.

    Raises:
        MissingDependencyError: Matplotlib, seaborn or Pillow is not installed.
        OutputError: A file cannot be written.
    """
    run, main = RunFolder(out), headline_split(metrics["splits"])
    folder = run.figures
    _remove_pictures(folder)
    if run.history.is_file():
        curves = TrainingCurvesDisplay.from_csv(run.history)
        curves.plot().save(folder / "training_curves.png")
    for name, entry in metrics["splits"].items():
        suffix = "" if name == main else "_" + name.replace("+", "_")
        matrix = ConfusionMatrixDisplay.from_metrics(entry)
        matrix.plot(values="counts", title=f"Images, {name}").save(
            folder / f"confusion_counts{suffix}.png"
        )
        matrix.plot(values="rates", title=f"Per cent of each true emotion, {name}").save(
            folder / f"confusion_rates{suffix}.png"
        )
        reliability = ReliabilityDisplay.from_metrics(entry)
        reliability.plot(title=f"Calibration, {name}").save(folder / f"reliability{suffix}.png")
    _write_samples(run, predicted[main])


def _remove_pictures(folder: Path) -> None:
    for pattern in _PICTURES:
        for file in folder.glob(pattern):
            try:
                file.unlink()
            except OSError as error:
                raise OutputError(
                    f"Cannot replace {file}: {error.strerror}; choose another folder."
                ) from error


def _write_samples(run: RunFolder, predicted: SplitPredictions) -> None:
    samples = SampleGridDisplay.from_predictions(predicted)
    samples.plot().save(run.figures / "samples.png")
    mistakes = None
    if (predicted.predictions != predicted.labels).any():
        mistakes = SampleGridDisplay.from_mistakes(predicted)
        mistakes.plot().save(run.figures / "mistakes.png")
    write_json(run.samples, samples_content(samples, mistakes, split=predicted.split))
