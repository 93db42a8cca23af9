"""The cache: used if valid, never stale, never an obstacle."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferkit.data import load as load_module
from ferkit.data.cache import cache_file
from ferkit.data.dataset import FerDataset
from ferkit.data.load import load_fer2013
from ferkit.data.npz import load_npz, save_npz
from ferkit.errors import DataError
from ferkit.files import cache_folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that every reading of a source is added to."""
    done: list[Path] = []
    original = load_module._read

    def counted(path: Path, *rest: object) -> FerDataset:
        done.append(path)
        return original(path, *rest)

    monkeypatch.setattr(load_module, "_read", counted)
    return done


def test_the_second_load_reads_nothing_and_gives_the_same(
    tiny_folder: Path, reads: list[Path]
) -> None:
    first, second = load_fer2013(tiny_folder), load_fer2013(tiny_folder)
    assert len(reads) == 1
    for name in ("images", "labels", "splits", "sources"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
        assert getattr(first, name).dtype == getattr(second, name).dtype
    assert (first.origin, first.notes, first.skipped) == (
        second.origin,
        second.notes,
        second.skipped,
    )


def _rewritten(file: Path) -> None:
    before = file.stat()
    Image.fromarray(np.full((48, 48), 9, np.uint8)).save(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _touched(file: Path) -> None:
    before = file.stat()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))


CHANGES = {
    "rewritten": _rewritten,
    "touched": _touched,
    "renamed": lambda file: file.rename(file.with_name("Training_9999.png")),
    "moved": lambda file: file.rename(file.parent.parent / "sad" / file.name),
    "removed": lambda file: file.unlink(),
    "added": lambda file: file.with_name("Training_9999.png").write_bytes(file.read_bytes()),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_any_change_of_a_folder_is_seen(
    tiny_folder: Path, reads: list[Path], own_cache: Path, change: str
) -> None:
    load_fer2013(tiny_folder)
    CHANGES[change](tiny_folder / "train" / "happy" / "Training_25.png")
    load_fer2013(tiny_folder)
    assert len(reads) == 2
    assert len(list(own_cache.iterdir())) == 1, "what is out of date is removed"


def test_options_and_sources_are_kept_apart(
    tiny_folder: Path, tmp_path: Path, reads: list[Path], own_cache: Path
) -> None:
    Image.new("RGB", (60, 60)).save(tiny_folder / "train" / "happy" / "Training_0.png")
    assert len(load_fer2013(tiny_folder, skip_bad=True)) == 84
    assert len(load_fer2013(tiny_folder, convert=True)) == 85
    with pytest.raises(DataError):
        load_fer2013(tiny_folder)
    assert len(load_fer2013(tiny_folder, skip_bad=True).skipped) == 1
    assert len(reads) == 3
    assert len(list(own_cache.iterdir())) == 2


def test_the_seed_of_the_validation_split_is_not_cached(tmp_path: Path) -> None:
    for number in range(30):
        path = tmp_path / "faces" / "train" / "happy" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (48, 48), number).save(path)
    chosen = [load_fer2013(tmp_path / "faces", seed=seed).splits.tolist() for seed in (0, 1, 0)]
    assert chosen[0] == chosen[2] != chosen[1]


def test_the_origin_is_the_path_that_was_asked_for(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_fer2013(tiny_folder).origin == str(tiny_folder)
    monkeypatch.chdir(tiny_folder.parent)
    assert load_fer2013("tiny").origin == "tiny"


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"\x93NUMPY rubbish", None])
def test_a_damaged_cache_file_is_made_anew(
    tiny_folder: Path, reads: list[Path], own_cache: Path, damage: bytes | None
) -> None:
    load_fer2013(tiny_folder)
    [file] = own_cache.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content if damage is None else damage)
    assert len(load_fer2013(tiny_folder)) == 84
    assert len(load_fer2013(tiny_folder)) == 84
    assert len(reads) == 2


def test_an_unwritable_cache_folder_is_ignored(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "file"))
    assert len(load_fer2013(tiny_folder)) == 84
    assert (tmp_path / "file").read_text() == ""


def test_without_cache_no_file_is_written(tiny_folder: Path, own_cache: Path) -> None:
    load_fer2013(tiny_folder, cache=False)
    assert not own_cache.exists()


def test_the_folder_is_the_systems_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    for value in ("", "  "):
        monkeypatch.setenv("FERKIT_CACHE", value)
        assert cache_folder() == Path(platformdirs.user_cache_dir("ferkit"))
    monkeypatch.delenv("FERKIT_CACHE")
    assert cache_folder() == Path(platformdirs.user_cache_dir("ferkit"))
    monkeypatch.setenv("FERKIT_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"


_WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from ferkit.data.cache import try_load, try_save
from ferkit.data.dataset import FerDataset
file, value = Path(sys.argv[1]), int(sys.argv[2])
data = FerDataset(
    images=np.full((50, 48, 48, 1), value, np.uint8),
    labels=np.zeros(50, np.int64),
    splits=np.zeros(50, np.int8),
    sources=np.array(["a"] * 50),
)
for _ in range(20):
    try_save(file, data)
    assert len(np.unique(try_load(file).images)) == 1
"""


def test_processes_that_write_the_same_file_never_mix(own_cache: Path, tiny_folder: Path) -> None:
    file = cache_file(tiny_folder)
    command = [sys.executable, "-c", _WRITER, str(file)]
    writers = [subprocess.Popen([*command, value]) for value in ("1", "2")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(np.unique(load_npz(file).images)) == 1
    assert [path.name for path in own_cache.iterdir()] == [file.name], "no temporary file stays"


def test_an_npz_of_ours_is_a_source_like_any_other(
    tiny_dataset: FerDataset, tmp_path: Path, own_cache: Path
) -> None:
    save_npz(tmp_path / "faces.npz", tiny_dataset)
    data = load_fer2013(tmp_path / "faces.npz")
    assert np.array_equal(data.images, tiny_dataset.images)
    assert data.origin == str(tmp_path / "faces.npz")
    assert not own_cache.exists(), "there is nothing to gain"


def test_votes_and_targets_survive_the_file(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    votes = rng.dirichlet(np.ones(8), len(tiny_dataset)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[tiny_dataset.labels]
    save_npz(tmp_path / "faces.npz", replace(tiny_dataset, votes=votes, targets=targets))
    data = load_npz(tmp_path / "faces.npz")
    assert data.votes is not None
    assert data.targets is not None
    assert np.array_equal(data.votes, votes)
    assert np.array_equal(data.targets, targets)


def test_an_npz_of_others_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "theirs.npz", images=np.zeros(3))
    with pytest.raises(DataError, match=r"theirs\.npz is not a data set that ferkit wrote"):
        load_fer2013(tmp_path / "theirs.npz")


def test_an_empty_data_set_survives_the_file(tmp_path: Path, tiny_dataset: FerDataset) -> None:
    save_npz(tmp_path / "none.npz", tiny_dataset.select(np.zeros(84, bool)))
    assert len(load_npz(tmp_path / "none.npz")) == 0
