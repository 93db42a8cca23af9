"""Optimizers that Keras lacks or is slow in."""
