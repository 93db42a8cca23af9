"""Names of the pictures, videos and tar shards in folders, globs, manifests and stores."""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ferkit.errors import DataError, MissingDependencyError, UsageError
from ferkit.formats import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from ferkit.inference.pictures.sources import find_sources

TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz")
_COLUMNS: Final = ("path", "source", "file", "filename", "image", "url", "uri")
_ROWS = 65_536
# Types of columns of paths; a column without any value has the type null.
_TEXTS: Final = ("string", "large_string", "string_view", "null")


def kind_of(name: str) -> str:
    """Return `tar`, `video` or `picture`, by the suffix; without a known one it is `picture`.

    Example:
        >>> kind_of("s3://faces/0001.tar"), kind_of("a.MP4"), kind_of("a.jpg"), kind_of("a")
        ('tar', 'video', 'picture', 'picture')
    """
    lower = name.lower()
    if lower.endswith(TAR_SUFFIXES):
        return "tar"
    return "video" if PurePosixPath(lower).suffix in VIDEO_SUFFIXES else "picture"


def list_sources(
    sources: Iterable[str], *, recursive: bool = False, column: str | None = None
) -> Iterator[str]:
    """Yield the names of all pictures, videos and tar shards, in constant memory.

    Args:
        sources: Files, folders, globs, manifests (`.csv`, `.parquet`) with a column of paths, and
            the same as addresses that fsspec reads (`s3://...`, `gs://...`, `hf://...`). Paths in a
            manifest are relative to its folder.
        recursive: Whether to search subfolders. Defaults to False.
        column: The manifest's column of paths. Defaults to None: the first of path, source, file,
            filename, image, url, uri that exists.

    Raises:
        DataError: A manifest cannot be read, or an address cannot be listed.
        UsageError: A manifest has no such column.
        MissingDependencyError: fsspec, pyarrow, or the library of an address is missing.
    """
    for source in sources:
        if source.lower().endswith((".csv", ".parquet")):
            yield from _in_manifest(source, column)
        elif "://" in source:
            yield from _at_address(source, recursive)
        elif glob.has_magic(source) and not Path(source).exists():
            found = sorted(glob.iglob(source, recursive=True))
            if not found:
                raise DataError(f"No file matches {source}; check the pattern.")
            yield from (path for path in found if Path(path).is_file())
        elif Path(source).is_dir():
            yield from _in_folder(source, recursive)
        else:
            yield source


def _in_folder(folder: str, recursive: bool) -> Iterator[str]:
    top = Path(folder)
    shards = top.rglob("*") if recursive else top.glob("*")
    for path in sorted(path for path in shards if kind_of(path.name) != "picture"):
        if path.is_file() and not path.name.startswith("."):
            yield str(path)
    yield from (str(found.path) for found in find_sources([folder], recursive=recursive))


def _in_manifest(name: str, column: str | None) -> Iterator[str]:
    read = _parquet_column if name.lower().endswith(".parquet") else _csv_column
    with open_source(name) as file:
        try:
            yield from (_beside(name, found) for found in read(file, name, column))
        except (ValueError, OSError, csv.Error) as error:
            if isinstance(error, UsageError):
                raise
            raise DataError(f"The manifest {name} cannot be read ({error}).") from error


def _beside(manifest: str, name: str) -> str:
    """Return a relative path with the manifest's folder, since workers have other folders."""
    if "://" in name or Path(name).is_absolute():
        return name
    return f"{manifest.rpartition('/')[0]}/{name}" if "/" in manifest else name


def _csv_column(file: Any, name: str, column: str | None) -> Iterator[str]:
    lines = (line.decode("utf-8-sig") for line in file)
    reader = csv.DictReader(lines)
    chosen = _chosen_column(list(reader.fieldnames or []), name, column)
    yield from (row[chosen] for row in reader if row[chosen])


def _parquet_column(file: Any, name: str, column: str | None) -> Iterator[str]:
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingDependencyError.of("pyarrow", "Reading Parquet", "tables") from error
    table = pq.ParquetFile(file)
    chosen = _chosen_column(table.schema_arrow.names, name, column)
    kind = table.schema_arrow.field(chosen).type
    text = str(kind if kind.num_fields else getattr(kind, "value_type", kind))
    if text not in _TEXTS:
        raise UsageError(
            f"The column {chosen} of {name} holds {kind}, not the paths of pictures as text; "
            "choose another one with column=... ."
        )
    for batch in table.iter_batches(_ROWS, columns=[chosen]):
        yield from (str(value) for value in batch.column(0).to_pylist() if value)


def _chosen_column(names: list[str], manifest: str, wanted: str | None) -> str:
    for name in (wanted,) if wanted else _COLUMNS:
        if name in names:
            return str(name)
    if "pixels" in names and not wanted:
        raise UsageError(
            f"{manifest} contains the pixels of faces, not paths of pictures; run `ferkit predict` "
            "on it in one process, without workers."
        )
    asked = f"no column '{wanted}'" if wanted else "none of the columns " + ", ".join(_COLUMNS)
    raise UsageError(
        f"{manifest} has {asked}, but {', '.join(names) or 'no columns at all'}; choose one "
        "with column=... ."
    )


def _at_address(address: str, recursive: bool) -> Iterator[str]:
    system, path = file_system(address)
    try:
        if glob.has_magic(_without_query(address, path)):
            found = sorted(system.glob(path))
        elif system.isdir(path):
            found = sorted(system.find(path, maxdepth=None if recursive else 1))
        else:
            yield address
            return
    except Exception as error:
        # Each kind of store raises its own exceptions.
        raise DataError(f"{address} cannot be listed ({_brief(error)}).") from error
    for name in found:
        if kind_of(name) != "picture" or PurePosixPath(name.lower()).suffix in IMAGE_SUFFIXES:
            yield system.unstrip_protocol(name)


def _without_query(address: str, path: str) -> str:
    """Return the path without the question mark of a web address, which is no pattern there."""
    return path.replace("?", "") if address.startswith(("http://", "https://")) else path


def open_source(name: str) -> Any:
    """Open the file at a path or an address for reading bytes.

    Raises:
        DataError: It cannot be opened.
        MissingDependencyError: fsspec, or the library of its address, is missing.
    """
    try:
        if "://" not in name:
            return Path(name).open("rb")
        system, path = file_system(name)
        return system.open(path, "rb")
    except (MissingDependencyError, DataError):
        raise
    except Exception as error:
        raise DataError(f"{name} cannot be opened ({_brief(error)}).") from error


def file_system(address: str) -> tuple[Any, str]:
    """Return fsspec's file system of an address and the path in it.

    Raises:
        DataError: fsspec does not know the protocol.
        MissingDependencyError: fsspec, or the library of the protocol, is missing.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingDependencyError.of("fsspec", "Reading addresses", "ray") from error
    try:
        system, path = url_to_fs(address)
    except ImportError as error:
        raise MissingDependencyError(f"{address} cannot be opened: {error}.") from error
    except Exception as error:
        # An unknown protocol, or an archive within the address that is missing or broken.
        raise DataError(f"{address} cannot be opened ({_brief(error)}).") from error
    return system, path


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
