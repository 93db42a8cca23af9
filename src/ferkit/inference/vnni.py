"""Whether this CPU multiplies 8-bit integers exactly."""

from __future__ import annotations

from pathlib import Path


def has_vnni(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Say whether this CPU multiplies int8 without intermediate overflow; True where that can not be told."""
    try:
        flags = set(cpuinfo.read_text().split())
    except OSError:
        return True
    # ARM CPUs have other flags and no such overflow.
    return "avx2" not in flags or bool(flags & {"avx512_vnni", "avx_vnni"})
