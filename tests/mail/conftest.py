"""An archive with an outbox, and a way out that does what a test wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver import ids
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.mail import service
from archiver.mail.message import Letter
from archiver.mail.models import Mail
from archiver.mail.service import MailView, NewMail
from archiver.mail.transports import NotSent
from archiver.settings import Settings
from tests import backends

LINK = "https://records.city.example/connect/" + "s3cret" * 7


@dataclass
class Out:
    """A way out: what left by it, and what it refuses next."""

    sent: list[EmailMessage] = field(default_factory=list)
    failures: list[NotSent] = field(default_factory=list)
    waits: threading.Barrier | None = None

    def send(self, message: EmailMessage, to: str) -> None:
        assert to in str(message["To"])
        if self.waits is not None:
            self.waits.wait(10)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.fixture
def archive(tmp_path: Path, clock: SetClock) -> Iterator[Archive]:
    home = tmp_path / "home"
    backends.prepare(home, {})
    settings = Settings(home=home, disk_reserve_percent=0, mail_url="smtp://127.0.0.1:9",
                        mail_from="Records <records@city.example>", **backends.places(home))  # fmt: skip
    with Archive.open(settings, clock=clock) as archive:
        yield archive


def put(archive: Archive, name: str = "Ada Brown", days: float = 7, to: str = "ada@city.example") -> str:
    """One mail in the outbox."""
    text = f"Open this:\n{LINK}\n"
    ends = archive.clock.now() + timedelta(days=days)
    new = NewMail("connect", ids.new_id("cl"), Letter(to, name, "Please connect", text), ends)
    return archive.database.act(lambda connection: service.ask(connection, archive, new, ("person", "operator")))


def seen(archive: Archive, mail_id: str) -> MailView:
    """What is known of it."""
    with archive.database.read() as connection:
        about = connection.execute(select(Mail.about).where(Mail.id == mail_id)).scalar_one()
        return service.about(connection, [about])[about]
