"""Limits on the memory for decoding a picture, computed from its headers, and pictures of more than
8 bits.
"""
