"""Where records go as they come: JSON, JSON lines, CSV, Parquet, or a table for people."""

from ferkit.inference.sinks.create import FORMATS, ResultSink, create_sink

__all__ = ["FORMATS", "ResultSink", "create_sink"]
