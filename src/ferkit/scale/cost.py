"""The cost of a recognition at scale, estimated from a sample of its pictures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ferkit.scale.options import ScaleOptions
from ferkit.scale.shards import cut, size_for
from ferkit.scale.sources import kind_of

_SAMPLE = 24


@dataclass(frozen=True)
class Cost:
    """The amount of work, and the time that one core would need for its pictures.

    Attributes:
        pictures: Number of picture files; those inside tar shards are not counted.
        videos: Number of videos.
        tars: Number of tar shards.
        parts: Number of Parquet files that would be written.
        seconds_a_picture: Mean over a sample, on one core of this machine; 0 without pictures.
        sample: Number of pictures in the sample.
    """

    pictures: int
    videos: int
    tars: int
    parts: int
    seconds_a_picture: float
    sample: int

    @property
    def core_seconds(self) -> float:
        """Seconds that one core needs for all pictures, without videos and tar shards."""
        return self.pictures * self.seconds_a_picture


def estimate(names: Iterable[str], options: ScaleOptions, out: str, workers: int = 1) -> Cost:
    """Count the sources and recognise an evenly spread sample of up to 24; nothing is written.

    Args:
        names: Sources, as yielded by `ferkit.scale.sources.list_sources`.
        options: Options of recognition.
        out: The output folder, which is not touched.
        workers: Number of workers. Defaults to 1.

    Raises:
        ModelError: The model is missing or broken.
    """
    counts: Counter[str] = Counter()
    sample: list[str] = []
    parts, step = 0, 1
    for shard in cut(*size_for(names, options.part_size, workers)):
        parts += 1
        kind = kind_of(shard.sources[0])
        if kind == "picture":  # every `step`-th of all pictures
            sample += shard.sources[-counts[kind] % step :: step]
        counts[kind] += len(shard.sources)
        if len(sample) > 2 * _SAMPLE:  # halve the density, also of all later pictures
            sample, step = sample[::2], step * 2
    sample = sample[:: -(-len(sample) // _SAMPLE)] if sample else []
    return Cost(
        pictures=counts["picture"],
        videos=counts["video"],
        tars=counts["tar"],
        parts=parts,
        seconds_a_picture=_seconds(sample, options, out),
        sample=len(sample),
    )


def _seconds(sample: list[str], options: ScaleOptions, out: str) -> float:
    if not sample:
        return 0.0
    from ferkit.scale.worker import Worker

    worker = Worker(options, out)
    list(worker.records(sample[0]))  # warm-up, which loads libraries
    begun = time.perf_counter()
    for name in sample:
        list(worker.records(name))
    return (time.perf_counter() - begun) / len(sample)
