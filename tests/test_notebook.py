"""The notebook runs from top to bottom on drawn faces and ends with a figure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import small_pictures

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "model_training.ipynb"

# In its own process: the kernel talks over local sockets, which the tests of this process may not
# open.
EXECUTE = """
import sys
import nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
options = dict(timeout=300, kernel_name="python3", shutdown_kernel="immediate")
nbclient.NotebookClient(notebook, **options).execute(cwd=sys.argv[3])
nbformat.write(notebook, sys.argv[2])
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the cells of the notebook after running it."""
    from ferkit.synthetic.synthesize import synthesize

    folder = tmp_path_factory.mktemp("notebook")
    faces = synthesize(folder / "faces", per_class=10, seed=3)
    settings = {
        "FERKIT_DATA": str(faces),
        "FERKIT_NOTEBOOK_RECIPE": "demo",
        "FERKIT_NOTEBOOK_EPOCHS": "2",
        "FERKIT_NOTEBOOK_RUNS": str(folder / "runs"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }
    # What the kernel runs first: figures with few pixels, and none of the evaluation's, which are
    # tested elsewhere.
    start = folder / "ipython" / "profile_default" / "startup" / "small.py"
    start.parent.mkdir(parents=True)
    support = str(Path(small_pictures.__file__).parent)
    start.write_text(
        f"import sys; sys.path.append({support!r})\n"
        "from small_pictures import draw_small; draw_small(); del draw_small\n"
        "from ferkit.evaluation import evaluate\n"
        "evaluate.write_figures = lambda *_: None; del evaluate\n"
    )
    written = folder / "executed.ipynb"
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(NOTEBOOK), str(written), str(folder)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    cells: list[dict[str, Any]] = json.loads(written.read_text(encoding="utf-8"))["cells"]
    return cells


def pictures(cell: dict[str, Any]) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell["outputs"])


def test_the_last_cell_makes_a_figure(executed: list[dict[str, Any]]) -> None:
    assert executed[-1]["cell_type"] == "code"
    assert pictures(executed[-1]) == 1


def test_every_stage_has_its_output(executed: list[dict[str, Any]]) -> None:
    shown = {cell["id"]: pictures(cell) for cell in executed if cell["cell_type"] == "code"}
    for stage in ("counts", "faces", "augment", "curves", "confusion-counts", "confusion-rates"):
        assert shown[stage] == 1, stage
    report = next(cell for cell in executed if cell["id"] == "report")
    assert "surprise" in "".join(report["outputs"][0]["text"])


def test_the_committed_notebook_holds_no_output() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
