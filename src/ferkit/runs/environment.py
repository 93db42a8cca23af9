"""The environment of a run: machine, versions, commit, command."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ferkit.version import __version__

_LIBRARIES = ("keras", "tensorflow", "tensorflow-cpu", "jax", "numpy", "pillow")


def describe_environment(compute: dict[str, str]) -> dict[str, Any]:
    """Return everything that a result depends on besides config and seed, as JSON values.

    Args:
        compute: Backend, device and precision, as `Compute.to_dict()` gives them.
    """
    return {
        **compute,
        "machine": {
            "system": platform.platform(),
            "processor": processor_name(),
            "cores": os.cpu_count(),
            "memory_gb": memory_gb(),
        },
        "python": platform.python_version(),
        "versions": library_versions(),
        "commit": git_commit(),
        "command": command_line(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def library_versions() -> dict[str, str]:
    """Return the versions of ferkit and of the installed libraries that can change a result."""
    # ferkit has its own version, which also works if it is not installed.
    found = {"ferkit": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def command_line() -> str:
    """Return the command line of this process."""
    program = Path(sys.argv[0]).name if sys.argv else "python"
    if program == "__main__.py":
        program = "python -m ferkit"
    return " ".join([program, *map(shlex.quote, sys.argv[1:])])


def git_commit() -> str | None:
    """Return the commit of the checkout that ferkit runs from (followed by `+` if files are
    changed), or None.
    """
    here = Path(__file__).parent
    try:
        # Installed inside the checkout of another project, ferkit is not part of that commit.
        _git(here, "ls-files", "--error-unmatch", "--", Path(__file__).name)
        commit = _git(here, "rev-parse", "HEAD")
        changed = _git(here, "status", "--porcelain", "--untracked-files=no", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changed else "")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def processor_name() -> str:
    """Return the processor's model name if the system provides it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def memory_gb() -> float | None:
    """Return the machine's memory in GB (10^9 bytes), if the system provides it."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError, AttributeError):
        return None
