"""The only place that loads ONNX Runtime, with its telemetry off."""

from __future__ import annotations

import os
from types import ModuleType

_SWITCH = "ORT_DISABLE_TELEMETRY"


def load_onnxruntime() -> ModuleType:
    """Import ONNX Runtime with its telemetry off, and return the module.

    ONNX Runtime reads `ORT_DISABLE_TELEMETRY` while it loads. Without it, a process writes an
    identifier of the machine below the home folder and looks up an address of Microsoft after about
    ten seconds; `onnxruntime.disable_telemetry_events()` comes too late for both. A value set by
    the user is kept, and child processes inherit the setting.

    Example:
        >>> load_onnxruntime().__name__
        'onnxruntime'
        >>> os.environ["ORT_DISABLE_TELEMETRY"]
        '1'
    """
    os.environ.setdefault(_SWITCH, "1")
    import onnxruntime

    module: ModuleType = onnxruntime
    return module
