"""TensorFlow's graphs as they were traced, without its optimizer of graphs.

That takes an eighth of a tiny training, and more than it ever saves there.
"""

from __future__ import annotations

import sys


def plain_graphs() -> None:
    """Switch the optimizer off in this process if TensorFlow is loaded."""
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
