"""``archiver mail`` as somebody types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from archiver.archive import Archive
from archiver.mail import service
from archiver.mail.models import Mail
from archiver.mail.transports import NotSent
from archiver.settings import load_settings
from tests.cli.conftest import CommandLine
from tests.mail.conftest import LINK, Out, put


def test_the_outbox_at_the_command_line(archiver: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert archiver("mail", "test", "it@city.example").code == 2, "no mail is set up"
    monkeypatch.setenv("ARCHIVER_MAIL_URL", (tmp_path / "out").as_uri())
    monkeypatch.setenv("ARCHIVER_MAIL_FROM", "records@city.example")
    sent = archiver("mail", "test", "it@city.example", "--json")
    assert (sent.code, sent.json) == (0, {"to": "it@city.example", "outcome": "written into the folder for mail"})
    assert "No mail was asked for." in archiver("mail", "list").out
    with Archive.open(load_settings()) as archive:
        dead = put(archive)
        service.deliver(archive, Out(failures=[NotSent("recipient", "the server does not take it", final=True)]))
        waits = put(archive, to="bo@city.example")
    listed = archiver("mail", "list", "--json")
    assert [(one["id"], one["state"]) for one in listed.json["mail"]] == [(waits, "waiting"), (dead, "dead")]
    assert LINK not in listed.out
    shown = archiver("mail", "list", "--state", "dead").out
    assert "does not take it" in shown
    assert waits not in shown
    assert archiver("mail", "list", "--state", "lost").code == 2
    assert (archiver("mail", "again", dead).code, archiver("mail", "again", "ml_none").code) == (5, 3)
    assert archiver("mail", "again", waits, "--json").json["state"] == "waiting"
    assert "bo@city.example" in archiver("mail", "again", waits).out
    with Archive.open(load_settings()) as archive, archive.database.write() as connection:
        connection.execute(delete(Mail))  # as in a database that is older than both
    assert [(one["id"], one["state"]) for one in archiver("mail", "list", "--json").json["lost"]] == [
        (waits, None),
        (dead, "dead"),
    ]
    told = archiver("mail", "list").out
    assert "No mail is in the outbox.\n\nOf these the log alone tells" in told
    assert "may have been sent" in told
    assert waits not in archiver("mail", "list", "--state", "dead").out


def test_the_hint_of_a_wrong_address_shows_what_would_be_right(
    archiver: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ("smtp:/jo:s3cret@host", "http://jo:s3cret@host"):
        monkeypatch.setenv("ARCHIVER_MAIL_URL", wrong)
        said = archiver("doctor").err
        assert "should look like smtp://USER:PASSWORD@host:587" in said
        assert "`smtps://USER:PASSWORD@host`" in said
        assert "s3cret" not in said
