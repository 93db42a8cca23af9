"""Measures of answers against labels, in NumPy alone."""
