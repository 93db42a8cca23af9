"""Serve a shipped model of ferkit, or an ONNX file, by `EmotionClassifier.predict`.

python ferkit_worker.py THREADS MODEL
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from answering import serve, versions


class Ferkit:
    """`ferkit.inference.classifier.EmotionClassifier` on whole batches."""

    def __init__(self, threads: int, arguments: list[str]) -> None:
        from ferkit.inference.classifier import EmotionClassifier
        from ferkit.labels import EMOTIONS

        self.classifier = EmotionClassifier(arguments[0], threads=threads, batch_size=256)
        # FER+ models know contempt as well, which no row of FER-2013 is.
        self.codes = [EMOTIONS.index(e) if e in EMOTIONS else -1 for e in self.classifier.emotions]
        self.about = {
            "versions": versions("ferkit", "onnxruntime", "numpy"),
            "parameters": (self.classifier.card or {}).get("parameters"),
            "file_mb": file_mb(arguments[0]),
        }

    def predict(self, images: Any) -> Any:
        """Return the codes of one batch."""
        return [self.codes[i] for i in self.classifier.predict(images).argmax(axis=1)]


def file_mb(model: str) -> float:
    if not model.endswith(".onnx"):
        from ferkit.weights import onnx_file

        model = str(onnx_file(model))
    return round(Path(model).stat().st_size / 1e6, 3)


if __name__ == "__main__":
    serve(Ferkit)
