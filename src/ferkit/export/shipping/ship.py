"""`ship`: write the files and the card of a shipped model from finished trainings."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError, UsageError
from ferkit.evaluation.predictors import KerasPredictor
from ferkit.export.reference import calibrated_on, in_float32
from ferkit.export.shipping.files import write_model
from ferkit.export.shipping.int8 import int8_variant
from ferkit.files import atomic_path, write_json
from ferkit.models.checkpoint import load_model, model_card
from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.lever import levers
from ferkit.runs.record import choose_run, read_run
from ferkit.weights import NAME_PATTERN

_EACH_ITS_OWN = ("seed", "data", "data_summary")


@dataclass(frozen=True)
class Shipped:
    """The files of a shipped model.

    Attributes:
        card: `NAME.json`.
        onnx: `NAME.onnx`.
        keras: `NAME.keras`; None if it is too large to ship.
        content: Content of the card.
        int8: The 8-bit variant; None if it was not requested.
    """

    card: Path
    onnx: Path
    keras: Path | None
    content: dict[str, Any]
    int8: Shipped | None = None


def ship(
    runs: list[Path],
    name: str,
    data: FerDataset,
    folder: str | os.PathLike[str],
    *,
    int8: bool = False,
) -> Shipped:
    """Write `NAME.onnx`, `NAME.keras` and `NAME.json` from trainings of one recipe that differ in
    their seed.

    The run that is best on validation is shipped. Temperature and the threshold of uncertainty are
    fitted on validation; every figure of the card is measured on the ONNX file as it is shipped.

    Args:
        runs: Finished run folders, one for each seed.
        name: Name of the shipped model.
        data: FER-2013 with train (to know which images have a twin there), validation and test.
        folder: Where to write, `src/ferkit/weights` in a checkout.
        int8: Whether to ship `NAME-int8` as well, the same model in 8-bit integers. Defaults to
            False.

    Raises:
        UsageError: The name is not allowed.
        ModelError: A run is not finished, the runs are of different recipes, the model cannot be
            exported, or the exported file differs from Keras.
        OutputError: The folder cannot be written.
    """
    check_name(name)
    check_one_recipe(runs)
    best = choose_run(runs)
    model, emotions = load_model(best), tuple(model_card(best)["emotions"])
    plain = KerasPredictor(in_float32(model), emotions)
    calibrated, below = calibrated_on(plain, data)
    facts = {
        "emotions": list(emotions),
        "name": name,
        "temperature": calibrated.calibration.temperature,
        "smoothing": calibrated.calibration.smoothing,
        "uncertain_below": below,
        "extra_labels": bool(read_run(best)["config"].get("extra_labels", False)),
    }
    with tempfile.TemporaryDirectory() as temporary:
        made = write_model(model, calibrated, facts, runs, best, data, Path(temporary))
        variant = None
        if int8:
            file, card = int8_variant(
                made.card, made.files["onnx"], made.uncalibrated, data, Path(temporary)
            )
            variant = put(folder, {"onnx": file}, card)
        return replace(put(folder, made.files, made.card), int8=variant)


def check_name(name: str) -> None:
    """Check that `name` is allowed for a shipped model.

    Raises:
        UsageError: It is not.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise UsageError(f"A model's name consists of a-z, 0-9, - and _, not '{name}'.")


def put(folder: str | os.PathLike[str], made: dict[str, Path], card: dict[str, Any]) -> Shipped:
    """Copy the files of a model into the folder of shipped models, the card last.

    Raises:
        OutputError: A file cannot be written.
    """
    name, target = card["name"], Path(folder)
    for kind, file in made.items():
        with atomic_path(target / f"{name}.{kind}") as partial:
            shutil.copyfile(file, partial)
    write_json(target / f"{name}.json", card)
    keras_file = target / f"{name}.keras" if "keras" in made else None
    return Shipped(target / f"{name}.json", target / f"{name}.onnx", keras_file, card)


def check_one_recipe(runs: list[Path]) -> None:
    """Check that runs differ only in their seed.

    Raises:
        UsageError: There is none.
        ModelError: They are of different recipes, or not finished.
    """
    if not runs:
        raise UsageError("Name at least one run folder.")
    recipes = [_recipe(read_run(run)["config"]) for run in runs]
    for run, recipe in zip(runs, recipes, strict=True):
        differing = [key for key in recipe if recipe[key] != recipes[0].get(key)]
        if differing:
            raise ModelError(
                f"{run} and {runs[0]} differ in more than their seed: "
                f"{', '.join(sorted(differing))}; ship runs of one recipe."
            )


def _recipe(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that runs of one recipe share; settings that an older version did not
    have get their defaults.
    """
    known = levers(TrainConfig)
    read = {key: known[key].read(v) if key in known else v for key, v in config.items()}
    complete = {**{name: each.default for name, each in known.items()}, **read}
    complete["averaged"] = len(config.get("averaged") or ())
    # Folders differ between seeds.
    complete["start"] = bool(complete["start"])
    return {key: value for key, value in complete.items() if key not in _EACH_ITS_OWN}
