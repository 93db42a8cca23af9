"""`ferkit data` on the command line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ferkit.cli.main import main
from ferkit.data.dataset import FerDataset
from ferkit.errors import DownloadError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `ferkit` in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def ferkit(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return ferkit


@pytest.mark.parametrize("command", [[], ["download"], ["info"], ["synthesize"], ["preview"]])
def test_help_shows_an_example(run: Run, command: list[str]) -> None:
    code, out, _ = run("data", *command, "--help")
    assert code == 0
    assert "Usage: ferkit data" in out
    if command:
        assert f"\n    ferkit data {command[0]}" in out, "on a line of its own"


def test_info_as_json(run: Run, tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    code, out, err = run("data", "info", tiny_folder, "--json")
    assert code == 0
    assert err == ""
    summary = json.loads(out)
    assert {name: part["counts"] for name, part in summary["splits"].items()} == (
        tiny_dataset.counts()
    )
    assert summary["official"] is False
    assert summary["redundant"] == 0


def test_info_as_a_table_marks_what_is_not_official(run: Run, tiny_folder: Path) -> None:
    code, out, _ = run("data", "info", tiny_folder)
    assert code == 0
    assert "8 != 3,995" in out
    assert "56 != 28,709" in out
    assert "official FER-2013  no" in out
    assert "\x1b" not in out, "no colours for a file"


def test_info_in_an_encoding_that_lacks_a_name(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "表情"
    folder.symlink_to(tiny_folder)
    done = subprocess.run(
        [sys.executable, "-m", "ferkit", "data", "info", folder],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "1"},
    )
    out = done.stdout.decode("cp1252")
    assert "\\u8868\\u60c5" in out
    assert "8 != 3,995" in out


def test_info_reports_what_a_run_records(
    run: Run,
    make_patterns: Callable[..., FerDataset],
    write_images: Callable[[FerDataset, Path], Path],
    tmp_path: Path,
) -> None:
    folder = write_images(make_patterns({"train": 3}), tmp_path / "faces")
    _, out, _ = run("data", "info", folder)
    assert "Note: This data set has no validation split: 7 images" in out
    assert "drawn with seed 0" in out
    assert "drawn with seed 3" in run("data", "info", folder, "--seed", 3)[1]


def test_info_draws_samples(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    code, _, err = run("data", "info", tiny_folder, "--figure", "pictures/samples.png")
    assert code == 0
    assert "pictures/samples.png" in err
    with Image.open(tmp_path / "pictures" / "samples.png") as image:
        assert image.width > 800 / 4  # drawn at a quarter of the resolution


def test_info_with_bad_items(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    Image.new("RGB", (60, 60)).save(tiny_folder / "train" / "happy" / "Training_0.png")
    (tiny_folder / "test" / "sad" / "PublicTest_0.jpg").write_bytes(b"")
    code, out, err = run("data", "info", tiny_folder)
    assert code == 1
    assert out == ""
    assert err.startswith("Error: test/sad/PublicTest_0.jpg: the file is empty. ")
    assert err.count("\n") == 1, "one sentence, no traceback"

    code, out, err = run("data", "info", tiny_folder, "--skip-bad", "--json")
    assert code == 0
    assert err == "Left out 2 items, listed in skipped.csv\n"
    assert json.loads(out)["skipped"] == 2
    with (tmp_path / "skipped.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["source", "reason"],
            ["test/sad/PublicTest_0.jpg", "the file is empty"],
            ["train/happy/Training_0.png", "expected 48x48 pixels, found 60x60"],
        ]

    code, out, err = run(
        "data", "info", tiny_folder, "--skip-bad", "--convert", "--skipped", "list.csv", "--json"
    )
    assert json.loads(out)["splits"]["train"]["counts"]["happy"] == 9
    assert err == "Left out 1 items, listed in list.csv\n"


def test_info_of_a_missing_path_is_one_sentence(run: Run) -> None:
    code, out, err = run("data", "info", "nowhere")
    assert (code, out) == (1, "")
    assert err.startswith("Error: There is no file or folder nowhere;")


def test_download_prints_the_folder_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ferkit.data import download

    monkeypatch.setattr(download, "download_fer2013", lambda to: to)
    assert run("data", "download", "--to", "somewhere") == (0, "somewhere\n", "")


def test_a_failed_download_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ferkit.data import download

    def fail(to: Path | None) -> Path:
        raise DownloadError("Kaggle cannot be reached; do this.")

    monkeypatch.setattr(download, "download_fer2013", fail)
    assert run("data", "download") == (1, "", "Error: Kaggle cannot be reached; do this.\n")


def test_preview_draws_what_training_sees(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code, out, _ = run(
        "data", "preview", "--augment", "light", "--figure", "light.png", "--data", tiny_folder
    )
    assert (code, out) == (0, "light.png\n")
    with Image.open(tmp_path / "light.png") as image:
        assert image.width > 800 / 4  # drawn at a quarter of the resolution


def test_preview_takes_the_options_that_its_errors_advise(
    run: Run, tiny_folder: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (60, 60)).save(tiny_folder / "train" / "happy" / "Training_9999.png")
    options = ["--augment", "flip", "--figure", tmp_path / "f.png", "--data", tiny_folder]
    code, _, told = run("data", "preview", *options)
    assert code == 1
    for option in ("--skip-bad", "--convert"):
        assert option in told
        assert run("data", "preview", *options, option)[0] == 0


def test_preview_leaves_out_the_validation_split_of_its_seed(
    run: Run, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ferkit.data import load

    seeds = []

    def spied(path: str, *, seed: int, **_: object) -> FerDataset:
        seeds.append(seed)
        raise DownloadError("enough")

    monkeypatch.setattr(load, "load_fer2013", spied)
    options = ("--augment", "flip", "--figure", "x.png", "--data", tiny_folder)
    assert run("data", "preview", *options, "--seed", 3)[0] == 1
    assert seeds == [3]


def test_preview_names_every_augmentation(run: Run) -> None:
    from ferkit.training.augmentation.pipelines import list_augmentations

    *names, last = list_augmentations()
    _, out, _ = run("data", "preview", "--help")
    assert f"{', '.join(names)} or {last}." in " ".join(out.split())


def test_an_unknown_augmentation_is_wrong_use(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code, _, err = run(
        "data", "preview", "--augment", "x", "--figure", "x.png", "--data", tiny_folder
    )
    assert code == 2
    assert "There is no augmentation 'x'; choose from none, flip" in err
    assert not (tmp_path / "x.png").exists()


def test_help_and_info_import_no_heavy_library(tiny_folder: Path) -> None:
    program = (
        "import sys\n"
        "from ferkit.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'keras', 'tensorflow', 'pandas', 'sklearn', 'matplotlib', 'kagglehub'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    for arguments in (["data", "--help"], ["data", "info", str(tiny_folder)]):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        assert done.stderr == "[]\n"
