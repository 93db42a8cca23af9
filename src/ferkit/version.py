"""The version of ferkit; this is its only source."""

from __future__ import annotations

__version__ = "0.1.0"
