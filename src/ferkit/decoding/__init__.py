"""Limits on the memory for decoding a picture, computed from its headers."""
