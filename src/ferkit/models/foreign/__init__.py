"""Adapters for models from other programs."""
