"""`FerDataset`: images, labels, splits and the source of every image."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from ferkit.errors import DataError, UsageError
from ferkit.labels import EMOTIONS, IMAGE_SIZE, SPLITS


@dataclass(frozen=True)
class SkippedItem:
    """One image or row that was left out, and the reason."""

    source: str
    reason: str


@dataclass(frozen=True, eq=False)
class FerDataset:
    """A labelled set of grey face images.

    Attributes:
        images: `uint8` `(n, 48, 48, 1)`, raw grey pixels 0..255, never normalised.
        labels: `int64` `(n,)`, index into `emotions`.
        splits: `int8` `(n,)`, index into `ferkit.labels.SPLITS`.
        sources: `str` `(n,)`, where each image comes from: `"train/happy/Training_123.jpg"` or
            `"fer2013.csv:17"` (file and line).
        emotions: The names of the labels, in order.
        origin: The path that was read.
        notes: Sentences that a run must print (for example about a validation split that ferkit
            drew).
        skipped: The items that `skip_bad` left out.
        targets: `float32` `(n, c)`, training targets instead of one-hot labels (for example shares
            of votes); rows sum to 1 and have their maximum at the label. None for one-hot labels.
        label_source: The source of labels that are not the data's own: `"ferplus-majority"` or
            `"ferplus-votes"`; `""` for the data's own labels. A model trained on them declares it.
        votes: `float32` `(n, v)`, shares of annotators' votes besides the labels, for training a
            second head; a row of 0 if there are none. None without votes.

    Raises:
        DataError: The arrays do not match.

    Example:
        >>> import numpy as np
        >>> data = FerDataset(
        ...     images=np.zeros((2, 48, 48, 1), np.uint8),
        ...     labels=np.array([3, 6]),
        ...     splits=np.array([0, 2], np.int8),
        ...     sources=np.array(["a.png", "b.png"]),
        ... )
        >>> len(data.split("test"))
        1
    """

    images: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    sources: np.ndarray
    emotions: tuple[str, ...] = EMOTIONS
    origin: str = ""
    notes: tuple[str, ...] = ()
    skipped: tuple[SkippedItem, ...] = field(default=())
    targets: np.ndarray | None = None
    label_source: str = ""
    votes: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.images)
        expected = (n, IMAGE_SIZE, IMAGE_SIZE, 1)
        if self.images.dtype != np.uint8 or self.images.shape != expected:
            raise DataError(
                f"Images must be uint8 of shape (n, {IMAGE_SIZE}, {IMAGE_SIZE}, 1), "
                f"not {self.images.dtype} of shape {self.images.shape}."
            )
        for name in ("labels", "splits", "sources"):
            if getattr(self, name).shape != (n,):
                raise DataError(f"{n} images need {n} {name}, not {getattr(self, name).shape}.")
        if n and not 0 <= self.labels.min() <= self.labels.max() < len(self.emotions):
            raise DataError(f"Labels must lie in 0..{len(self.emotions) - 1}.")
        if n and not 0 <= self.splits.min() <= self.splits.max() < len(SPLITS):
            raise DataError(f"Splits must lie in 0..{len(SPLITS) - 1} ({', '.join(SPLITS)}).")
        if self.targets is not None:
            self._check_targets(self.targets)
        if self.votes is not None and (self.votes.ndim != 2 or len(self.votes) != n):
            raise DataError(f"{n} images need {n} rows of votes, not {self.votes.shape}.")

    def _check_targets(self, targets: np.ndarray) -> None:
        expected = (len(self), len(self.emotions))
        if targets.dtype != np.float32 or targets.shape != expected:
            raise DataError(
                f"Targets must be float32 of shape {expected}, not {targets.dtype} of shape "
                f"{targets.shape}."
            )
        if not np.allclose(targets.sum(axis=1), 1, atol=1e-5) or (targets < 0).any():
            raise DataError("Each row of targets must hold shares that sum to 1.")
        at_label = np.take_along_axis(targets, self.labels[:, None], axis=1)
        if (at_label < targets.max(axis=1, keepdims=True, initial=0)).any():
            raise DataError("Each row of targets must have its maximum at the image's label.")

    def __len__(self) -> int:
        return len(self.images)

    def select(self, mask: np.ndarray) -> FerDataset:
        """Return the images where `mask` is true (or at the indices given), in order."""
        return replace(
            self,
            images=self.images[mask],
            labels=self.labels[mask],
            splits=self.splits[mask],
            sources=self.sources[mask],
            targets=None if self.targets is None else self.targets[mask],
            votes=None if self.votes is None else self.votes[mask],
        )

    def split(self, name: str) -> FerDataset:
        """Return the images of one split, or of several joined by `+` (`"validation+test"`).

        Raises:
            UsageError: `name` is not a split.
            DataError: The split has no image.
        """
        codes = split_codes(name)
        chosen = self.select(np.isin(self.splits, codes))
        if not len(chosen):
            raise DataError(
                f"The split '{name}' of {self.origin or 'this data set'} is empty; "
                f"images per split: {self.sizes()}."
            )
        return chosen

    def one_of_each(self, seed: int) -> np.ndarray:
        """Return the index of a random image of every emotion that has one, in the
        emotions' order.
        """
        rng = np.random.default_rng(seed)
        members = (np.flatnonzero(self.labels == label) for label in range(len(self.emotions)))
        return np.array([rng.choice(indices) for indices in members if len(indices)], np.int64)

    def sizes(self) -> dict[str, int]:
        """Return the number of images per split."""
        return {name: int((self.splits == code).sum()) for code, name in enumerate(SPLITS)}

    def digest(self) -> str:
        """Return a SHA-256 over all training inputs: images, labels, splits, targets and votes, in
        order.
        """
        found = sha256(json.dumps(self.emotions).encode())
        for name in ("images", "labels", "splits"):
            found.update(np.ascontiguousarray(getattr(self, name)).data)
        for shares in (self.targets, self.votes):
            # Rounded, as another version of NumPy may differ in the last digits.
            rows = np.zeros(0) if shares is None else np.rint(10_000 * shares)
            found.update(rows.astype(np.int32).data)
        return found.hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of images per split and emotion."""
        return {
            name: dict(
                zip(
                    self.emotions,
                    np.bincount(
                        self.labels[self.splits == code], minlength=len(self.emotions)
                    ).tolist(),
                    strict=True,
                )
            )
            for code, name in enumerate(SPLITS)
        }


def split_codes(name: str) -> list[int]:
    """Return the codes of the splits in `name`, which may join several by `+`.

    Raises:
        UsageError: A part is not a split.
    """
    parts = name.split("+")
    for part in parts:
        if part not in SPLITS:
            raise UsageError(
                f"'{part}' is not a split; choose from {', '.join(SPLITS)}, or join some with '+'."
            )
    return [SPLITS.index(part) for part in parts]
