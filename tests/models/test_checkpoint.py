"""Saved models: complete, with labels, and errors in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit.backend.feeding import predict
from ferkit.errors import ModelError
from ferkit.labels import EMOTIONS
from ferkit.models import create_model, load_model, model_card, save_model

PIXELS = np.random.default_rng(1).integers(0, 256, (5, 48, 48, 1)).astype(np.uint8)


def test_round_trip_keeps_outputs_and_labels(tmp_path: Path) -> None:
    model = create_model("demo", num_classes=2)
    save_model(model, tmp_path / "m.keras", ("calm", "cross"), {"epoch": 4})
    assert np.array_equal(predict(load_model(tmp_path / "m.keras"), PIXELS), predict(model, PIXELS))
    assert model_card(tmp_path / "m.keras") == {"emotions": ("calm", "cross"), "epoch": 4}


def test_run_folder_means_its_model(tmp_path: Path) -> None:
    save_model(create_model("demo"), tmp_path / "model.keras")
    assert load_model(tmp_path).count_params() == create_model("demo").count_params()
    assert model_card(tmp_path)["emotions"] == EMOTIONS


def test_plain_keras_file_has_the_seven_emotions(tmp_path: Path) -> None:
    create_model("demo").save(tmp_path / "plain.keras")
    assert model_card(tmp_path / "plain.keras") == {"emotions": EMOTIONS}


def test_missing_model(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"There is no model .*no\.keras: no such file or folder; give"
    ):
        load_model(tmp_path / "no.keras")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04cut"])
def test_broken_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.keras").write_bytes(content)
    with pytest.raises(ModelError, match="is not a whole Keras model") as caught:
        load_model(tmp_path / "bad.keras")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="is not a whole Keras model"):
        model_card(tmp_path / "bad.keras")


def test_cut_off_model(tmp_path: Path) -> None:
    save_model(create_model("demo"), tmp_path / "m.keras")
    content = (tmp_path / "m.keras").read_bytes()
    (tmp_path / "m.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="is not a whole Keras model"):
        load_model(tmp_path / "m.keras")


def test_a_whole_model_that_cannot_be_unpacked_is_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    save_model(create_model("demo"), tmp_path / "a.keras")
    monkeypatch.setattr("keras.saving.load_model", full)
    with pytest.raises(ModelError, match=r"Cannot load .*a\.keras: No space left on device\. Free"):
        load_model(tmp_path / "a.keras")
