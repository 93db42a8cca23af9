"""The storage of a study: a file in its folder, or a database that several machines share."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ferkit.errors import MissingDependencyError, OutputError, UsageError, first_line

# Several processes that start on an empty database create its tables at the same time; all but one
# fail, and find the tables when they try again.
_ATTEMPTS = 6
_DATABASE, _JOURNAL = "study.db", "study.log"
_OPERATION = b'{"op_code"'  # how each line of a journal begins


def holds_study(folder: Path) -> bool:
    """Return whether the folder belongs to a study, wherever its database is."""
    return any(any(folder.glob(name)) for name in (_DATABASE, _JOURNAL, "trial-[0-9]*"))


def open_storage(storage: str, folder: Path) -> Any:
    """Return an Optuna storage, and create its tables.

    Args:
        storage: `"sqlite"` or `"journal"`, for a file in `folder`; or the address of a database,
            such as `postgresql://user:password@host/name`.
        folder: The folder of the study.

    Raises:
        UsageError: It is none of these.
        MissingDependencyError: Optuna or the database's driver is not installed.
        OutputError: The database cannot be reached or written.
    """
    optuna = import_optuna()
    if storage == "journal":
        return _journal(optuna, folder / _JOURNAL)
    if storage == "sqlite":
        return _database(f"sqlite:///{(folder / _DATABASE).absolute()}", "sqlite")
    if "://" not in storage:
        raise UsageError(
            f"storage must be sqlite, journal or the address of a database, not '{storage}'."
        )
    scheme, _, rest = storage.partition("://")
    # psycopg 3, whichever version SQLAlchemy uses by default.
    url = f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else storage
    return _database(url, _without_password(storage))


def close_storage(storage: Any) -> None:
    """Close the connections of a database; a journal has none."""
    if hasattr(storage, "engine"):
        storage.remove_session()
        storage.engine.dispose()


@contextmanager
def opened_storage(storage: str, folder: Path) -> Iterator[Any]:
    """Yield an Optuna storage, as `open_storage` returns it, and close it when the block ends.

    Raises:
        OutputError: The storage fails within the block; and all that `open_storage` raises.
    """
    opened = open_storage(storage, folder)
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield opened
    except (StorageInternalError, SQLAlchemyError, json.JSONDecodeError) as error:
        cause = error.__cause__ or error
        raise OutputError(
            f"The storage of the study {folder.name} failed ({_brief(cause)}); the epochs so far "
            "are kept, so run the same again once it works."
        ) from error
    finally:
        close_storage(opened)


def import_optuna() -> Any:
    """Return the module `optuna`, with only its warnings shown.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingDependencyError.of("Optuna", "Tuning", "tune") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _journal(optuna: Any, path: Path) -> Any:
    from optuna.storages.journal import JournalFileBackend

    try:
        file = JournalFileBackend(str(path))
        _cut_unfinished_line(file, path)
        return optuna.storages.JournalStorage(file)
    except OSError:
        raise
    except Exception as error:
        # Optuna parses each line as one of its own operations, and fails in many ways at others.
        raise OutputError(
            f"{path} is damaged or not the journal of a study ({type(error).__name__}: "
            f"{_brief(error)}); restore it, or choose another folder."
        ) from error


def _cut_unfinished_line(file: Any, path: Path) -> None:
    """Remove what a full disk left of a last line: the next one would be appended to it, and
    the study could never be read again.
    """
    from optuna.storages.journal._file import get_lock_file

    if path.read_bytes()[-1:] in (b"", b"\n"):
        return
    with get_lock_file(file._lock):  # not a line that another process is writing
        rest = path.read_bytes().rpartition(b"\n")[2]
        if not rest.startswith(_OPERATION[: len(rest)]):
            raise ValueError("its last line is not an operation")
        os.truncate(path, path.stat().st_size - len(rest))


def _brief(error: BaseException) -> str:
    return first_line(getattr(error, "orig", error))


def _database(url: str, name: str) -> Any:
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    for attempt in range(_ATTEMPTS):
        try:
            return RDBStorage(url)
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            raise UsageError(f"{name} is not the address of a supported database.") from error
        except ImportError as error:
            raise UsageError(
                f"The driver of {name} is missing ({error}); for PostgreSQL install it with: "
                'pip install "psycopg[binary]"'
            ) from error
        except SQLAlchemyError as error:
            if attempt == _ATTEMPTS - 1:
                raise OutputError(
                    f"Cannot use the database {name}: {_brief(error)}; check that it runs, its "
                    "address and your permissions."
                ) from error
            time.sleep(random.uniform(0.1, 0.5) * (attempt + 1))
    raise AssertionError("unreachable")


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
