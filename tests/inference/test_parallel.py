"""`in_order`: results in the order of the items, read only as far ahead as needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ferkit.inference.parallel import in_order, usable_cores


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_order_is_kept_however_long_each_takes(threads: int) -> None:
    def work(i: int) -> int:
        time.sleep(0.002 * (7 - i % 7))
        return i * i

    assert list(in_order(work, range(40), threads)) == [i * i for i in range(40)]
    assert list(in_order(work, [], threads)) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_is_raised_at_its_item(threads: int) -> None:
    results = in_order(lambda i: 6 // (3 - i), range(10), threads)
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_items_are_read_as_needed() -> None:
    read = []

    def items() -> Iterator[int]:
        for i in range(1000):
            read.append(i)
            yield i

    results = in_order(abs, items(), 2)
    for _ in range(10):
        next(results)
    assert len(read) <= 10 + 4 * 2
    results.close()  # type: ignore[attr-defined]


def test_one_thread_runs_in_the_calling_thread() -> None:
    assert list(in_order(lambda _: threading.get_ident(), [0], 1)) == [threading.get_ident()]
    assert list(in_order(lambda _: threading.get_ident(), [0], 2)) != [threading.get_ident()]


def test_at_most_eight_cores() -> None:
    assert 1 <= usable_cores() <= 8
