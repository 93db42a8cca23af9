"""FER+: ten people's votes on every image of FER-2013, and the labels of Microsoft's protocol.

Barsoum, Zhang, Canton Ferrer and Zhang, "Training Deep Networks for Facial Expression Recognition
with Crowd-Sourced Label Distribution", ICMI 2016 (arXiv 1608.01041). The rules are those of
`src/ferplus.py` in Microsoft's repository FERPlus, modes `majority` and `crossentropy`.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ferkit.errors import DataError
from ferkit.labels import EMOTIONS, USAGE_TO_SPLIT

FERPLUS_EMOTIONS: Final = (*EMOTIONS, "contempt")

# The file's own order of columns, which `FerPlusVotes.votes` keeps.
VOTE_COLUMNS: Final = (
    *("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
    *("unknown", "NF"),
)

_HEADER = ("Usage", "Image name", *VOTE_COLUMNS)
_N_EMOTIONS = len(FERPLUS_EMOTIONS)

# Indices of FERPLUS_EMOTIONS among the columns.
_TO_OURS = [4, 5, 6, 1, 3, 2, 0, 7]

# What a cell may hold; looking it up takes a fraction of the time of reading a number.
_COUNTS = {str(count): count for count in range(256)}

_ENOUGH_SHARE, _MOST_CLASSES = 0.75, 3


@dataclass(frozen=True, eq=False)
class FerPlusVotes:
    """The content of `fer2013new.csv`, one row for each row of `fer2013.csv`.

    Attributes:
        votes: `uint8` `(n, 10)`, votes by the file's columns `VOTE_COLUMNS`: eight emotions,
            unknown, NF (no face).
        usages: `str` `(n,)`, `"Training"`, `"PublicTest"` or `"PrivateTest"`.
        origin: The path that was read.
    """

    votes: np.ndarray
    usages: np.ndarray
    origin: str = ""

    def __len__(self) -> int:
        return len(self.votes)


def read_ferplus(path: str | os.PathLike[str]) -> FerPlusVotes:
    r"""Read the votes of FER+.

    Args:
        path: Microsoft's `fer2013new.csv`.

    Raises:
        DataError: There is no such file, or it is not one of FER+.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "fer2013new.csv"
        >>> row = "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0"
        >>> _ = file.write_text(",".join(_HEADER) + f"\n{row}\n")
        >>> read_ferplus(file).votes.tolist()
        [[4, 0, 0, 1, 3, 2, 0, 0, 0, 0]]
    """
    path = Path(path).expanduser()
    votes: list[list[int]] = []
    usages: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            _check_header(path, next(reader, []))
            for row in reader:
                if row:
                    votes.append(_votes(f"{path}:{reader.line_num}", row))
                    usages.append(row[0].strip())
    except FileNotFoundError:
        raise DataError(
            f"There is no file {path}; give fer2013new.csv of Microsoft's FERPlus."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"Cannot read {path} as fer2013new.csv of FER+ ({reason}).") from error
    return FerPlusVotes(
        votes=np.array(votes, np.uint8).reshape(-1, len(VOTE_COLUMNS)),
        usages=np.array(usages, np.str_),
        origin=str(path),
    )


def majority(votes: np.ndarray) -> np.ndarray:
    """Return the emotion that more than half of the votes agree on, as Microsoft's mode `majority`
    finds it.

    Single votes do not count. An image whose top class has no more than half of the remaining
    votes, or is unknown or NF, has no majority. That leaves 25,060 training, 3,199 validation and
    3,153 test images of FER-2013.

    Args:
        votes: `uint8` `(n, 10)`, as `FerPlusVotes` holds them.

    Returns:
        `int64` `(n,)`, index into `FERPLUS_EMOTIONS`, or -1 without a majority.

    Example:
        >>> votes = np.array([[1, 8, 0, 0, 0, 0, 0, 0, 1, 0], [4, 0, 0, 4, 0, 0, 0, 0, 2, 0]])
        >>> majority(votes).tolist()
        [3, -1]
    """
    counted = _without_single_votes(votes)
    top = counted.argmax(axis=1)
    agreed = 2 * counted.max(axis=1, initial=0) > counted.sum(axis=1)
    ours = np.full(len(VOTE_COLUMNS), -1, np.int64)
    ours[_TO_OURS] = np.arange(_N_EMOTIONS)
    return np.where(agreed, ours[top], -1)


def vote_distribution(votes: np.ndarray) -> np.ndarray:
    """Return the share of votes for each emotion, as Microsoft's mode `crossentropy` trains on it.

    Single votes do not count. Classes are taken from the most voted down until they cover three
    quarters of the votes or are three; unknown or NF ends it. An image is unusable when unknown or
    NF comes first, when what was taken covers no more than half of the votes, or when ties make it
    more than three classes. That leaves 27,956 training, 3,505 validation and 3,505 test images of
    FER-2013.

    Args:
        votes: `uint8` `(n, 10)`, as `FerPlusVotes` holds them.

    Returns:
        `float32` `(n, 8)`, columns `FERPLUS_EMOTIONS`; each row sums to 1, or is all 0 if the image
            is unusable.

    Example:
        >>> vote_distribution(np.array([[6, 0, 0, 3, 1, 0, 0, 0, 0, 0]])).round(3).tolist()
        [[0.0, 0.0, 0.0, 0.0, 0.3330000042915344, 0.0, 0.6669999957084656, 0.0]]
    """
    counted = _without_single_votes(votes)
    if not len(counted):
        return np.zeros((0, _N_EMOTIONS), np.float32)
    # Of 35,887 rows 5,335 are distinct.
    distinct, inverse = np.unique(counted, axis=0, return_inverse=True)
    taken = np.array([_leading_classes(row) for row in distinct.tolist()], np.float32)
    taken = taken[inverse.reshape(-1)][:, _TO_OURS]
    shares: np.ndarray = taken / np.maximum(taken.sum(axis=1, keepdims=True), 1)
    return shares


def _leading_classes(counted: list[int]) -> list[int]:
    """Return the votes of the classes kept for an image, all 0 if it is unusable."""
    total = sum(counted)
    left, taken = list(counted), [0] * len(counted)
    n_classes, ended = 0, False
    while sum(taken) < _ENOUGH_SHARE * total and n_classes < _MOST_CLASSES and not ended:
        top = max(left)
        for column in [i for i, count in enumerate(left) if count == top]:
            if column >= _N_EMOTIONS:
                ended = True
                break
            taken[column], left[column] = top, 0
            n_classes += 1
    usable = 2 * sum(taken) > total and n_classes <= _MOST_CLASSES
    return taken if usable else [0] * len(counted)


def _without_single_votes(votes: np.ndarray) -> np.ndarray:
    counted = np.asarray(votes, np.int64).reshape(-1, len(VOTE_COLUMNS))
    return np.where(counted > 1, counted, 0)


def _check_header(path: Path, names: list[str]) -> None:
    if tuple(name.strip() for name in names) != _HEADER:
        found = ", ".join(names)[:80] or "an empty line"
        raise DataError(
            f"{path}:1: expected the columns of FER+ ({', '.join(_HEADER)}), found {found}; "
            "give Microsoft's fer2013new.csv."
        )


def _votes(source: str, row: list[str]) -> list[int]:
    if len(row) != len(_HEADER):
        raise DataError(
            f"{source}: expected {len(_HEADER)} columns, found {len(row)}; mend the file or fetch "
            "it again."
        )
    if row[0].strip() not in USAGE_TO_SPLIT:
        raise DataError(
            f"{source}: unknown usage '{row[0][:20]}', expected {', '.join(USAGE_TO_SPLIT)}; "
            "mend the file or fetch it again."
        )
    try:
        return [_COUNTS[cell.strip()] for cell in row[2:]]
    except KeyError:
        cells = ", ".join(row[2:])
        raise DataError(
            f"{source}: expected whole numbers of votes, found {cells[:60]}; mend the file or "
            "fetch it again."
        ) from None
