"""The model to train."""

from __future__ import annotations

from dataclasses import dataclass

from ferkit.backend.choosing import PRECISIONS
from ferkit.data.convention import PIXELS
from ferkit.runs.levers.field import lever


@dataclass(frozen=True)
class SubjectLevers:
    """The model to train."""

    recipe: str = lever(
        "custom", 'The recipe it began from, or `"custom"`.', always=True, words="{recipe}"
    )
    model: str = lever(
        "cnn6", "Architecture, one of `ferkit.models.list_models()`.", always=True, words="{model}"
    )
    start: str | None = lever(
        None,
        "What training begins with: a shipped model's name, a run folder or a `.keras` file; None "
        'for new weights. With `optimizer="adam"` this is fine-tuning, head first; with another '
        "optimizer, another cycle of the whole network.",
        heading="Began with",
        words="{start}",
    )
    start_classes: tuple[str, ...] = lever(
        (),
        "Classes of a `start` that another program made, in the order of its outputs; none for the "
        "seven emotions in FER-2013's order.",
        joined=",",
        heading="Classes of that model",
        words="{start_classes}",
    )
    start_pixels: str | None = lever(
        None,
        "Pixels that such a `start` takes; None for 0..255.",
        choices=tuple(PIXELS),
        heading="Pixels of that model",
        words="{start_pixels}",
    )
    precision: str = lever("auto", '`"auto"`, `"float32"` or `"bfloat16"`.', choices=PRECISIONS)
    seed: int = lever(
        0,
        "Seed of weights, order, dropout and augmentation.",
        between=(0, 2**31 - 1),
        always=True,
        words="{seed}",
    )
