"""Training: recipes, fitting, fine-tuning, and run folders."""

from ferkit.runs.config import TrainConfig
from ferkit.training.augmentation.pipelines import create_augmentation, list_augmentations
from ferkit.training.fitted_run import FittedRun, fit_run
from ferkit.training.recipes import get_recipe, named_recipes
from ferkit.training.result import TrainingResult
from ferkit.training.train import train_and_evaluate

__all__ = [
    "FittedRun",
    "TrainConfig",
    "TrainingResult",
    "create_augmentation",
    "fit_run",
    "get_recipe",
    "list_augmentations",
    "named_recipes",
    "train_and_evaluate",
]
