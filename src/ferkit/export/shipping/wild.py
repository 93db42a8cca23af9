"""`ship_wild`: a shipped model for people's own photographs, from trainings with FER+'s votes."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ferkit import weights as catalog
from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.evaluation.degrading import degrade, parse_degradation
from ferkit.evaluation.photographs import (
    FoundFace,
    face_crops,
    find_face,
    measure_crops,
    read_photographs,
)
from ferkit.evaluation.predictors import KerasPredictor, Predictor
from ferkit.export.onnx.views import add_mirror
from ferkit.export.reference import Calibrated, in_float32
from ferkit.export.shipping.card import evaluation, file_entry
from ferkit.export.shipping.files import write_model
from ferkit.export.shipping.int8 import int8_variant
from ferkit.export.shipping.ship import Shipped, check_name, check_one_recipe, put
from ferkit.files import write_json
from ferkit.inference.classifier import VIEWS, EmotionClassifier
from ferkit.inference.detectors import create_detector
from ferkit.labels import EMOTIONS
from ferkit.metrics.abstaining import uncertainty_threshold
from ferkit.metrics.calibration import Calibration
from ferkit.metrics.temperature import fit_temperature
from ferkit.models.checkpoint import load_model, model_card
from ferkit.models.combine import combine_heads
from ferkit.runs.folder import RunFolder
from ferkit.runs.record import choose_run

# The share of the head that learned FER-2013's labels, chosen on FER-2013's and FER+'s validation
# images and on photographs (records/LOG.md).
SHARE: Final = 0.2
EXTRA: Final = ("contempt",)

# Share of correct answers on the photographs among those that are not uncertain.
WANTED: Final = 0.9
CHOSEN: Final = "chosen on: share of the heads, temperature and threshold of uncertainty"
DECIDED_NOTHING: Final = "decided nothing"
WORSE: Final = ("detail=24", "blur=0.7", "jpeg=30", "light=0.4")


def ship_wild(
    runs: list[Path],
    name: str,
    data: FerDataset,
    votes: FerDataset,
    photographs: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    share: float = SHARE,
    int8: bool = False,
) -> Shipped:
    """Write `NAME.onnx`, `NAME.keras` and `NAME.json` from trainings with a second head for votes.

    The run that is best on validation is shipped, with one head that combines its two heads.
    Temperature and the threshold of uncertainty are fitted on the photographs.

    Args:
        runs: Finished run folders with `votes.keras`, one for each seed.
        name: Name of the shipped model.
        data: FER-2013 with its own labels: train, validation and test.
        votes: The same with the majority of FER+'s votes.
        photographs: Labelled photographs, as `read_photographs` takes them.
        folder: Where to write, `src/ferkit/weights` in a checkout.
        share: Weight of the labels' head, 0..1; the votes' has the rest. Defaults to 0.2.
        int8: Ship `NAME-int8` too, the same in 8-bit integers. Defaults to False.

    Raises:
        UsageError: The name is not allowed.
        ModelError: A run is not finished or has no head for votes, the runs are of different
            recipes, or the exported file differs from Keras.
        DataError: The photographs cannot be read.
        OutputError: The folder cannot be written.
    """
    check_name(name)
    check_one_recipe(runs)
    best = choose_run(runs)
    album = Album(photographs)
    model, emotions = combined(best, share)
    plain = KerasPredictor(in_float32(model), emotions)
    calibration, below = calibrate_on_photographs(plain, album)
    facts = {
        "emotions": list(emotions),
        "extra_classes": list(EXTRA),
        "name": name,
        "temperature": calibration.temperature,
        "smoothing": calibration.smoothing,
        "uncertain_below": below,
        "extra_labels": True,
    }
    with tempfile.TemporaryDirectory() as temporary:
        more = {"extra_classes": list(EXTRA), "label_share": share}
        reference = Calibrated(plain, calibration)
        made = write_model(model, reference, facts, runs, best, data, Path(temporary), more=more)
        onnx, variant = made.files["onnx"], None
        if int8:
            file, card = int8_variant(made.card, onnx, made.uncalibrated, data, Path(temporary))
            variant = put(folder, {"onnx": file}, finished(card, file, votes, album))
        card = finished(made.card, onnx, votes, album)
        return replace(put(folder, made.files, card), int8=variant)


class Album:
    """Labelled photographs whose faces were found once.

    Args:
        path: As `read_photographs` takes it.

    Attributes:
        name: Of the folder or file.
        labels: The emotion of each photograph.
        crops: uint8 `(n, 48, 48, 1)`, as recognition cuts them out.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = Path(path).name
        self._detector = create_detector("yunet")
        self._faces = [find_face(photo, self._detector) for photo in read_photographs(path)]
        self.labels = [face.emotion for face in self._faces]
        self.crops = face_crops(self._faces, self._detector)

    def worse(self, text: str) -> np.ndarray:
        """Return the crops of the same faces in degraded pictures."""
        name, value = parse_degradation(text)

        def change(face: FoundFace) -> FoundFace:
            side = float((face.box[2:] - face.box[:2]).max())
            return replace(face, pixels=degrade(face.pixels, side, name, value))

        return face_crops([change(face) for face in self._faces], self._detector)

    def measure(self, onnx: Path, use: str = "chosen on") -> dict[str, Any]:
        """Return the results on the photographs, with and without the mirror image.

        Args:
            onnx: Its file.
            use: What the photographs decided of it. Defaults to "chosen on".
        """
        return {
            "photographs": self.name,
            "n": len(self.labels),
            "found": sum(face.found for face in self._faces),
            "use": use,
            "views": {
                views: measure_crops(EmotionClassifier(onnx, views=views), self.crops, self.labels)
                for views in VIEWS
            },
            "degraded": {
                text: measure_crops(
                    EmotionClassifier(onnx, views="flip"), self.worse(text), self.labels
                )
                for text in WORSE
            },
        }


def add_photographs(
    names: list[str], photographs: str | os.PathLike[str], folder: str | os.PathLike[str]
) -> None:
    """Add figures on photographs to the cards of models that were not chosen on them.

    Args:
        names: Shipped models.
        photographs: As `read_photographs` takes them.
        folder: That of the cards, `src/ferkit/weights` in a checkout.

    Raises:
        UsageError: There is no such shipped model.
        DataError: The photographs cannot be read.
        OutputError: A card cannot be written.
    """
    album = Album(photographs)
    for name in names:
        card = catalog.model_card(name)
        wild = album.measure(catalog.onnx_file(name), DECIDED_NOTHING)
        write_json(Path(folder) / f"{name}.json", {**card, "wild": wild})


def combined(run: Path, share: float = SHARE) -> tuple[Any, tuple[str, ...]]:
    """Return the network of a run folder with one head of its two, and its classes.

    Raises:
        ModelError: The run has no head for votes.
    """
    file = RunFolder(run).votes
    if not file.is_file():
        raise ModelError(
            f"{run} has no {file.name}; train it with ferplus=... and a votes_weight above 0."
        )
    emotions = tuple(tuple(model_card(part)["emotions"]) for part in (run, file))
    heads = load_model(run), load_model(file)
    model = combine_heads(*heads, (emotions[0], emotions[1]), share=share)
    return model, emotions[1]


def calibrate_on_photographs(plain: Predictor, album: Album) -> tuple[Calibration, float]:
    """Fit temperature and threshold on the photographs; a temperature and the folding of classes
    may change places.
    """
    columns = [plain.emotions.index(name) for name in EMOTIONS]
    rows = plain.predict(album.crops)[:, columns].astype(np.float64)
    rows /= rows.sum(axis=1, keepdims=True)
    truth = np.array([EMOTIONS.index(label) for label in album.labels])
    calibration = Calibration(round(fit_temperature(truth, rows), 6))
    below = uncertainty_threshold(truth, calibration.apply(rows), wanted=WANTED)
    return calibration, below


def put_mirror(file: Path) -> None:
    """Put the mirror image into an ONNX file."""
    import onnx

    model = onnx.load(file)
    add_mirror(model)
    onnx.checker.check_model(model, full_check=True)
    file.write_bytes(model.SerializeToString(deterministic=True))


def finished(
    card: dict[str, Any], file: Path, votes: FerDataset, album: Album, use: str = CHOSEN
) -> dict[str, Any]:
    """Put the mirror image into the file, and return its card with what is measured on it."""
    put_mirror(file)
    rule = f"lowest confidence from which on {WANTED:.0%} of the answers to {album.name} are right"
    return {
        **card,
        "files": {**card["files"], "onnx": file_entry(file)},
        "views_inside": True,
        "calibration": {**card["calibration"], "rule": rule},
        "ferplus": evaluation(file, votes, classes=len(card["emotions"]), ttas=("none", "flip")),
        "wild": album.measure(file, use),
    }
