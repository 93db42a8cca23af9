"""A shipped model as a hub repository: its README, and an upload to a local fake hub."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ferkit import weights
from ferkit.cli.main import main
from ferkit.errors import OutputError, UsageError
from ferkit.export.hub import CARD_FILE, hub_readme, lay_out, upload

hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

MODEL = "nano-fer2013-int8"
# How huggingface_hub calls its HTTP library.
_THEIRS = "ignore:Use 'content=<...>' to upload raw bytes:DeprecationWarning"


class FakeHub(ThreadingHTTPServer):
    """The part of the hub's API that an upload uses, and the uploaded content: texts come in the
    commit, and models before it, as large files of Git (LFS).
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.made: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}  # by the SHA-256 of the content
        self.tokens: set[str] = set()
        self.message = ""
        self.status = 200
        self.status_of_large = 200


class _Answers(BaseHTTPRequestHandler):
    server: FakeHub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tokens.add(self.headers.get("Authorization", ""))
        if self.server.status != 200:
            self._send({"error": "the token may not write"}, self.server.status)
        elif self.path == "/api/repos/create":
            self.server.made = json.loads(body)
            self._send({"url": f"{self.server.address}/me/faces"})
        elif self.path == "/api/validate-yaml":
            self._send({"errors": [], "warnings": []})
        elif self.path.startswith("/api/models/me/faces/preupload/main"):
            names = [file["path"] for file in json.loads(body)["files"]]
            self._send({"files": [_mode(name) for name in names]})
        elif self.path == "/me/faces.git/info/lfs/objects/batch":
            batch = json.loads(body)
            objects = [self._place(each) for each in batch["objects"]]
            self._send({"transfer": "basic", "objects": objects})
        elif self.path.startswith("/api/models/me/faces/commit/main"):
            self._commit([json.loads(line) for line in body.splitlines()])
        else:
            self._send({"error": self.path}, 404)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.large[self.path.removeprefix("/large/")] = content
        self._send({}, self.server.status_of_large)

    def _place(self, wanted: dict[str, Any]) -> dict[str, Any]:
        place = {"href": f"{self.server.address}/large/{wanted['oid']}"}
        return {**wanted, "actions": {"upload": place}}

    def do_GET(self) -> None:
        self._send({"error": "not here"}, 404)

    def _commit(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.server.message = value["summary"]
            elif line["key"] == "lfsFile":
                content = self.server.large[value["oid"]]
                assert len(content) == value["size"]
                self.server.files[value["path"]] = content
            else:
                self.server.files[value["path"]] = base64.b64decode(value["content"])
        commit = f"{self.server.address}/me/faces/commit/{'0' * 40}"
        self._send({"commitUrl": commit, "commitOid": "0" * 40, "success": True})

    def _send(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _mode(name: str) -> dict[str, Any]:
    """Return how the hub wants a file."""
    large = name.endswith((".onnx", ".keras"))
    return {"path": name, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    # The other way for large files, in chunks, is that of a compiled library with its own servers.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    server = FakeHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", weights.shipped_models())
def test_the_readme_is_the_card(name: str) -> None:
    card = weights.model_card(name)
    readme = hub.ModelCard(hub_readme(card), ignore_metadata_errors=False)
    assert readme.data.license == "mit"
    found = {(r.dataset_type, r.dataset_split, r.metric_type): r for r in readme.data.eval_results}
    test = card["evaluation"]["tta"]["none"]["test"]
    assert found["fer2013", "PrivateTest", "accuracy"].metric_value == test["accuracy"]
    assert found["fer2013", "PrivateTest", "f1"].metric_value == test["macro_f1"]
    named = found["fer2013", "PrivateTest", "accuracy"].dataset_name
    assert ("extra labels" in named) == card["training"]["extra_labels"]
    assert (("lfw", "all", "accuracy") in found) == ("wild" in card)
    assert f"{100 * test['accuracy']:.2f}" in readme.text
    assert "Article 5(1)(f)" in readme.text
    assert ".md)" not in readme.text  # links of the documentation lead there


def test_a_layout_replaces_only_an_earlier_layout(tmp_path: Path) -> None:
    out = lay_out("nano-fer2013", tmp_path / "hub")
    names = {"README.md", CARD_FILE, "nano-fer2013.onnx", "nano-fer2013.keras"}
    assert {file.name for file in out.iterdir()} == names
    lay_out(MODEL, out)
    assert {file.name for file in out.iterdir()} == {"README.md", CARD_FILE, f"{MODEL}.onnx"}
    sha = weights.model_card(MODEL)["files"]["onnx"]["sha256"]
    assert weights.sha256_of(out / f"{MODEL}.onnx") == sha
    assert list(tmp_path.iterdir()) == [out]
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds something other than a repository"):
        lay_out(MODEL, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.enable_socket
@pytest.mark.filterwarnings(_THEIRS)
def test_an_upload_is_one_commit_of_the_folder(fake_hub: FakeHub, tmp_path: Path) -> None:
    out = lay_out(MODEL, tmp_path / "hub")
    where = upload(out, "me/faces", private=True, token="hf_t", endpoint=fake_hub.address)
    assert where == f"{fake_hub.address}/me/faces"
    assert (fake_hub.made["name"], fake_hub.made["organization"]) == ("faces", "me")
    assert fake_hub.made["visibility"] == "private"
    assert fake_hub.tokens == {"Bearer hf_t"}
    assert fake_hub.message == f"Publish {MODEL} of ferkit {weights.model_card(MODEL)['ferkit']}"
    assert fake_hub.files == {file.name: file.read_bytes() for file in out.iterdir()}
    assert list(fake_hub.large) == [weights.sha256_of(out / f"{MODEL}.onnx")]


@pytest.mark.enable_socket
@pytest.mark.filterwarnings(_THEIRS)
@pytest.mark.parametrize("refused", ["status", "status_of_large"])
def test_a_refused_upload_gives_the_hubs_reason(
    refused: str, fake_hub: FakeHub, tmp_path: Path
) -> None:
    out = lay_out(MODEL, tmp_path / "hub")
    setattr(fake_hub, refused, 403)
    with pytest.raises(OutputError, match=r"me/faces: .*403 Forbidden.*check the network") as no:
        upload(out, "me/faces", token="hf_t", endpoint=fake_hub.address)
    assert "\n" not in str(no.value)
    assert not fake_hub.files


def test_a_model_that_cannot_be_published_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="named OWNER/NAME, not 'faces'"):
        upload(tmp_path, "faces")
    with pytest.raises(OutputError, match=f"contains no {CARD_FILE}"):
        upload(tmp_path, "me/faces")
    with pytest.raises(UsageError, match="There is no shipped model 'nope'"):
        lay_out("nope", tmp_path / "hub")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 0, "Nothing was uploaded"),
        (["--dry-run"], 0, "Nothing was uploaded"),
        (["--repo", "me/faces"], 2, "--repo needs --upload"),
        (["--upload"], 2, "--upload needs the name of a repository"),
        (["--upload", "--repo", "faces"], 2, "named OWNER/NAME"),
    ],
)
def test_the_command_uploads_only_on_request(
    options: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hub"
    with pytest.raises(SystemExit) as end:
        main(["publish", MODEL, "--out", str(out), *options])
    told = capsys.readouterr()
    assert end.value.code == code
    assert said in told.out + told.err
    assert out.exists() == (code == 0)
