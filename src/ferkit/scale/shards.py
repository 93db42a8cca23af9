"""Shards: what one worker does at a time and leaves as one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from ferkit.scale.sources import kind_of

# A shard of 500 is some seconds of work, small beside what writing and marking it costs.
_LARGEST: Final = 500
_SMALLEST: Final = 10
# So many shards for each worker keep all busy almost to the end.
_EACH: Final = 8
_COUNTED: Final = 1_000_000  # names that are held in memory to see how many there are


@dataclass(frozen=True)
class Shard:
    """Sources whose rows become one Parquet file.

    Attributes:
        number: Its place in the plan, from 0.
        sources: Names of pictures; or one video, or one tar shard.
        piece: A number for a single source of a shard that is done source by source, else None.
    """

    number: int
    sources: tuple[str, ...]
    piece: int | None = None

    @property
    def file_name(self) -> str:
        """The name of its Parquet file."""
        piece = "" if self.piece is None else f"-{self.piece:04d}"
        return f"part-{self.number:08d}{piece}.parquet"

    def pieces(self) -> list[Shard]:
        """Return a shard for every source of it alone."""
        return [Shard(self.number, (name,), place) for place, name in enumerate(self.sources)]


@dataclass(frozen=True)
class ShardDone:
    """What a worker says of a shard whose file is written.

    Attributes:
        number: The shard.
        sources: Sources with rows or an error row in its files; a tar counts its pictures.
        faces: Faces found.
        errors: Sources that could not be read.
        files: Names of its files.
    """

    number: int
    sources: int = 0
    faces: int = 0
    errors: int = 0
    files: tuple[str, ...] = field(default=())

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> ShardDone:
        """Return what `dataclasses.asdict` made of one.

        Raises:
            ValueError: It is none.
        """
        files = tuple(map(str, fields["files"]))
        counts = {name: value for name, value in fields.items() if name != "files"}
        if not all(isinstance(value, int) for value in counts.values()):
            raise ValueError("expected whole numbers")
        return cls(**counts, files=files)

    def plus(self, other: ShardDone) -> ShardDone:
        """Return the sum of two pieces of a shard."""
        return ShardDone(
            self.number,
            self.sources + other.sources,
            self.faces + other.faces,
            self.errors + other.errors,
            self.files + other.files,
        )


def cut(names: Iterable[str], part_size: int) -> Iterator[Shard]:
    """Yield shards of `part_size` pictures; a video or a tar is one by itself.

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
    """Return all names again, and the pictures of a shard.

    Args:
        names: Names of sources.
        part_size: What was asked for. None: 500, or fewer where there would be less than eight
            shards for each worker, at least 10.
        workers: How many there are.

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
