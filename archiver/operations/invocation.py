"""How a person at this machine calls the command line so that it means a certain archive."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from archiver.settings import default_home


def command(home: Path) -> str:
    """``archiver`` where that is on the path, else with its folder; ``ARCHIVER_HOME`` unless it is the usual one."""
    installed = Path(sys.executable).with_name("archiver")
    on_path = shutil.which("archiver")
    if on_path is not None or not installed.exists():
        program = "archiver"
    else:
        program = shlex.quote(str(installed))
    return program if home == default_home() else f"ARCHIVER_HOME={shlex.quote(str(home))} {program}"
