"""Fetch ONNX Runtime for browsers, with which the page of `ferkit.serving` computes: `make page`.

Its npm package is locked here by version and hash. Of its 138 MB two files are kept as package
data: the script, 73 KB, and the WebAssembly, packed to 3.7 MB.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = Path(__file__).resolve().parent
VENDOR = LOCK.parents[1] / "src" / "ferkit" / "serving" / "page" / "vendor"
DIST = "node_modules/onnxruntime-web/dist"
SCRIPT = "ort.wasm.bundle.min"
WASM = "ort-wasm-simd-threaded.wasm"


def fetch() -> None:
    """Have npm fetch the locked package, which checks its hash, and keep the two files."""
    with tempfile.TemporaryDirectory() as folder:
        for lock in LOCK.glob("package*.json"):
            shutil.copy(lock, folder)
        options = [
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--silent",
        ]
        # npm is the system's, or the one that pip has put beside this Python.
        path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
        npm = shutil.which("npm", path=path)
        if npm is None:
            raise FileNotFoundError("there is no npm; install Node.js or run: make page")
        environment = os.environ | {"PATH": path}
        subprocess.run([npm, *options], cwd=folder, env=environment, check=True)
        dist = Path(folder, DIST)
        VENDOR.mkdir(parents=True, exist_ok=True)
        script = (dist / f"{SCRIPT}.mjs").read_text("utf-8")
        # Without the address of a source map that does not come along.
        (VENDOR / f"{SCRIPT}.js").write_text(script.partition("//# sourceMappingURL")[0], "utf-8")
        packed = gzip.compress((dist / WASM).read_bytes(), 9, mtime=0)
        (VENDOR / f"{WASM}.gz").write_bytes(packed)


if __name__ == "__main__":
    try:
        fetch()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"ONNX Runtime for the page was not fetched: {error}")
