"""The output folder: parts, plan and manifest of finished shards; local or in any store."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ferkit.errors import DataError, OutputError
from ferkit.files import atomic_path
from ferkit.locks import locked_folder
from ferkit.scale.shards import Shard, ShardDone
from ferkit.scale.sources import file_system
from ferkit.targets import check_whole_folder

# Readers of a folder of Parquet files (Spark, pyarrow) ignore names that begin with an underscore.
_OWN: Final = "_ferkit"
# Marks are written every two seconds at first, then at growing intervals of up to a minute. A kill
# loses little compared with what is done, and a run of days does not leave 100,000 small files.
_SECONDS_BETWEEN_MARKS: Final = 2.0
_MOST_SECONDS: Final = 60.0
_GROWTH: Final = 1.1


class Store:
    """The output folder of a recognition at scale.

    `OUT/part-*.parquet` are the rows. `OUT/_ferkit/` holds `plan.json` (options, counts),
    `shards.jsonl` (one shard per line) and `done-*.jsonl`, the manifest. Only parts that the
    manifest lists count, so a worker or driver that dies leaves nothing half-counted.

    Args:
        out: A folder or its address.

    Raises:
        DataError: fsspec does not know the protocol of the address.
        MissingDependencyError: fsspec, or the library of the protocol, is missing.
    """

    def __init__(self, out: str) -> None:
        self.out = out.rstrip("/") or out
        self._remote = file_system(self.out) if "://" in self.out else None
        self._marks: list[ShardDone] = []
        self._written = time.monotonic()
        self._wait = _SECONDS_BETWEEN_MARKS
        self._next_mark = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other calls out of a local folder, which would take each other's unfinished parts
        for leftovers.

        Raises:
            OutputError: Another one is at work, or the folder cannot be created.
        """
        if self._remote is not None:
            yield
            return
        folder = Path(self.out)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(f"Cannot create {folder}: {reason}; choose another.") from error
        busy = f"Another process writes into {folder}; wait for it, or choose another folder."
        with locked_folder(folder, OutputError(busy)):
            yield

    def plan(self) -> dict[str, Any] | None:
        """Return the content of `plan.json`, or None if there is no plan yet.

        Raises:
            OutputError: The folder holds other files, or is a file.
            DataError: The plan is damaged.
        """
        names = self._names("")
        own = _OWN in names
        check_whole_folder(self.out, kind="parts of a recognition", own=lambda: own, names=names)
        if _OWN not in names:
            return None
        try:
            plan = self._json(f"{_OWN}/plan.json")
        except FileNotFoundError:
            return None  # killed while it was planned
        if not all(isinstance(plan.get(name), int) for name in ("shards", "sources")):
            raise self._damaged(f"{_OWN}/plan.json", "it lacks the number of shards")
        return plan

    def write_plan(self, about: dict[str, Any], shards: Iterable[Shard]) -> dict[str, Any]:
        """Write the shards, then the plan with their counts, which makes them valid.

        Raises:
            OutputError: A file cannot be written.
        """
        count = sources = 0
        with (
            self._writing(f"{_OWN}/shards.jsonl") as path,
            path.open("w", encoding="utf-8") as file,
        ):
            for shard in shards:
                file.write(json.dumps(list(shard.sources)) + "\n")
                count, sources = count + 1, sources + len(shard.sources)
        plan = {**about, "shards": count, "sources": sources}
        with self._writing(f"{_OWN}/plan.json") as path:
            path.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
        return plan

    def shards(self) -> Iterator[Shard]:
        """Yield the planned shards, with one line in memory at a time.

        Raises:
            DataError: The file is damaged.
        """
        with self._opened(f"{_OWN}/shards.jsonl") as file:
            for number, line in enumerate(file):
                try:
                    yield Shard(number, tuple(map(str, json.loads(line))))
                except (ValueError, TypeError) as error:
                    raise self._damaged(f"{_OWN}/shards.jsonl", str(error)) from error

    def done(self) -> dict[int, ShardDone]:
        """Return the finished shards by number, and remove parts that the manifest does not list.

        Raises:
            DataError: The manifest is damaged.
        """
        found: dict[int, ShardDone] = {}
        files = sorted(name for name in self._names(_OWN) if name.startswith("done-"))
        for name in files:
            for line in self._read(f"{_OWN}/{name}").splitlines():
                try:
                    mark = ShardDone.from_dict(json.loads(line))
                except (ValueError, TypeError, LookupError) as error:
                    raise self._damaged(f"{_OWN}/{name}", str(error)) from error
                found[mark.number] = mark
        self._next_mark = len(files)
        counted = {name for mark in found.values() for name in mark.files}
        for name in self._names(""):
            if name.startswith(("part-", ".part-")) and name not in counted:
                self._remove(name)
        return found

    def mark(self, done: ShardDone) -> None:
        """Mark a shard as done; it is written within two seconds, later within a minute.

        Raises:
            OutputError: The marks cannot be written.
        """
        self._marks.append(done)
        if time.monotonic() - self._written >= self._wait:
            self._wait = min(self._wait * _GROWTH, _MOST_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Write the pending marks.

        Raises:
            OutputError: They cannot be written.
        """
        if self._marks:
            lines = "".join(json.dumps(asdict(mark)) + "\n" for mark in self._marks)
            with self._writing(f"{_OWN}/done-{self._next_mark:06d}.jsonl") as path:
                path.write_text(lines, encoding="utf-8")
            self._next_mark, self._marks = self._next_mark + 1, []
        self._written = time.monotonic()

    @contextmanager
    def part(self, name: str) -> Iterator[Path]:
        """Yield a temporary path for a part, which gets its name when the block ends.

        Raises:
            OutputError: The part cannot be written.
        """
        with self._writing(name) as path:
            yield path

    # --- local folder or fsspec -----------------------------------------------------------------

    @contextmanager
    def _writing(self, name: str) -> Iterator[Path]:
        if self._remote is None:
            with atomic_path(Path(self.out) / name) as path:
                yield path
            return
        system, top = self._remote
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            yield path
            try:
                # Stores show an object only when it is complete.
                system.makedirs(str(Path(top, name).parent), exist_ok=True)
                system.put_file(str(path), f"{top}/{name}")
            except Exception as error:
                raise OutputError(f"Cannot write {self.out}/{name} ({error}).") from error

    def _json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads(self._read(name))
        except (ValueError, RecursionError) as error:
            raise self._damaged(name, str(error)) from error
        if not isinstance(content, dict):
            raise self._damaged(name, "it is not a JSON object")
        return content

    def _damaged(self, name: str, reason: str) -> DataError:
        return DataError(
            f"{self.out}/{name} is damaged ({reason}); choose a new folder to start again."
        )

    def _opened(self, name: str) -> Any:
        if self._remote is None:
            return (Path(self.out) / name).open("rb")
        system, top = self._remote
        return system.open(f"{top}/{name}", "rb")

    def _read(self, name: str) -> str:
        with self._opened(name) as file:
            content = file.read()
        try:
            return str(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise self._damaged(name, str(error)) from error

    def _names(self, folder: str) -> set[str]:
        if self._remote is None:
            path = Path(self.out) / folder
            return {entry.name for entry in path.iterdir()} if path.is_dir() else set()
        system, top = self._remote
        place = f"{top}/{folder}".rstrip("/")
        if not system.isdir(place):
            return set()
        return {Path(name).name for name in system.ls(place, detail=False)}

    def _remove(self, name: str) -> None:
        if self._remote is None:
            (Path(self.out) / name).unlink(missing_ok=True)
        else:
            self._remote[0].rm_file(f"{self._remote[1]}/{name}")
