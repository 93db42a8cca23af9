"""What is trained."""

from __future__ import annotations

from dataclasses import dataclass

from ferkit.backend.choosing import PRECISIONS
from ferkit.runs.levers.field import lever


@dataclass(frozen=True)
class SubjectLevers:
    """What is trained."""

    recipe: str = lever(
        "custom", 'The recipe it began from, or `"custom"`.', always=True, words="{recipe}"
    )
    model: str = lever(
        "cnn6", "Architecture, one of `ferkit.models.list_models()`.", always=True, words="{model}"
    )
    start: str | None = lever(
        None,
        "What training begins with: a shipped model's name, a run folder or a `.keras` file; None "
        'for new weights. With `optimizer="adam"` it is a fine-tuning, head first; with another '
        "optimizer another cycle of the whole net.",
        heading="Began with",
        words="{start}",
    )
    precision: str = lever("auto", '`"auto"`, `"float32"` or `"bfloat16"`.', choices=PRECISIONS)
    seed: int = lever(
        0,
        "Seed of weights, order, dropout and augmentation.",
        between=(0, 2**31 - 1),
        always=True,
        words="{seed}",
    )
