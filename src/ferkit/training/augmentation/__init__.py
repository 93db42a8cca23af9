"""Augmentation: named pipelines and the layers that they are made of."""
