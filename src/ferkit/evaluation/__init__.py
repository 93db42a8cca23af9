"""Measure a model, draw what was measured, and write it down."""
