"""The rows of a table of text, however its lines end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def numbered_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    r"""Yield the rows of a table, each with the number of its first line, from 1.

    Lines end in LF, CR LF or CR. A line break within a quoted field becomes a space.

    Args:
        lines: The table, split at LF, as a binary file yields it.

    Example:
        >>> list(numbered_rows([b'emotion,pixels\n', b'3,"70 80\n', b'82 72"\n', b'4,"58 60"\n']))
        [(1, b'emotion,pixels\n'), (2, b'3,"70 80 82 72"\n'), (4, b'4,"58 60"\n')]
    """
    begun: list[tuple[int, bytes]] = []  # lines of a row whose quoted field goes on
    for number, line in enumerate(_lines(lines), start=1):
        has_odd_quote = line.count(b'"') % 2 == 1
        if not begun:
            if has_odd_quote:
                begun.append((number, line))
            else:
                yield number, line
            continue
        begun.append((number, line))
        if has_odd_quote:
            first = begun[0][0]
            *parts, last = (part for _, part in begun)
            yield first, b" ".join([*(part.rstrip(b"\r\n") for part in parts), last])
            begun.clear()
        elif b"," in line:  # a row of its own, so the quote before belongs to no pair
            yield from begun
            begun.clear()
    yield from begun


def _lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        if b"\r" in line.rstrip(b"\r\n"):
            yield from line.replace(b"\r\n", b"\n").replace(b"\r", b"\n").splitlines(keepends=True)
        else:
            yield line
