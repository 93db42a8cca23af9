"""The data to learn from, and its augmentation."""

from __future__ import annotations

from dataclasses import dataclass

from ferkit.data.ferplus_labels import LABELS
from ferkit.data.findings import KINDS
from ferkit.runs.levers import phrases
from ferkit.runs.levers.field import lever


@dataclass(frozen=True)
class DataLevers:
    """The data to learn from, and its augmentation."""

    data: str = lever("auto", "Data set, as accepted by `ferkit.load_fer2013`.", heading="")
    own_classes: bool = lever(False, "Whether every folder name of the data is a class.")
    labels: str = lever(
        "fer2013",
        '`"fer2013"`, or FER+\'s `"ferplus-majority"` or `"ferplus-votes"`, as '
        "`ferkit.load_fer2013` takes them.",
        choices=LABELS,
        always=True,
        words=phrases.labels,
    )
    ferplus: str | None = lever(
        None,
        "The `fer2013new.csv` that labels of FER+ come from; None for none.",
        heading="File of FER+",
        words="{ferplus}",
    )
    exclude: str | None = lever(
        None,
        "The `audit.csv` of `ferkit audit` whose findings are left out of training; None leaves "
        "out none.",
        heading="Left out",
        words="findings in {exclude}",
    )
    exclude_kinds: tuple[str, ...] = lever(
        (),
        "The kinds of findings to leave out; `()` for all that the file marks.",
        choices=(*KINDS,),
    )
    skip_bad: bool = lever(False, "Whether unusable images are left out instead of being an error.")
    convert: bool = lever(False, "Whether colour and other-sized images are converted.")
    draw_test: bool = lever(
        False, "Whether a tenth of train is set aside as test if the data has no test split."
    )
    augment: str = lever(
        "none",
        "Augmentation pipeline, one of `ferkit.training.list_augmentations()`.",
        heading="Augmentation",
        always=True,
        words="{augment}",
    )
    image_sizes: tuple[int, ...] = lever(
        (48,),
        "Edges of the training images over the epochs, in equal shares: `(32, 40, 48)` trains the "
        "first third of the epochs on 32x32. The last must be 48, the size of validation.",
        between=(16, 48),
        joined="-",
        words=phrases.image_sizes,
    )
