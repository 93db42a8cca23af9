"""Suppressing notices of libraries that are of no use to users."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_native_notices() -> Iterator[None]:
    """Hold back output of native code to stderr inside the block, and show it only if the block
    fails.

    TensorFlow logs build details before it sets up its log filter, so no environment variable has
    an effect. Without a real stderr (some notebooks, daemons) nothing is held back.
    """
    try:
        stderr = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(stderr, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def without_retracing_advice() -> None:
    """Suppress TensorFlow's advice against compiling several models in one process."""
    logger = logging.getLogger("tensorflow")
    if _is_no_retracing_advice not in logger.filters:
        logger.addFilter(_is_no_retracing_advice)


def _is_no_retracing_advice(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in str(record.msg)
