"""Files that ferkit did not write, and inputs, are never overwritten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ExistingFileError, OutputError, UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.export.export import export_model
from ferkit.inference.records import make_record
from ferkit.inference.results import FaceEmotions
from ferkit.inference.sinks import open_sink
from ferkit.labels import EMOTIONS
from ferkit.runs.checks import make_free
from ferkit.runs.folder import RunFolder
from ferkit.targets import (
    check_apart,
    check_folder,
    check_target,
    check_text_name,
    check_whole_folder,
    is_own,
)

RECORD = make_record("a.jpg", FaceEmotions.empty((64, 48)))


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv", "parquet"])
@pytest.mark.parametrize("n", [0, 2])
def test_rows_of_ferkit_are_recognised(tmp_path: Path, kind: str, n: int) -> None:
    path = tmp_path / f"a.{kind}"
    for _ in range(2):
        with open_sink(path, EMOTIONS) as sink:
            for _ in range(n):
                sink.write(RECORD)
    assert is_own(path)
    check_target(path)


def test_a_table_cut_off_by_a_kill_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("source,time_s,im")
    assert is_own(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "content",
    [b"a photo", b"name,age\nAda,36\n", b'{"name": "Ada"}', b"[1, 2]", b"source,time\n", b"PAR1.."],
)
def test_another_file_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ExistingFileError, match=r"a\.csv exists and was not written by ferkit"):
        open_sink(path, EMOTIONS)
    assert path.read_bytes() == content
    open_sink(path, EMOTIONS, overwrite=True).close()
    assert is_own(path)


def test_an_input_is_not_replaced_even_on_purpose(tmp_path: Path) -> None:
    photo, link = tmp_path / "a.jpg", tmp_path / "link.jpg"
    photo.write_bytes(b"a photo")
    link.symlink_to(photo)
    for path in (photo, link):
        with pytest.raises(UsageError, match="is an input, which would be lost"):
            check_target(path, inputs=[photo], overwrite=True)
    check_target(tmp_path / "new.jpg", inputs=[photo])


@pytest.mark.parametrize("name", ["a.jpg", "a.HEIC", "a.mp4", "a.webm"])
def test_rows_do_not_go_under_the_name_of_a_picture(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"and csv is none; name a file such as a\.csv"):
        open_sink(tmp_path / name, EMOTIONS, format_name="csv", overwrite=True)
    assert not list(tmp_path.iterdir())
    check_text_name("a.txt", "csv")


def test_a_folder_is_recognised_by_its_marker(tmp_path: Path) -> None:
    check_folder(tmp_path, ["metrics.json", "report.html"], sign="metrics.json")
    (tmp_path / "report.html").write_text("<p>mine</p>")
    with pytest.raises(ExistingFileError, match=r"report\.html exists .* name another folder"):
        check_folder(tmp_path, ["metrics.json", "report.html"], sign="metrics.json")
    check_folder(tmp_path, ["report.html"], sign="metrics.json", overwrite=True)
    (tmp_path / "metrics.json").write_text('{"splits": {"test": {"accuracy_ci95": [0, 1]}}}')
    check_folder(tmp_path, ["metrics.json", "report.html"], sign="metrics.json")


def test_two_outputs_need_two_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is named twice"):
        check_apart(tmp_path / "a", None, tmp_path / "x" / ".." / "a")


class Even:
    """A model that finds both emotions as likely."""

    emotions = ("sad", "happy")

    def predict(self, images: np.ndarray) -> np.ndarray:
        return np.full((len(images), 2), 0.5)


def test_an_evaluation_keeps_other_files(tmp_path: Path) -> None:
    images, labels = np.zeros((2, 48, 48, 1), np.uint8), np.array([0, 1])
    names = np.array(["a.png", "b.png"])
    faces = FerDataset(images, labels, np.array([2, 2], np.int8), names, emotions=Even.emotions)
    (tmp_path / "predictions.csv").write_text("mine")
    with pytest.raises(ExistingFileError, match=r"predictions\.csv exists"):
        evaluate(Even(), faces, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_an_export_keeps_other_files_and_replaces_its_own(tmp_path: Path, tiny_onnx: Path) -> None:
    out = tmp_path / "model.onnx"
    out.write_bytes(b"a model of somebody else")
    with pytest.raises(ExistingFileError, match=r"model\.onnx exists"):
        export_model(tiny_onnx, out)
    assert out.read_bytes() == b"a model of somebody else"
    export_model(tiny_onnx, out, overwrite=True)
    export_model(tiny_onnx, out)
    with pytest.raises(UsageError, match="is an input"):
        export_model(tiny_onnx, tiny_onnx)


def test_a_training_keeps_other_files(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"a model of somebody else")
    with pytest.raises(OutputError, match=r"model\.keras exists .* name another folder"):
        make_free(RunFolder(tmp_path))
    make_free(RunFolder(tmp_path / "new"))


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_drawn_picture_is_recognised(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("seaborn")
    from ferkit.displays.confusion import ConfusionMatrixDisplay

    path = tmp_path / f"a{suffix}"
    ConfusionMatrixDisplay.from_predictions([0, 1], [0, 1], ("sad", "happy")).save(path)
    assert is_own(path)


def test_what_another_process_puts_into_a_new_folder_meanwhile_is_nothing_else(
    tmp_path: Path,
) -> None:
    def asked_too_early() -> bool:
        (tmp_path / "page.json").touch()
        return False

    check_whole_folder(tmp_path, kind="a page", own=asked_too_early)
    (tmp_path / "mine.txt").touch()
    with pytest.raises(OutputError, match="holds something other than a page"):
        check_whole_folder(tmp_path, kind="a page", own=asked_too_early)
