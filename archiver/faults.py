"""Named crash points, so that a test can kill the process at exactly that instruction.

``ARCHIVER_CRASH_AT=name[:n[:signal]]`` sends the process SIGKILL, or another signal such as ``SIGSTOP``, at the n-th
passing (default the first). Without the variable a crash point costs one comparison.
"""

from __future__ import annotations

import os
import signal

_name = ""
_left = 1
_signal = signal.SIGKILL


def arm(where: str) -> None:
    """Have ``name[:n[:signal]]`` strike; an empty text disarms."""
    global _name, _left, _signal
    name, _, rest = where.partition(":")
    count, _, kind = rest.partition(":")
    _name, _left, _signal = name, int(count or 1), signal.Signals[kind or "SIGKILL"]


def crash_point(name: str) -> None:
    """Die here if told to."""
    global _left
    if name == _name:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), _signal)


arm(os.environ.get("ARCHIVER_CRASH_AT", ""))
