"""Noting commands that look at what is kept, or change it, in the access log (law R42): who (the machine's user), which
command and when; of what was typed only ids and what was searched for. What fails here fails no command."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

import typer

from archiver.archive import Archive
from archiver.people.access_log import COMMAND, AccessLog, Looked

#: What only keeps the archive going: it shows nobody what is kept of anybody.
_NOT_NOTED: Final = frozenset(
    {"serve", "capture", "doctor", "verify", "index", "storage", "practice", "prove", "quota", "mail", "platform list"}
)
_ID: Final = re.compile(r"[a-z]{2}_[a-z2-7]{32}")
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Running:
    """The command that runs."""

    words: tuple[str, ...]
    given: Mapping[str, Any]


_running: ContextVar[Running | None] = ContextVar("running", default=None)


def watch(app: typer.Typer, above: tuple[str, ...] = ()) -> None:
    """Let every command of an application, and of those in it, say that it runs."""
    for one in app.registered_commands:
        if one.callback is not None and one.name:
            one.callback = _saying(one.callback, (*above, one.name))
    for group in app.registered_groups:
        if group.typer_instance is not None and group.name:
            watch(group.typer_instance, (*above, group.name))


def _saying(act: Callable[..., Any], words: tuple[str, ...]) -> Callable[..., Any]:
    @wraps(act)
    def saying(*args: Any, **given: Any) -> Any:
        token = _running.set(Running(words, given))
        try:
            return act(*args, **given)
        finally:
            _running.reset(token)

    return saying


def note(archive: Archive, status: int) -> None:
    """Write down the command that runs, where it is one that is noted. ``status``: 200, or 400 where it failed."""
    running = _running.get()
    if running is None or {running.words[0], " ".join(running.words)} & _NOT_NOTED:
        return
    AccessLog(archive).note(
        Looked(
            at=archive.clock.now(),
            person_id="",
            through=_user(),
            action=COMMAND,
            route=" ".join(("archiver", *running.words)),
            subject=_subject(running.given),
            status=status,
            sought=_sought(running),
        )
    )


def _subject(given: Mapping[str, Any]) -> str:
    """The first id among what was typed; names and addresses are not kept."""
    return next((one for one in map(str, given.values()) if _ID.fullmatch(one)), "")


def _sought(running: Running) -> str | None:
    query = running.given.get("query")
    return " ".join(map(str, query))[:_LONGEST] if running.words[0] == "search" and query else None


def _user() -> str:
    try:
        return getpass.getuser()[:100]
    except (KeyError, OSError):  # a container may run under a number that no file names
        return f"user {os.getuid()}"
