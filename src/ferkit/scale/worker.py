"""The worker of one process: recognises the sources of a shard into one Parquet file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ferkit.errors import DataError, FerkitError, ImageError, VideoError
from ferkit.formats import IMAGE_SUFFIXES
from ferkit.inference.records import error_record, make_record
from ferkit.scale.options import ScaleOptions
from ferkit.scale.shards import Shard, ShardDone
from ferkit.scale.sources import kind_of, open_source
from ferkit.scale.store import Store

# Larger picture files are not read into memory.
MOST_BYTES: Final = 256 * 2**20


class Worker:
    """Recognises shards, one at a time, with one recogniser on one core.

    Args:
        options: Options of recognition.
        out: The output folder or its address.

    Raises:
        ModelError: The model is missing or broken.
    """

    def __init__(self, options: ScaleOptions, out: str) -> None:
        import cv2

        from ferkit.inference.recognizer import EmotionRecognizer

        # Processes work in parallel already; threads within them would only compete for the cores.
        cv2.setNumThreads(1)
        self.recognizer = EmotionRecognizer(
            options.model,
            options.detector,
            threads=1,
            detail=options.detail,
            min_face=options.min_face,
            classes=options.classes,
            views=options.views,
            class_names=options.class_names,
            pixels=options.pixels,
        )
        self.store = Store(out)

    def run(self, shard: Shard) -> ShardDone:
        """Write the rows of a shard; sources that cannot be read get a row with an error.

        Raises:
            OutputError: The part cannot be written.
        """
        sources = faces = errors = 0
        with self.store.part(shard.file_name) as path, parquet(path, self.emotions) as sink:
            for name in shard.sources:
                for record in self.records(name):
                    sink.write(record)
                    # A video has a record per frame, a tar one per picture.
                    sources += kind_of(name) != "video"
                    faces += len(record["faces"])
                    errors += record["error"] is not None
                sources += kind_of(name) == "video"
        return ShardDone(shard.number, sources, faces, errors, (shard.file_name,))

    @property
    def emotions(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.recognizer.emotions

    def records(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the records of a source: one of a picture, one per frame of a video, one per
        picture of a tar file.
        """
        read = {"picture": self._picture, "video": self._video, "tar": self._tar}[kind_of(name)]
        try:
            yield from read(name)
        except FerkitError as error:
            yield error_record(name, error)

    def _picture(self, name: str) -> Iterator[dict[str, Any]]:
        picture = name if "://" not in name else _content(name)
        yield self._recognized(name, picture)

    def _recognized(self, name: str, picture: Any) -> dict[str, Any]:
        try:
            return make_record(name, self.recognizer(picture))
        except ImageError as error:
            return error_record(name, error)

    def _video(self, name: str) -> Iterator[dict[str, Any]]:
        with _as_file(name) as path:
            try:
                for faces in self.recognizer.video(path):
                    yield make_record(name, faces)
            except VideoError as error:
                yield error_record(name, error)

    def _tar(self, name: str) -> Iterator[dict[str, Any]]:
        import tarfile

        empty = True
        try:
            with open_source(name) as file, tarfile.open(fileobj=file, mode="r|*") as archive:
                for member in archive:
                    suffix = PurePosixPath(member.name.lower()).suffix
                    if not member.isfile() or suffix not in IMAGE_SUFFIXES:
                        continue
                    inside, empty = f"{name}/{member.name}", False
                    if member.size > MOST_BYTES:
                        yield error_record(inside, _too_large(inside, member.size))
                        continue
                    content = archive.extractfile(member)
                    assert content is not None
                    yield self._recognized(inside, content.read())
        except (tarfile.TarError, OSError, EOFError) as error:
            raise DataError(f"{name} cannot be read to its end ({error}).") from error
        if empty:
            raise DataError(f"{name} contains no picture.")


def write_errors(store: Store, shard: Shard, emotions: tuple[str, ...], reason: str) -> ShardDone:
    """Write a row with an error for each source of a shard.

    Raises:
        OutputError: The part cannot be written.
    """
    with store.part(shard.file_name) as path, parquet(path, emotions) as sink:
        for name in shard.sources:
            sink.write(error_record(name, reason))
    count = len(shard.sources)
    return ShardDone(shard.number, count, errors=count, files=(shard.file_name,))


def parquet(path: Path, emotions: tuple[str, ...]) -> Any:
    """Return the sink of a part, a context manager."""
    from ferkit.inference.sinks.parquet import ParquetSink

    return ParquetSink(path, emotions)


def _content(name: str) -> bytes:
    with open_source(name) as file:
        try:
            content: bytes = file.read(MOST_BYTES + 1)
        except Exception as error:
            # Each kind of store raises its own exceptions.
            raise DataError(f"{name} cannot be read ({type(error).__name__}).") from error
    if len(content) > MOST_BYTES:
        raise DataError(_too_large(name, None))
    return content


def _too_large(name: str, size: int | None) -> str:
    has = f"has {size:,} bytes, which is" if size else "is"
    return f"{name} {has} more than the limit of {MOST_BYTES:,} bytes for a picture file."


@contextmanager
def _as_file(name: str) -> Iterator[str]:
    """Yield a local path of a source; of a remote one, a copy that exists within the block."""
    if "://" not in name:
        yield name
        return
    with tempfile.NamedTemporaryFile(suffix=PurePosixPath(name).suffix) as copy:
        with open_source(name) as file:
            shutil.copyfileobj(file, copy, 2**20)
        copy.flush()
        yield copy.name
