"""`ferkit predict --annotate`: annotated copies, and unchanged originals."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., tuple[int, str, str]]


def test_annotated_copies(run: Run, album: Path, tmp_path: Path) -> None:
    Image.new("RGB", (60, 50)).save(album / "0.gif")  # whose copy is a PNG as well
    long = album / ("x" * 251 + ".png")
    Image.new("RGB", (60, 50)).save(long)
    code, _, _ = run(album, "-r", "--annotate", album / "seen", "--format", "csv")
    assert code == 0
    found = sorted(
        path.relative_to(album / "seen").as_posix() for path in (album / "seen").rglob("*.*")
    )
    assert found == sorted(
        ["0.png", "0-2.png", *(f"{i}.png" for i in range(1, 7)), "sub/below.jpg", long.name]
    )
    with Image.open(album / "seen" / "3.png") as image:
        assert max(image.size) >= 640, "small pictures are enlarged, to be read"
        assert len(np.unique(np.asarray(image).reshape(-1, 3), axis=0)) > 20, "something is drawn"
    _, out, _ = run(album, "-r", "--annotate", album / "seen", "--format", "json")
    assert len(json.loads(out)) == 10, "copies are no sources"


def test_originals_are_never_overwritten(run: Run, album: Path) -> None:
    before = (album / "0.png").read_bytes()
    for folder in (album, album / "sub" / ".."):
        code, out, err = run(album, "--annotate", folder)
        assert (code, out) == (2, "")
        assert "would overwrite a picture; name another folder" in err
    assert (album / "0.png").read_bytes() == before


@pytest.mark.parametrize("name", ["0.jpg", "0.png"])
def test_only_earlier_copies_are_replaced(run: Run, album: Path, name: str, tmp_path: Path) -> None:
    source = album / "sub" / name
    Image.new("RGB", (60, 50), "white").save(source)
    arguments = (source, "--annotate", tmp_path / "seen", "--out", tmp_path / "rows.csv")
    assert run(*arguments)[0] == 0
    first = (tmp_path / "seen" / name).read_bytes()
    Image.new("RGB", (60, 50), "black").save(source)
    assert run(*arguments)[0] == 0, "a rerun replaces its copies"
    assert (tmp_path / "seen" / name).read_bytes() != first

    (tmp_path / "rows.csv").write_text("kept")
    for foreign in (b"no picture", source.read_bytes()):
        (tmp_path / "seen" / name).write_bytes(foreign)
        code, _, err = run(*arguments)
        assert code == 2
        assert "would overwrite a picture; name another folder" in err
        assert (tmp_path / "seen" / name).read_bytes() == foreign
    assert (tmp_path / "rows.csv").read_text() == "kept"


def test_links_are_not_replaced(run: Run, album: Path, tmp_path: Path) -> None:
    assert run(album / "0.png", "--annotate", tmp_path / "seen")[0] == 0
    (tmp_path / "links").mkdir()
    for target in ("seen/0.png", "nowhere.png"):
        link = tmp_path / "links" / "0.png"
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / target)
        assert run(album / "0.png", "--annotate", tmp_path / "links")[0] == 2
        assert link.is_symlink()


def test_a_copy_that_is_a_source_is_not_replaced(run: Run, album: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    assert run(album / "sub" / "below.jpg", "--annotate", seen)[0] == 0
    # As a file system that takes both names for one has it.
    os.link(seen / "below.jpg", seen / "below.JPG")
    assert run(seen / "below.jpg", "--annotate", seen)[0] == 2
    assert run(seen / "below.JPG", "--annotate", seen)[0] == 2
