"""The sources that a user may give, and the names they expand to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferkit.errors import DataError, UsageError
from ferkit.scale.sources import list_sources


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "notes.txt", "c.mp4", "s.tar", "below/d.webp", ".hidden.jpg"):
        path = tmp_path / "pics" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "pics"


def names(*sources: object, **options: object) -> list[str]:
    found = list_sources([str(source) for source in sources], **options)  # type: ignore[arg-type]
    return [Path(name).name for name in found]


def test_a_folder(folder: Path) -> None:
    assert names(folder) == ["c.mp4", "s.tar", "a.PNG", "b.jpg"]
    assert names(folder, recursive=True) == ["c.mp4", "s.tar", "a.PNG", "b.jpg", "d.webp"]


def test_a_pattern(folder: Path) -> None:
    assert names(folder / "*.jpg") == ["b.jpg"]
    with pytest.raises(DataError, match="No file matches"):
        names(folder / "*.gif")


def test_a_missing_file_is_reported_by_the_worker() -> None:
    assert names("missing.jpg") == ["missing.jpg"]


def test_a_csv_manifest(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text('\ufeffid,path\n1,"a, b.jpg"\n2,\n3,c.jpg\n', encoding="utf-8")
    assert names(file) == ["a, b.jpg", "c.jpg"]
    assert names(file, column="id") == ["1", "2", "3"]
    (first, _) = list_sources([str(file)])
    assert first == str(tmp_path / "a, b.jpg")  # relative to the manifest
    with pytest.raises(UsageError, match=r"has no column 'where', but id, path; choose one"):
        names(file, column="where")


def test_a_table_of_faces_is_no_manifest(tmp_path: Path) -> None:
    file = tmp_path / "test.csv"
    file.write_text("pixels\n0 1 2\n")
    with pytest.raises(UsageError, match=r"test\.csv contains the pixels of faces, not paths"):
        names(file)


def test_a_parquet_manifest(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "list.parquet"
    pq.write_table(pa.table({"image": ["a.jpg", None, "b.jpg"]}), file)
    assert names(file) == ["a.jpg", "b.jpg"]
    # Tables of data sets hold the bytes of pictures beside their paths.
    for values in ([{"bytes": b"x", "path": "a.jpg"}], [b"a.jpg"], [["a.jpg"]], [1]):
        pq.write_table(pa.table({"image": values}), file)
        with pytest.raises(UsageError, match=r"image of .*list\.parquet holds .*, not the paths"):
            names(file)
    pq.write_table(pa.table({"image": pa.array(["a.jpg"]).dictionary_encode()}), file)
    assert names(file) == ["a.jpg"]
    file.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match="cannot be read"):
        names(file)


def test_an_address() -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for name in ("/pics/a.jpg", "/pics/readme.md", "/pics/below/b.jpg"):
        memory.pipe(name, b"x")
    assert names("memory://pics") == ["a.jpg"]
    assert names("memory://pics", recursive=True) == ["a.jpg", "b.jpg"]
    assert names("memory://pics/*/*.jpg") == ["b.jpg"]
    with pytest.raises(DataError, match="nowhere://x cannot be opened"):
        names("nowhere://x")


def test_an_archive_that_is_broken_or_missing(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    for name in ("broken.zip", "missing.zip"):
        with pytest.raises(DataError, match=rf"{name} cannot be opened \("):
            names(f"zip://*.png::{tmp_path / name}")


def test_a_question_mark_in_a_web_address_is_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    class Web:
        def isdir(self, path: str) -> bool:
            return False

    monkeypatch.setattr("ferkit.scale.sources.file_system", lambda address: (Web(), address))
    assert names("https://host/a.jpg?size=large") == ["a.jpg?size=large"]
