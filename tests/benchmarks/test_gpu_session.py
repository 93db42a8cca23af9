"""A GPU session starts trainings in order while time is left and resumes interrupted ones."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gpu_session
from ferkit.cli.parts.settings import parse_settings
from ferkit.training.recipes import get_recipe
from gpu_session import JOBS, Job, run_job, run_jobs

DATA = ("--data", "f.csv", "--ferplus", "v.csv")


class Clock:
    """Seconds that pass when jobs run."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_job_begins_only_while_the_time_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, ran = Clock(), []

    def run(job: Job, folder: Path, data: Any, seconds: float) -> int:
        ran.append((job.name, seconds))
        clock.now += job.seconds
        return 0

    monkeypatch.setattr(gpu_session, "run_job", run)
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "answers-float16.npz").touch()
    jobs = [Job("before", ("x",), 50), Job("a", ("x",), 60), Job("b", ("x",), 50), Job("c", (), 40)]
    assert run_jobs(jobs, tmp_path, 100, DATA, clock) == ["b"]
    assert ran == [("a", 100), ("c", 40)]
    assert capsys.readouterr().out.splitlines() == [
        "before: finished before",
        "a: exit code 0 after 60 s",
        "c: exit code 0 after 40 s",
    ]


def test_a_failed_job_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> Any:
        commands.append(command)
        assert options["env"]["JAX_COMPILATION_CACHE_DIR"] == str(tmp_path / "jax-cache")
        run = tmp_path / "a" / "run"
        if len(commands) < 3:  # first killed while it reads the data, then in an epoch
            run.mkdir(exist_ok=True)
            if len(commands) == 2:
                (run / "config.json").touch()
            raise subprocess.TimeoutExpired(command, 1)
        return SimpleNamespace(returncode=0)

    kept: list[Path] = []
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(gpu_session, "keep_small", lambda run, folder, data: kept.append(folder))
    job = Job("a", ("large", "--epochs", "3"), 9)
    for _ in range(2):
        assert run_job(job, tmp_path / "a", DATA, 1) == 124
    assert not kept
    assert run_job(job, tmp_path / "a", DATA, 9) == 0
    assert kept == [tmp_path / "a"]
    first = ["-m", "ferkit", "train", "large", "--epochs", "3", "--out", str(tmp_path / "a/run")]
    assert commands == [
        [sys.executable, *first, *DATA],
        [sys.executable, *first, *DATA],
        [sys.executable, *first, "--resume", *DATA],
    ]
    log = (tmp_path / "a" / "console.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in log] == [" ".join(words) for words in commands]


def test_every_job_is_a_training_that_ferkit_takes() -> None:
    for job in JOBS:
        words = job.arguments
        chosen = [value for word, value in pairwise(words) if word == "--set"]
        recipe = get_recipe("large").config
        config = recipe.with_settings(parse_settings(tuple(chosen)))
        assert (config == recipe) is not bool(words)  # the speedrun trains another recipe
    assert len({job.name for job in JOBS}) == len(JOBS)


def test_arrays_are_written_whole(tmp_path: Path) -> None:
    gpu_session.write_arrays(tmp_path / "a.npz", {"0": np.ones(3, np.float16)})
    assert np.load(tmp_path / "a.npz")["0"].tolist() == [1, 1, 1]
