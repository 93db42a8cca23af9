"""Several processes on one study, on files and a database: no trial lost or repeated."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from stopped_runs import history_of, stop_after

from ferkit.cli.main import main
from ferkit.tuning.storage import close_storage, open_storage

optuna = pytest.importorskip("optuna")
pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def start_database(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start an empty PostgreSQL that only this machine can reach, through a file."""
    # PostgreSQL refuses to run as root.
    account: dict[str, Any] = {"user": "postgres"} if os.getuid() == 0 else {}
    for path in (folder, *folder.parents):
        if path == Path(tempfile.gettempdir()):
            break
        path.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    if account:
        shutil.chown(data, "postgres")
    tools = POSTGRESQL[-1].parent
    create = [tools / "initdb", "-D", data, "-U", "ferkit", "-A", "trust", "--no-sync"]
    subprocess.run(create, check=True, capture_output=True, cwd=data, **account)
    quiet = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", data]
    server = subprocess.Popen(
        [tools / "postgres", "-D", data, *quiet], stderr=subprocess.DEVNULL, cwd=data, **account
    )
    ready = [tools / "pg_isready", "-h", data, "-U", "ferkit", "-d", "postgres"]
    for _ in range(100):
        if subprocess.run(ready, capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    return server, f"postgresql://ferkit@/postgres?host={data}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str | None]:
    """Yield the address of an empty database, or None where there is no PostgreSQL."""
    if not POSTGRESQL or find_spec("psycopg") is None:
        yield None
        return
    server, address = start_database(tmp_path_factory.mktemp("database"))
    yield address
    server.send_signal(signal.SIGINT)
    server.wait(timeout=20)


@pytest.fixture(scope="module")
def studies(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of eight trials in each of the storages, which two processes have searched
    together.
    """
    out = tmp_path_factory.mktemp("studies")
    storages = ["sqlite", "journal", *([database] if database else [])]
    command = [sys.executable, SUPPORT / "fake_trainings.py", "8", out, *storages]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [worker.communicate(timeout=300)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(said)
    return out


def check_study(out: Path, number: int, storage: str) -> None:
    folder = out / f"study-{number}"
    opened = open_storage(storage, folder)
    study = optuna.load_study(storage=opened, study_name=folder.name)
    trials = study.trials
    ended = [trial for trial in trials if trial.state.name in ("COMPLETE", "PRUNED")]
    assert len(ended) == 8
    rates = {trial.params["learning_rate"] for trial in ended}
    assert len(rates) == 8  # two processes draw no trial twice
    close_storage(opened)
    assert {trial.state.name for trial in trials} <= {"COMPLETE", "PRUNED", "FAIL"}
    workers = {trial.user_attrs["worker"]["pid"] for trial in ended}
    assert len(workers) == 2
    assert (folder / "tuning.html").is_file()


def test_two_processes_share_a_file(studies: Path) -> None:
    check_study(studies, 0, "sqlite")
    check_study(studies, 1, "journal")


def test_two_processes_share_a_database_that_was_empty(database: str | None, studies: Path) -> None:
    if database is None:
        pytest.skip(
            'needs PostgreSQL (apt-get install postgresql) and pip install "psycopg[binary]"'
        )
    check_study(studies, 2, database)


@pytest.mark.usefixtures("with_tiny")
def test_a_killed_search_resumes_after_its_last_epoch(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ferkit.tuning.page.write_page", lambda *_: None)  # takes longest
    out = tmp_path / "study"
    fixed = ["tensorboard=false", "precision=float32", "augment=flip", "batch_size=28"]
    fixed += ["model=tiny"]
    settings = [part for setting in fixed for part in ("--set", setting)]
    search = ["--epochs", "15", "--trials", "1", "--storage", "journal", "--no-prune"]
    space = ["--space", "learning_rate=1e-3..1e-2:log"]
    command = ["tune", "demo", "--data", str(tiny_folder), "--out", str(out)]
    typed = [*command, *search, *space, *settings, "--quiet"]
    run = out / "trial-0000"
    assert stop_after(3, signal.SIGKILL, typed, run) == -signal.SIGKILL
    before = history_of(run)
    assert 3 <= len(before) < 15

    with pytest.raises(SystemExit) as exit_:
        main(typed)
    assert exit_.value.code == 0
    after = history_of(run)
    assert after[: len(before)] == before
    assert [row["epoch"] for row in after] == [str(epoch) for epoch in range(15)]
    assert [path.name for path in out.glob("trial-*")] == ["trial-0000"]
    study = optuna.load_study(storage=open_storage("journal", out), study_name="study")
    killed, ended = study.trials
    assert (killed.state.name, ended.state.name) == ("FAIL", "COMPLETE")
    assert ended.params == killed.params
    with (run / "history.csv").open(newline="") as file:
        accuracies = {int(r["epoch"]) + 1: float(r["val_accuracy"]) for r in csv.DictReader(file)}
    assert ended.intermediate_values == pytest.approx(accuracies)
