"""Build hook: a wheel that is built without ONNX Runtime for browsers fetches it, where npm is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `requirements/npm/fetch.py`; without npm or a network the wheel lacks the web page.

    `FERKIT_BUILD_PAGE=no` leaves it out without a try.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Fetch what is missing before a wheel is put together."""
        root = Path(self.root)
        there = (root / "src/ferkit/serving/page/vendor").is_dir()
        if version == "editable" or there or os.environ.get("FERKIT_BUILD_PAGE") == "no":
            return
        script = root / "requirements" / "npm" / "fetch.py"
        if subprocess.run([sys.executable, str(script)]).returncode:
            self.app.display_warning("This wheel lacks the web page; install Node.js to have it.")
