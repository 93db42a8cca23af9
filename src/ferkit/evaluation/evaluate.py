"""`evaluate`: compute the figures of a model on a data set."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset, split_codes
from ferkit.data.duplicates import has_twin
from ferkit.errors import MissingDependencyError, UsageError
from ferkit.evaluation.figures import write_figures
from ferkit.evaluation.predictors import Predictor, as_predictor, labels_for, predict_probabilities
from ferkit.evaluation.subject import describe_data, describe_model, uses_extra_labels
from ferkit.evaluation.text_report import splits_report
from ferkit.evaluation.tta import with_tta
from ferkit.files import write_json, write_text
from ferkit.labels import SPLITS
from ferkit.metrics.label_order import likely_order
from ferkit.metrics.predictions import SplitPredictions, write_predictions
from ferkit.metrics.scores import classification_metrics
from ferkit.runs.folder import RunFolder
from ferkit.runs.reading import load_as_run
from ferkit.targets import check_folder
from ferkit.weights.named import run_of

RUN_SPLITS = ("train", "validation", "test", "validation+test")


def evaluate(
    model: Any,
    data: FerDataset | str | os.PathLike[str],
    *,
    splits: Sequence[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    batch_size: int = 256,
    tta: str = "none",
    overwrite: bool = False,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
) -> dict[str, Any]:
    """Evaluate a model on one or more splits of a data set.

    Args:
        model: The name of a shipped model, the path of an `.onnx` file, a run folder, the path of a
            `.keras` file, a Keras model, or any object with `emotions` (class names) and
            `predict(images)`, which maps uint8 `(n, 48, 48, 1)` raw grey pixels to probabilities
            `(n, c)`.
        data: A `FerDataset`, or a path, which is read with the options of the run if the model is a
            run folder, else by `load_fer2013`.
        splits: `"train"`, `"validation"`, `"test"`, or several joined by `+`, such as
            `"validation+test"`. Defaults to None: only test, or validation if the data has no test.
        out: Folder for `metrics.json`, `classification_report.txt`, `predictions.csv`,
            `samples.json`, `figures/*.png` and `report.html`. Defaults to None: nothing is written.
        batch_size: Images per step. Defaults to 256.
        tta: Test-time augmentation: `"none"`, `"flip"` (the mean over the image and its mirror
            image) or `"ten"` (both, also shifted by two pixels towards each corner). Defaults to
            `"none"`.
        overwrite: Whether files in `out` that ferkit did not write may be replaced. Defaults to
            False.
        class_names: The classes of a model from another program, in the order of its outputs.
            Defaults to the seven emotions in FER-2013's order.
        pixels: Pixel range of such a model: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`.

    Returns:
        The content of `metrics.json`: `{"splits": {name: ...}, "model": ..., "data": ...,
        "extra_labels": ..., "tta": ...}`. `classification_metrics` describes a split, and
        `ferkit.evaluation.subject` the rest. If the confusion matrix of a split matches another
        order of the classes better, that order is in `likely_order`.

    Raises:
        UsageError: There is no such split, model or augmentation.
        DataError: A split is empty, or has labels that the model does not know.
        ModelError: The model cannot be loaded, or does not return probabilities.
        OutputError: `out` cannot be written.
        ExistingFileError: `out` holds files of these names that ferkit did not write.

    Example:
        >>> import numpy as np
        >>> class Even:
        ...     emotions = ("sad", "happy")
        ...     def predict(self, images):
        ...         return np.full((len(images), 2), 0.5)
        >>> faces = FerDataset(
        ...     np.zeros((2, 48, 48, 1), np.uint8), np.array([0, 1]), np.array([2, 2], np.int8),
        ...     np.array(["a.png", "b.png"]), emotions=("sad", "happy"))
        >>> evaluate(Even(), faces)["splits"]["test"]["accuracy"]
        0.5
    """
    if isinstance(splits, str) or (splits is not None and not splits):
        raise UsageError(
            f"Expected a list of splits, got {splits!r}; write splits=('test',), for example."
        )
    for name in splits or ():
        split_codes(name)  # raises now rather than after loading
    if out is not None:
        # A run may be evaluated into its own folder, also when its metrics.json was removed.
        run = RunFolder(out)
        overwrite = overwrite or not run.missing()
        files = (run.metrics, run.text_report, run.predictions, run.samples, run.report)
        names = [file.name for file in files]
        check_folder(out, names, sign=run.metrics.name, overwrite=overwrite)
    if not isinstance(data, FerDataset):
        data = load_as_run(run_of(model), data)
    splits = splits or _default_splits(data)
    predictor = as_predictor(
        model,
        batch_size=batch_size,
        class_names=class_names,
        pixels=pixels,
        emotions=data.emotions,
    )
    predicted = predict_splits(with_tta(predictor, tta), data, splits)
    train = data.images[data.splits == SPLITS.index("train")]
    metrics = {
        "splits": {name: _scores(part, train) for name, part in predicted.items()},
        "model": describe_model(model, predictor),
        "data": describe_data(data),
        "extra_labels": uses_extra_labels(model, predictor),
        "tta": tta,
    }
    if out is not None:
        write_evaluation(Path(out), metrics, predicted)
    return metrics


def _default_splits(data: FerDataset) -> tuple[str, ...]:
    sizes = data.sizes()
    return ("validation",) if sizes["validation"] and not sizes["test"] else ("test",)


def evaluate_run(
    run_folder: str | os.PathLike[str], dataset: FerDataset, *, batch_size: int = 256
) -> dict[str, Any]:
    """Evaluate the model of a run folder on every split, and write everything into that folder.

    Args:
        run_folder: Folder with a `model.keras`, written by `ferkit train`.
        dataset: The data set of its training.
        batch_size: Images per step. Defaults to 256.

    Returns:
        The content of `metrics.json`, with `train`, `validation`, `test` and `validation+test`;
        without the latter two if the data has no test split.

    Raises:
        ModelError: The folder holds no model.
        DataError: A split is empty.
        OutputError: The folder cannot be written.
    """
    has_test = dataset.sizes()["test"]
    splits = [name for name in RUN_SPLITS if has_test or "test" not in name]
    return evaluate(run_folder, dataset, splits=splits, out=run_folder, batch_size=batch_size)


def predict_splits(
    predictor: Predictor, data: FerDataset, splits: Sequence[str]
) -> dict[str, SplitPredictions]:
    """Predict the images of every split, each image only once even if splits overlap.

    Args:
        predictor: See `ferkit.evaluation.predictors.Predictor`.
        data: The images.
        splits: Names of splits, joined ones with `+`.

    Returns:
        The predictions per split, in the order of `splits`.

    Raises:
        UsageError: There is no such split.
        DataError: A split is empty, or has labels that the model does not know.
        ModelError: The model does not return probabilities.
    """
    emotions = tuple(predictor.emotions)
    chosen = {name: data.split(name) for name in splits}
    known: dict[str, np.ndarray] = {}
    predicted = {}
    for name, subset in chosen.items():
        labels = labels_for(subset.labels, data.emotions, emotions)
        probabilities = np.zeros((len(subset), len(emotions)))
        for code in np.unique(subset.splits):
            split = SPLITS[code]
            if split not in known:
                known[split] = predict_probabilities(predictor, data.split(split).images)
            # `split` keeps the order of the data set, also for joined splits, so the rows match.
            probabilities[subset.splits == code] = known[split]
        predicted[name] = SplitPredictions(
            name, subset.images, subset.sources, labels, probabilities, emotions
        )
    return predicted


def write_evaluation(
    out: Path, metrics: dict[str, Any], predicted: dict[str, SplitPredictions]
) -> None:
    """Write the files that `evaluate` documents for its folder `out`.

    The figures are written first. If the libraries for drawing are not installed, a notice on
    standard error replaces pictures and report.

    Raises:
        OutputError: A file cannot be written.
    """
    from ferkit.evaluation.report import write_report

    folder = RunFolder(out)
    write_json(folder.metrics, metrics)
    write_text(folder.text_report, splits_report(metrics))
    write_predictions(folder.predictions, _without_repeats(predicted))
    try:
        write_figures(out, metrics, predicted)
        write_report(out)
    except MissingDependencyError as error:  # an installation for recognition alone
        print(f"ferkit: no pictures and no page: {error}", file=sys.stderr)


def _scores(part: SplitPredictions, train: np.ndarray) -> dict[str, Any]:
    twins = _twins(part.split, part.images, train)
    entry = classification_metrics(part.labels, part.probabilities, part.emotions, has_twin=twins)
    if order := likely_order(entry["confusion_matrix"], entry["emotions"]):
        entry["likely_order"] = list(order)
    return entry


def _twins(split: str, images: np.ndarray, train: np.ndarray) -> np.ndarray | None:
    if "train" in split.split("+") or not len(train):
        return None
    return has_twin(images, train)


def _without_repeats(predicted: dict[str, SplitPredictions]) -> list[SplitPredictions]:
    single = {name for name in predicted if "+" not in name}
    return [
        part
        for name, part in predicted.items()
        if name in single or not {*name.split("+")} <= single
    ]
