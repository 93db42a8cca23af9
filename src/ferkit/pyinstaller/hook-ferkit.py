"""Recognition in a frozen program: models, detectors and what is imported by name alone."""

from __future__ import annotations

from importlib.util import find_spec

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

# Cards, ONNX files, the schema of records, and the weights of MTCNN.
datas = collect_data_files("ferkit", excludes=["**/*.keras"]) + copy_metadata("ferkit")
hiddenimports = [
    name
    for package in ("ferkit.inference", "ferkit.weights", "ferkit.decoding", "ferkit.runs")
    for name in collect_submodules(package)
]
if find_spec("mtcnnruntime"):
    # Looked for by its name, as its weights are read without importing it.
    datas += collect_data_files("mtcnnruntime")
    hiddenimports.append("mtcnnruntime")

# Training is not part of a program that recognises; a program that trains imports them itself.
excludedimports = ["keras", "tensorflow", "jax", "torch"]
