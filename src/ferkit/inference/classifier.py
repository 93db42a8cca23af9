"""`EmotionClassifier`: face crops in, probabilities out, on ONNX Runtime alone."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ferkit.data.convention import Convention
from ferkit.errors import UsageError
from ferkit.inference.folding import fold, kept_columns
from ferkit.inference.input_adapter import InputAdapter
from ferkit.inference.onnx_session import (
    INPUT_SIZE,
    VIEWS_INPUT,
    check_interface,
    names_of,
    open_session,
    read_metadata,
)
from ferkit.weights import DEFAULT_MODEL
from ferkit.weights.named import named_model

VIEWS = ("one", "flip")


class EmotionClassifier:
    """Classifies face crops; needs neither Keras nor TensorFlow.

    Args:
        model: The name of a shipped model, or the path of an `.onnx` file that takes grey or RGB
            images in float32, channels first or last, and returns probabilities `(n, c)`. Defaults
            to `DEFAULT_MODEL`, "small-wild".
        threads: Threads within an operator. Defaults to None: the cores that this process may use,
            at most 8.
        providers: ONNX Runtime's execution providers in order of preference. Defaults to None: the
            CPU.
        batch_size: Largest number of images at once. Defaults to 64.
        class_names: The classes of a file that does not name them, in the order of its columns.
            Defaults to the seven emotions in FER-2013's order, with one notice on standard error.
        pixels: The pixels of such a file: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`,
            also with a notice.
        classes: 8 includes contempt, for a model that knows it. Defaults to None: the seven
            emotions; the probability of further classes is shared among them in proportion.
        views: `"one"`, or `"flip"`: the mean over a face and its mirror image, in twice the time.
            Defaults to `"one"`.

    Attributes:
        emotions: Names of the classes, in the order of the columns.
        known: Names of all classes of the model.
        views: As above.
        name: Name of the shipped model, else the name in the file, else the file's name.
        card: Facts about the model: `ferkit.weights.model_card` of a shipped model, the metadata of
            another file.
        uncertain_below: Confidence below which an answer should count as uncertain; None if the
            model states none.
        pixels: The argument `pixels`, or None.

    Raises:
        UsageError: There is no such shipped model, or an option is out of range.
        ModelError: The file is missing, broken, or not a classifier of 48x48 grey faces.

    Example:
        >>> EmotionClassifier("smal")
        Traceback (most recent call last):
        ferkit.errors.UsageError: There is no model 'smal': ...
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = DEFAULT_MODEL,
        *,
        threads: int | None = None,
        providers: Sequence[str] | None = None,
        batch_size: int = 64,
        class_names: Sequence[str] | None = None,
        pixels: str | None = None,
        classes: int | None = None,
        views: str = "one",
    ) -> None:
        if batch_size < 1:
            raise UsageError(f"batch_size must be 1 or more, not {batch_size}.")
        if views not in VIEWS:
            raise UsageError(f"views must be one of {', '.join(VIEWS)}, not {views!r}.")
        self._made_with: dict[str, Any] = {
            "threads": threads,
            "providers": providers,
            "batch_size": batch_size,
            "class_names": class_names,
            "pixels": pixels,
            "classes": classes,
            "views": views,
        }
        named = named_model(model)
        path = named.onnx
        # Absolute, because another process may have another working directory.
        self._model = model if named.kind == "shipped" else os.path.abspath(path)
        self._session = open_session(path, threads=threads, providers=providers)
        metadata = read_metadata(self._session, path)
        convention = Convention.of(class_names, pixels)
        if metadata:
            convention.refuse(str(path))
        self._adapter = InputAdapter.of(self._session, path, convention.scale)
        check_interface(self._session, path, self._adapter)
        self._input = self._session.get_inputs()[0].name
        optional = [extra.name for extra in self._session.get_overridable_initializers()]
        self._counts_views = VIEWS_INPUT in optional
        self.batch_size = batch_size
        self.views = views
        self.path = path
        self.pixels = pixels
        self.known = names_of(metadata, self._run(_BLANK).shape[1], path, convention)
        self._kept = kept_columns(self.known, metadata.get("extra_classes", ()), classes)
        self.emotions = tuple(self.known[i] for i in self._kept)
        if not metadata:
            convention.say(str(path), self.emotions, self._adapter.steps())
        self.card: dict[str, Any] = dict(named.card) or metadata
        self.name = str(self.card.get("name", path.stem))

    @property
    def uncertain_below(self) -> float | None:
        """Confidence below which an answer should count as uncertain; None if the model states
        none.
        """
        below = self.card.get("uncertain_below")
        return None if below is None else float(below)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the images, in pixels."""
        return INPUT_SIZE

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities of face crops.

        Args:
            images: uint8 or float `(n, 48, 48, 1)` or `(n, 48, 48)`, raw grey pixels 0..255; `n`
                may be 0.

        Returns:
            float32 `(n, c)`, rows that sum to 1, columns in the order of `emotions`.

        Raises:
            UsageError: `images` has another shape or kind, or holds values outside 0..255 or
                scaled to 0..1.
        """
        pixels = _checked_images(images)
        if not len(pixels):
            return np.zeros((0, len(self.emotions)), np.float32)
        size = self.batch_size
        batches = [self._run(pixels[i : i + size]) for i in range(0, len(pixels), size)]
        return fold(np.concatenate(batches), self._kept)

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial(type(self), **self._made_with), (self._model,)

    def __repr__(self) -> str:
        return f"EmotionClassifier({self.name!r}, emotions={self.emotions})"

    def _run(self, pixels: np.ndarray) -> np.ndarray:
        if self._counts_views:
            views = {VIEWS_INPUT: np.array(1 + VIEWS.index(self.views))}
            return self._answer(pixels, views)
        if self.views == "one":
            return self._answer(pixels, {})
        both = self._answer(np.concatenate([pixels, pixels[:, :, ::-1]]), {})
        mean: np.ndarray = (both[: len(pixels)] + both[len(pixels) :]) / 2
        return mean

    def _answer(self, pixels: np.ndarray, more: dict[str, np.ndarray]) -> np.ndarray:
        batch = self._adapter(pixels)
        return np.asarray(self._session.run(None, {self._input: batch, **more})[0], np.float32)


_BLANK = np.zeros((1, *INPUT_SIZE, 1), np.uint8)

# Faces scaled to 0..1 have a mean of 0.2 to 0.7; a black picture in 0..255 lies below this.
_SCALED_MEAN = 0.05


def _checked_images(images: np.ndarray) -> np.ndarray:
    """Return `images` as `(n, 48, 48, 1)`, still of their own dtype."""
    try:
        pixels = np.asarray(images)
    except ValueError as error:
        raise UsageError(f"Expected images of one size, (n, 48, 48, 1) ({error}).") from error
    if pixels.ndim == 3:
        pixels = pixels[..., np.newaxis]
    if pixels.shape[1:] != (*INPUT_SIZE, 1):
        raise UsageError(
            f"Expected images of shape (n, 48, 48, 1) or (n, 48, 48), got {np.shape(images)}; "
            "crop, resize and grey them first, or give pictures to ferkit.EmotionRecognizer."
        )
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind != "f":
        raise UsageError(f"Expected uint8 or float images, got {pixels.dtype}.")
    if not len(pixels):
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= 255):  # so that not-a-number fails too
        raise UsageError(f"Expected raw grey pixels 0..255, got values from {low:g} to {high:g}.")
    if high <= 1 and float(pixels.mean()) > _SCALED_MEAN:
        raise UsageError(
            f"Expected raw grey pixels 0..255, got values from {low:g} to {high:g}, which look "
            "scaled to 0..1; multiply them by 255 (the scaling is a part of the model)."
        )
    return pixels
