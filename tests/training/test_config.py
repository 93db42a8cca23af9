"""`TrainConfig`: types, ranges, names."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ferkit.cli.parts.settings import configure
from ferkit.errors import UsageError
from ferkit.evaluation.training_facts import training_facts
from ferkit.runs.config import TrainConfig
from ferkit.runs.levers.field import lever
from ferkit.runs.levers.lever import levers


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
def test_an_unparsable_setting_names_the_expected_type(field: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"{field} must be .*, not '{text}'"):
        TrainConfig().with_settings({field: text})


def test_lists_become_tuples_and_null_becomes_none() -> None:
    config = TrainConfig().with_settings(
        {"image_sizes": "32-40-48", "teacher": "small + runs/a", "start": "", "ferplus": "f.csv"}
    )
    assert (config.image_sizes, config.teacher) == ((32, 40, 48), ("small", "runs/a"))
    assert (config.start, config.ferplus) == (None, "f.csv")
    assert TrainConfig(image_sizes=[32, 48]).image_sizes == (32, 48)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="image_sizes must be a tuple of int, not '32-48'"):
        TrainConfig(image_sizes="32-48")  # type: ignore[arg-type]


def test_a_config_of_an_older_version_is_read() -> None:
    old = {
        "image_sizes": "32-48",
        "teacher": "small+runs/a",
        "start": "",
        "ferplus": "f.csv",
        "exclude": "a.csv",
        "exclude_kinds": "duplicate+blank",
    }
    assert TrainConfig.from_dict(old) == TrainConfig(
        image_sizes=(32, 48),
        teacher=("small", "runs/a"),
        ferplus="f.csv",
        exclude="a.csv",
        exclude_kinds=("duplicate", "blank"),
    )
    assert TrainConfig.from_dict({"teacher": "", "exclude_kinds": ""}) == TrainConfig()


@dataclass(frozen=True)
class Toy(TrainConfig):
    """A config with a lever more."""

    blur: float = lever(0.0, "Blur of the images, in pixels.", between=(0, 9))


def test_a_new_lever_is_declared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"blur must lie in 0\.\.9, not 10"):
        Toy(blur=10.0)

    toy = configure(Toy(), ("blur=2.5",), {})
    assert toy == Toy(blur=2.5)

    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "docs")
    import generated_pages

    table = generated_pages.levers_table(Toy)
    sys.modules.pop("generated_pages")
    assert "| `blur` | `0.0` | 0 to 9 | Blur of the images, in pixels. |\n" in table

    facts = dict(training_facts(toy.to_dict(), None, {"model": {"parameters": 1}}, Toy))
    assert facts["Blur"] == "2.5"
    assert "Blur" not in dict(training_facts(Toy().to_dict(), None, {"model": {"parameters": 1}}))


def test_every_lever_that_is_not_at_its_default_is_in_the_report() -> None:
    others = {bool: True, int: 7, float: 0.25, str: "another"}
    silent = {"data", "tensorboard"}  # said elsewhere on the page; changes no figure
    plain = training_facts(TrainConfig().to_dict(), None, {"model": {"parameters": 1}})
    for name, each in levers(TrainConfig).items():
        value = each.declared.choices[-1] if each.declared.choices else others[each.kind]
        changed = TrainConfig().to_dict()
        changed[name] = [value] if each.several else value
        told = training_facts(changed, None, {"model": {"parameters": 1}})
        assert (told == plain) == (name in silent), name
