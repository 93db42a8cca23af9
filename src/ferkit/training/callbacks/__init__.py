"""Callbacks that Keras lacks, or that must write whole files."""
