"""The options of a command that recognises emotions, and the recogniser that they describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ferkit.cli.parts import options
from ferkit.cli.parts.options import Decorator

if TYPE_CHECKING:
    from ferkit.inference.recognizer import EmotionRecognizer


@dataclass(frozen=True)
class Recognition:
    """The options of recognition; one field per option."""

    model: str
    detector: str
    detail: str
    views: str
    classes: int | None
    min_face: float
    threads: int | None
    class_names: tuple[str, ...] | None
    pixels: str | None

    def opened(self) -> tuple[str, dict[str, Any]]:
        """Return the model to open and its arguments: a Keras model is exported first, with its
        classes and pixels inside; an ONNX file is opened with them as arguments.
        """
        from ferkit.export.cached import exported_file
        from ferkit.weights.named import named_model

        stated: dict[str, Any] = {"class_names": self.class_names, "pixels": self.pixels}
        if named_model(self.model).kind == "onnx":
            return self.model, stated
        return exported_file(self.model, **stated), {}

    def create(self, *, many: bool, detector: str | None = None) -> EmotionRecognizer:
        """Load the recogniser.

        Args:
            many: Whether many pictures are recognised at once.
            detector: Replaces the detector of the command line. Defaults to None.
        """
        from ferkit.inference.create import create_recognizer

        model, stated = self.opened()
        return create_recognizer(
            model,
            detector or self.detector,
            detail=self.detail,
            threads=self.threads,
            min_face=self.min_face,
            classes=self.classes,
            views=self.views,
            many=many,
            **stated,
        )


def recognition(*, views: str = "flip") -> Decorator:
    """Return a decorator that gives a command these options; it takes them as one argument,
    `recognition`.

    Args:
        views: The default of `--views`. Defaults to "flip".
    """
    return options.bundled(
        "recognition",
        Recognition,
        options.model(),
        options.detector(),
        options.detail(),
        options.views(default=views),
        options.classes(),
        options.min_face(),
        options.threads(),
        options.class_names(),
        options.pixels(),
    )
