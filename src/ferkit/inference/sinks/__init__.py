"""Outputs that write records one by one: JSON, JSON lines, CSV or Parquet."""

from ferkit.inference.sinks.create import FORMATS, format_of, open_sink
from ferkit.inference.sinks.sink import ResultSink

__all__ = ["FORMATS", "ResultSink", "format_of", "open_sink"]
