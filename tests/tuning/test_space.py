"""The search space: accepted arguments and errors."""

from __future__ import annotations

import re

import pytest

from ferkit.errors import UsageError
from ferkit.runs.config import TrainConfig
from ferkit.tuning.space import settings_of, space_of

ADAM = TrainConfig()
COSINE = TrainConfig(optimizer="nesterov", teacher=("small",))


class Middle:
    """A trial that draws the middle of a range and the last choice."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        return (low * high) ** 0.5 if log else (low + high) / 2

    def suggest_int(self, name: str, low: int, high: int, *, log: bool) -> int:
        return (low + high) // 2

    def suggest_categorical(self, name: str, choices: tuple[str, ...]) -> str:
        return choices[-1]


def test_a_trial_draws_values_of_its_levers() -> None:
    space = space_of(
        ADAM,
        [
            "learning_rate=1e-4..1e-2:log",
            "epochs=10..20",
            "image_sizes=48,32-48",
            "augment=flip,light",
            "batch_size=32,64",
            "label_smoothing",
        ],
    )
    drawn = settings_of(space, Middle())
    assert drawn.pop("learning_rate") == pytest.approx(1e-3)
    assert drawn.pop("label_smoothing") == pytest.approx(0.1)
    assert drawn == {
        "epochs": 15,
        "image_sizes": (32, 48),
        "augment": "light",
        "batch_size": 64,
    }
    assert space[0].of(ADAM) == 1e-3
    assert space[1].of(ADAM) is None  # 60 epochs lie outside
    assert (space[2].of(ADAM), space[3].of(ADAM)) == ("48", None)


def test_without_arguments_the_space_has_every_effective_range() -> None:
    names = [part.lever.name for part in space_of(ADAM)]
    assert names == ["learning_rate", "label_smoothing"]
    names = [part.lever.name for part in space_of(COSINE)]
    assert names == ["learning_rate", "kernel_decay", "label_smoothing", "teacher_weight"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate=1..2", "'rate' cannot be tuned; choose from model, start"),
        ("seed=1,2", "'seed' cannot be tuned"),
        ("augment", "augment has no default range; give one, such as"),
        ("augment=1..2", "augment does not accept '1..2'"),
        ("learning_rate=1e-2..1e-4", "needs a range from low to high, not '1e-2..1e-4'"),
        ("kernel_decay=0..0.1:log", "needs a range from low to high above 0"),
        ("learning_rate=1e-4..1e-2:ln", "learning_rate does not accept '1e-4..1e-2:ln'"),
        ("learning_rate=fast..slow", "learning_rate must be of type float, not 'fast'"),
        ("label_smoothing=0..2", "label_smoothing must lie in 0..1, not 2.0"),
        ("optimizer=adam,sgd", "optimizer must be one of adam, nesterov, muon, not 'sgd'"),
        ("batch_size=64,64", "batch_size has the same choice twice"),
    ],
)
def test_wrong_use_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        space_of(ADAM, [text])
    assert "\n" not in str(caught.value)


def test_a_lever_is_named_once() -> None:
    with pytest.raises(UsageError, match="names epochs more than once"):
        space_of(ADAM, ["epochs=1..2", "epochs=3..4"])
