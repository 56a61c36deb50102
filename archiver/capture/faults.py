"""Named crash points, so that a test can kill the process at exactly that instruction.

``ARCHIVER_CRASH_AT=name[:n]`` kills the process with SIGKILL at the n-th passing (default the first). Without the
variable a crash point costs one comparison.
"""

from __future__ import annotations

import os
import signal

_NAME, _, _COUNT = os.environ.get("ARCHIVER_CRASH_AT", "").partition(":")
_left = int(_COUNT or 1)


def crash_point(name: str) -> None:
    """Die here if told to."""
    global _left
    if name == _NAME:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
