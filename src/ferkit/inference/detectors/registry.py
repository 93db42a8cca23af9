"""Detectors by name: `create_detector("yunet")`, `list_detectors()`, and the decorator that adds
one.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final, TypeVar

from ferkit.errors import UsageError, first_line
from ferkit.inference.detectors.auto import Maker, auto_rank, first_available
from ferkit.inference.detectors.protocol import FaceDetector
from ferkit.inference.notice import say_once

AnyMaker = TypeVar("AnyMaker", bound=Maker)

AUTO: Final = "auto"
# Entry points by which an installed package brings detectors.
ENTRY_POINTS: Final = "ferkit.detectors"

_MAKERS: dict[str, Maker] = {}


def register_detector(maker: AnyMaker) -> AnyMaker:
    """Register the decorated class as a detector under its attribute `name`.

    It is created with `threads=`, the number of threads it may use (None: all cores), and has the
    method `detect` of `FaceDetector`. Optional attributes are `crop_rule`, `search_sizes`, `file`
    and `auto_rank`; docs/detectors.md describes them.

    Raises:
        UsageError: The class has no name, or one that is taken.

    Example:
        >>> @register_detector
        ... class Nameless:
        ...     def detect(self, image): ...
        Traceback (most recent call last):
        ferkit.errors.UsageError: A detector needs a class attribute name, a text, not None.
    """
    name = getattr(maker, "name", None)
    if not isinstance(name, str) or not name:
        raise UsageError(f"A detector needs a class attribute name, a text, not {name!r}.")
    if name == AUTO or _MAKERS.get(name, maker) is not maker:
        raise UsageError(f"The detector name {name!r} is taken; choose another one.")
    _MAKERS[name] = maker
    return maker


def registered_detectors() -> dict[str, Maker]:
    """Return all detectors by name: those of ferkit, of this program, and of installed packages."""
    _load_builtin()
    _load_entry_points()
    return dict(_MAKERS)


def find_detector(name: str) -> Maker | None:
    """Return the class of a name, or None.

    Installed packages are only asked for a name that neither ferkit nor this program has, because
    reading what all of them offer takes a tenth of a second where many are installed.
    """
    _load_builtin()
    if name not in _MAKERS:
        _load_entry_points()
    return _MAKERS.get(name)


def list_detectors() -> list[str]:
    """Return the names that `create_detector` accepts: `auto`, then the others in the order in
    which `auto` tries them.

    Example:
        >>> list_detectors()[:3]
        ['auto', 'yunet', 'mtcnn']
    """
    makers = registered_detectors()
    return [AUTO, *sorted(makers, key=lambda name: (auto_rank(makers[name]), name))]


def create_detector(name: str = AUTO, *, threads: int | None = None) -> FaceDetector:
    """Return the detector of this name.

    Args:
        name: One of `list_detectors()`: `yunet`, `mtcnn`, `none` (the image is the face), one of
            your own, or `auto`: YuNet if its file is available or can be downloaded within 5
            seconds, else MTCNN, with one notice on standard error. Defaults to "auto".
        threads: Threads within a network. Defaults to None: all cores that this process may use, at
            most 8.

    Raises:
        UsageError: There is no such detector.
        DownloadError: Its file cannot be downloaded.
        ModelError: Its file is not a face detector.
        MissingDependencyError: A package that it needs is not installed.

    Example:
        >>> create_detector("none").name
        'none'
    """
    if name == AUTO:
        return first_available(registered_detectors().values(), threads)
    maker = find_detector(name)
    if maker is None:
        raise UsageError(
            f"There is no detector {name!r}; choose from {', '.join(list_detectors())}."
        )
    return maker(threads=threads)


def _load_builtin() -> None:
    from ferkit.inference.detectors import builtin

    for module in iter_modules(builtin.__path__):
        import_module(f"{builtin.__name__}.{module.name}")


def _load_entry_points() -> None:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS):
        try:
            point.load()
        except Exception as error:  # one broken package must not keep the others from working
            say_once(
                f"entry point: {point.name}",
                f"the detector {point.name} of {point.value} cannot be loaded "
                f"({first_line(error)}); "
                "repair or remove that package",
            )
