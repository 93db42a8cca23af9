"""Face detectors behind one protocol; `create_detector` finds them by name, `@register_detector`
adds one.
"""

from __future__ import annotations

from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.file import DetectorFile
from ferkit.inference.detectors.protocol import FaceDetector, Faces, SearchSizes
from ferkit.inference.detectors.registry import create_detector, list_detectors, register_detector

__all__ = [
    "CropRule",
    "DetectorFile",
    "FaceDetector",
    "Faces",
    "SearchSizes",
    "create_detector",
    "list_detectors",
    "register_detector",
]
