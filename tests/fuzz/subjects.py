"""The file types that ferkit reads from users, and their readers."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, features

Reader = Callable[[Path], object]

_PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "photo.jpg": ("JPEG", {}),
    "progressive.jpg": ("JPEG", {"progressive": True}),
    "photo.png": ("PNG", {}),
    "photo.webp": ("WEBP", {}),
    "photo.gif": ("GIF", {}),
    "photo.bmp": ("BMP", {}),
    "photo.tif": ("TIFF", {}),
    "lzw.tif": ("TIFF", {"compression": "tiff_lzw"}),
    "jpeg.tif": ("TIFF", {"compression": "jpeg"}),
    "photo.jp2": ("JPEG2000", {}),
    "photo.ppm": ("PPM", {}),
    "photo.ico": ("ICO", {}),
    "photo.tga": ("TGA", {}),
    "photo.avif": ("AVIF", {}),
}


@dataclass(frozen=True)
class Subject:
    """A valid file, and the function that reads it or raises a `FerkitError`."""

    name: str
    kind: str
    content: bytes
    read: Reader

    @property
    def text(self) -> bool:
        """Whether the file is text."""
        return self.name.endswith((".csv", ".json", ".jsonl"))


def make_subjects(folder: Path, *, keras: bool) -> list[Subject]:
    """Return all subjects, Keras files only on request; types whose library is missing are left
    out.
    """
    return [
        *_pictures(),
        *_tables(folder),
        *_videos(folder),
        *_models(keras),
        *_json(folder),
        *_run_folder(folder),
        *_plans(folder),
    ]


def _pattern(side: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    waves = np.sin(np.mgrid[:side, :side][1] / 9)[..., None] * [90, 60, 30]
    return (128 + waves + rng.normal(0, 12, (side, side, 3))).clip(0, 255).astype(np.uint8)


def _encoded(format_name: str, image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def _pictures() -> list[Subject]:
    from ferkit.inference.pictures.images import read_image

    image = Image.fromarray(_pattern(160))
    missing = {"AVIF": not features.check("avif"), "JPEG2000": not features.check("jpg_2000")}
    return [
        Subject(name, "picture", _encoded(format_name, image, **options), read_image)
        for name, (format_name, options) in _PICTURES.items()
        if not missing.get(format_name)
    ]


def _tables(folder: Path) -> list[Subject]:
    from ferkit.data.load import load_fer2013

    def read(path: Path) -> object:
        return load_fer2013(path, cache=False)

    rows = ["emotion,pixels,Usage"]
    faces = [_pattern(48, seed)[..., 0] for seed in range(6)]
    uses = ("Training", "Training", "Training", "PublicTest", "PrivateTest", "PrivateTest")
    for label, (face, use) in enumerate(zip(faces, uses, strict=True)):
        rows.append(f"{label},{' '.join(map(str, face.ravel()))},{use}")
    table = "\n".join(rows).encode()
    archive, packed = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for label, face in enumerate(faces):
            name = f"{'test' if label > 3 else 'train'}/{('angry', 'happy')[label % 2]}/{label}.png"
            file.writestr(name, _encoded("PNG", Image.fromarray(face)))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("fer2013.csv", table)
    return [
        Subject("fer2013.csv", "table", table, read),
        Subject("fer2013.csv.gz", "table", gzip.compress(table, mtime=0), read),
        Subject("fer2013.csv.zip", "zip", packed.getvalue(), read),
        Subject("folders.zip", "zip", archive.getvalue(), read),
        Subject("fer2013.npz", "npz", _as_npz(table, folder), read),
    ]


def _as_npz(table: bytes, folder: Path) -> bytes:
    from ferkit.data.load import load_fer2013
    from ferkit.data.npz import save_npz

    path = folder / "fer2013.csv"
    path.write_bytes(table)
    save_npz(folder / "fer2013.npz", load_fer2013(path, cache=False))
    return (folder / "fer2013.npz").read_bytes()


def _videos(folder: Path) -> list[Subject]:
    try:
        from clips import write_clip

        from ferkit.inference.video.reader import VideoReader
    except ImportError:
        return []

    def read(path: Path) -> object:
        with VideoReader(path) as reader:
            return sum(1 for _ in reader.frames())

    images = [_pattern(48, seed) for seed in range(4)]
    subjects = []
    for name, audio in (("clip.mp4", "aac"), ("clip.mkv", None), ("clip.avi", None)):
        path = write_clip(folder / name, images, audio=audio)
        subjects.append(Subject(name, "video", path.read_bytes(), read))
    return subjects


def _models(keras: bool) -> list[Subject]:
    from ferkit import weights
    from ferkit.inference.classifier import EmotionClassifier

    def classify(path: Path) -> object:
        return EmotionClassifier(path, threads=1).predict(np.zeros((1, 48, 48, 1), np.uint8))

    def read_card(path: Path) -> object:
        folder_of_package = weights._folder
        weights._folder = lambda: path.parent  # type: ignore[assignment]
        try:
            return weights.model_card(path.stem)
        finally:
            weights._folder = folder_of_package

    onnx = weights.onnx_file("nano-fer2013").read_bytes()
    card = json.dumps(weights.model_card("nano-fer2013")).encode()
    keras_files = []
    if keras:
        from ferkit.models.checkpoint import load_model

        content = weights.keras_file("nano-fer2013").read_bytes()
        keras_files.append(Subject("nano.keras", "model", content, load_model))
    return [
        *keras_files,
        Subject("nano.onnx", "model", onnx, classify),
        Subject("nano-fer2013.json", "card", card, read_card),
    ]


def _json(folder: Path) -> list[Subject]:
    from ferkit.inference.records import make_record
    from ferkit.inference.results import FaceEmotions
    from ferkit.inference.sinks.create import open_sink
    from ferkit.inference.sinks.settings import check_settings, settings_file
    from ferkit.labels import EMOTIONS

    def resume(path: Path) -> object:
        with open_sink(path, EMOTIONS, resume=True) as sink:
            return sink.done

    subjects = []
    for name in ("rows.json", "rows.jsonl", "rows.csv"):
        faces = FaceEmotions(
            np.array([[1, 2, 30, 40]], np.float32),
            np.ones(1, np.float32),
            np.full((1, 7), 1 / 7, np.float32),
            (30, 40),
        )
        with open_sink(folder / name, EMOTIONS) as sink:
            for source in ("a.jpg", "b.jpg"):
                sink.write(make_record(source, faces))
        subjects.append(Subject(name, "resume", (folder / name).read_bytes(), resume))

    settings = {"model": "nano-wild", "detector": "yunet", "min_face": 0.0}
    rows = folder / "rows.csv"

    def resume_with(path: Path) -> object:
        settings_file(rows).write_bytes(path.read_bytes())
        check_settings(rows, settings)
        return settings

    noted = json.dumps(settings, indent=2).encode()
    return [*subjects, Subject("settings.json", "resume", noted, resume_with)]


def _run_folder(folder: Path) -> list[Subject]:
    """Each file of a run folder, the others valid, read like the report, cards and a resumed
    training do.
    """
    from ferkit.data.load import load_fer2013
    from ferkit.displays import TrainingCurvesDisplay
    from ferkit.evaluation.evaluate import evaluate
    from ferkit.evaluation.report import write_report
    from ferkit.labels import SPLITS
    from ferkit.runs.config import TrainConfig
    from ferkit.runs.config_file import read_config
    from ferkit.runs.environment import describe_environment
    from ferkit.runs.folder import RunFolder
    from ferkit.runs.history import training_seconds, write_history
    from ferkit.runs.record import seed_row

    data = load_fer2013(folder / "fer2013.csv", cache=False)
    metrics = evaluate("nano-fer2013", data, splits=SPLITS)
    names = ("accuracy", "loss", "val_accuracy", "val_loss", "seconds")
    rows = [{"epoch": epoch, **dict.fromkeys(names, 0.25 * epoch + 0.1)} for epoch in range(3)]
    write_history(folder / "history.csv", rows)
    compute = {"backend": "tensorflow", "device": "cpu", "precision": "float32"}
    environment = {**describe_environment(compute), "training_seconds": 12.5}
    config = {**TrainConfig().to_dict(), "extra_labels": False}
    files = {
        "config.json": json.dumps(config, indent=2).encode(),
        "environment.json": json.dumps(environment, indent=2).encode(),
        "history.csv": (folder / "history.csv").read_bytes(),
        "metrics.json": json.dumps(metrics, indent=2).encode(),
        "model.keras": b"not read",
    }

    def read(path: Path) -> object:
        for name, content in files.items():
            if name != path.name:
                (path.parent / name).write_bytes(content)
        run = RunFolder(path.parent)
        write_report(run.path)
        TrainingCurvesDisplay.from_csv(run.history)
        seed_row(run.path)
        return (
            run.is_finished(),
            run.extra_labels(),
            read_config(run),
            training_seconds(run.history),
        )

    return [
        Subject(f"run/{name}", "run folder", content, read)
        for name, content in files.items()
        if name != "model.keras"
    ]


def _plans(folder: Path) -> list[Subject]:
    """The files from which recognition at scale resumes."""
    from ferkit.scale.shards import Shard, ShardDone
    from ferkit.scale.store import Store

    store = Store(str(folder / "rows"))
    store.write_plan({"recursive": False, "column": None}, [Shard(0, ("a.jpg", "b.jpg"))])
    store.mark(ShardDone(0, 2, 3, 0, ("part-00000000.parquet",)))
    store.flush()
    own = folder / "rows" / "_ferkit"

    def read(path: Path) -> object:
        (folder / "again" / "_ferkit").mkdir(parents=True, exist_ok=True)
        for file in own.iterdir():
            content = path if file.name == path.name else file
            (folder / "again" / "_ferkit" / file.name).write_bytes(content.read_bytes())
        again = Store(str(folder / "again"))
        return again.plan(), list(again.shards()), again.done()

    return [Subject(file.name, "plan", file.read_bytes(), read) for file in sorted(own.iterdir())]
