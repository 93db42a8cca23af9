"""The labels of FER+ in place of FER-2013's own: which vote belongs to which image, and what is
left out.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS, FerPlusVotes, majority, vote_distribution
from ferkit.errors import DataError, UsageError
from ferkit.labels import EMOTIONS, SPLITS, USAGE_TO_SPLIT

LABELS: Final = ("fer2013", "ferplus-majority", "ferplus-votes")

# Beside the file of FER+, for images in folders: which file is which row of the table.
ROWS_FILE: Final = "fer2013-rows.csv"

_LINE_OF_TABLE = re.compile(r":(\d+)$")


def require_labels(labels: str, ferplus: object) -> None:
    """Check that `labels` is known and comes with the file of FER+ that it needs.

    Raises:
        UsageError: It is not, or does not, or there is a file that nothing needs.
    """
    if labels not in LABELS:
        raise UsageError(f"There are no labels '{labels}'; choose from {', '.join(LABELS)}.")
    if labels != "fer2013" and not ferplus:
        raise UsageError(
            f"The labels {labels} need FER+; name its fer2013new.csv with ferplus=... ."
        )
    if labels == "fer2013" and ferplus:
        raise UsageError(
            "The labels fer2013 do not use FER+; leave out ferplus=..., or choose the labels "
            "ferplus-majority or ferplus-votes."
        )


def with_ferplus_labels(dataset: FerDataset, votes: FerPlusVotes, labels: str) -> FerDataset:
    """Return `dataset` with the eight labels of FER+, without the images that it leaves out.

    Args:
        dataset: FER-2013 as a table, or in folders with `fer2013-rows.csv` next to FER+'s file.
        votes: The votes.
        labels: `"ferplus-majority"`: images with a majority, in every split. `"ferplus-votes"`:
            training images with a usable distribution, which become `targets`; validation and test
            as with `ferplus-majority`, as Microsoft's `train.py` has it.

    Raises:
        DataError: The images cannot be told apart by row, or are not those that were voted on.
    """
    rows = ferplus_rows(dataset, votes)
    agreed = majority(votes.votes)[rows]
    one_hot = np.eye(len(FERPLUS_EMOTIONS), dtype=np.float32)
    targets = np.where((agreed >= 0)[:, None], one_hot[agreed], np.float32(0))
    if labels == "ferplus-votes":
        train = dataset.splits == SPLITS.index("train")
        targets[train] = vote_distribution(votes.votes)[rows][train]
    kept: np.ndarray = targets.max(axis=1) > 0
    note = (
        f"The labels are FER+'s ({labels} of {Path(votes.origin).name}), not FER-2013's own; "
        f"{int((~kept).sum()):,} of {len(kept):,} images, on which its people do not agree enough, "
        "are left out."
    )
    return replace(
        dataset.select(kept),
        labels=targets[kept].argmax(axis=1),
        targets=targets[kept] if labels == "ferplus-votes" else None,
        emotions=FERPLUS_EMOTIONS,
        label_source=labels,
        notes=(*dataset.notes, note),
    )


def with_votes(dataset: FerDataset, votes: FerPlusVotes) -> FerDataset:
    """Return `dataset` with its own labels, and the shares of FER+ votes in addition as `votes`.

    Raises:
        DataError: The images cannot be told apart by row, or are not those that were voted on.
    """
    shares = vote_distribution(votes.votes)[ferplus_rows(dataset, votes)]
    return replace(dataset, votes=shares)


def ferplus_rows(dataset: FerDataset, votes: FerPlusVotes) -> np.ndarray:
    """Return `int64` `(n,)`: the row of `votes` that belongs to each image.

    Raises:
        DataError: The images' rows are not known, or images and votes are not of the same table.
    """
    lines = [_LINE_OF_TABLE.search(source) for source in dataset.sources]
    if all(lines):
        rows = _rows_of_table(dataset, [int(line[1]) for line in lines if line], votes)
    else:
        rows = _rows_of_files(dataset, votes)
    usages = votes.usages[rows]
    splits = np.array([SPLITS.index(USAGE_TO_SPLIT[usage]) for usage in usages.tolist()], np.int8)
    wrong = np.flatnonzero(splits != dataset.splits)
    if len(wrong):
        first = int(wrong[0])
        raise DataError(
            f"{dataset.sources[first]} is of {SPLITS[dataset.splits[first]]}, but row "
            f"{rows[first]} of {votes.origin} "
            f"says {usages[first]} ({len(wrong):,} rows differ); give the fer2013new.csv of the "
            "same table."
        )
    return rows


def _rows_of_table(dataset: FerDataset, lines: list[int], votes: FerPlusVotes) -> np.ndarray:
    skipped = (_LINE_OF_TABLE.search(item.source) for item in dataset.skipped)
    # Empty lines are no rows, so rows are counted rather than computed from the line.
    known = np.unique([*lines, *(int(line[1]) for line in skipped if line)])
    if len(known) != len(votes):
        raise DataError(
            f"{dataset.origin} has {len(known):,} rows, but {votes.origin} has {len(votes):,}; "
            "FER+ fits the whole fer2013.csv in its own order alone."
        )
    return np.searchsorted(known, lines)


def _rows_of_files(dataset: FerDataset, votes: FerPlusVotes) -> np.ndarray:
    table = Path(votes.origin).with_name(ROWS_FILE)
    if not table.is_file():
        raise DataError(
            f"The images of {dataset.origin} have no order that FER+ could be matched to; "
            f"give the table fer2013.csv, or put {ROWS_FILE} (row, usage, emotion, file) beside "
            f"{votes.origin}."
        )
    row_of = _read_rows_file(table, votes)
    rows = np.empty(len(dataset), np.int64)
    for index, (source, label) in enumerate(
        zip(dataset.sources.tolist(), dataset.labels.tolist(), strict=True)
    ):
        file = "/".join(source.split("/")[-3:])
        row, emotion = row_of.get(file, (-1, -1))
        if emotion != label:
            reason = "is not" if row < 0 else f"is {EMOTIONS[emotion]}"
            raise DataError(
                f"{source} of {dataset.origin} {reason} in {table}; give the images that this "
                "table lists."
            )
        rows[index] = row
    return rows


def _read_rows_file(path: Path, votes: FerPlusVotes) -> dict[str, tuple[int, int]]:
    """Return row and emotion code of each file, having checked the table against the votes."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.DictReader(file))
        found = [(line["file"], int(line["row"]), int(line["emotion"])) for line in lines]
        usages = [line["usage"] for line in lines]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read as a table of row, usage, emotion and file ({error})."
        ) from error
    in_order = [row for _, row, _ in found] == list(range(len(votes)))
    if (
        not in_order
        or usages != votes.usages.tolist()
        or len({name for name, *_ in found}) != len(found)
    ):
        raise DataError(
            f"{path} does not list the {len(votes):,} rows of {votes.origin} in order, with the "
            "same usage and a file each; "
            "give tables of the same data set."
        )
    return {name: (row, emotion) for name, row, emotion in found}
