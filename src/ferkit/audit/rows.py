"""Creates findings of a data set, which all identify their image in the same way."""

from __future__ import annotations

from ferkit.data.dataset import FerDataset
from ferkit.data.exclusion import short_digests
from ferkit.data.findings import Finding
from ferkit.labels import SPLITS


class Rows:
    """Creates a `Finding` from the index of an image.

    Args:
        dataset: The audited data set.
    """

    def __init__(self, dataset: FerDataset) -> None:
        self.dataset = dataset
        self._sources: list[str] = dataset.sources.tolist()
        self._digests = short_digests(dataset.images)

    def source(self, index: int) -> str:
        """Return the source of an image."""
        return self._sources[index]

    def finding(
        self,
        kind: str,
        index: int,
        *,
        suggested: str = "",
        group: str = "",
        score: str = "",
        detail: str = "",
        exclude: bool = False,
    ) -> Finding:
        """Return a finding about the image at `index`; `exclude` has an effect only in train."""
        split = SPLITS[self.dataset.splits[index]]
        return Finding(
            kind=kind,
            source=self._sources[index],
            split=split,
            label=self.dataset.emotions[self.dataset.labels[index]],
            suggested=suggested,
            group=group,
            score=score,
            detail=detail,
            exclude="yes" if exclude and split == "train" else "no",
            pixels=self._digests[index],
        )
