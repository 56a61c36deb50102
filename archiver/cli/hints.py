"""Commands that a message names, as they have to be typed where the practice archive is meant."""

from __future__ import annotations

import re
from typing import Any, Final

from typer.main import get_command

_NAMED: Final = re.compile(r"`archiver ([^`]*)`")


def in_practice(said: str) -> str:
    """A message in which every command that knows of the practice archive is for it."""
    return _NAMED.sub(lambda found: f"`archiver {_for_practice(found[1])}`", said)


def _for_practice(typed: str) -> str:
    from archiver.cli.app import app  # (which imports every command)

    command: Any = get_command(app)
    for word in typed.split():
        below = getattr(command, "commands", {}).get(word)
        if below is None:
            break
        command = below
    known = any("--practice" in one.opts for one in command.params)
    return f"{typed} --practice" if known and "--practice" not in typed.split() else typed
