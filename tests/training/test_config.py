"""`TrainConfig`: types, ranges, names."""

from __future__ import annotations

import json

import pytest

from ferkit.errors import UsageError
from ferkit.runs.config import TrainConfig, parse_field


def test_config_survives_json() -> None:
    config = TrainConfig(model="cnn4", epochs=3, learning_rate=2e-4, tensorboard=False)
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_whole_number_serves_as_rate() -> None:
    assert TrainConfig(learning_rate=1).learning_rate == 1.0
    assert isinstance(TrainConfig(learning_rate=1).learning_rate, float)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("epochs", 0, "epochs must lie in 1..100000, not 0"),
        ("epochs", 1.5, "epochs must be of type int, not 1.5"),
        ("epochs", True, "epochs must be of type int, not True"),
        ("batch_size", -1, "batch_size must lie in"),
        ("learning_rate", float("nan"), "learning_rate must lie in"),
        ("plateau_factor", 1.5, "plateau_factor must lie in 1e-06..1"),
        ("stop_monitor", "f1", "stop_monitor must be one of val_loss, val_accuracy"),
        ("model", 3, "model must be of type str"),
    ],
)
def test_wrong_value_is_one_sentence(field: str, value: object, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        TrainConfig(**{field: value})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_unknown_field_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no field 'learning_rat'; did you mean learning_rate"):
        TrainConfig.from_dict({"learning_rat": 1.0})


def test_settings_are_parsed_by_type() -> None:
    config = TrainConfig().with_settings({"epochs": "7", "time_decay": "1e-6", "convert": "True"})
    assert (config.epochs, config.time_decay, config.convert) == (7, 1e-6, True)


@pytest.mark.parametrize(
    ("field", "text"), [("epochs", "2.5"), ("convert", "yes"), ("learning_rate", "fast")]
)
def test_unparsable_setting_says_what_was_expected(field: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"{field} must be .*, not '{text}'"):
        parse_field(field, text)
