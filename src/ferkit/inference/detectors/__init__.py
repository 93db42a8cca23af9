"""Face detectors behind one protocol; `create_detector` finds them by name."""

from ferkit.inference.detectors.auto import DETECTORS, create_detector
from ferkit.inference.detectors.protocol import FaceDetector, Faces

__all__ = ["DETECTORS", "FaceDetector", "Faces", "create_detector"]
