"""Networks are compared by what they compute, not by the shapes of their weights."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from ferkit.backend.fused_norm import with_fused_norm
from ferkit.models import create_model, load_model, save_model
from ferkit.models.checkpoint import load_untrained
from ferkit.models.graph_match import same_network


def changed(model: keras.Model, **settings: object) -> keras.Model:
    """Return a copy of `model` whose layers have `settings` where they know them."""

    def copy(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        known = {key: value for key, value in settings.items() if key in config}
        return layer.__class__.from_config({**config, **known})

    return keras.models.clone_model(model, clone_function=copy)


@pytest.mark.parametrize("name", ["cnn4", "demo", "nano"])
def test_a_copy_is_the_same_whatever_its_precision_names_and_size(
    name: str, tmp_path: Path
) -> None:
    model = create_model(name)
    save_model(model, tmp_path / "model.keras")
    assert same_network(model, load_model(tmp_path / "model.keras"))
    assert same_network(model, load_untrained(tmp_path / "model.keras"))
    assert same_network(model, with_fused_norm(model))
    assert same_network(model, changed(model, dtype="bfloat16", momentum=0.5, rate=0.7))
    if name == "nano":
        assert same_network(model, create_model(name, image_size=None))
    if name == "demo":
        functional = keras.Model(model.inputs[0], model.outputs[0])
        assert same_network(model, functional)


@pytest.mark.parametrize(
    "settings",
    [{"epsilon": 1e-5}, {"scale": 0.5}, {"padding": "valid"}, {"strides": (1, 1)}],
)
def test_another_setting_is_another_network(settings: dict[str, object]) -> None:
    assert not same_network(create_model("demo"), changed(create_model("demo"), **settings))


def test_another_connection_is_another_network() -> None:
    def net(around_both: bool) -> keras.Model:
        pixels = keras.Input((48, 48, 1))
        first = keras.layers.Conv2D(1, 3, padding="same")(pixels)
        second = keras.layers.Conv2D(1, 3, padding="same")(first)
        return keras.Model(pixels, keras.layers.Add()([pixels if around_both else first, second]))

    assert same_network(net(True), net(True))
    assert not same_network(net(True), net(False))


def test_pooling_elsewhere_is_another_network() -> None:
    def net(before: bool) -> keras.Model:
        pixels = keras.Input((48, 48, 1))
        x = keras.layers.AveragePooling2D(2)(pixels) if before else pixels
        x = keras.layers.Conv2D(2, 3, padding="same")(x)
        x = x if before else keras.layers.AveragePooling2D(2)(x)
        return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))

    assert [w.shape for w in net(True).weights] == [w.shape for w in net(False).weights]
    assert not same_network(net(True), net(False))
