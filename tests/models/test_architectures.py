"""The two projects' networks, exactly, and the registry."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest

from ferkit.errors import ModelError, UsageError
from ferkit.models import create_model, list_models, register_model, registry
from ferkit.models.size import count_macs


def shape_of(model: keras.Model) -> list[str]:
    """Return the layers in short: kind and size."""
    names = []
    for layer in model.layers:
        size = getattr(layer, "filters", getattr(layer, "units", getattr(layer, "rate", "")))
        names.append(f"{type(layer).__name__} {size}".strip())
    return names


def test_cnn4_matches_the_first_project() -> None:
    model = create_model("cnn4")
    assert model.count_params() == 6_580_999
    assert shape_of(model) == [
        "Rescaling",
        *("Conv2D 32", "BatchNormalization", "ReLU", "MaxPooling2D", "Dropout 0.25"),
        *("Conv2D 64", "BatchNormalization", "ReLU", "MaxPooling2D", "Dropout 0.25"),
        *("Flatten", "Dense 1024", "Dropout 0.5", "Dense 7"),
    ]
    assert [layer.padding for layer in model.layers if hasattr(layer, "filters")] == ["valid"] * 2


def test_cnn6_matches_the_second_project() -> None:
    model = create_model("cnn6")
    assert model.count_params() == 21_630_983
    assert shape_of(model) == [
        "Rescaling",
        *("Conv2D 32", "Conv2D 64", "BatchNormalization", "MaxPooling2D", "Dropout 0.25"),
        *("Conv2D 128", "Conv2D 256", "BatchNormalization", "MaxPooling2D", "Dropout 0.25"),
        *("Flatten", "Dense 1024", "Dropout 0.5", "Dense 7"),
    ]
    convolutions = [layer for layer in model.layers if hasattr(layer, "filters")]
    assert [layer.kernel_regularizer is not None for layer in convolutions] == [0, 0, 1, 0]


def convolution(size: int, channels: int, filters: int) -> int:
    """Return the multiply-accumulates of a 3x3 convolution with `size` x `size` outputs."""
    return size * size * filters * channels * 9


def test_macs() -> None:
    cnn4 = convolution(46, 1, 32) + convolution(21, 32, 64) + 6400 * 1024 + 1024 * 7
    assert count_macs(create_model("cnn4")) == cnn4 == 15_298_688
    first = convolution(46, 1, 32) + convolution(44, 32, 64)
    second = convolution(20, 64, 128) + convolution(18, 128, 256)
    assert count_macs(create_model("cnn6")) == first + second + 20_736 * 1024 + 1024 * 7


def test_macs_of_separable_convolutions() -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            layers.SeparableConv2D(6, 3, padding="same"),
            layers.DepthwiseConv2D(3),
        ]
    )
    assert count_macs(model) == 64 * (9 * 4 + 4 * 6) + 36 * 9 * 6


@pytest.mark.parametrize("name", ["cnn4", "cnn6", "demo"])
def test_models_map_pixels_to_probabilities(name: str) -> None:
    model = create_model(name, num_classes=5)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype(np.uint8)
    probabilities = np.asarray(model(pixels, training=False))
    assert probabilities.shape == (3, 5)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert np.ptp(probabilities) > 0


def test_scaling_is_inside() -> None:
    scaling = create_model("cnn6").layers[0]
    assert np.asarray(scaling(np.array([0.0, 255.0]))) == pytest.approx([0.0, 1.0])


def test_list_is_sorted_and_complete() -> None:
    assert list_models() == sorted(list_models())
    assert {"cnn4", "cnn6", "demo"} <= set(list_models())


def test_unknown_model_lists_the_known() -> None:
    with pytest.raises(ModelError, match="no model 'vgg'; choose from base, cnn4, cnn6"):
        create_model("vgg")


def test_unknown_option_is_named() -> None:
    with pytest.raises(UsageError, match="'cnn4' has no option 'depth'"):
        create_model("cnn4", depth=3)


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    registry.architectures()
    monkeypatch.setattr(registry, "_ARCHITECTURES", dict(registry._ARCHITECTURES))
    return


def test_an_own_architecture_can_be_added(own_registry: None) -> None:
    @register_model("linear", source="a test")
    def linear(num_classes: int = 7) -> keras.Model:
        return keras.Sequential(
            [keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(num_classes)]
        )

    assert "linear" in list_models()
    assert create_model("linear").count_params() == 2304 * 7 + 7
    with pytest.raises(ModelError, match="name 'linear' is taken"):
        register_model("linear", source="again")(linear)
