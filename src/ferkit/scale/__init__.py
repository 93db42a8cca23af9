"""Recognition of millions of pictures in shards, on any engine, with each result exactly once."""

from ferkit.scale.options import ScaleOptions
from ferkit.scale.run import recognize
from ferkit.scale.schedule import ScaleSummary

__all__ = ["ScaleOptions", "ScaleSummary", "recognize"]
