"""`explain`: heat maps of the evidence for emotions in the faces of a picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.errors import DataError, UsageError
from ferkit.evaluation.gradcam import heat_maps
from ferkit.inference.crops import crop_faces
from ferkit.inference.detectors import FaceDetector, create_detector
from ferkit.inference.detectors.detail import detect_faces
from ferkit.inference.detectors.protocol import crop_rule_of
from ferkit.inference.folding import fold, kept_columns
from ferkit.inference.pictures.images import named_errors, read_image
from ferkit.metrics.calibration import Calibration
from ferkit.renamed import renamed_arguments
from ferkit.weights import DEFAULT_MODEL
from ferkit.weights.named import named_model

if TYPE_CHECKING:
    from ferkit.displays.explanation import ExplanationDisplay

# More faces would make the figure unreadable; the largest faces come first.
_MOST_FACES = 12


@renamed_arguments(emotions="top_k")
def explain(
    image: Any,
    model: str | os.PathLike[str] = DEFAULT_MODEL,
    *,
    detector: str | FaceDetector = "auto",
    detail: str = "normal",
    top_k: int = 2,
) -> ExplanationDisplay:
    """Show which regions of each face in a picture support its most likely emotions (Grad-CAM).

    The emotions are those of `ferkit.EmotionRecognizer`: for a model that knows contempt as well,
    its probability is shared among the seven.

    Args:
        image: A path, the bytes of a file, a PIL image or an RGB array.
        model: The name of a shipped model that has a Keras file, a run folder, or a `.keras` file.
            Defaults to "small-wild".
        detector: `auto`, `yunet`, `mtcnn`, `none` (the image is the face), or a `FaceDetector`.
            Defaults to "auto".
        detail: `normal` or `high`, as in `ferkit.EmotionRecognizer`. Defaults to "normal".
        top_k: Number of most likely emotions with a heat map per face, 1 or more. Defaults to 2.

    Returns:
        A display of at most 12 faces, the largest first; `plot()` draws it, `save(path)` writes it.

    Raises:
        ImageError: The picture cannot be read.
        DataError: It has no face.
        ModelError: There is no such Keras model, or it has no feature maps.
        MissingDependencyError: Keras or its backend is not installed.
        UsageError: An option is out of range.
    """
    from ferkit.displays.explanation import ExplanationDisplay
    from ferkit.evaluation.predictors import KerasPredictor, as_predictor

    if top_k < 1:
        raise UsageError(f"top_k expects 1 or more, not {top_k}.")
    finder = create_detector(detector) if isinstance(detector, str) else detector
    with named_errors(image):
        pixels = read_image(image, full=detail == "high").pixels
    found = detect_faces(finder, pixels, detail)[:_MOST_FACES]
    if not len(found):
        raise DataError("No face was found; if the picture is a cropped face, use detector none.")
    crops = crop_faces(pixels, found.xyxy, crop_rule_of(finder), found.roll)
    named = named_model(model)
    predictor = as_predictor(named.keras)
    assert isinstance(predictor, KerasPredictor)
    calibration = Calibration.of_card(named.card)
    # First calibrated, then folded, in the same order as in recognition.
    kept = kept_columns(predictor.emotions, named.card.get("extra_classes", ()), None)
    probabilities = fold(calibration.apply(predictor.predict(crops)), kept)
    codes = np.argsort(-probabilities, axis=1, kind="stable")[:, :top_k]
    heat = heat_maps(predictor.model, crops, np.asarray(kept)[codes])
    emotions = [predictor.emotions[column] for column in kept]
    title = f"Where {os.fspath(model)} looks"
    return ExplanationDisplay(crops, heat, codes, probabilities, emotions, title=title)
