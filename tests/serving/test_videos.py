"""Video jobs: states, results, limits, and cleanup."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from starlette.testclient import TestClient

pytest.importorskip("av")

import clips

from ferkit.locks import locked_file
from ferkit.serving import ServeSettings, job_folder, services
from ferkit.serving.job_folder import JobFolder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a video of ten frames that are all happy."""
    from ferkit.inference.video.writer import VideoWriter

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    writer = VideoWriter(path, rate=10)
    for i in range(10):
        writer.write(np.full((64, 64, 3), clips.brightness(3), np.uint8), i / 10)
    writer.close()
    return path.read_bytes()


def post(server: TestClient, content: bytes, query: str = "") -> dict[str, Any]:
    answer = server.post(f"/v1/videos{query}", content=content)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/videos/{job['id']}"
    return job


def wait(server: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    for _ in range(500):
        job = server.get(f"/v1/videos/{job['id']}").json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def files(server: TestClient) -> list[Path]:
    folder = server.app.state.services.settings.jobs_folder
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def test_a_video_is_processed_and_deleted(make_server, clip: bytes) -> None:
    server = make_server()
    job = wait(server, post(server, clip, "?annotate=true"))
    assert (job["state"], job["progress"], job["frames"]) == ("done", 1.0, 10)
    records = server.get(f"/{job['rows']}").json()
    assert [r["time_s"] for r in records] == pytest.approx([i / 10 for i in range(10)], abs=1e-3)
    assert {r["faces"][0]["emotion"] for r in records} == {"happy"}
    assert {r["faces"][0]["track_id"] for r in records} == {1}
    csv = server.get(f"/{job['rows']}?format=csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(csv.text.splitlines()) == 11
    assert len(server.get(f"/{job['rows']}?format=jsonl").text.splitlines()) == 10
    part = server.get(f"/{job['video']}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert {path.name for path in files(server)} == {
        "annotated.mp4",
        "rows.csv",
        "rows.json",
        "rows.jsonl",
    }
    assert server.delete(f"/v1/videos/{job['id']}").status_code == 204
    assert files(server) == []
    assert server.get(f"/v1/videos/{job['id']}").status_code == 404
    assert server.delete(f"/v1/videos/{job['id']}").status_code == 404


def test_without_annotate_there_is_no_video(make_server, clip: bytes) -> None:
    server = make_server()
    job = wait(server, post(server, clip, "?fps=5&detect_every=2"))
    assert job["frames"] == 5
    assert job["video"] is None
    assert server.get(f"/v1/videos/{job['id']}/video").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"no video",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
)
def test_a_file_that_is_no_video_fails_with_a_message(server: TestClient, content: bytes) -> None:
    job = wait(server, post(server, content))
    assert job["state"] == "failed"
    assert job["error"].startswith("The video")
    assert "/" not in job["error"]
    answer = server.get(f"/v1/videos/{job['id']}/rows")
    assert answer.status_code == 409
    assert server.delete(f"/v1/videos/{job['id']}").status_code == 204


def test_a_truncated_video_keeps_its_rows(server: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "cut.mkv"
    from ferkit.inference.video.writer import VideoWriter

    writer = VideoWriter(path, rate=10)
    for i in range(40):
        writer.write(np.random.default_rng(i).integers(0, 255, (64, 64, 3), np.uint8), i / 10)
    writer.close()
    job = wait(server, post(server, path.read_bytes()[: path.stat().st_size // 2]))
    if job["state"] == "done":
        assert job["error"].startswith("The video is")
        records = server.get(f"/{job['rows']}").json()
        assert records[-1]["error"] == job["error"]
    assert server.delete(f"/v1/videos/{job['id']}").status_code == 204


def test_frames_jobs_and_bytes_are_bounded(make_server, clip: bytes) -> None:
    server = make_server(max_frames=4, max_jobs=1, max_video_mb=1)
    job = wait(server, post(server, clip))
    assert job["state"] == "failed"
    assert "more than 4 frames" in job["error"]
    full = server.post("/v1/videos", content=clip)
    assert (full.status_code, full.headers["retry-after"]) == (429, "30")
    assert server.post("/v1/videos", content=bytes(1_100_000)).status_code == 413
    server.delete(f"/v1/videos/{job['id']}")
    chunks = (bytes(100_000) for _ in range(12))
    assert server.post("/v1/videos", content=chunks).status_code == 413
    assert files(server) == []
    assert server.post("/v1/videos?fps=0", content=clip).status_code == 422
    assert server.post("/v1/videos", content=clip).status_code == 202


def test_a_result_expires(make_server, clip: bytes) -> None:
    server = make_server(keep_s=0.1)
    job = post(server, clip)
    for _ in range(200):
        if server.get(f"/v1/videos/{job['id']}").status_code == 404:
            break
        time.sleep(0.02)
    assert files(server) == []


def test_the_folder_is_private_and_removed_at_shutdown(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    (folder.new() / "video").write_bytes(b"x")
    if os.name == "posix":
        assert folder.path.stat().st_mode & 0o077 == 0
    folder.close()
    assert [path.name for path in tmp_path.rglob("*")] == ["lock"]


def test_the_next_start_removes_files_of_a_dead_server_and_knows_its_jobs(tmp_path: Path) -> None:
    dead = tmp_path / "server-dead"
    (dead / "job-1").mkdir(parents=True)
    (dead / "job-1" / "video").write_bytes(b"x")
    (dead / "lock").touch()
    (tmp_path / "other").mkdir()
    alive = JobFolder(tmp_path)
    assert alive.lost == {"job-1"}
    assert not dead.exists()
    second = JobFolder(tmp_path)
    assert alive.path.exists()
    assert second.lost == frozenset()
    assert (tmp_path / "other").exists()
    second.close()
    alive.close()


def test_servers_that_start_together_keep_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, lock, started = threading.Event(), job_folder.locked_file, []

    def slow(path: Path) -> IO[bytes]:
        if path.parent != tmp_path and not begun.is_set():
            begun.set()
            time.sleep(0.2)  # the folder exists, and is not locked yet
        return lock(path)

    monkeypatch.setattr(job_folder, "locked_file", slow)
    first = threading.Thread(target=lambda: started.append(JobFolder(tmp_path)))
    first.start()
    assert begun.wait(5)
    started.append(JobFolder(tmp_path))
    first.join()
    assert [server.path.is_dir() for server in started] == [True, True]
    for server in started:
        server.close()


def test_a_server_that_ends_while_another_starts_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = JobFolder(tmp_path)

    def ends(path: Path) -> IO[bytes]:
        if path.parent == ended.path:
            ended.close()
            ended.path.mkdir()
            file = locked_file(path)
            shutil.rmtree(ended.path)
            return file
        return locked_file(path)

    monkeypatch.setattr("ferkit.serving.job_folder.locked_file", ends)
    started = JobFolder(tmp_path)
    assert started.path.is_dir()
    started.close()


def test_first_videos_at_the_same_moment_share_their_jobs(
    tiny_onnx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def slow(*_: object) -> object:
        time.sleep(0.1)
        made.append(object())
        return made[-1]

    monkeypatch.setattr(services, "VideoJobs", slow)
    settings = ServeSettings(model=str(tiny_onnx), detector="none", jobs_folder=tmp_path)
    shared = services.Services(settings)
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(lambda _: shared.jobs, range(2)))) == len(made) == 1


def test_a_job_of_a_killed_server_is_410(make_server, tmp_path: Path) -> None:
    (tmp_path / "server-dead" / "job-1").mkdir(parents=True)
    server = make_server(jobs_folder=tmp_path)
    answer = server.get("/v1/videos/job-1")
    assert answer.status_code == 410
    assert "send it again" in answer.json()["detail"]
