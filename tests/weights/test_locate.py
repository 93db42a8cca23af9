"""Files of shipped models: in the package, in a folder, or downloaded once and verified."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ferkit.errors import DownloadError, ModelError
from ferkit.weights import locate as module
from ferkit.weights.locate import is_here, locate_file

CONTENT = b"weights" * 100
WANTED = {"name": "tiny.keras", "sha256": hashlib.sha256(CONTENT).hexdigest()}

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    # requests leaves its connections to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


class QuietHandler(SimpleHTTPRequestHandler):
    asked: list[str]

    def log_message(self, *_: object) -> None:
        self.asked.append(self.path)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FERKIT_WEIGHTS", raising=False)
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """Serve a folder; yield its address, the folder and the requests."""
    folder = tmp_path / "release"
    folder.mkdir()
    asked: list[str] = []
    handler = type("Handler", (QuietHandler,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder, asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_package_comes_first(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package / WANTED["name"]).write_bytes(CONTENT)
    monkeypatch.setenv("FERKIT_WEIGHTS", "/nowhere")
    assert locate_file(package, WANTED) == package / WANTED["name"]


def test_a_present_file_needs_no_network(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_here(package, WANTED)
    monkeypatch.setenv("FERKIT_WEIGHTS", "https://example.org/weights")
    assert not is_here(package, WANTED)
    monkeypatch.setenv("FERKIT_WEIGHTS", str(tmp_path))
    assert not is_here(package, WANTED)
    (tmp_path / WANTED["name"]).write_bytes(CONTENT)
    assert is_here(package, WANTED)
    monkeypatch.delenv("FERKIT_WEIGHTS")
    (package / WANTED["name"]).write_bytes(CONTENT)
    assert is_here(package, WANTED)


def test_a_folder_given_by_the_user(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("FERKIT_WEIGHTS", str(own))
    with pytest.raises(ModelError, match=r"which has no tiny.keras; put it there"):
        locate_file(package, WANTED)
    (own / WANTED["name"]).write_bytes(CONTENT)
    assert locate_file(package, WANTED) == own / WANTED["name"]
    (own / WANTED["name"]).write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match=r"not the file of the model.s card.*same release"):
        locate_file(package, WANTED)


def test_it_is_fetched_once_and_checked(
    package: Path, release: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder, asked = release
    monkeypatch.setenv("FERKIT_WEIGHTS", address)
    (folder / WANTED["name"]).write_bytes(CONTENT)
    first, second = locate_file(package, WANTED), locate_file(package, WANTED)
    assert first == second
    assert first.read_bytes() == CONTENT
    assert asked == ["/tiny.keras"]


def test_a_wrong_download_is_removed(
    package: Path,
    release: tuple[str, Path, list[str]],
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, folder, _ = release
    monkeypatch.setenv("FERKIT_WEIGHTS", address + "/")
    (folder / WANTED["name"]).write_bytes(CONTENT[:50])
    with pytest.raises(DownloadError, match=r"wrong checksum\); download http.*FERKIT_WEIGHTS"):
        locate_file(package, WANTED)
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_the_release_of_this_version_is_used(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_release", lambda: "http://127.0.0.1:9/v1")
    with pytest.raises(DownloadError, match=r"download http://127.0.0.1:9/v1/tiny.keras"):
        locate_file(package, WANTED)
    monkeypatch.undo()
    assert module._release().endswith("/v0.1.0")
