"""The vectorised pixel parser agrees with a plain one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferkit.data.pixels import PIXELS, parse_pixel_rows


def plain(field: bytes) -> list[int] | None:
    """Parse one row the slow and obvious way; None when it is not 2304 numbers 0..255 of up to
    three digits.
    """
    tokens = [token for token in field.split(b" ") if token]
    if len(tokens) != PIXELS:
        return None
    if not all(token.isdigit() and len(token) <= 3 and int(token) <= 255 for token in tokens):
        return None
    return [int(token) for token in tokens]


# A row is a few numbers repeated, with some tokens exchanged: rich in faults, quick to make.
tokens = st.one_of(
    st.integers(0, 255).map(str),
    st.sampled_from(
        ["", " ", "007", "256", "999", "1000", "-1", "1.5", "x", "٣", "\t", "1\t2", "+3"]
    ),
)


@st.composite
def rows(draw: st.DrawFn) -> bytes:
    pattern = draw(st.lists(st.integers(0, 255), min_size=1, max_size=5))
    length = draw(st.sampled_from([PIXELS, PIXELS, PIXELS, PIXELS - 1, PIXELS + 1, 1, 0]))
    row = [str(pattern[i % len(pattern)]) for i in range(length)]
    if row:
        for _ in range(draw(st.integers(0, 2))):
            row[draw(st.integers(0, len(row) - 1))] = draw(tokens)
    return " ".join(row).encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=4))
def test_it_agrees_with_the_plain_parser(fields: list[bytes]) -> None:
    pixels, problems = parse_pixel_rows(fields)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (len(fields), PIXELS)
    for field, row, problem in zip(fields, pixels, problems, strict=True):
        expected = plain(field)
        assert (problem is None) == (expected is not None), (field, problem)
        assert row.tolist() == (expected or [0] * PIXELS)


def row_with(token: str, place: int) -> bytes:
    row = ["7"] * PIXELS
    row[place] = token
    return " ".join(row).encode()


@pytest.mark.parametrize("token", ["256", "-1", "1.5", "seven", "1e2", "0x1f", "nan"])
def test_a_bad_pixel_is_quoted_with_its_place(token: str) -> None:
    _, problems = parse_pixel_rows([row_with("7", 0), row_with(token, 41)])
    assert problems == [
        None,
        f"expected pixels that are whole numbers 0..255, found '{token}' as pixel 42",
    ]


def test_counts_that_make_up_for_each_other_are_both_wrong() -> None:
    _, problems = parse_pixel_rows([b"1 " * (PIXELS + 1), b"1 " * (PIXELS - 1)])
    assert problems == [
        "expected 2304 pixels (48x48), found 2305",
        "expected 2304 pixels (48x48), found 2303",
    ]


def test_no_rows_and_empty_rows() -> None:
    assert parse_pixel_rows([])[0].shape == (0, PIXELS)
    assert parse_pixel_rows([b""])[1] == ["expected 2304 pixels (48x48), found 0"]
