"""Mail through real sockets: encryption, signing in, refusals, servers that say nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archiver.errors import SettingsError
from archiver.mail import smtp, transports
from archiver.mail.message import Letter, message
from archiver.mail.transports import NotSent, Transport, transport_of
from archiver.settings import Settings
from tests.mail.server import PostOffice, certificate_for, post_office, silent

LETTER = Letter("ada@city.example", "Zoë Nuñez", "Grüße", "Open https://records.example/connect/secret\n.\n..dots\n")
MADE = message(LETTER, "Records <records@city.example>", "ml_x", datetime(2026, 3, 2, tzinfo=UTC))
Open = Callable[..., PostOffice]


@pytest.fixture
def office() -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda *how, **more: stack.enter_context(post_office(*how, **more))


def way(url: str, tmp_path: Path, **more: Any) -> Transport:
    settings = Settings(home=tmp_path, mail_url=url, mail_from="Records <records@city.example>", **more)
    found = transport_of(settings)
    assert found is not None
    return found


def send(transport: Transport) -> None:
    transport.send(MADE, LETTER.to)


def _fails(transport: Transport, code: str) -> NotSent:
    with pytest.raises(NotSent) as caught:
        send(transport)
    assert caught.value.code == code
    assert "/connect/" not in str(caught.value)
    assert "s" * 43 not in str(caught.value)
    return caught.value


def test_to_this_machine_mail_goes_without_encryption_and_arrives_as_it_was_written(
    office: Open, tmp_path: Path
) -> None:
    there = office()
    send(way(f"smtp://127.0.0.1:{there.port}", tmp_path))
    assert there.envelopes == [("records@city.example", ("ada@city.example",))]
    (one,) = there.taken
    assert str(one["To"]) == "Zoë Nuñez <ada@city.example>"
    assert one["Subject"] == "Grüße"
    assert one.get_content().splitlines() == LETTER.text.splitlines()


def test_over_starttls_with_a_password_from_the_address_or_from_a_file(office: Open, tmp_path: Path) -> None:
    pem = certificate_for(tmp_path)
    there = office(pem, auth=True)
    secret = tmp_path / "password"
    secret.write_text("pass:word@\n")
    send(way(f"smtp://jo:pass%3Aword%40@127.0.0.1:{there.port}", tmp_path, mail_ca_file=pem))
    send(way(f"smtp://jo@127.0.0.1:{there.port}", tmp_path, mail_ca_file=pem, mail_password_file=secret))
    assert (there.tls, there.signed_in) == ([True, True], ["jo", "jo"])
    wrong = _fails(way(f"smtp://jo:wrong@127.0.0.1:{there.port}", tmp_path, mail_ca_file=pem), "sign_in")
    assert not wrong.final, "it is ours to mend, and the mail waits"
    with pytest.raises(SettingsError, match="PASSWORD_FILE"):
        way(f"smtp://jo@127.0.0.1:{there.port}", tmp_path, mail_password_file=tmp_path / "none")


def test_over_tls_at_once(office: Open, tmp_path: Path) -> None:
    pem = certificate_for(tmp_path)
    there = office(pem, direct=True)
    there.port = there.port
    send(way(f"smtps://127.0.0.1:{there.port}", tmp_path, mail_ca_file=pem))
    assert len(there.taken) == 1


@pytest.mark.parametrize("direct", [True, False])
def test_a_certificate_of_nobody_or_of_another_name_is_not_trusted(office: Open, tmp_path: Path, direct: bool) -> None:
    other = certificate_for(tmp_path, "other.example")
    there = office(other, direct=direct)
    url = f"{'smtps' if direct else 'smtp'}://127.0.0.1:{there.port}"
    _fails(way(url, tmp_path), "certificate")
    _fails(way(url, tmp_path, mail_ca_file=other), "certificate")
    assert there.taken == []


def test_nothing_leaves_without_encryption_unless_the_settings_say_so(
    office: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = office()
    monkeypatch.setattr(smtp, "is_local", lambda _host: False)
    assert "STARTTLS" in str(_fails(way(f"smtp://127.0.0.1:{there.port}", tmp_path), "no_tls"))
    assert there.taken == []
    send(way(f"smtp://127.0.0.1:{there.port}?tls=no", tmp_path))
    assert len(there.taken) == 1


@pytest.mark.parametrize(
    ("command", "answer", "code", "final"),
    [
        ("RCPT", "550 5.1.1 no such user", "recipient", True),
        ("RCPT", "450 4.2.0 greylisted", "recipient", False),
        ("MAIL", "553 5.7.1 not yours", "sender", False),
        ("DATA", "554 5.7.1 spam: https://records.example/connect/secret", "refused", True),
        ("DATA", "554 5.7.1 listed: records.example/connect/secret", "refused", True),
        ("DATA", f"554 5.7.1 listed: {'s' * 43}", "refused", True),
        ("DATA", "451 4.3.0 later \u202esecrets", "refused", False),
    ],
)
def test_what_a_server_refuses_is_told_in_words(
    office: Open, tmp_path: Path, command: str, answer: str, code: str, final: bool
) -> None:
    there = office()
    there.answers[command] = [answer.replace("\u202esecrets", "")]
    failure = _fails(way(f"smtp://127.0.0.1:{there.port}", tmp_path), code)
    assert failure.final is final
    assert "127.0.0.1" in str(failure)
    send(way(f"smtp://127.0.0.1:{there.port}", tmp_path))


def test_a_server_that_is_not_there_says_nothing_or_drips_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "PATIENCE", 0.5)
    monkeypatch.setattr(smtp, "LONGEST_TRY", 1.0)
    with silent() as port:
        gone = port
        _fails(way(f"smtp://127.0.0.1:{port}", tmp_path), "timed_out")
    _fails(way(f"smtp://127.0.0.1:{gone}", tmp_path), "unreachable")
    _fails(way("smtp://nowhere.invalid", tmp_path), "unreachable")
    with silent(b"220 hello\r\n", drip=0.1) as port:
        began = time.monotonic()
        assert _fails(way(f"smtp://127.0.0.1:{port}", tmp_path), "unreachable").final is False
        assert time.monotonic() - began < 5


def test_a_folder_takes_mail_as_files_for_its_owner_alone_and_the_same_once(tmp_path: Path) -> None:
    folder = tmp_path / "out going"
    one = way(folder.as_uri(), tmp_path)
    send(one)
    send(one)
    (file,) = folder.iterdir()
    assert file.name == "ml_x.eml"
    assert file.read_bytes() == MADE.as_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    _fails(way((tmp_path / "file").as_uri(), tmp_path), "folder")
    assert isinstance(one, transports.Folder)


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://", "smtp:host", "smtp://h:99999", "smtp://h/path", "smtps://h?tls=no", "file:///", "file://h/x",
            "smtp://h?tls=yes", "smtp://h:0"]
)  # fmt: skip
def test_a_setting_that_cannot_be_right_is_told_without_showing_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="smtp://USER:PASSWORD@host") as caught:
        Settings(
            home=tmp_path,
            mail_url=url.replace("://", "://u:hidden@") if url.count("/") > 1 else url,
            mail_from="a@b.example",
        )
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "sender", ["", "a", "a@b\nBcc: x@y.z", "a@b.example, c@d.example", "A <a@b> x", "<a@b.example"]
)
def test_mail_needs_an_address_that_it_comes_from(tmp_path: Path, sender: str) -> None:
    with pytest.raises(ValueError, match="mail_from"):
        Settings(home=tmp_path, mail_url="smtp://127.0.0.1", mail_from=sender)
