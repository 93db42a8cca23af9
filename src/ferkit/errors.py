"""Every error that ferkit raises on purpose.

    FerkitError                    one sentence a user can act on; exit code 1
    ├── UsageError                 a wrong option or argument; exit code 2
    │   └── ExistingFileError      a file in the way that ferkit did not write
    ├── DataError                  a data set that cannot be read as asked
    │   ├── DownloadError          a data set or a detector that cannot be fetched
    │   ├── ImageError             a picture that cannot be read
    │   └── VideoError             a video or a camera that cannot be read
    ├── ModelError                 an unknown, broken or unfitting model
    ├── TrainingError              a training that cannot continue
    │   └── NonFiniteLossError     the loss became infinite or not a number
    ├── ScaleError                 work on many processes or machines that cannot continue
    ├── OutputError                a file or folder that cannot be written
    └── MissingDependencyError     an optional library that is not installed

A message says what was expected, what was found, and how to fix it. The command line prints it
without a traceback.
"""

from __future__ import annotations


class FerkitError(Exception):
    """Base of all errors that ferkit raises on purpose."""

    exit_code = 1


class UsageError(FerkitError, ValueError):
    """A wrong option, argument or field."""

    exit_code = 2


class ExistingFileError(UsageError):
    """A file in the way that ferkit did not write."""


class DataError(FerkitError):
    """A data set that cannot be read as asked."""


class DownloadError(DataError):
    """A data set or a detector that cannot be fetched."""


class ImageError(DataError):
    """A picture that cannot be read."""


class VideoError(DataError):
    """A video or a camera that cannot be read."""


class ModelError(FerkitError):
    """An unknown, broken or unfitting model."""


class TrainingError(FerkitError):
    """A training that cannot continue."""


class NonFiniteLossError(TrainingError):
    """The loss became infinite or not a number."""


class ScaleError(FerkitError):
    """Work on many processes or machines that cannot continue."""


class OutputError(FerkitError, OSError):
    """A file or folder that cannot be written."""


class MissingDependencyError(FerkitError, ImportError):
    """An optional library that is not installed."""

    @classmethod
    def of(cls, library: str, purpose: str, extra: str) -> MissingDependencyError:
        """Return an error that names the missing `library`, what needs it and how to install it."""
        return cls(f'{purpose} needs {library}; install it with: pip install "ferkit[{extra}]"')


def first_line(error: BaseException) -> str:
    r"""Return the first line of another library's message, or the name of an error without one.

    Example:
        >>> first_line(ValueError("no such file\n  at line 3")), first_line(KeyError())
        ('no such file', 'KeyError')
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
