"""Recognition of millions of pictures: shards that any engine works on, each result once."""

from ferkit.scale.options import ScaleOptions
from ferkit.scale.run import recognize
from ferkit.scale.schedule import ScaleSummary

__all__ = ["ScaleOptions", "ScaleSummary", "recognize"]
