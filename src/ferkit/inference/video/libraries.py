"""The one place that imports PyAV."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ferkit.errors import MissingDependencyError
from ferkit.inference.opencv import load_cv2


def load_av() -> ModuleType:
    """Import PyAV, after OpenCV: in the other order `cv2.imshow` hangs.

    Raises:
        MissingDependencyError: PyAV is not installed.
    """
    load_cv2()

    try:
        import av
    except ImportError as error:
        raise MissingDependencyError.of("PyAV", "Reading and writing video", "video") from error
    return av


def open_input(file: Any, **settings: Any) -> Any:
    """Return PyAV's container for something to read.

    Titles and names inside it may be in any encoding, older cameras' are; they matter to nobody
    here, so what is not UTF-8 in them is replaced, where PyAV by itself refuses the whole file.

    Args:
        file: A path, an address, or an open file.
        **settings: As `av.open` takes them.

    Raises:
        MissingDependencyError: PyAV is not installed.
        OSError: What `av.open` raises for a file that it cannot read.
    """
    return load_av().open(file, metadata_errors="replace", **settings)
