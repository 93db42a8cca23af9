"""The existing content of an output file, so that a rerun can continue after it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ferkit.errors import OutputError, UsageError
from ferkit.inference.face_row import columns
from ferkit.inference.sinks.sink import Done


def read_done(
    path: Path, format_name: str, emotions: Sequence[str], top_k: int | None = None
) -> Done:
    """Return the content of the file at `path`, without an incomplete last record.

    Args:
        path: The file; it need not exist yet.
        format_name: Its format.
        emotions: Names of the model's classes.
        top_k: Only this many of the probabilities are written. Defaults to None: all.

    Raises:
        UsageError: The format cannot be resumed, or the file is of another kind, of a model with
            other classes or of another `top_k`.
        OutputError: The file cannot be read.
    """
    if format_name not in ("json", "jsonl", "csv"):
        raise UsageError(f"An output can be resumed as json, jsonl or csv, not as {format_name}.")
    if not path.is_file():  # nothing, or a pipe or a device
        return Done()
    try:
        if format_name == "csv":
            return _csv_done(path, emotions, top_k)
        return _json_done(path, emotions, top_k)
    except OSError as error:
        raise OutputError(f"Cannot read {path} to resume ({error.strerror or error}).") from error
    except (ValueError, csv.Error) as error:
        raise UsageError(
            f"{path} is not an output of this command as {format_name} ({error}); "
            "name another file, or begin again instead of resuming."
        ) from error


def _json_done(path: Path, emotions: Sequence[str], top_k: int | None) -> Done:
    done, position, damaged = Done(), 0, False
    known, n_kept = set(emotions), min(top_k or len(emotions), len(emotions))
    with path.open("rb") as file:
        for line in file:
            content = line.strip(b"\r\n")
            text = content.strip().removesuffix(b",")
            if text not in (b"", b"[", b"]", b"[]"):
                if damaged:
                    raise ValueError("a line in the middle is not a record")
                try:
                    record = json.loads(text)
                    classes = [set(face["probabilities"]) for face in record["faces"]]
                    done.errors += record["error"] is not None
                    done.sources.add(record["source"])
                    done.length = position + len(content.rstrip(b", "))
                except (ValueError, KeyError, TypeError):
                    damaged = True  # fine for the last line
                else:
                    if not all(names <= known and len(names) == n_kept for names in classes):
                        raise ValueError("its emotions are others or another number")
            position += len(line)
    return done


def _csv_done(path: Path, emotions: Sequence[str], top_k: int | None) -> Done:
    """Count all sources but the last, whose rows may not all be there."""
    done, ends, size = Done(), [0], path.stat().st_size
    with path.open("rb") as file:

        def lines() -> Iterator[str]:
            for line in file:
                ends[0] += len(line)
                yield line.decode("utf-8", "replace")

        reader = csv.reader(lines())
        names = [column.name for column in columns(tuple(emotions))]
        header = next(reader, [])
        if ",".join(names).startswith(",".join(header)) and size == ends[0]:
            return done  # nothing but the header, or a part of it
        if header != names:
            raise ValueError("its columns are others")
        source_column, error_column = names.index("source"), names.index("error")
        face_column, n_kept = names.index("face"), min(top_k or len(emotions), len(emotions))
        last, last_error, end = None, False, ends[0]
        for row in reader:
            if len(row) < 2:
                break  # cut off within the name of its source
            source = row[source_column]
            if source != last:
                if last is not None:
                    done.sources.add(last)
                    done.errors += last_error
                last, done.length = source, end
            # The last row may be cut off.
            if ends[0] < size and row[face_column]:
                n_given = sum(cell != "" for cell in row[-len(emotions) :])
                if n_given != n_kept:
                    raise ValueError(f"it has {n_given} probabilities of a face, not {n_kept}")
            last_error = len(row) > error_column and row[error_column] != ""
            end = ends[0]
    return done
