"""Emotions in video: files, live cameras, track ids, smoothing, annotated H.264, summaries."""

from __future__ import annotations

from ferkit.inference.video.recognize import recognize_video

__all__ = ["recognize_video"]
