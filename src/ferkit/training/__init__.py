"""Configs, named recipes, and the training that makes a run folder."""

from ferkit.runs.config import TrainConfig
from ferkit.training.augmentation.pipelines import create_augmentation, list_augmentations
from ferkit.training.one_cycle import TrainingResult
from ferkit.training.recipes import get_recipe, recipes
from ferkit.training.train import train_and_evaluate

__all__ = [
    "TrainConfig",
    "TrainingResult",
    "create_augmentation",
    "get_recipe",
    "list_augmentations",
    "recipes",
    "train_and_evaluate",
]
