"""The scheduler: keeps the workers of an engine busy until every shard is done exactly once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from ferkit.scale.shards import Shard, ShardDone
from ferkit.scale.store import Store

# A worker may die because its node is lost or because other programs take the memory. If three die
# of the same shard, the cause is the shard.
_SHARD_DEATHS: Final = 3
_SOURCE_DEATHS: Final = 2


class Engine(Protocol):
    """Workers that process one shard at a time each."""

    workers: int

    def submit(self, shard: Shard) -> None:
        """Give a shard to an idle worker; called while fewer than `workers` are busy."""

    def wait(self) -> tuple[Shard, ShardDone | None]:
        """Return the next shard that ended and its result, which is None if its worker died."""

    def close(self) -> None:
        """Stop all workers."""


@dataclass(frozen=True)
class ScaleSummary:
    """Result of a recognition at scale.

    Attributes:
        sources: Number of sources with rows in the output.
        faces: Number of faces found in them.
        errors: Number of sources that could not be read.
        parts: Number of Parquet files.
        before: Number of sources that earlier runs had done.
        deaths: Number of workers that died during this run.
    """

    sources: int = 0
    faces: int = 0
    errors: int = 0
    parts: int = 0
    before: int = 0
    deaths: int = 0


def run_shards(
    store: Store,
    engine: Engine,
    give_up: Callable[[Shard, str], ShardDone],
    show: Callable[[ScaleSummary], None],
) -> ScaleSummary:
    """Process every planned shard that the manifest does not list, and list it there.

    A worker that dies is replaced and its shard tried again. A shard that kills three workers is
    processed source by source; a source that kills two more gets a row with an error.

    Args:
        store: The output folder with plan and manifest.
        engine: The workers; closed by the caller.
        give_up: Writes the error rows of a shard that cannot be processed.
        show: Called after each shard with the state.

    Returns:
        The sums over all shards, including those of earlier runs.

    Raises:
        FerkitError: A worker cannot start or cannot write.
        DataError: The plan or the manifest is damaged.
    """
    state = _State(store)
    waiting = deque[Shard]()
    planned = (shard for shard in store.shards() if shard.number not in state.done)
    show(state.summary())
    busy = 0
    try:
        while True:
            while busy < engine.workers and (shard := _next(waiting, planned)):
                engine.submit(shard)
                busy += 1
            if not busy:
                return state.summary()
            shard, result = engine.wait()
            busy -= 1
            if result is None:
                waiting.extendleft(reversed(state.died(shard, give_up)))
            else:
                state.finished(shard, result)
            show(state.summary())
    finally:
        store.flush()


def _next(waiting: deque[Shard], planned: Iterator[Shard]) -> Shard | None:
    return waiting.popleft() if waiting else next(planned, None)


class _State:
    """Finished shards, and how often workers died of each shard."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done = set[int]()
        self.sums = ScaleSummary()
        for mark in store.done().values():
            self._count(mark)
        self.before = self.sums.sources
        self.deaths = 0
        self._deaths_of: Counter[str] = Counter()
        # For a shard in pieces: the number of pieces left, and the sum of the finished ones.
        self._pieces: dict[int, tuple[int, ShardDone]] = {}

    def summary(self) -> ScaleSummary:
        """Return the sums so far."""
        s = self.sums
        return ScaleSummary(s.sources, s.faces, s.errors, s.parts, self.before, self.deaths)

    def finished(self, shard: Shard, result: ShardDone) -> None:
        """Mark a shard as done; a shard in pieces once its last piece is done."""
        self._deaths_of.pop(shard.file_name, None)
        if shard.piece is not None:
            left, before = self._pieces[shard.number]
            result = before.plus(result)
            self._pieces[shard.number] = (left - 1, result)
            if left > 1:
                return
            del self._pieces[shard.number]
        self.store.mark(result)
        self._count(result)

    def died(self, shard: Shard, give_up: Callable[[Shard, str], ShardDone]) -> list[Shard]:
        """Return the shards to try next, after a worker died while it processed `shard`."""
        self.deaths += 1
        self._deaths_of[shard.file_name] += 1
        deaths = self._deaths_of[shard.file_name]
        alone = len(shard.sources) == 1
        if deaths < (_SOURCE_DEATHS if shard.piece is not None else _SHARD_DEATHS):
            return [shard]
        if alone:
            reason = f"the worker process died {deaths} times on it, perhaps for lack of memory"
            self.finished(shard, give_up(shard, reason))
            return []
        del self._deaths_of[shard.file_name]
        pieces = shard.pieces()
        self._pieces[shard.number] = (len(pieces), ShardDone(shard.number))
        return pieces

    def _count(self, mark: ShardDone) -> None:
        self.done.add(mark.number)
        s = self.sums
        self.sums = ScaleSummary(
            s.sources + mark.sources,
            s.faces + mark.faces,
            s.errors + mark.errors,
            s.parts + len(mark.files),
        )
