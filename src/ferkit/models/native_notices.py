"""Keeping native libraries' start-up notices off the user's terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_native_notices() -> Iterator[None]:
    """Hold back what native code writes to stderr inside the block; show it only when the block fails.

    TensorFlow logs build details before its own log filter is set up, so no environment variable reaches them.
    Without a real stderr (some notebooks, daemons) nothing is held back.
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
