"""How people are written to."""

from __future__ import annotations

import re
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from archiver.settings.forms import Certificates, Place

_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Mail(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    mail_url: str = Field(
        default="",
        repr=False,
        description="How mail leaves: `smtps://USER:PASSWORD@host` (TLS at once), `smtp://USER:PASSWORD@host:587`"
        " (STARTTLS, else nothing is sent; `?tls=no` sends without, only inside a network that you trust), or"
        " `file:///folder`, where each mail is written as a file for somebody to send. Empty: links are shown to"
        " whoever makes them, to be handed over.",
    )
    mail_from: str = Field(
        default="",
        description="From whom mail comes: an address, or `Name <address>`. Needed where ARCHIVER_MAIL_URL is set.",
    )
    mail_password_file: Place = Field(
        default=Path(),
        description="File with the password of the user in ARCHIVER_MAIL_URL, readable for the service only. Empty: it"
        " is in the address, or there is none.",
    )
    mail_ca_file: Certificates = Field(
        default=None, description="Certificates to trust for mail, a PEM file, where the system's do not do."
    )
    mail_per_day: int = Field(
        default=500,
        ge=1,
        le=1_000_000,
        description="Mails that are asked for within 24 hours at most; what would be more is refused, and whoever asked"
        " is told.",
    )
    mail_per_recipient: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description="The same for one address: whoever looks after many accounts gets a mail for each.",
    )

    @field_validator("mail_url")
    @classmethod
    def _is_mail(cls, value: str) -> str:
        if value and not _is_mail_url(value):
            raise ValueError("should look like smtp://USER:PASSWORD@host:587, smtps://host or file:///folder")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        name, address = parseaddr(value)
        fine = (
            value.isprintable()
            and _SENDER.fullmatch(address)
            and value in (address, f"{name} <{address}>", f'"{name}" <{address}>')
        )
        if value and not fine:
            raise ValueError("should be an address such as records@city.example, or Records archive <records@…>")
        return value


def _is_mail_url(url: str) -> bool:
    """Never shows any of it: it may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme == "file":
        return parts.netloc in ("", "localhost") and parts.path.startswith("/") and len(parts.path) > 1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        return False
    return parts.path in ("", "/") and parts.query in (("", "tls=no") if parts.scheme == "smtp" else ("",))
