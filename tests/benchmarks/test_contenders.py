"""The protocol between the comparison and a contender's process, with a fake contender."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from contenders.answering import predict_all, time_batches
from contenders.client import HERE, Contender, Worker, worker_environment
from contenders.fer_worker import mosaic
from contenders.peer_architectures import ARCHITECTURES

FAKE = """
import os, sys
sys.path.insert(0, {here!r})
import numpy as np
from answering import serve

class Fake:
    def __init__(self, threads, arguments):
        print("a library that talks")
        os.system("echo and one that talks past Python")
        self.about = {{
            "versions": "fake 1.0", "processors": len(os.sched_getaffinity(0)), "arguments":
            arguments,
        }}
    def predict(self, images):
        if images.max(initial=0) > 250:
            raise ValueError("too bright")
        return images[:, 0, 0, 0] % 7

serve(Fake)
"""


@pytest.fixture
def fake(tmp_path: Path) -> Contender:
    script = tmp_path / "fake.py"
    script.write_text(FAKE.format(here=str(HERE)))
    return Contender("fake", "as is", True, Path(sys.executable), script, ("one", "two"))


def images_of(values: list[int], folder: Path) -> Path:
    images = np.zeros((len(values), 48, 48, 1), np.uint8)
    images[:, 0, 0, 0] = values
    np.save(folder / "images.npy", images)
    return folder / "images.npy"


def test_a_worker_works_whatever_its_libraries_print(fake: Contender, tmp_path: Path) -> None:
    with Worker(fake, threads=1) as worker:
        assert worker.about == {
            "versions": "fake 1.0",
            "processors": 1,
            "arguments": ["one", "two"],
        }
        assert 0 < worker.load_seconds < 60
        file = images_of([0, 8, 16, 5, 20], tmp_path)
        assert worker.ask("use", images=str(file)) == {"images": 5}
        assert worker.ask("predict", batch=2) == {"labels": [0, 1, 2, 5, 6]}
        done = worker.ask("time", batch=2, seconds=0.05)
        assert done["images"] % 2 == 0
        assert done["seconds"] >= 0.05
        assert 5 < worker.ask("memory")["peak_mb"] < 2000
    assert worker.process.returncode is not None


def test_memory_is_the_workers_own(fake: Contender) -> None:
    # 400 MB, which a child's ru_maxrss would count as well.
    ballast = np.ones(400_000_000, np.uint8)
    with Worker(fake, threads=1) as worker:
        assert worker.ask("memory")["peak_mb"] < 300
    assert ballast[-1] == 1


def test_a_failed_worker_is_reported_with_its_last_output(fake: Contender, tmp_path: Path) -> None:
    with Worker(fake, threads=1) as worker:
        worker.ask("use", images=str(images_of([255], tmp_path)))
        with pytest.raises(RuntimeError, match=r"fake \(as is\) ended with 1:(.|\n)*too bright"):
            worker.ask("predict", batch=1)
        with pytest.raises(RuntimeError, match="ended with 1"):
            worker.ask("predict", batch=1)


def test_a_worker_that_does_not_start_is_reported(fake: Contender) -> None:
    broken = Contender("fake", "broken", True, fake.python, fake.script.with_name("none.py"), ())
    with pytest.raises(RuntimeError, match=r"No such file"):
        Worker(broken, threads=1)


def test_an_unknown_command_is_refused(fake: Contender) -> None:
    with Worker(fake, threads=1) as worker, pytest.raises(RuntimeError, match="cannot do 'dance'"):
        worker.ask("dance")


def test_a_worker_gets_only_thread_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = worker_environment(2)
    assert environment["OMP_NUM_THREADS"] == environment["TF_NUM_INTRAOP_THREADS"] == "2"
    assert not {"KERAS_BACKEND", "PYTHONDONTWRITEBYTECODE"} & set(environment)


class Counting:
    """Remembers the batches that it got."""

    about: dict[str, object] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def predict(self, images: np.ndarray) -> np.ndarray:
        self.batches.append(images[:, 0, 0, 0].tolist())
        return images[:, 0, 0, 0]


def test_batches_cover_every_image_and_are_timed_whole() -> None:
    images = np.zeros((5, 48, 48, 1), np.uint8)
    images[:, 0, 0, 0] = range(5)
    counting = Counting()
    assert predict_all(counting, images, 2) == [0, 1, 2, 3, 4]
    assert counting.batches == [[0, 1], [2, 3], [4]]
    counting = Counting()
    done = time_batches(counting, images, 2, 0.01)
    assert counting.batches[:4] == [[0, 1], [0, 1], [2, 3], [0, 1]]  # the first does not count
    assert done["images"] == 2 * (len(counting.batches) - 1)


def test_a_batch_that_there_are_no_images_for_is_refused() -> None:
    with pytest.raises(SystemExit, match="as many images, not 3"):
        time_batches(Counting(), np.zeros((3, 48, 48, 1), np.uint8), 4, 0.01)


@pytest.mark.parametrize("n", [1, 5, 16, 37])
def test_a_mosaic_holds_every_crop_in_its_rectangle(n: int) -> None:
    images = np.random.default_rng(n).integers(0, 256, (n, 48, 48, 1)).astype(np.uint8)
    picture, rectangles = mosaic(images)
    assert picture.shape[2] == 3
    assert len(rectangles) == n
    for image, (x, y, width, height) in zip(images, rectangles, strict=True):
        for channel in range(3):
            cell = picture[y : y + height, x : x + width, channel]
            np.testing.assert_array_equal(cell, image[..., 0])


@pytest.mark.parametrize(
    ("name", "parameters"), [("big_XCEPTION", 208871), ("separable CNN", 173152)]
)
def test_networks_of_peers_have_the_size_they_are_known_for(name: str, parameters: int) -> None:
    model = ARCHITECTURES[name]()
    assert model.count_params() == parameters
    assert model.output_shape == (None, 7)
