"""Serve `fer`'s emotion model on crops, in one of the ways to use it.

    python fer_worker.py THREADS WAY [FILE]

api-tflite      `FER().detect_emotions(image, face_rectangles=...)`, the default
api-keras       the same with `use_tflite=False`
keras-predict   its .hdf5 file through `model.predict`
keras-function  its .hdf5 file through `tf.function`
tflite-batch    its .tflite file, whole batches at once, all threads

Face detection is excluded: the rectangles are given. With the API, a batch is one image with a face
in each 48x48 cell, its way to take several faces at once. The other ways prepare a crop like the
API (resize to the model's size, scale to -1..1) and keep all digits of the scores, which the API
rounds to two. For the keras ways, FILE may be another Keras file with the same scaling, such as
oarriaga's big_XCEPTION, or the name of an untrained network of peer_architectures.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from answering import serve, versions

CELL = 48
COLUMNS = 16


class Api:
    """`fer.FER` with given face rectangles."""

    def __init__(self, use_tflite: bool) -> None:
        from fer.fer import FER

        # No offsets: a rectangle is the whole crop, as it would be with fer's margin around a face.
        self.detector = FER(use_tflite=use_tflite, offsets=(0, 0))
        self.names = list(FER._get_labels().values())
        self.about: dict[str, Any] = {}

    def predict(self, images: Any) -> list[int]:
        """Return the codes of one batch."""
        image, rectangles = mosaic(images)
        faces = self.detector.detect_emotions(image, face_rectangles=rectangles)
        return [
            max(range(len(self.names)), key=lambda i: scores[self.names[i]])
            for scores in (face["emotions"] for face in faces)
        ]


class KerasModel:
    """A Keras model on prepared batches, by `predict` or compiled with `tf.function`."""

    def __init__(self, model: Any, compiled: bool) -> None:
        import tensorflow as tf

        self.model = model
        self.size = self.model.input_shape[1]
        self.about: dict[str, Any] = {"parameters": self.model.count_params()}
        self.call = None
        if compiled:
            signature = tf.TensorSpec((None, self.size, self.size, 1), tf.float32)
            self.call = tf.function(lambda x: model(x, training=False), input_signature=[signature])

    def predict(self, images: Any) -> Any:
        """Return the codes of one batch."""
        pixels = prepared(images, self.size)
        if self.call is not None:
            return self.call(pixels).numpy().argmax(axis=1)
        return self.model.predict(pixels, batch_size=len(pixels), verbose=0).argmax(axis=1)


class TfliteFile:
    """A .tflite file on prepared batches."""

    def __init__(self, file: Path, threads: int) -> None:
        import tensorflow as tf

        self.interpreter = tf.lite.Interpreter(str(file), num_threads=threads)
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]
        self.batch = 0
        self.about = {"file_mb": megabytes(file)}

    def predict(self, images: Any) -> Any:
        """Return the codes of one batch."""
        if len(images) != self.batch:
            self.batch = len(images)
            self.interpreter.resize_tensor_input(self.input, (self.batch, 64, 64, 1))
            self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.input, prepared(images, 64))
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output).argmax(axis=1)


def mosaic(images: Any) -> tuple[Any, list[tuple[int, int, int, int]]]:
    """Return one BGR image with a crop in each cell, and the cells as (x, y, width, height)."""
    import numpy as np

    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    cells = np.zeros((rows * columns, CELL, CELL), np.uint8)
    cells[: len(images)] = images[..., 0]
    grid = cells.reshape(rows, columns, CELL, CELL).swapaxes(1, 2)
    grey = grid.reshape(rows * CELL, columns * CELL)
    places = [divmod(i, columns) for i in range(len(images))]
    rectangles = [(column * CELL, row * CELL, CELL, CELL) for row, column in places]
    return np.repeat(grey[..., np.newaxis], 3, axis=2), rectangles


def prepared(images: Any, size: int) -> Any:
    """Return `float32` `(n, size, size, 1)` in -1..1, as fer prepares a crop."""
    import cv2
    import numpy as np

    if size != CELL:
        images = np.stack([cv2.resize(image, (size, size)) for image in images])
    return ((images.astype(np.float32) / 255.0 - 0.5) * 2.0).reshape(len(images), size, size, 1)


def keras_worker(given: str | Path, way: str) -> KerasModel:
    """Return the worker for a Keras file, or for the name of an untrained network."""
    import tensorflow as tf
    from peer_architectures import ARCHITECTURES

    compiled = way == "keras-function"
    if given in ARCHITECTURES:
        worker = KerasModel(ARCHITECTURES[str(given)](), compiled)
        worker.about["untrained"] = True
        return worker
    worker = KerasModel(tf.keras.models.load_model(given, compile=False), compiled)
    worker.about["file_mb"] = megabytes(Path(given))
    return worker


def megabytes(file: Path) -> float:
    return round(file.stat().st_size / 1e6, 3)


def load(threads: int, arguments: list[str]) -> Any:
    way, *files = arguments
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    from importlib.util import find_spec

    data = Path(find_spec("fer").origin).parent / "data"
    if way.startswith("api-"):
        worker: Any = Api(use_tflite=way == "api-tflite")
        file = "emotion_model_quantized.tflite" if way == "api-tflite" else "emotion_model.hdf5"
        worker.about = {"file_mb": megabytes(data / file)}
    elif way.startswith("keras-"):
        worker = keras_worker(files[0] if files else data / "emotion_model.hdf5", way)
    elif way == "tflite-batch":
        worker = TfliteFile(data / "emotion_model_quantized.tflite", threads)
    else:
        raise SystemExit(f"There is no way {way!r} to use fer.")
    packages = ("fer", "tensorflow-cpu", "keras", "opencv-contrib-python", "numpy")
    worker.about["versions"] = versions(*packages)
    return worker


if __name__ == "__main__":
    serve(load)
