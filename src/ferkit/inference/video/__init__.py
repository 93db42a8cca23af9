"""Emotions in video: files, live camera, stable ids, smoothing, annotated H.264, summaries."""

from __future__ import annotations

from ferkit.inference.video.recognize import recognize_video

__all__ = ["recognize_video"]
