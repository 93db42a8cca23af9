"""The named recipes have the settings of the projects that they reproduce."""

from __future__ import annotations

import pytest

from ferkit.errors import UsageError
from ferkit.models import list_models
from ferkit.training.augmentation.pipelines import list_augmentations
from ferkit.training.recipes import get_recipe, named_recipes


def test_first_project() -> None:
    config = get_recipe("cnn4").config
    assert (config.model, config.epochs, config.augment) == ("cnn4", 50, "none")
    assert config.plateau_factor < 1


def test_second_project() -> None:
    config = get_recipe("cnn6").config
    assert (config.model, config.epochs, config.batch_size) == ("cnn6", 60, 64)
    assert (config.learning_rate, config.time_decay) == (1e-4, 1e-6)
    assert config.augment != "none"
    assert config.stop_patience > 0


def test_every_recipe_can_be_built() -> None:
    for name, recipe in named_recipes().items():
        assert recipe.config.recipe == name
        assert recipe.config.model in list_models()
        assert recipe.config.augment in list_augmentations()


def test_unknown_recipe_lists_the_known() -> None:
    with pytest.raises(UsageError, match="no recipe 'cnn5'; choose from cnn4, cnn6"):
        get_recipe("cnn5")
