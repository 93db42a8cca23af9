"""Loading OpenCV, with an error that names what the system lacks."""

from __future__ import annotations

from types import ModuleType

from ferkit.errors import MissingDependencyError


def load_cv2() -> ModuleType:
    """Import OpenCV.

    Raises:
        MissingDependencyError: It is not installed, or a library of the system is missing, as in
            small container images.
    """
    try:
        import cv2
    except ImportError as error:
        told = missing_library(error) or (
            f"Recognition needs OpenCV, which cannot be loaded ({error}); install it with: "
            "pip install opencv-python"
        )
        raise MissingDependencyError(told) from error
    module: ModuleType = cv2
    return module


def missing_library(error: ImportError) -> str | None:
    """Return the sentence about a library of the system that OpenCV needs, or None.

    Example:
        >>> missing_library(ImportError("libGL.so.1: cannot open shared object file: ..."))[:34]
        'The system lacks libGL.so.1, which'
    """
    if "cannot open shared object file" not in str(error):
        return None
    library = str(error).partition(":")[0]
    return (
        f"The system lacks {library}, which OpenCV needs; on Debian and Ubuntu install it with: "
        "apt-get install libgl1 libglib2.0-0"
    )
