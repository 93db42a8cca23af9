"""The search for good settings: many trainings that end at validation, on Optuna."""
