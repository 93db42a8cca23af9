"""Pictures and crops in, the JSON of the command line out."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from serving_pictures import picture
from starlette.testclient import TestClient

from ferkit import EmotionRecognizer, make_record
from ferkit.errors import UsageError
from ferkit.inference.records import record_schema
from ferkit.labels import EMOTIONS
from ferkit.serving.query import PictureQuery
from ferkit.serving.recognizers import Recognizers


def form(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("images", (f"{i}.png", content)) for i, content in enumerate(contents)]


@pytest.mark.parametrize("code", range(len(EMOTIONS)))
def test_a_raw_body_gives_one_record(server: TestClient, code: int) -> None:
    answer = server.post("/v1/recognize", content=picture(code))
    assert answer.status_code == 200
    (record,) = answer.json()
    assert record["source"] == "body"
    assert record["image_size"] == [60, 50]
    assert [face["emotion"] for face in record["faces"]] == [EMOTIONS[code]]


def test_a_form_agrees_with_the_library_in_file_order(server: TestClient, tiny_onnx: Path) -> None:
    contents = [picture(code) for code in (5, 0, 6)]
    answer = server.post("/v1/recognize", files=form(*contents))
    results = EmotionRecognizer(tiny_onnx, "none")(contents)
    assert answer.json() == [make_record(f"{i}.png", r) for i, r in enumerate(results)]


def test_answers_are_valid_by_the_command_lines_schema(server: TestClient) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    answer = server.post("/v1/recognize", files=form(picture(), b"no picture"))
    jsonschema.validate(answer.json(), record_schema())


def test_one_bad_picture_is_an_error_in_its_record(server: TestClient) -> None:
    answer = server.post("/v1/recognize", files=form(b"PK\x03\x04 a zip", picture()))
    assert answer.status_code == 200
    bad, good = answer.json()
    assert (bad["error"], bad["faces"]) == ("the file is not an image", [])
    assert good["error"] is None


def test_no_readable_picture_is_422_with_the_reason(server: TestClient) -> None:
    answer = server.post("/v1/recognize", content=b"PK\x03\x04 a zip")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The file is not an image."


def test_top_k_keeps_the_most_likely(server: TestClient) -> None:
    (record,) = server.post("/v1/recognize?top_k=2", content=picture(3)).json()
    probabilities = record["faces"][0]["probabilities"]
    assert len(probabilities) == 2
    assert next(iter(probabilities)) == "happy"


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_annotate_sends_the_drawn_picture(server: TestClient, kind: str) -> None:
    plain = picture(3, (700, 500))
    answer = server.post(f"/v1/recognize?annotate={kind}", content=plain)
    assert answer.headers["content-type"] == f"image/{kind}"
    with Image.open(io.BytesIO(answer.content)) as drawn:
        assert (drawn.format, drawn.size) == (kind.upper(), (700, 500))
        assert np.asarray(drawn).std() > 5  # the plain one has none


def test_annotate_takes_one_picture(server: TestClient) -> None:
    answer = server.post("/v1/recognize?annotate=png", files=form(picture(), picture()))
    assert answer.status_code == 422
    assert "one picture" in answer.json()["detail"]


def test_crops_are_classified_one_by_one(server: TestClient) -> None:
    crops = [picture(2, (30, 30)), b"broken", picture(4, (90, 40))]
    answer = server.post("/v1/faces", files=form(*crops))
    fear, broken, sad = answer.json()
    assert broken["error"] == "the file is not an image"
    assert (fear["faces"][0]["emotion"], sad["faces"][0]["emotion"]) == ("fear", "sad")
    assert sad["faces"][0]["box"] == [0, 0, 90, 40]
    assert sad["image_size"] == [90, 40]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("model=../../etc/passwd", "There is no model"),
        ("detector=dlib", "choose from auto, yunet, mtcnn"),
        ("detail=best", "choose from normal, high"),
        ("classes=8", "This model has 7 classes, not 8"),
        ("top_k=0", "top_k: Input should be greater than or equal to 1"),
        ("annotate=gif", "annotate: Input should be 'jpeg' or 'png'"),
        ("modell=small", "This address has no parameter 'modell'"),
    ],
)
def test_a_wrong_query_is_422_in_words(server: TestClient, query: str, words: str) -> None:
    answer = server.post(f"/v1/recognize?{query}", content=picture())
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_an_old_name_of_a_model_still_works() -> None:
    recognizers = Recognizers(("nano-fer2013",), "small-wild", "none")
    old, new = (PictureQuery(model=name) for name in ("nano", "nano-fer2013"))
    assert recognizers.get(old) is recognizers.get(new)
    with pytest.raises(UsageError, match="There is no model 'small-fer2013' here"):
        recognizers.check(PictureQuery(model="small"))


def test_two_models_of_one_name_are_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    (tmp_path / tiny_onnx.name).write_bytes(tiny_onnx.read_bytes())
    with pytest.raises(UsageError, match="have the same name for clients; rename one file"):
        Recognizers((str(tiny_onnx),), str(tmp_path / tiny_onnx.name), "none")
    again = str(tiny_onnx.parent / "." / tiny_onnx.name)
    assert Recognizers((str(tiny_onnx),), again, "none").default_model == tiny_onnx.stem


def test_the_number_of_classes_can_be_required(server: TestClient) -> None:
    for path in ("/v1/recognize", "/v1/faces"):
        assert server.post(f"{path}?classes=7", content=picture()).status_code == 200
        assert server.post(f"{path}?classes=8", content=picture()).status_code == 422


def test_the_number_of_kept_recognizers_is_bounded(server: TestClient) -> None:
    recognizers = server.app.state.services.recognizers
    for detail in ("normal", "high"):
        for views in ("one", "flip"):
            for k in range(8):
                query = f"detail={detail}&views={views}&top_k={k + 1}"
                assert server.post(f"/v1/recognize?{query}", content=picture()).status_code == 200
    assert len(recognizers._made) <= 5  # top_k makes none


def test_models_have_their_cards(make_server, tiny_onnx: Path) -> None:
    server = make_server(models=("nano-fer2013", str(tiny_onnx)))
    answer = server.get("/v1/models").json()
    cards = {model["name"]: model["card"] for model in answer["models"]}
    assert list(cards) == ["nano-fer2013", "tiny"]
    assert cards["nano-fer2013"]["evaluation"]["tta"]["none"]["test"]["accuracy"] > 0.5
    assert cards["tiny"]["name"] == "brightness"
    assert (answer["default_model"], answer["default_detector"]) == ("tiny", "none")


def test_it_can_be_mounted_in_another_application(tiny_onnx: Path, tmp_path: Path) -> None:
    from fastapi import FastAPI

    from ferkit.serving import ServeSettings, create_app

    settings = ServeSettings(
        model=str(tiny_onnx),
        models=(str(tiny_onnx),),
        detector="none",
        page=False,
        jobs_folder=tmp_path,
    )
    emotions = create_app(settings)
    mine = FastAPI(lifespan=emotions.router.lifespan_context)
    mine.mount("/emotions", emotions)
    with TestClient(mine, "http://localhost") as client:
        assert client.get("/emotions/readyz").status_code == 200
        (record,) = client.post("/emotions/v1/recognize", content=picture(5)).json()
        assert record["faces"][0]["emotion"] == "surprise"
        hostile = {"Origin": "http://evil.example"}
        assert client.get("/emotions/v1/models", headers=hostile).status_code == 403
    assert [path.name for path in tmp_path.rglob("*")] == ["lock"]
