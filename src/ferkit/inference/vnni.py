"""Whether this CPU multiplies 8-bit integers exactly."""

from __future__ import annotations

from pathlib import Path

# OpenCV's numbers of processor features.
_OPENCV_FEATURES = range(1, 256)


def has_vnni(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether this CPU multiplies int8 without intermediate overflow: it has VNNI, or is not
    an x86 processor.

    Args:
        cpuinfo: Linux's description of the processors; if there is none, OpenCV asks the
            processor.
    """
    features = processor_features(cpuinfo)
    # ARM CPUs have other features and no such overflow.
    return "avx2" not in features or bool(features & {"avx512_vnni", "avx512vnni", "avx_vnni"})


def processor_features(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    """Return the names of the instruction sets that this CPU has, in lower case, among other words.

    Args:
        cpuinfo: Linux's description of the processors; if there is none, OpenCV asks the
            processor.
    """
    try:
        return set(cpuinfo.read_text().lower().split())
    except OSError:
        return _opencv_features()


def _opencv_features() -> set[str]:
    import cv2

    found = (i for i in _OPENCV_FEATURES if cv2.checkHardwareSupport(i))
    return {cv2.getHardwareFeatureName(i).lower() for i in found}
