"""The version of ferkit: its one source."""

from __future__ import annotations

__version__ = "0.1.0"
