"""Shards: the units of work, each of which becomes one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from ferkit.scale.sources import kind_of

# 500 pictures take some seconds, much longer than writing and marking their file.
_LARGEST: Final = 500
_SMALLEST: Final = 10
# Shards per worker, so that all workers are busy almost until the end.
_EACH: Final = 8
_COUNTED: Final = 1_000_000  # most names that are held in memory in order to count them


@dataclass(frozen=True)
class Shard:
    """Sources whose rows become one Parquet file.

    Attributes:
        number: Index in the plan, from 0.
        sources: Names of pictures, or of one video or one tar shard.
        piece: Index of the source, for a shard that is processed source by source. Defaults to
            None.
    """

    number: int
    sources: tuple[str, ...]
    piece: int | None = None

    @property
    def file_name(self) -> str:
        """Name of its Parquet file."""
        piece = "" if self.piece is None else f"-{self.piece:04d}"
        return f"part-{self.number:08d}{piece}.parquet"

    def pieces(self) -> list[Shard]:
        """Return one shard per source."""
        return [Shard(self.number, (name,), place) for place, name in enumerate(self.sources)]


@dataclass(frozen=True)
class ShardDone:
    """A worker's result for a shard whose file is written.

    Attributes:
        number: Index of the shard.
        sources: Number of sources in its files, including those with an error; a tar shard counts
            its pictures.
        faces: Number of faces found.
        errors: Number of sources that could not be read.
        files: Names of its files.
    """

    number: int
    sources: int = 0
    faces: int = 0
    errors: int = 0
    files: tuple[str, ...] = field(default=())

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> ShardDone:
        """Return the result that `dataclasses.asdict` turned into this dictionary.

        Raises:
            ValueError: A count is not an integer.
            LookupError: `files` is missing.
            TypeError: Another field is missing or unknown.
        """
        files = tuple(map(str, fields["files"]))
        counts = {name: value for name, value in fields.items() if name != "files"}
        if not all(isinstance(value, int) for value in counts.values()):
            raise ValueError("expected whole numbers")
        return cls(**counts, files=files)

    def plus(self, other: ShardDone) -> ShardDone:
        """Return the sum of two results of one shard."""
        return ShardDone(
            self.number,
            self.sources + other.sources,
            self.faces + other.faces,
            self.errors + other.errors,
            self.files + other.files,
        )


def cut(names: Iterable[str], part_size: int) -> Iterator[Shard]:
    """Yield shards of `part_size` pictures; each video and each tar file is its own shard.

    Example:
        >>> [shard.sources for shard in cut(["a.jpg", "b.mp4", "c.jpg"], part_size=2)]
        [('b.mp4',), ('a.jpg', 'c.jpg')]
    """
    number, waiting = 0, list[str]()
    for name in names:
        if kind_of(name) != "picture":
            yield Shard(number, (name,))
            number += 1
            continue
        waiting.append(name)
        if len(waiting) == part_size:
            yield Shard(number, tuple(waiting))
            number, waiting = number + 1, []
    if waiting:
        yield Shard(number, tuple(waiting))


def size_for(
    names: Iterable[str], part_size: int | None, workers: int
) -> tuple[Iterator[str], int]:
    """Return an iterator over all names, and the number of pictures per shard.

    Args:
        names: Names of sources.
        part_size: The requested number. None: 500, or fewer if there would be less than eight
            shards per worker, but at least 10.
        workers: Number of workers.

    Example:
        >>> size_for(["a.jpg"] * 2000, None, workers=2)[1], size_for([], 5, workers=2)[1]
        (125, 5)
    """
    rest = iter(names)
    if part_size is not None:
        return rest, part_size
    counted = min(workers * _EACH * _LARGEST, _COUNTED)
    first = list(islice(rest, counted))
    size = max(_SMALLEST, -(-len(first) // (workers * _EACH)))
    return chain(first, rest), min(size, _LARGEST) if len(first) < counted else _LARGEST
