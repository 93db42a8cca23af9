"""The page crops and classifies like Python, pixel for pixel."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import serve_page
from PIL import Image

from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.crops import crop_faces
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.inference.records import error_record, make_record
from ferkit.inference.results import FaceEmotions
from ferkit.inference.sinks import open_sink
from ferkit.inference.video.smoothing import EmotionSmoother
from ferkit.serving.page_files import PageFile, page_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,  # playwright uses one to control the browser
]

FACES = 200
MODELS = ("nano-fer2013", "nano-fer2013-int8", "small-wild")

RECOGNIZE = """async ([boxes, rolls, names]) => {
  const config = await (await fetch("page.json")).json();
  const { cropFace } = await import("/js/engine/crop.js");
  const { decode, readPixels } = await import("/js/engine/read_pixels.js");
  const { loadRuntime } = await import("/js/engine/runtime.js");
  const { fetchBytes } = await import("/js/engine/fetch_bytes.js");
  const { Classifier } = await import("/js/engine/classifier.js");
  const image = readPixels(await decode(await (await fetch("scene.png")).blob()));
  const rule = config.crop_rules.yunet;
  const crops = boxes.map((box, i) => cropFace(image, box, rule, config.crop, rolls[i]));
  const ort = await loadRuntime(config.runtime.url, () => {});
  const rows = {};
  for (const model of config.models.filter(({ name }) => names.includes(name))) {
    const classifier = await Classifier.open(ort, await fetchBytes(model.url), model);
    rows[model.name] = await classifier.predict(crops, { flip: true });
    rows[`all of ${model.name}`] = await classifier.predict(crops.slice(0, 9), { all: true });
  }
  const bytes = new Uint8Array(crops.flatMap((crop) => [...crop]));
  return { crops: bytes.toBase64(), rows };
}"""

SMOOTH = """async (steps) => {
  const { Smoother } = await import("/js/smoother.js");
  const smoother = new Smoother(0.3);
  return steps.map(([ids, rows, time]) => smoother.update(ids, rows, time));
}"""

# Stripes of one pixel, of which a blurred face keeps none.
BLUR = """async ([boxes, mirrored]) => {
  const { blurFaces } = await import("/js/annotate.js");
  const [striped, canvas] = [0, 0].map(() => new OffscreenCanvas(320, 240));
  const [stripes, context] = [striped, canvas].map((one) => one.getContext("2d"));
  stripes.fillStyle = "white";
  stripes.fillRect(0, 0, 320, 240);
  stripes.fillStyle = "black";
  for (let x = 0; x < 320; x += 2) stripes.fillRect(x, 0, 1, 240);
  context.drawImage(striped, 0, 0);
  blurFaces(context, striped, boxes, { size: [320, 240], mirrored });
  const { data } = context.getImageData(0, 0, 320, 240);
  return new Uint8Array(data.filter((_, i) => i % 4 === 0)).toBase64();
}"""

HIDDEN = """async (times) => {
  const { TrackLookup } = await import("/js/track_lookup.js");
  const lookup = new TrackLookup(0.5);
  const face = (id, x) => ({ id, box: [x, 0, x + 10, 10] });
  lookup.add({ timeS: 0, result: { faces: [face(1, 0)] } });
  lookup.add({ timeS: 0.5, result: { faces: [face(1, 100), face(2, 200)] } });
  lookup.add({ timeS: 1, result: { faces: [] } });
  return times.map((timeS) => lookup.hidden(timeS, [320, 240]).map(([x]) => x));
}"""

WRITE = """async ([given, emotions]) => {
  const { makeFaces } = await import("/js/faces.js");
  const { makeRecord, errorRecord, toCsv, toJson } = await import("/js/records.js");
  const records = given.map(([faces, time]) =>
    makeRecord('a "b", c.jpg', makeFaces([640, 480], emotions, 0.7, faces), time));
  records.push(errorRecord("torn.jpg", "It is cut off."));
  return { "rows.csv": toCsv(records, emotions), "records.json": toJson(records) };
}"""


def draw_scene(rng: np.random.Generator) -> np.ndarray:
    """Return a colourful picture with structure of every size."""
    layers = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (9 * n, 12 * n, 3), np.uint8)).resize((960, 720)),
            np.float32,
        )
        for n in (1, 4, 16, 80)
    ]
    return np.mean(layers, axis=0).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return draw_scene(np.random.default_rng(0))


@pytest.fixture(scope="module")
def page(scene: np.ndarray, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    detector = tmp_path_factory.mktemp("detector") / "yunet.onnx"
    detector.write_bytes(b"not used")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERKIT_YUNET", str(detector))
        patch.setattr("ferkit.serving.page_files.detector_network", Path.read_bytes)
        files = page_files(models=MODELS)
    png = io.BytesIO()
    Image.fromarray(scene).save(png, "PNG")
    files["scene.png"] = PageFile("image/png", png.getvalue())
    files["index.html"] = PageFile("text/html", b"<!doctype html><link rel=icon href=data:,>")
    with serve_page(files) as url:
        page = browser.new_page()
        page.goto(url)
        yield page
        page.close()


def test_200_faces_agree_with_python(page: Any, scene: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    height, width = scene.shape[:2]
    sides = np.exp(rng.uniform(np.log(12), np.log(500), FACES))
    # Some reach over the edges, as boxes do, and some lean.
    corner = np.stack(
        [rng.uniform(-0.3, 0.9, FACES) * width, rng.uniform(-0.3, 0.9, FACES) * height]
    )
    tall = sides * rng.uniform(0.9, 1.4, FACES)
    boxes = np.stack([*corner, corner[0] + sides, corner[1] + tall], axis=1).astype(np.float32)
    rolls = rng.uniform(-180, 180, FACES) * (rng.random(FACES) < 0.3)

    found = page.evaluate(RECOGNIZE, [boxes.astype(float).tolist(), rolls.tolist(), list(MODELS)])

    wanted = crop_faces(scene, boxes, YuNetDetector.crop_rule, rolls)
    pixels = np.frombuffer(base64.b64decode(found["crops"]), np.uint8)
    crops = pixels.astype(np.int16).reshape(wanted.shape)
    difference = np.abs(crops - wanted)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-4
    # A pixel that is off by one level moves 8-bit networks by a step: they get the page's crops.
    for name in MODELS:
        given = crops.astype(np.uint8) if name.endswith("int8") else wanted
        rows = EmotionClassifier(name, threads=1, views="flip").predict(given)
        assert np.abs(np.array(found["rows"][name]) - rows).max() < 1e-3
        assert len(set(rows.argmax(axis=1))) > 1
    rows = EmotionClassifier("small-wild", threads=1, classes=8).predict(wanted[:9])
    assert np.abs(np.array(found["rows"]["all of small-wild"]) - rows).max() < 1e-3


@pytest.mark.parametrize("mirrored", [False, True])
def test_faces_are_blurred_to_their_corners(mirrored: bool, page: Any) -> None:
    size = np.array([320, 240])
    boxes = [[120, 80, 200, 180], [0, 0, 50, 70], [280, 150, 330, 250], [0, 0, *size.tolist()]]
    for box in boxes:
        raw = base64.b64decode(page.evaluate(BLUR, [[box], mirrored]))
        picture = np.frombuffer(raw, np.uint8).reshape(*size[::-1]).astype(int)
        (x1, y1), (x2, y2) = np.clip(np.reshape(box, (2, 2)), 0, size)
        steps = np.abs(np.diff(picture[:, ::-1] if mirrored else picture))
        assert steps[y1:y2, x1 : x2 - 1].max() < 64, box
        assert box is boxes[-1] or steps.max() == 255


def test_faces_stay_blurred_between_the_looks_at_a_video(page: Any) -> None:
    found = [set(lefts) for lefts in page.evaluate(HIDDEN, [0, 0.25, 0.75, 2.5])]
    # The second person comes at any time before it is seen; nobody has looked at the last time.
    assert found == [{0, 100, 200}, {0, 50, 100, 200}, {100, 200}, {0}]


def test_smoothing_agrees_with_python(page: Any) -> None:
    rng = np.random.default_rng(2)
    smoother = EmotionSmoother(0.3)
    steps, wanted = [], []
    for time_s in (0.0, 0.04, 0.1, 0.1, 0.5, 9.0):
        ids = rng.permutation(4)[:3]
        rows = rng.dirichlet(np.ones(7), 3)
        steps.append([ids.tolist(), rows.tolist(), time_s])
        wanted.append(smoother.update(ids, rows, time_s).tolist())
    assert np.allclose(page.evaluate(SMOOTH, steps), wanted, atol=1e-12)


def test_files_agree_with_the_command_line(page: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    emotions = ("angry", "happy, very", "neutral")
    records, given = [], []
    for n, time_s in ((2, 0.1), (0, None), (1, 12.0)):
        corner = rng.uniform(0, 300, (n, 2))
        result = FaceEmotions(
            xyxy=np.concatenate([corner, corner + rng.uniform(10, 99, (n, 2))], axis=1).round(2),
            face_score=rng.random(n),
            probabilities=rng.dirichlet(np.ones(3), n),
            image_size=(640, 480),
            track_id=None if time_s is None else np.arange(n) + 1,
            time_s=time_s,
            emotions=emotions,
            uncertain_below=0.7,
        )
        records.append(make_record('a "b", c.jpg', result))
        faces = [
            {"box": b, "score": s, "probabilities": p, "id": None if time_s is None else i + 1}
            for i, (b, s, p) in enumerate(
                zip(
                    result.xyxy.tolist(),
                    result.face_score.tolist(),
                    result.probabilities.tolist(),
                    strict=True,
                )
            )
        ]
        given.append([faces, time_s])
    records.append(error_record("torn.jpg", "It is cut off."))
    found = page.evaluate(WRITE, [given, list(emotions)])
    for name, text in found.items():
        with open_sink(tmp_path / name, emotions) as sink:
            for record in records:
                sink.write(record)
        wanted = (tmp_path / name).read_text("utf-8")
        if name.endswith("csv"):
            assert text == wanted
        else:
            assert json.loads(text) == json.loads(wanted)
