"""The model of a recognition, and what was typed about one that another program made."""

from __future__ import annotations

from typing import Any


def recognition_model(
    model: str, class_names: tuple[str, ...] | None, pixels: str | None
) -> tuple[str, dict[str, Any]]:
    """Return what recognition opens, and the arguments that go with it: a Keras model is exported
    with its classes and pixels inside, an ONNX file is opened with them.
    """
    from ferkit.export.cached import exported_file
    from ferkit.weights.named import named_model

    stated = {"class_names": class_names, "pixels": pixels}
    if named_model(model).kind == "onnx":
        return model, stated
    return exported_file(model, class_names=class_names, pixels=pixels), {}
