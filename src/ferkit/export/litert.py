"""Keras to LiteRT (formerly TensorFlow Lite), and LiteRT files as predictors."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.errors import MissingDependencyError, ModelError
from ferkit.export.reference import with_calibration
from ferkit.files import atomic_path
from ferkit.metrics.calibration import PLAIN, Calibration


def write_litert(
    model: Any, path: str | os.PathLike[str], calibration: Calibration = PLAIN
) -> None:
    """Write a Keras model as a `.tflite` file with input `(n, 48, 48, 1)` float32 raw pixels.

    Args:
        model: A Keras model that ends in a dense layer with a softmax.
        path: The `.tflite` file.
        calibration: Calibration of the probabilities inside the file. Defaults to none.

    Raises:
        ModelError: Keras runs on a backend other than TensorFlow, or the model does not end in a
            softmax.
        MissingDependencyError: TensorFlow is not installed.
        OutputError: The file cannot be written.
    """
    import keras

    if keras.config.backend() != "tensorflow":
        raise ModelError(
            f"LiteRT files need TensorFlow, but Keras runs on {keras.config.backend()}; "
            "set KERAS_BACKEND=tensorflow."
        )
    from ferkit.backend.notices import without_native_notices

    calibrated = with_calibration(model, calibration)
    with atomic_path(path) as partial, without_native_notices():
        calibrated.export(partial, format="litert", verbose=False)


@dataclass(frozen=True, eq=False)
class LitertPredictor:
    """A `.tflite` file as a `Predictor`.

    Attributes:
        path: The file.
        emotions: Names of its classes.
    """

    path: Path
    emotions: tuple[str, ...]

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities `(n, c)` of uint8 `(n, 48, 48, 1)` raw grey pixels.

        Raises:
            MissingDependencyError: The LiteRT interpreter is not installed.
        """
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise MissingDependencyError.of("LiteRT", "Checking LiteRT files", "export") from error
        from ferkit.backend.notices import without_native_notices

        with without_native_notices():
            interpreter = Interpreter(model_path=str(self.path), num_threads=1)
            source = interpreter.get_input_details()[0]["index"]
            result = interpreter.get_output_details()[0]["index"]
            rows = []
            for start in range(0, len(images), 64):
                batch = images[start : start + 64].astype(np.float32)
                interpreter.resize_tensor_input(source, batch.shape)
                interpreter.allocate_tensors()
                interpreter.set_tensor(source, batch)
                interpreter.invoke()
                rows.append(interpreter.get_tensor(result))
        return np.concatenate(rows)
