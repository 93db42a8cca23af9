"""`ferkit train`, `evaluate`, `report`, `models` and `recipes` on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ferkit.cli.main import main
from ferkit.files import read_json
from ferkit.models import registry


def ferkit(*arguments: str | Path) -> int:
    """Run a command in this process and return its exit code."""
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


pytestmark = pytest.mark.usefixtures("with_tiny", "undrawn_module")

TINY = ["train", "demo", "--set", "model=tiny"]


@pytest.fixture(scope="module")
def run(
    with_tiny: None,
    undrawn_module: None,
    faces_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    settings = [
        "--set",
        "batch_size=8",
        "--set",
        "tensorboard=false",
        "--epochs",
        "2",
        "--seed",
        "3",
    ]
    assert ferkit(*TINY, "--data", faces_folder, "--out", out, *settings, "--quiet") == 0
    return out


def test_train_takes_its_settings(run: Path) -> None:
    config = read_json(run / "config.json")
    assert (config["epochs"], config["batch_size"], config["seed"]) == (2, 8, 3)
    assert config["tensorboard"] is False
    assert config["recipe"] == "demo"


def test_quiet_train_prints_only_the_result(
    run: Path, faces_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = ferkit(
        *TINY, "--data", faces_folder, "--out", tmp_path / "r", "--epochs", "1", "--quiet"
    )
    captured = capfd.readouterr()
    assert code == 0
    assert captured.err == ""
    lines = captured.out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == [
        "train",
        "validation",
        "test",
        "validation+test",
    ]
    assert lines[4] == f"Report: {tmp_path / 'r' / 'report.html'}"


def test_train_without_terminal_logs_a_line_per_epoch(
    faces_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ferkit(*TINY, "--data", faces_folder, "--out", tmp_path / "r", "--epochs", "2")
    log = capfd.readouterr().err
    assert "tensorflow on cpu in " in log
    line = r"epoch {}/2  loss \d.*  accuracy 0\.\d{{4}}  val_loss .*  lr 0\.003  \d+\.\d s  left 0:"
    assert re.search(line.format(1), log)
    assert re.search(line.format(2), log)
    assert "\x1b" not in log


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train", "vgg", "--out", "x"], 2, "no recipe 'vgg'; choose from cnn4, cnn6, nano"),
        (["train", "demo", "--out", "x", "--set", "epochs"], 2, "--set takes FIELD=VALUE"),
        (["train", "demo", "--out", "x", "--set", "epoch=3"], 2, "did you mean epochs?"),
        (["train", "demo", "--out", "x", "--precision", "int8"], 2, "precision must be one of"),
        (["train", "demo", "--out", "x", "--set", "augment=fog"], 2, "no augmentation 'fog'"),
        (["train", "demo", "--out", "x", "--set", "model=vgg"], 1, "no model 'vgg'"),
        (["train", "demo", "--out", "x", "--data", "nowhere"], 1, "no file or folder nowhere"),
        (["train", "demo", "--out", "x", "--resume"], 1, "holds no run to resume"),
        (["train", "demo"], 2, "Missing option '--out'"),
        (["evaluate", "nothing.keras", "--data", "DATA"], 1, "There is no model nothing.keras"),
        (["evaluate", "RUN", "--data", "DATA", "--split", "all"], 2, "'all' is not a split"),
        (["report", "nowhere"], 1, "nowhere"),
    ],
)
def test_failure_is_one_line_with_its_exit_code(
    arguments: list[str],
    code: int,
    said: str,
    run: Path,
    faces_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"RUN": str(run), "DATA": str(faces_folder)}
    assert ferkit(*[places.get(argument, argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    errors = [line for line in captured.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert said in errors[0]
    assert "Traceback" not in captured.err


def test_evaluate_reproduces_the_run(
    run: Path, faces_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ferkit("evaluate", run, "--data", faces_folder, "--split", "test", "--json") == 0
    metrics = json.loads(capsys.readouterr().out)
    saved = read_json(run / "metrics.json")
    assert metrics["splits"]["test"] == saved["splits"]["test"]


def test_evaluate_prints_a_line_per_split(
    run: Path, faces_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = ["--split", "validation+test", "--split", "train"]
    assert ferkit("evaluate", run / "model.keras", "--data", faces_folder, *both) == 0
    lines = capsys.readouterr().out.splitlines()
    # A line of figures for each split, then one of recalls.
    assert [line.split()[0] for line in lines] == 2 * ["validation+test", "train"]
    assert lines[0].endswith("n 28")


def test_evaluate_writes_to_the_given_folder(run: Path, faces_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "evaluation"
    assert ferkit("evaluate", run, "--data", faces_folder, "--out", out) == 0
    assert list(read_json(out / "metrics.json")["splits"]) == ["test"]
    assert (out / "report.html").exists()


def test_report_is_written_anew(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (run / "report.html").read_text()
    (run / "report.html").unlink()
    assert ferkit("report", run) == 0
    assert str(run / "report.html") in capsys.readouterr().out
    assert (run / "report.html").read_text() == before


def test_models_for_machines_and_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ferkit("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in listed["architectures"]}
    assert rows["cnn6"]["parameters"] == 21_630_983
    assert rows["cnn4"]["macs"] == 15_298_688
    assert "first FER-2013 notebook project" in rows["cnn4"]["source"]
    # Each is built to count its parameters, so people get a short table here.
    few = {name: registry.architectures()[name] for name in ("cnn4", "tiny")}
    monkeypatch.setattr(registry, "architectures", lambda: few)
    assert ferkit("models") == 0
    text = capsys.readouterr().out
    table = text[text.index("Architectures") :].splitlines()
    assert table[1].split() == ["name", "parameters", "MMAC", "source"]
    assert ["cnn4", "6,580,999", "15.3"] in [line.split()[:3] for line in table]
    assert all(row["name"] in text for row in listed["shipped"])


def test_recipes_for_machines_and_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert ferkit("recipes", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["cnn6"]["config"]["time_decay"] == 1e-6
    assert ferkit("recipes") == 0
    text = capsys.readouterr().out
    for row in rows.values():
        assert row["command"] in text
        assert {"machine", "time", "accuracy"} <= row.keys()
