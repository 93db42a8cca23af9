"""Fixtures for all tests: a private cache folder, tiny synthetic data, and the real data if
present.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from plain_graphs import plain_graphs
from small_pictures import draw_small
from tiny_net import register_tiny

from ferkit.data.dataset import FerDataset
from ferkit.labels import EMOTIONS, IMAGE_SIZE, SPLITS
from ferkit.models import registry

# Variables that could make a test depend on the user's environment.
_FOREIGN = (
    "FERKIT_DATA",
    "KAGGLE_USERNAME",
    "KAGGLE_KEY",
    "KAGGLE_API_TOKEN",
    "KAGGLE_API_ENDPOINT",
)

# File name prefixes of the Kaggle layout, by split.
_PREFIXES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, those that train among them, so that no worker is left
    with one of them at the end.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    slow |= {item.path for item in items if item.path.parent.name == "training"}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Collect garbage for the last time; pytest and the interpreter would do it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _little_to_collect() -> None:
    """Exclude objects loaded before from garbage collection: several million, most of them
    TensorFlow's, take half a second each time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _plain_graphs() -> None:
    plain_graphs()


@pytest.fixture(scope="session", autouse=True)
def _isolated_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the user's caches and credentials out of the tests, and the tests out of the user's
    caches. All workers share one, so that the real FER-2013 is read once, and fonts are looked for
    once.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "caches"
    with pytest.MonkeyPatch.context() as patch:
        for name in _FOREIGN:
            patch.delenv(name, raising=False)
        patch.setenv("FERKIT_CACHE", str(folder / "ferkit"))
        patch.setenv("KAGGLEHUB_CACHE", str(folder / "kagglehub"))
        patch.setenv("KAGGLE_CONFIG_DIR", str(folder / "kaggle"))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def _small_pictures() -> None:
    draw_small()


@pytest.fixture(autouse=True)
def _float32_again() -> Iterator[None]:
    """Reset the precision that a test has set for the process, for the tests that follow."""
    yield
    if keras := sys.modules.get("keras"):
        keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the real FER-2013, `FERKIT_SHARED` or `../shared/data`; skip where there
    is none.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FERKIT_SHARED", beside))
    if not (folder / "fer2013-folders.zip").is_file():
        pytest.skip(f"the real FER-2013 is not in {folder}; name its folder with FERKIT_SHARED")
    return folder


def draw_pattern(label: int, rng: np.random.Generator) -> np.ndarray:
    """Return a `uint8` `(48, 48)` image: noisy stripes that encode the label."""
    y, x = np.mgrid[:IMAGE_SIZE, :IMAGE_SIZE]
    angle = np.pi * label / len(EMOTIONS)
    period = 6 + 2 * (label % 4)
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period + rng.uniform(0, 6))
    return (128 + 90 * wave + rng.normal(0, 12, wave.shape)).clip(0, 255).astype(np.uint8)


def make_dataset(per_class: dict[str, int], seed: int = 0) -> FerDataset:
    """Return a data set of drawn patterns with `per_class` images of every emotion in each
    split.
    """
    rng = np.random.default_rng(seed)
    images, labels, splits, sources = [], [], [], []
    for split, count in per_class.items():
        for label, emotion in enumerate(EMOTIONS):
            for _ in range(count):
                images.append(draw_pattern(label, rng))
                labels.append(label)
                splits.append(SPLITS.index(split))
                folder = "train" if split == "train" else "test"
                name = f"{_PREFIXES[split]}_{len(images)}.png"
                sources.append(f"{folder}/{emotion}/{name}")
    return FerDataset(
        images=np.stack(images)[..., np.newaxis],
        labels=np.array(labels),
        splits=np.array(splits, np.int8),
        sources=np.array(sources),
        origin="drawn patterns",
    )


def write_folder(dataset: FerDataset, folder: Path) -> Path:
    """Write `dataset` as PNGs in the Kaggle folder layout, lossless, at its sources' paths."""
    from PIL import Image

    for image, source in zip(dataset.images, dataset.sources, strict=True):
        path = folder / str(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(path)
    return folder


@contextmanager
def _nothing_drawn() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferkit.evaluation.evaluate.write_figures", lambda *_: None)
        yield


@pytest.fixture
def undrawn() -> Iterator[None]:
    """Skip the figures of evaluations, which take most of the time of a tiny training and are
    tested elsewhere.
    """
    with _nothing_drawn():
        yield


@pytest.fixture(scope="module")
def undrawn_module() -> Iterator[None]:
    """The same for all that follows in a module, its fixtures too."""
    with _nothing_drawn():
        yield


@pytest.fixture(scope="module")
def with_tiny() -> Iterator[None]:
    """Have the architecture `tiny` for the tests of a module: half of the time of `demo`."""
    registry.architectures()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_ARCHITECTURES", dict(registry._ARCHITECTURES))
        register_tiny()
        yield


@pytest.fixture(scope="session")
def make_patterns() -> Callable[..., FerDataset]:
    """Return `make_dataset(per_class, seed=0)`, for a data set of another size than
    `tiny_dataset`.
    """
    return make_dataset


@pytest.fixture(scope="session")
def write_images() -> Callable[[FerDataset, Path], Path]:
    """Return `write_folder(dataset, folder)`."""
    return write_folder


@pytest.fixture(scope="session")
def tiny_dataset() -> FerDataset:
    """Return 84 distinct patterns: of every emotion 8 in train, 2 in validation, 2 in test."""
    return make_dataset({"train": 8, "validation": 2, "test": 2})


@pytest.fixture
def tiny_folder(tiny_dataset: FerDataset, tmp_path: Path) -> Path:
    """Return a fresh folder with `tiny_dataset` in the Kaggle layout, as PNGs."""
    return write_folder(tiny_dataset, tmp_path / "tiny")


@pytest.fixture(scope="session")
def faces_folder(tiny_dataset: FerDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder with `tiny_dataset` for all tests that only read it."""
    return write_folder(tiny_dataset, tmp_path_factory.mktemp("data") / "faces")


def write_brightness_onnx(
    path: Path,
    emotions: Sequence[str] = EMOTIONS,
    *,
    metadata: dict[str, object] | str | None = None,
    softmax: bool = True,
    image_shape: tuple[int, ...] = (IMAGE_SIZE, IMAGE_SIZE, 1),
    batch: str | int = "n",
) -> Path:
    """Write an ONNX classifier of `(n, 48, 48, 1)` whose answer is the mean brightness of an image.

    Of `c` classes it names the first for means of 0..255/c, the second for the next 255/c, and so
    on.

    Args:
        path: The file.
        emotions: Names of the classes.
        metadata: What the entry "ferkit" holds; None for the names and the name "brightness", text
            as it is.
        softmax: Whether the last step is there.
        image_shape: Shape of one image.
        batch: Images at once; a name for any number.
    """
    from onnx import TensorProto, helper, numpy_helper, save_model

    classes = len(emotions)
    centres = (np.arange(classes) + 0.5) * 255 / classes
    # -(mean - centre)^2 without the term that all classes share.
    weights = (2 * centres / 100).reshape(1, classes).astype(np.float32)
    constants = {"flat": np.array([0, -1]), "weights": weights, "bias": -(centres**2) / 100}
    nodes = [
        helper.make_node("Reshape", ["pixels", "flat"], ["rows"]),
        helper.make_node("ReduceMean", ["rows"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["mean", "weights"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["logits" if softmax else "probabilities"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, *image_shape])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [batch, classes])],
        [
            numpy_helper.from_array(a.astype(np.float32) if a.dtype.kind == "f" else a, name)
            for name, a in constants.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if metadata is None:
        metadata = {"emotions": list(emotions), "name": "brightness", "temperature": 1.0}
    if metadata != {}:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        helper.set_model_props(model, {"ferkit": text})
    path.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, path)
    return path


@pytest.fixture(scope="session")
def make_onnx() -> Callable[..., Path]:
    """Return `write_brightness_onnx(path, emotions=..., ...)`."""
    return write_brightness_onnx


@pytest.fixture(scope="session")
def tiny_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an ONNX file of a kilobyte that classifies the seven emotions by mean brightness.

    A plain image of brightness `255 * (k + 0.5) / 7` is `EMOTIONS[k]`.
    """
    return write_brightness_onnx(tmp_path_factory.mktemp("onnx") / "tiny.onnx")
