"""A Ray cluster of two nodes loses a node and an actor, but no work."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ferkit.errors import UsageError
from ferkit.scale import ScaleOptions, ScaleSummary, recognize

if find_spec("ray") is None:  # imported by the worker that needs it alone
    pytest.skip("Ray is not installed", allow_module_level=True)
pq = pytest.importorskip("pyarrow.parquet")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    # Ray leaves sockets and files to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield a cluster of two nodes with a core each, this process connected to it."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.cluster_utils import Cluster

    # Each part of a head node that nothing here needs is a process that imports Ray.
    unused = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **unused})
    made.second = made.add_node(num_cpus=1)
    ray.init(made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


def actor_processes() -> list[int]:
    """Return the processes of the actors."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"ray::_RayWorker" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the actor by /proc")
def test_work_survives_a_dead_actor_and_node(cluster: Any, pictures: Path, tmp_path: Path) -> None:
    happened: list[str] = []

    def show(state: ScaleSummary, _: int) -> None:
        if not happened and state.sources >= 6 and (found := actor_processes()):
            os.kill(found[0], signal.SIGKILL)
            happened.append("actor")
        elif happened == ["actor"] and state.sources >= 12:
            cluster.remove_node(cluster.second, allow_graceful=False)
            happened.append("node")

    options = ScaleOptions("nano-fer2013", "none", part_size=2)
    out = tmp_path / "out"
    done = recognize([pictures], out, on="ray", options=options, workers=2, show=show)
    assert happened == ["actor", "node"]
    assert (done.sources, done.errors) == (33, 2)
    found = pq.read_table(out).to_pandas()
    assert len(found) == found["source"].nunique() == 33
    with pytest.raises(UsageError, match="3 workers need as many cores, and the cluster has"):
        recognize([pictures], tmp_path / "more", on="ray", options=options, workers=3)
