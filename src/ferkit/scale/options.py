"""Options of recognition at scale: everything that the rows of a source depend on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ferkit.errors import UsageError
from ferkit.weights import DEFAULT_MODEL


@dataclass(frozen=True)
class ScaleOptions:
    """Options of recognition; all rows of an output folder have the same options.

    Attributes:
        model: A shipped name or the path of an `.onnx` file that every worker can open. Defaults to
            `DEFAULT_MODEL`, "small-wild".
        detector: `auto`, `yunet`, `mtcnn` or `none`. Defaults to "auto".
        detail: `normal` or `high`, as in `ferkit.EmotionRecognizer`. Defaults to "normal".
        min_face: Smallest longer side of a face, in pixels. Defaults to 0.
        classes: 8 includes contempt, for models that know it. Defaults to None: the seven emotions.
        views: `flip`, the mean over a face and its mirror image, or `one`. Defaults to "flip".
        class_names: Classes of a model from another program, as in `ferkit.EmotionRecognizer`.
            Defaults to None.
        pixels: Pixel format of such a model, likewise. Defaults to None.
        part_size: Number of pictures in a shard, which becomes one Parquet file. Defaults to None:
            500, or fewer if there would be less than eight shards per worker.

    Raises:
        UsageError: `part_size` is below 1.
    """

    model: str = DEFAULT_MODEL
    detector: str = "auto"
    detail: str = "normal"
    min_face: float = 0
    classes: int | None = None
    views: str = "flip"
    class_names: tuple[str, ...] | None = None
    pixels: str | None = None
    part_size: int | None = None

    def __post_init__(self) -> None:
        if self.part_size is not None and self.part_size < 1:
            raise UsageError(f"part_size expects 1 or more, not {self.part_size}.")

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        names = None if self.class_names is None else list(self.class_names)
        return {**asdict(self), "class_names": names}
