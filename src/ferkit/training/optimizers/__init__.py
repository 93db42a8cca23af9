"""Optimizers that Keras lacks, or that are slow in Keras."""
