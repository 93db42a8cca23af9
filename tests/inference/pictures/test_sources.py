"""`find_sources`: the files behind given files and folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ferkit.inference.pictures.sources import find_sources


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.png", "clip.mp4", "c.HEIC", "d.jpeg2"):
        (tmp_path / name).touch()
    for name in ("sub/e.webp", "sub/deep/f.gif", ".trash/g.png", "z.jpg/h.tif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def below(*paths: object, **options: object) -> list[str]:
    named = [str(path) for path in paths]
    return [source.below.as_posix() for source in find_sources(named, **options)]  # type: ignore[arg-type]


def test_pictures_of_a_folder_in_the_order_of_their_names(album: Path) -> None:
    assert below(album) == ["a.png", "b.JPG", "c.HEIC"]


def test_folders_below_on_request(album: Path) -> None:
    wanted = ["a.png", "b.JPG", "c.HEIC", "sub/e.webp", "sub/deep/f.gif", "z.jpg/h.tif"]
    assert below(album, recursive=True) == wanted
    assert below(album, recursive=True, but=[album / "sub"]) == [*wanted[:3], wanted[-1]]


def test_named_files_are_taken_whatever_their_suffix(album: Path) -> None:
    named = [album / name for name in ("notes.txt", ".hidden.png", "missing.jpg", "clip.mp4")]
    assert below(*named) == ["notes.txt", ".hidden.png", "missing.jpg", "clip.mp4"]


def test_each_file_comes_once(album: Path) -> None:
    assert below(album / "b.JPG", album, album, album / "a.png") == ["b.JPG", "a.png", "c.HEIC"]


def test_links_are_followed_but_not_in_circles(album: Path) -> None:
    try:
        (album / "sub" / "up").symlink_to(album)
        (album / "loop").symlink_to(album / "loop")
        (album / "loop.jpg").symlink_to(album / "loop.jpg")
    except OSError:
        pytest.skip("no links on this system")
    found = below(album, recursive=True)
    assert found.count("a.png") == 1
    assert "loop.jpg" in found, "for the reader to complain about"


def test_a_folder_that_cannot_be_listed_is_a_source_with_a_problem(
    album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = {
        source.below.as_posix(): source.problem
        for source in find_sources([str(album)], recursive=True)
    }
    assert found["sub"] == "the folder cannot be listed (Permission denied)"
    assert found["z.jpg/h.tif"] is None


def test_strange_names_are_sources_too(tmp_path: Path) -> None:
    assert below("a\0b.jpg", "", "x" * 5000 + ".jpg")[0] == "a\0b.jpg"
    (tmp_path / "new\nline.png").touch()
    (source,) = find_sources([str(tmp_path)])
    assert source.name == str(tmp_path / "new\nline.png")
    raw = os.fsdecode(b"caf\xe9.png")
    assert next(find_sources([raw])).name == "caf\\udce9.png"
