"""Writing files atomically, so that incomplete files are never read."""

from __future__ import annotations

import csv
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ferkit.errors import DataError, OutputError

# In which version control keeps the history of the folder around it.
_HISTORIES: Final = (".git", ".hg", ".svn")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` when the block ends without an error.

    The temporary name keeps the suffix, because Keras and Pillow choose the format by it.

    Raises:
        OutputError: The folder cannot be created or the file cannot be written (disk full, no
            permission), or `path` is a folder, a pipe or a device. An existing file at `path` is
            unchanged.
    """
    target = Path(path)
    # Cut, since a name as long as a file system allows (255 bytes) has no room for more.
    partial = target.parent / f".{target.stem[:40]}.{uuid.uuid4().hex[:8]}{target.suffix}"
    try:
        # Renaming would put a file in the place of a device such as /dev/null.
        if target.exists() and not target.is_file():
            raise OutputError(f"Cannot write {target}: it is not a regular file. Name a file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, target)
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        in_cache = target.absolute().is_relative_to(cache_folder().absolute())
        other = "another cache folder with FERKIT_CACHE" if in_cache else "another folder"
        raise OutputError(
            f"Cannot write {target}: {reason}. Free some space or choose {other}."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def require_elsewhere(target: Path) -> None:
    """Check that a folder that is to be replaced does not contain the current one.

    Raises:
        OutputError: It does.
    """
    if Path.cwd().is_relative_to(os.path.abspath(target)):
        raise OutputError(
            f"Cannot replace {target}, which contains the current folder; name another folder, or "
            "go to another one first."
        )


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary folder that replaces `path`, or the folder that this is a link to, with all
    its content when the block ends without an error.

    Raises:
        OutputError: It cannot be written, or contains the current folder or a history of version
            control. An existing folder at `path` is unchanged.
    """
    target = Path(os.path.realpath(path) if os.path.islink(path) else os.path.abspath(path))
    require_elsewhere(target)
    for name in _HISTORIES:
        if (target / name).exists():
            raise OutputError(
                f"Cannot replace {target}, which holds {name}, the history of its files; name "
                "another folder, and copy its content from there."
            )
    partial = target.parent / f".{target.name[:40]}.{uuid.uuid4().hex[:8]}"
    old = partial.with_name(f"{partial.name}.old")
    try:
        partial.mkdir(parents=True)
        yield partial
        if target.exists():
            os.replace(target, old)
        os.replace(partial, target)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"Cannot write {target}: {error.strerror or error}. Free some space or choose another "
            "folder."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:  # interrupted between the two names
            with suppress(OSError):
                os.replace(old, target)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    r"""Write `text` as UTF-8 to `path`, atomically.

    Bytes in names of files that are not UTF-8 are written as `\udcNN`, which JSON reads back.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write `content` as indented JSON to `path`, atomically.

    Raises:
        OutputError: The file cannot be written.
        ValueError: A value is NaN or infinite, which JSON does not have.
    """
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_rows(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header, each value as text under the name of its
    column.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read as CSV ({reason}); repair or remove it.") from error


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read the JSON file at `path`.

    Raises:
        DataError: It cannot be read, or is incomplete.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path} cannot be read as JSON ({reason}); repair or remove it."
        ) from error


def cache_folder() -> Path:
    """Return the folder of ferkit's caches: `FERKIT_CACHE`, or the user's cache folder of this
    system.
    """
    chosen = os.environ.get("FERKIT_CACHE", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("ferkit"))


def keep_home_clean() -> None:
    """Let Keras and matplotlib write their settings and font lists into ferkit's cache instead of
    the home folder.

    Folders that the user has set, or that already exist, remain in use. Both libraries read these
    environment variables on import, so call this first.
    """
    home = Path(os.path.expanduser("~"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    _use_cache("KERAS_HOME", "keras", home / ".keras")
    _use_cache(
        "MPLCONFIGDIR",
        "matplotlib",
        *(folder / "matplotlib" for folder in (cache, config)),
        home / ".matplotlib",
    )


def _use_cache(variable: str, name: str, *present: Path) -> None:
    # `os.path.isdir` returns False, rather than raising, if the folder is not accessible.
    if variable not in os.environ and not any(os.path.isdir(folder) for folder in present):
        os.environ[variable] = str(cache_folder().absolute() / name)
