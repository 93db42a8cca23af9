"""Boxes and names drawn into pictures."""
