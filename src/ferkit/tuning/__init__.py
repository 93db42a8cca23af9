"""Hyperparameter search on Optuna: many trainings that end at validation."""
