"""Workers as actors of a Ray cluster, on one machine or many."""

from __future__ import annotations

import os
from collections import deque
from typing import Any, Final

from ferkit.errors import FerkitError, MissingDependencyError, ScaleError, UsageError, first_line
from ferkit.scale.options import ScaleOptions
from ferkit.scale.shards import Shard, ShardDone

_MOST_FAILED_STARTS: Final = 5


class RayEngine:
    """Actors that hold one recogniser and one core each.

    An actor that dies, alone or with its node, is replaced by a new one wherever the cluster has
    room. This process hands out one shard per actor at a time, so that no shard is queued inside
    Ray, and a dead actor's shard is known.

    Args:
        options: Options of recognition.
        out: The output folder or address, which all nodes must reach.
        workers: Number of actors. Defaults to None: the number of cores of the cluster.
        address: Address for `ray.init`, such as `auto` or `ray://host:10001`. Defaults to None: the
            cluster named by `RAY_ADDRESS`, or a temporary one on this machine.

    Raises:
        MissingDependencyError: Ray is not installed.
        UsageError: There is no such cluster, or it has fewer cores than `workers`.
    """

    def __init__(
        self,
        options: ScaleOptions,
        out: str,
        workers: int | None = None,
        address: str | None = None,
    ) -> None:
        self._ray = load_ray()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._connect(address)
        cores = int(self._ray.cluster_resources().get("CPU", 0))
        self.workers = workers or max(cores, 1)
        if self.workers > cores:
            if self._ours:
                self._ray.shutdown()
            # Ray would wait silently for cores that do not exist.
            raise UsageError(
                f"{self.workers} workers need as many cores, and the cluster has {cores}; ask for "
                "fewer workers."
            )
        self._start = (options, out)
        self._actor = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_RayWorker)
        self._waiting = deque[Shard]()
        self._starting: dict[Any, Any] = {}
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Shard]] = {}
        self._failed_starts = 0

    def _connect(self, address: str | None) -> None:
        try:
            self._ray.init(
                address=address,
                include_dashboard=False if address is None else None,
                log_to_driver=False,
                logging_level="ERROR",
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            where = f"at {address}" if address else "on this machine"
            reason = first_line(error)
            raise UsageError(f"There is no Ray cluster {where} ({reason}).") from error

    def submit(self, shard: Shard) -> None:
        """Give a shard to an idle actor, or to the first that becomes idle."""
        self._waiting.append(shard)
        self._hand_out()

    def wait(self) -> tuple[Shard, ShardDone | None]:
        """Return the next shard that ended and its result, which is None if its actor died.

        Raises:
            FerkitError: A worker cannot start or cannot write.
        """
        while True:
            (ready,), _ = self._ray.wait([*self._busy, *self._starting], num_returns=1)
            actor, shard = self._busy.pop(ready, (self._starting.pop(ready, None), None))
            alive, answer = self._answer(ready, actor)
            if alive:
                self._idle.append(actor)
            elif shard is None:
                self._count_failed_start()
            self._hand_out()
            if shard is not None:
                return shard, answer

    def close(self) -> None:
        """Stop the actors, and the cluster if it is a temporary one."""
        busy = (actor for actor, _ in self._busy.values())
        for actor in [*self._idle, *self._starting.values(), *busy]:
            self._ray.kill(actor)
        if self._ours:
            self._ray.shutdown()

    def _hand_out(self) -> None:
        """Send waiting shards to idle actors, and start actors for the others.

        A cluster that has lost a node may have no room for a new actor. No shard must wait for that
        actor while another one is idle.
        """
        while self._waiting and self._idle:
            actor = self._idle.pop()
            shard = self._waiting.popleft()
            self._busy[actor.run.remote(shard)] = (actor, shard)
        while len(self._starting) < len(self._waiting):
            actor = self._actor.remote(*self._start)
            self._starting[actor.start.remote()] = actor

    def _answer(self, ready: Any, actor: Any) -> tuple[bool, ShardDone | None]:
        """Return whether the actor is alive, and its result; raise an error that it returned."""
        from ray.exceptions import RayActorError, RayError

        try:
            answer = self._ray.get(ready)
        except RayActorError:
            return False, None
        except RayError:
            # For example out of memory, or an object lost with its node; a new actor tries again.
            self._ray.kill(actor)
            return False, None
        if isinstance(answer, FerkitError):
            raise answer
        return True, answer

    def _count_failed_start(self) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise ScaleError(
                f"{self._failed_starts} workers died before they had started; see Ray's log for "
                "the cause, such as lack of memory or ferkit missing on other machines."
            )


def load_ray() -> Any:
    """Return Ray, with its usage statistics off unless the user has set the variable.

    Raises:
        MissingDependencyError: It is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError.of("Ray", "Work on a cluster", "ray") from error
    return ray


class _RayWorker:
    """The worker inside an actor; it returns errors as data, so that no traceback is sent."""

    def __init__(self, options: ScaleOptions, out: str) -> None:
        self._start = (options, out)
        self._worker: Any = None

    def start(self) -> FerkitError | None:
        """Load the recogniser."""
        from ferkit.scale.worker import Worker

        try:
            self._worker = Worker(*self._start)
        except FerkitError as error:
            return error
        return None

    def run(self, shard: Shard) -> ShardDone | FerkitError:
        """Process one shard."""
        from ferkit.errors import OutputError

        try:
            done: ShardDone = self._worker.run(shard)
        except FerkitError as error:
            return error
        except OSError as error:
            return OutputError(f"Cannot write into {self._start[1]} ({error.strerror or error}).")
        return done
