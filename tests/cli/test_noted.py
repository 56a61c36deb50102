"""Commands that look at what is kept, or change it, are noted in the access log (law R42)."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from sqlalchemy import select

from archiver.archive import Archive
from archiver.people import access_log
from archiver.people.models import AccessEntry
from archiver.settings import load_settings
from tests.cli.conftest import CommandLine, clean_settings

__all__ = ["clean_settings"]


@pytest.mark.law("R42")
def test_commands_are_noted_with_the_machine_s_user_and_without_what_was_typed(
    archiver: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    person = archiver("person", "add", "Jo Custodian", "--json").json["id"]
    archiver("search", "a", "neighbour")
    archiver("person", "grant", person, "custodian")
    assert archiver("person", "end", "Nobody Here").code != 0
    for words in (("doctor",), ("board", "--practice"), ("platform", "list"), ("storage", "check"), ("quota",)):
        archiver(*words)
    with Archive.open(load_settings()) as archive, archive.database.read() as connection:
        lines = access_log.entries(connection, archive, limit=20)
        stored = repr(connection.execute(select(*AccessEntry.__table__.columns)).all())
    assert [(one.through, one.action, one.route, one.subject, one.status, one.sought) for one in reversed(lines)] == [
        ("root", "command", "archiver person add", "", 200, None),
        ("root", "command", "archiver search", "", 200, "a neighbour"),
        ("root", "command", "archiver person grant", person, 200, None),
        ("root", "command", "archiver person end", "", 400, None),
    ]
    assert not any(words in stored for words in ("a neighbour", "Jo Custodian", "Nobody Here"))
    shown = archiver("person", "log").out
    assert "command: archiver search" in shown


def test_what_cannot_be_noted_fails_no_command(archiver: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    archiver("person", "add", "Jo")
    monkeypatch.setattr(access_log, "_insert", Mock(side_effect=OSError("no space left")))
    assert archiver("person", "list").code == 0
