"""Callbacks that Keras lacks, or that write their files atomically."""
