"""Evaluation of models: figures, pictures, reports and explanations."""
