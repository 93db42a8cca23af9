"""Training on several devices or in several processes equals training on one device."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from on_jax import on_jax

from ferkit.cli.main import main
from ferkit.errors import UsageError
from ferkit.training import TrainConfig, train_and_evaluate

pytest.importorskip("jax")


def command(data: Path, out: Path, mode: str, **more: str) -> dict[str, Any]:
    """Return the command that starts `jax_devices.py`."""
    warnings = ["-W", "error::UserWarning"]
    return {
        "args": [sys.executable, *warnings, "-m", "jax_devices", data, out, mode],
        "env": on_jax(out, **more),
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


@pytest.fixture(scope="module")
def found(faces_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("devices")
    two = "--xla_force_host_platform_device_count=2"
    done = subprocess.run(**command(faces_folder, out, "two", flags=two), check=False)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads((out / "devices.json").read_text())
    return loaded


def same_but_for_rounding(rows: list[dict[str, float]], others: list[dict[str, float]]) -> bool:
    return len(rows) == len(others) and all(
        row == pytest.approx(other, abs=1e-3) for row, other in zip(rows, others, strict=True)
    )


@pytest.mark.slow
def test_two_devices_train_as_one_does(found: dict[str, Any]) -> None:
    assert len(found["one"]) == 2
    assert same_but_for_rounding(found["two"], found["one"])
    assert same_but_for_rounding(found["host"], found["one"])


@pytest.mark.slow
def test_each_device_has_its_share_of_every_batch_that_can_be_divided(
    found: dict[str, Any],
) -> None:
    # Batches of ten, the five images that are left, and the fourteen of validation.
    wanted = [[5, 5], [10, 5], [14, 7]]
    assert found["shares"] == {"two": wanted, "host": wanted}


@pytest.mark.slow
def test_a_training_on_two_devices_can_be_resumed(found: dict[str, Any]) -> None:
    assert found["resumed"] == found["two"]
    assert found["same_weights"]


@pytest.mark.slow
@pytest.mark.enable_socket  # to find a free port
def test_two_processes_train_as_two_devices_do(
    found: dict[str, Any], faces_folder: Path, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    job = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    both = [
        subprocess.Popen(
            **command(faces_folder, tmp_path, "process", KERAS_DISTRIBUTION_PROCESS_ID=k, **job)
        )
        for k in "01"
    ]
    for process in both:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    for number in range(2):
        told = json.loads((tmp_path / f"process-{number}.json").read_text())
        assert told["process"] == number
        assert same_but_for_rounding(told["rows"], found["one"])
    run = tmp_path / "processes"
    assert (run / "model.keras").is_file()
    assert (run / "process-1" / "model.keras").is_file()


def test_tensorflow_trains_on_one_device_alone(tiny_folder: Path, tmp_path: Path) -> None:
    config = TrainConfig(model="demo", data=str(tiny_folder), epochs=1, tensorboard=False)
    with pytest.raises(UsageError, match="several devices needs the backend JAX, not tensorflow"):
        train_and_evaluate(config, tmp_path / "run", devices="all", quiet=True)
    assert not (tmp_path / "run" / "config.json").exists()


@pytest.mark.parametrize("typed", ["0", "-1", "two"])
def test_a_number_of_devices_is_one_or_more(
    typed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "demo", "--out", str(tmp_path / "run"), "--devices", typed])
    assert exit_.value.code == 2
    assert (
        f"'{typed}' is not a number of devices; give 1 or more, or all." in capsys.readouterr().err
    )
