"""A detector is one file: its attributes are used everywhere, and it is found by name."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ferkit import EmotionRecognizer
from ferkit.cli.main import cli
from ferkit.errors import UsageError
from ferkit.inference import notice
from ferkit.inference.detectors import (
    CropRule,
    Faces,
    SearchSizes,
    create_detector,
    list_detectors,
    register_detector,
    registry,
)


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.registered_detectors()
    monkeypatch.setattr(registry, "_MAKERS", dict(registry._MAKERS))
    monkeypatch.setattr(notice, "SAID", set())


class Middle:
    """Says that the middle ninth of a picture is a face."""

    name = "middle"
    crop_rule = CropRule(scale=2)
    search_sizes = SearchSizes(normal=90)

    def __init__(self, *, threads: int | None = None) -> None:
        self.threads = threads
        self.seen: list[tuple[int, ...]] = []

    def detect(self, image: np.ndarray) -> Faces:
        self.seen.append(image.shape)
        h, w = image.shape[:2]
        return Faces(
            np.array([[w / 3, h / 3, 2 * w / 3, 2 * h / 3]], np.float32), np.ones(1, np.float32)
        )


def test_a_registered_detector_is_found_by_name_and_its_crop_rule_used(tiny_onnx: Path) -> None:
    register_detector(Middle)
    assert list_detectors()[:3] == ["auto", "yunet", "mtcnn"]
    assert "middle" in list_detectors()
    detector: Any = create_detector("middle", threads=3)
    assert (type(detector), detector.threads) == (Middle, 3)
    image = np.full((180, 180, 3), 255, np.uint8)
    image[60:120, 60:120] = 0
    faces = EmotionRecognizer(tiny_onnx, detector)(image)
    assert detector.seen == [(90, 90, 3)], "its search size"
    assert faces.xyxy.tolist() == [[60, 60, 120, 120]]
    # Its crop is twice the box, three quarters of it white: brightness 191 is class 5 of 7.
    assert faces.label.tolist() == ["surprise"]


def test_the_command_line_takes_and_lists_it(tiny_onnx: Path, tmp_path: Path) -> None:
    from PIL import Image

    register_detector(Middle)
    Image.new("RGB", (30, 30), "white").save(tmp_path / "white.png")
    typed = ["predict", str(tmp_path / "white.png"), "--model", str(tiny_onnx)]
    done = CliRunner().invoke(cli, [*typed, "--detector", "middle", "--format", "csv"])
    assert done.exit_code == 0, done.output
    assert ",10.0,10.0,20.0,20.0," in done.output
    page = CliRunner().invoke(cli, ["predict", "--help"]).output
    assert re.search(r"--detector \[auto\|yunet\|mtcnn\|[a-z|]*middle\|", page)
    wrong = CliRunner().invoke(cli, [*typed, "--detector", "haar"])
    assert wrong.exit_code == 2
    assert re.search(r"'haar' is not one of 'auto', 'yunet', .*'middle'", wrong.output)


def test_installed_packages_bring_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    class Brought(Middle):
        name = "brought"

    class Point(EntryPoint):
        def load(self) -> Any:
            return register_detector(Brought)

    points = EntryPoints([Point("brought", "a.module:Brought", registry.ENTRY_POINTS)])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points.select(group=group))
    assert type(create_detector("brought")) is Brought


def test_installed_packages_are_not_asked_for_a_detector_of_ferkit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: asked.append(group) or [])
    assert create_detector("none").name == "none"
    assert asked == []
    with pytest.raises(UsageError, match="no detector 'dlib'"):
        create_detector("dlib")
    assert set(asked) == {"ferkit.detectors"}


def test_a_broken_package_is_named_and_the_others_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    points = EntryPoints([EntryPoint("lost", "a_module_that_is_not:Lost", registry.ENTRY_POINTS)])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points.select(group=group))
    for _ in range(2):
        assert "none" in list_detectors()
    err = capsys.readouterr().err
    assert err.startswith("ferkit: the detector lost of a_module_that_is_not:Lost cannot be loaded")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["auto", "yunet", "middle"])
def test_a_name_can_be_registered_once(name: str) -> None:
    register_detector(Middle)
    assert register_detector(Middle) is Middle, "the same again is not a fault"
    other = type("Other", (Middle,), {"name": name})
    with pytest.raises(UsageError, match=f"'{name}' is taken"):
        register_detector(other)


def test_a_name_is_needed() -> None:
    class Nameless:
        pass

    with pytest.raises(UsageError, match="needs a class attribute name, a text, not None"):
        register_detector(Nameless)  # type: ignore[type-var]


def test_a_module_of_ferkit_names_its_detector() -> None:
    from pkgutil import iter_modules

    from ferkit.inference.detectors import builtin

    files = {module.name for module in iter_modules(builtin.__path__)}
    assert {"mtcnn", "none", "yunet"} <= files <= set(list_detectors())


def test_without_a_crop_rule_a_detector_works_with_one_warning(
    tiny_onnx: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Bare:
        name = "bare"

        def detect(self, image: np.ndarray) -> Faces:
            return Middle().detect(image)

    image = np.full((60, 60, 3), 255, np.uint8)
    for _ in range(3):
        assert len(EmotionRecognizer(tiny_onnx, Bare())(image)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ferkit: the detector bare has no crop_rule, so faces are cut out as")
    assert err.count("\n") == 1
