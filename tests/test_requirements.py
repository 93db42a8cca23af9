"""The lock files contain the requirements of pyproject.toml, with hashes and without addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
KINDS = (".in", ".json", ".py", ".txt")
FILES = sorted(path for path in (ROOT / "requirements").rglob("*") if path.suffix in KINDS)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Lock -> the extras of pyproject.toml that it installs besides the core.
LOCKS = {"train.txt": ("train",), "dev.txt": ("train", "docs", "dev")}


def read_pins(lock: str) -> dict[str, list[Requirement]]:
    """Return the pins of a lock by name; a name has several where Python versions differ."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    pins: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^(\w[^#\n]*?)\s*\\?$", text, flags=re.MULTILINE):
        pin = Requirement(line)
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


def version(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    assert specifier.operator == "==", f"{pin} is not pinned"
    return specifier.version


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_locks_name_no_address_and_no_local_path(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    if path.suffix in (".in", ".txt"):
        assert not re.search(r"(?<![\w.])/\w", text)


@pytest.mark.parametrize(
    ("python", "backend"), [("3.11", "tensorflow-cpu"), ("3.13", "tensorflow-cpu"), ("3.14", "jax")]
)
def test_training_takes_jax_where_tensorflow_has_no_wheel(python: str, backend: str) -> None:
    where = {"python_version": python, "python_full_version": f"{python}.0"}
    where |= {"sys_platform": "linux", "platform_machine": "x86_64"}
    pins = [pin for same in read_pins("train.txt").values() for pin in same]
    asked = [Requirement(text) for text in PROJECT["optional-dependencies"]["train"]]
    backends = {"tensorflow", "tensorflow-cpu", "jax"}
    for requirements in (asked, pins):
        taken = {r.name for r in requirements if r.marker is None or r.marker.evaluate(where)}
        assert taken & backends == {backend}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_direct_dependency_is_locked(lock: str) -> None:
    pins = read_pins(lock)
    wanted = list(PROJECT["dependencies"])
    for extra in LOCKS[lock]:
        wanted += PROJECT["optional-dependencies"][extra]
    build = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8")
    wanted += [line for line in build.splitlines() if not line.startswith("#")]
    for text in wanted:
        requirement = Requirement(text)
        if requirement.name == PROJECT["name"]:
            continue
        locked = pins.get(canonicalize_name(requirement.name))
        assert locked, f"{lock} lacks {requirement.name}; run: make lock"
        for pin in locked:
            assert version(pin) in requirement.specifier, (
                f"{pin} does not fit {text}; run: make lock"
            )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == sum(len(pins) for pins in read_pins(lock).values())
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_no_second_training_framework(lock: str) -> None:
    assert not {name for name in read_pins(lock) if name == "torch" or name.startswith("nvidia")}


def test_the_dev_lock_installs_what_the_train_lock_does() -> None:
    train, dev = read_pins("train.txt"), read_pins("dev.txt")
    for name, pins in train.items():
        # Markers do not count: other packages may require the same package on more systems.
        assert {version(pin) for pin in pins} <= {version(pin) for pin in dev[name]}
