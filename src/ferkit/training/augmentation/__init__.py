"""Augmentation: named pipelines and their layers."""
