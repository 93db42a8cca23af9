"""FER+ votes under Microsoft's protocol, rule by rule and on the real file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit.data.ferplus import (
    FERPLUS_EMOTIONS,
    VOTE_COLUMNS,
    majority,
    read_ferplus,
    vote_distribution,
)
from ferkit.errors import DataError

HEADER = ",".join(("Usage", "Image name", *VOTE_COLUMNS))


def votes_of(**counts: int) -> np.ndarray:
    """Return one row of votes by column name."""
    return np.array([[counts.get(name, 0) for name in VOTE_COLUMNS]], np.uint8)


def shares_of(**counts: int) -> dict[str, float]:
    """Return the emotions that have a share of the votes, with it."""
    (row,) = vote_distribution(votes_of(**counts)).tolist()
    return {
        name: round(share, 3) for name, share in zip(FERPLUS_EMOTIONS, row, strict=True) if share
    }


@pytest.mark.parametrize(
    ("column", "emotion"),
    [
        *zip(VOTE_COLUMNS[:4], ("neutral", "happy", "surprise", "sad"), strict=True),
        *zip(VOTE_COLUMNS[4:8], ("angry", "disgust", "fear", "contempt"), strict=True),
        ("unknown", None),
        ("NF", None),
    ],
)
def test_every_column_stands_for_its_emotion(column: str, emotion: str | None) -> None:
    (index,) = majority(votes_of(**{column: 10}))
    assert index == (-1 if emotion is None else FERPLUS_EMOTIONS.index(emotion))
    assert shares_of(**{column: 10}) == ({} if emotion is None else {emotion: 1.0})


@pytest.mark.parametrize(
    ("counts", "emotion"),
    [
        ({"fear": 6, "surprise": 4}, "fear"),
        ({"fear": 5, "surprise": 5}, None),  # not more than half
        ({"fear": 4, "surprise": 4, "anger": 2}, None),
        # Of 4 + 3 votes that count, 4 are more than half: single ones are dropped first.
        ({"fear": 4, "surprise": 3, "anger": 1, "sadness": 1, "NF": 1}, "fear"),
        ({"fear": 4, "unknown": 6}, None),
        (dict.fromkeys(VOTE_COLUMNS, 1), None),
    ],
)
def test_a_majority_is_more_than_half_of_what_is_left_without_single_votes(
    counts: dict[str, int], emotion: str | None
) -> None:
    (index,) = majority(votes_of(**counts))
    assert index == (-1 if emotion is None else FERPLUS_EMOTIONS.index(emotion))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"neutral": 6, "sadness": 4}, {"sad": 0.4, "neutral": 0.6}),
        ({"neutral": 7, "sadness": 2, "fear": 1}, {"neutral": 1.0}),  # 7 of 9 are three quarters
        ({"neutral": 4, "sadness": 4, "fear": 2}, {"sad": 0.5, "neutral": 0.5}),
        # Three classes at most, and here they cover 8 of 10 votes.
        (
            {"neutral": 4, "sadness": 2, "anger": 2, "fear": 1},
            {"angry": 0.25, "sad": 0.25, "neutral": 0.5},
        ),
        ({"neutral": 4, "sadness": 2, "anger": 2, "fear": 2}, {}),  # a tie makes it four
        ({"neutral": 6, "unknown": 4}, {"neutral": 1.0}),  # unknown ends it, above half
        ({"neutral": 5, "unknown": 5}, {}),  # not above half
        ({"unknown": 6, "neutral": 4}, {}),
        ({"NF": 10}, {}),
        ({}, {}),
    ],
)
def test_the_distribution_takes_the_leading_classes(
    counts: dict[str, int], expected: dict[str, float]
) -> None:
    assert shares_of(**counts) == expected


def test_distributions_are_float32_and_sum_to_one_or_nothing() -> None:
    rng = np.random.default_rng(0)
    votes = rng.multinomial(10, np.full(10, 0.1), size=500)
    shares = vote_distribution(votes)
    assert shares.dtype == np.float32
    assert shares.shape == (500, 8)
    sums = shares.sum(axis=1)
    assert set(np.round(sums, 6)) == {0.0, 1.0}
    # Whoever has a majority has a distribution, with the same emotion on top.
    agreed = majority(votes) >= 0
    assert (shares[agreed].argmax(axis=1) == majority(votes)[agreed]).all()


def test_no_rows_are_no_rows() -> None:
    assert vote_distribution(np.zeros((0, 10))).shape == (0, 8)
    assert majority(np.zeros((0, 10))).shape == (0,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ":1: expected the columns of FER\\+ .*, found an empty line"),
        (
            "emotion,pixels,Usage\n",
            ":1: expected the columns of FER\\+ .*, found emotion, pixels, Usage",
        ),
        (f"{HEADER}\nTraining,a.png,1,2\n", ":2: expected 12 columns, found 4"),
        (f"{HEADER}\nTrain,a.png,10{',0' * 9}\n", ":2: unknown usage 'Train'"),
        (f"{HEADER}\nTraining,a.png,many{',0' * 9}\n", ":2: expected whole numbers of votes"),
        (f"{HEADER}\nTraining,a.png,-1{',0' * 9}\n", ":2: expected whole numbers of votes"),
        (f"{HEADER}\nTraining,a.png,999{',0' * 9}\n", ":2: expected whole numbers of votes"),
    ],
)
def test_a_file_that_is_not_ferplus_is_one_sentence(
    content: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "votes.csv"
    file.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        read_ferplus(file)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_binary_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no file .*; give fer2013new.csv"):
        read_ferplus(tmp_path / "none.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe\n")
    with pytest.raises(DataError, match=r"Cannot read .*picture.csv as fer2013new.csv"):
        read_ferplus(tmp_path / "picture.csv")


@pytest.mark.shared
def test_the_real_file_gives_microsofts_counts(shared_data: Path) -> None:
    ferplus = read_ferplus(shared_data / "fer2013new.csv")
    kept = majority(ferplus.votes) >= 0
    usable = vote_distribution(ferplus.votes).any(axis=1)
    usages = ("Training", "PublicTest", "PrivateTest")
    assert len(ferplus) == 35_887
    assert [int((kept & (ferplus.usages == u)).sum()) for u in usages] == [25_060, 3_199, 3_153]
    assert [int((usable & (ferplus.usages == u)).sum()) for u in usages] == [27_956, 3_505, 3_505]
