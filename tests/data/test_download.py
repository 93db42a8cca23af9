"""`download_fer2013` and `find_data` with a fake Kaggle on 127.0.0.1."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kagglehub")
from kagglehub import clients
from kagglesdk import kaggle_env

from ferkit.data import official
from ferkit.data.auto import find_data
from ferkit.data.download import default_folder, download_fer2013
from ferkit.data.kaggle import manual_zip
from ferkit.data.official import count_files
from ferkit.errors import DataError, DownloadError, OutputError
from ferkit.labels import EMOTIONS, SPLITS
from ferkit.locks import locked_folder

# kagglehub leaves it to the garbage collector to close connections that broke off.
pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SMALL = {
    split: {emotion: index + number for number, emotion in enumerate(EMOTIONS, 1)}
    for index, split in enumerate(SPLITS)
}


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every test empty caches, a home without credentials, and a data set of 105 images."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    monkeypatch.setattr(official, "OFFICIAL_COUNTS", SMALL)
    # kagglehub keeps whole chunks of what arrives: 1 MB, more than all of the archive here.
    monkeypatch.setattr(clients, "CHUNK_SIZE", 1000)
    # For each request, kagglehub looks among all loaded modules for those that called it.
    monkeypatch.setattr(clients, "get_user_agent", lambda: "kagglehub")
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # here, so that no other test is blamed


@pytest.fixture
def serve(fake_kaggle: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return FakeKaggle with kagglehub pointed at it."""

    class Served(fake_kaggle):
        def __enter__(self) -> Any:
            endpoints = kaggle_env._env_to_endpoint
            monkeypatch.setitem(endpoints, kaggle_env.KaggleEnv.PROD, self.url)
            return super().__enter__()

    return Served


@pytest.fixture(scope="module")
def archive(make_kaggle_zip: Callable[..., bytes]) -> bytes:
    """Return a Kaggle archive that fits SMALL."""
    return make_kaggle_zip(SMALL)


def _leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".download")]


def test_a_download_is_complete_and_leaves_no_other_files(
    serve: Any, archive: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(archive) as kaggle:
        folder = download_fer2013(tmp_path / "data" / "fer2013")
        assert folder == tmp_path / "data" / "fer2013"
        assert count_files(folder) == SMALL
        assert _leftovers(folder.parent) == []
        asked = len(kaggle.requests)
        assert download_fer2013(folder) == folder, "the second call finds it"
        assert len(kaggle.requests) == asked
    out, err = capsys.readouterr()
    assert out == "", "stdout is for results"
    assert "Downloading FER-2013 from https://www.kaggle.com/datasets/msambare/fer2013" in err


def test_no_login_is_needed_and_credentials_are_used_where_there_are_any(
    serve: Any, archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(archive) as kaggle:
        download_fer2013(tmp_path / "without")
        assert kaggle.requests[0] == ("POST", None, None)
        monkeypatch.setenv("KAGGLE_USERNAME", "ada")
        monkeypatch.setenv("KAGGLE_KEY", "secret")
        kaggle.requests.clear()
        download_fer2013(tmp_path / "with")
        assert kaggle.requests[0][2].startswith("Basic ")


def test_a_breaking_connection_is_resumed(serve: Any, archive: bytes, tmp_path: Path) -> None:
    part = 5000  # of about 14,000
    with serve(archive, break_after=part) as kaggle:
        assert count_files(download_fer2013(tmp_path / "f")) == SMALL
    ranges = [wanted for method, wanted, _ in kaggle.requests if method == "GET" and wanted]
    assert ranges == [f"bytes={part}-", f"bytes={2 * part}-"]


def test_a_later_call_resumes_an_interrupted_one(
    serve: Any, archive: bytes, tmp_path: Path
) -> None:
    with serve(archive, break_after=1000, answers=1), pytest.raises(DownloadError, match="503"):
        download_fer2013(tmp_path / "f")
    assert not (tmp_path / "f").exists()
    assert _leftovers(tmp_path) == [".f.download"]
    with serve(archive) as kaggle:
        assert count_files(download_fer2013(tmp_path / "f")) == SMALL
    assert ("GET", "bytes=1000-", None) in kaggle.requests
    assert _leftovers(tmp_path) == []


def test_a_call_that_was_killed_while_unpacking_is_completed(
    serve: Any, archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kagglehub import http_resolver

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with serve(archive), monkeypatch.context() as patch:
        patch.setattr(http_resolver, "_extract_archive", killed)
        with pytest.raises(KeyboardInterrupt):
            download_fer2013(tmp_path / "f")
    assert not (tmp_path / "f").exists()
    with serve(archive):
        assert count_files(download_fer2013(tmp_path / "f")) == SMALL


def test_wrong_counts_are_refused_and_removed(
    serve: Any, make_kaggle_zip: Callable[..., bytes], tmp_path: Path
) -> None:
    fewer = {split: dict(counts) for split, counts in SMALL.items()}
    fewer["test"]["sad"] -= 1
    with (
        serve(make_kaggle_zip(fewer)),
        pytest.raises(DownloadError, match=r"28 \+ 76 images .* expected 28 \+ 77"),
    ):
        download_fer2013(tmp_path / "f")
    fewer["test"]["happy"] += 1
    with (
        serve(make_kaggle_zip(fewer)),
        pytest.raises(DownloadError, match="7 images of happy in test, expected 6"),
    ):
        download_fer2013(tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("checksum", [True, False])
def test_a_damaged_archive_is_removed_so_that_the_next_call_can_succeed(
    serve: Any, archive: bytes, tmp_path: Path, checksum: bool
) -> None:
    rubbish = b"rubbish" * (len(archive) // 7 + 1)
    rubbish = rubbish[: len(archive)]
    with (
        serve(rubbish, claimed=archive if checksum else b""),
        pytest.raises(DownloadError, match=r"arrived damaged .* and was removed; run the same"),
    ):
        download_fer2013(tmp_path / "f")
    assert list(tmp_path.iterdir()) == []
    with serve(archive):
        assert count_files(download_fer2013(tmp_path / "f")) == SMALL


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "refused .*credentials"), (404, "no longer has"), (500, "HTTP 500; try again later")],
)
def test_a_refused_download_explains_the_manual_way(
    serve: Any, tmp_path: Path, status: int, words: str
) -> None:
    with serve(status=status), pytest.raises(DownloadError, match=words) as caught:
        download_fer2013(tmp_path / "f")
    assert "archive.zip from https://www.kaggle.com/datasets/msambare/fer2013" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_host_explains_the_manual_way(
    serve: Any, archive: bytes, tmp_path: Path
) -> None:
    with serve(archive):
        pass  # gone again
    with pytest.raises(DownloadError) as caught:
        download_fer2013(tmp_path / "f")
    message = str(caught.value)
    assert message.startswith("Kaggle cannot be reached; download archive.zip from https://www.")
    assert "data=... or FERKIT_DATA" in message
    assert str(manual_zip()) in message
    assert list(tmp_path.iterdir()) == []


def test_broken_credentials_are_named(serve: Any, archive: bytes, tmp_path: Path) -> None:
    home = tmp_path / "kaggle"
    home.mkdir()
    (home / "kaggle.json").write_text("{not json")
    with pytest.MonkeyPatch.context() as patch, serve(archive):
        patch.setenv("KAGGLE_CONFIG_DIR", str(home))
        with pytest.raises(DownloadError, match=r"kaggle\.json; repair or remove it"):
            download_fer2013(tmp_path / "f")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "thesis.tex").write_text("years of work")
    with pytest.raises(DownloadError, match="is there but is not the complete FER-2013"):
        download_fer2013(tmp_path / "f")
    assert (tmp_path / "f" / "thesis.tex").read_text() == "years of work"
    with pytest.raises(DownloadError, match="is a file"):
        download_fer2013(tmp_path / "f" / "thesis.tex")


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Choose another folder"):
        download_fer2013(tmp_path / "file" / "below")


def test_two_processes_do_not_write_into_one_download(
    serve: Any, archive: bytes, tmp_path: Path
) -> None:
    pytest.importorskip("fcntl")
    (tmp_path / ".f.download").mkdir()
    with (
        locked_folder(tmp_path / ".f.download", DownloadError("")),
        serve(archive),
        pytest.raises(DownloadError, match="Another process is downloading"),
    ):
        download_fer2013(tmp_path / "f")


def _put_into_kagglehub(content: bytes, tmp_path: Path) -> Path:
    import io
    import zipfile

    base = tmp_path / "kagglehub" / "datasets" / "msambare" / "fer2013"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(base / "versions" / "1")
    (base / "1.complete").touch()
    return base / "versions" / "1"


def test_a_copy_that_kagglehub_has_is_used_without_a_network(
    archive: bytes, tmp_path: Path
) -> None:
    copy = _put_into_kagglehub(archive, tmp_path)
    assert download_fer2013() == copy
    assert find_data() == copy
    assert count_files(download_fer2013(tmp_path / "f")) == SMALL
    assert count_files(copy) == SMALL


def test_auto_prefers_the_variable_then_the_download_then_kaggle(
    serve: Any, archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(archive) as kaggle:
        assert find_data() == default_folder(), "downloaded"
        asked = len(kaggle.requests)
        assert find_data() == default_folder(), "found"
        assert len(kaggle.requests) == asked
    _put_into_kagglehub(archive, tmp_path)
    assert find_data() == default_folder()
    monkeypatch.setenv("FERKIT_DATA", str(tmp_path))
    assert find_data() == tmp_path
    monkeypatch.setenv("FERKIT_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"FERKIT_DATA names .*nowhere, which cannot be read"):
        find_data()


def test_auto_finds_a_zip_that_was_put_there_by_hand(archive: bytes) -> None:
    manual_zip().parent.mkdir(parents=True)
    manual_zip().write_bytes(archive)
    assert find_data() == manual_zip()


def test_auto_reports_a_download_with_missing_files(serve: Any, archive: bytes) -> None:
    with serve(archive):
        next((download_fer2013() / "train" / "happy").iterdir()).unlink()
    with pytest.raises(DownloadError, match=r"27 \+ 77 images .* remove it"):
        find_data()
