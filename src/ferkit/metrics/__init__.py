"""Metrics of predictions against labels, in pure NumPy."""
