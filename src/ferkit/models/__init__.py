"""Architectures by name, and Keras models on disk."""

from ferkit.models.checkpoint import load_model, model_card, save_model
from ferkit.models.registry import create_model, list_models, register_model

__all__ = [
    "create_model",
    "list_models",
    "load_model",
    "model_card",
    "register_model",
    "save_model",
]
