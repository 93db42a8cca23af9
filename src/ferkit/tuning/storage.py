"""The storage of a study: a file in its folder, or a database that several machines share."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from ferkit.errors import MissingDependencyError, OutputError, UsageError

# Several processes that start on an empty database create its tables at the same time; all but one
# fail, and find the tables when they try again.
_ATTEMPTS = 6
_DATABASE, _JOURNAL = "study.db", "study.log"


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
        from optuna.storages.journal import JournalFileBackend

        return optuna.storages.JournalStorage(JournalFileBackend(str(folder / _JOURNAL)))
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


def _database(url: str, name: str) -> Any:
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    for attempt in range(_ATTEMPTS):
        try:
            return RDBStorage(url)
        except (ArgumentError, NoSuchModuleError) as error:
            raise UsageError(f"{name} is not the address of a supported database.") from error
        except ImportError as error:
            raise UsageError(
                f"The driver of {name} is missing ({error}); for PostgreSQL install it with: "
                'pip install "psycopg[binary]"'
            ) from error
        except SQLAlchemyError as error:
            if attempt == _ATTEMPTS - 1:
                reason = str(getattr(error, "orig", error)).splitlines()[0]
                raise OutputError(
                    f"Cannot use the database {name}: {reason}; check that it runs, its address "
                    "and your permissions."
                ) from error
            time.sleep(random.uniform(0.1, 0.5) * (attempt + 1))
    raise AssertionError("unreachable")


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
