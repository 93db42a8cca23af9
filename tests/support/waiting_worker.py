"""A plugin of pytest: one worker more than there are cores, which begins with the tests that wait.

Browsers, clusters, servers and cameras leave the processor idle for most of their time. Beside two
workers for two cores, these tests take little time: 271 s for the suite in place of 307.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

WAITING = (
    "tests/serving/page/",
    "tests/scale/",
    "tests/evaluation/test_report_browser.py",
    "tests/serving/test_process.py",
    "tests/serving/test_limits.py",
    "tests/inference/video/test_network.py",
    "tests/inference/video/test_writer.py",
    "tests/inference/video/test_camera.py",
    "tests/inference/test_parallel.py",
    "tests/cli/test_video.py",
)


class WaitingWorker(LoadFileScheduling):  # type: ignore[misc]
    """Gives whole files to the workers; the last of three or more begins with those that wait, the
    others end with them.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        waits = self.numnodes > 2 and node.gateway.id == f"gw{self.numnodes - 1}"
        chosen = [file for file in self.workqueue if file.startswith(WAITING) == waits]
        if chosen:
            self.workqueue.move_to_end(chosen[0], last=False)
        super()._assign_work_unit(node)


def pytest_xdist_auto_num_workers() -> int:
    """Return four at the most and one, as each loads TensorFlow."""
    return min(os.cpu_count() or 1, 4) + 1


def pytest_xdist_make_scheduler(config: Any, log: Any) -> WaitingWorker | None:
    return WaitingWorker(config, log) if config.getvalue("dist") == "loadfile" else None
