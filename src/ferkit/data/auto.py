"""`--data auto`: where FER-2013 is on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ferkit.data.download import download_fer2013, downloaded_copy
from ferkit.errors import DataError


def find_data() -> Path:
    """Return FER-2013: the path in `FERKIT_DATA`, else the downloaded copy, else a new download
    from Kaggle.

    Synthetic faces are never used instead.

    Returns:
        A folder, zip or table for `load_fer2013`.

    Raises:
        DataError: The path in `FERKIT_DATA` does not exist.
        DownloadError: There is no copy and Kaggle cannot be reached, refuses, or sends something
            else.

    Example:
        >>> import tempfile
        >>> os.environ["FERKIT_DATA"] = tempfile.gettempdir()
        >>> find_data() == Path(tempfile.gettempdir())
        True
        >>> del os.environ["FERKIT_DATA"]
    """
    chosen = os.environ.get("FERKIT_DATA", "").strip()
    if chosen:
        path = Path(chosen).expanduser()
        try:
            path.stat()
        except OSError as error:
            raise DataError(
                f"FERKIT_DATA names {path}, which cannot be read ({error.strerror}); "
                "set it to a folder, zip or table of FER-2013, or unset it."
            ) from error
        return path
    copy = downloaded_copy()
    if copy:
        return copy
    print("FER-2013 is not on this machine yet.", file=sys.stderr)
    return download_fer2013()
