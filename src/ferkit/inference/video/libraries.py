"""The only place that imports PyAV and the tracker."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from ferkit.errors import MissingDependencyError
from ferkit.files import keep_home_clean
from ferkit.inference.opencv import load_cv2


def load_av() -> ModuleType:
    """Import PyAV after OpenCV, since `cv2.imshow` hangs after the opposite order.

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
    """Open a file or an address for reading, as a container of PyAV.

    Metadata that is not UTF-8, as older cameras write it, would make PyAV refuse the whole file.
    Since it is not used here, such characters are replaced.

    Args:
        file: A path, an address, or an open file.
        **settings: Arguments of `av.open`.

    Raises:
        MissingDependencyError: PyAV is not installed.
        OSError: `av.open` cannot read the file.
    """
    return load_av().open(file, metadata_errors="replace", **settings)


def load_tracker() -> tuple[Any, Any]:
    """Import `trackers.ByteTrackTracker` and `supervision.Detections`, which takes most of a
    second.

    Raises:
        MissingDependencyError: One of the two is not installed.
    """
    # Before supervision, which would import PyAV first.
    load_av()
    keep_home_clean()  # supervision imports matplotlib
    try:
        from supervision import Detections
        from trackers import ByteTrackTracker
    except ImportError as error:
        raise _no_tracker() from error
    return ByteTrackTracker, Detections


def begin_loading_tracker() -> None:
    """Import in a thread, once, what `load_tracker` will return, while models and first frames
    load.

    Raises:
        MissingDependencyError: One of the two is not installed.
    """
    load_av()
    if not all(find_spec(name) for name in ("supervision", "trackers")):
        raise _no_tracker()
    _load_in_thread()


@cache
def _load_in_thread() -> None:
    def load() -> None:
        with suppress(MissingDependencyError):  # raised again where it is needed
            load_tracker()

    # No daemon: one that imports while Python ends would crash it.
    threading.Thread(target=load, name="ferkit-tracker").start()


def _no_tracker() -> MissingDependencyError:
    needed = "trackers and supervision"
    return MissingDependencyError.of(needed, "Following faces through a video", "video")
