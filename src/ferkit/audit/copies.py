"""Groups of images that are identical or near copies of one picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ferkit.audit.near_pairs import NearPairs
from ferkit.data.dataset import FerDataset
from ferkit.data.duplicates import pixel_digests
from ferkit.labels import SPLITS

TRAIN = SPLITS.index("train")


@dataclass(frozen=True, eq=False)
class Copies:
    """The copies in a data set.

    Attributes:
        identical: `int64` `(n,)`, group number of images that are equal in every pixel.
        picture: `int64` `(n,)`, group number of images that are one picture: identical, or
            connected by near pairs.
        similarity: `float32` `(n,)`, the highest cosine similarity to an image that is not
            identical, if it is above the threshold, else 0.
    """

    identical: np.ndarray
    picture: np.ndarray
    similarity: np.ndarray


def distinct(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Group pixel-identical images; return the index of the first image of each group, and the
    group number of each image.
    """
    _, first, number = np.unique(pixel_digests(images), return_index=True, return_inverse=True)
    # NumPy sorts by digest; number the groups by their first image instead, so that their names
    # follow the order of the data.
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[number.reshape(-1)]


def link_copies(first: np.ndarray, identical: np.ndarray, pairs: NearPairs) -> Copies:
    """Join identical images and near pairs into pictures.

    Args:
        first: First image of each group, from `distinct`.
        identical: Group number of each image, from `distinct`.
        pairs: Near pairs above the threshold, as indices into `first`.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(first)
    links = coo_array((np.ones(len(pairs), bool), (pairs.left, pairs.right)), shape=(n, n))
    _, component = connected_components(links, directed=False)
    best = np.zeros(n, np.float32)
    np.maximum.at(best, pairs.left, pairs.similarity)
    np.maximum.at(best, pairs.right, pairs.similarity)
    return Copies(identical, component.astype(np.int64)[identical], best[identical])


def groups(numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the indices of each group of at least two images, in the order of the data."""
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    members = [part for part in np.split(order, starts[1:]) if len(part) > 1]
    yield from sorted(members, key=lambda part: int(part[0]))


def agreed_label(dataset: FerDataset, members: np.ndarray) -> int:
    """Return the label of more than half of the training images among `members`, or -1.

    Labels of validation and test do not count, since they must not influence the training data.
    """
    labels = dataset.labels[members][dataset.splits[members] == TRAIN]
    if not len(labels):
        return -1
    counts = np.bincount(labels)
    top = int(counts.argmax())
    return top if 2 * counts[top] > len(labels) else -1


def standing_for(dataset: FerDataset, members: np.ndarray) -> int:
    """Return the member to keep: the first in train with the agreed label, if there is one."""
    agreed = agreed_label(dataset, members)
    rank = np.lexsort((members, dataset.labels[members] != agreed, dataset.splits[members]))
    return int(members[rank[0]])
