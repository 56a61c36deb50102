"""A mail as it goes out (RFC 5322). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from archiver.visible import one_line, visible

_SUBJECT: Final = 150
_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said, and to whom. The names and words in it may be strangers'."""

    to: str
    name: str
    subject: str
    text: str


def message(letter: Letter, sender: str, mail_id: str, at: datetime) -> EmailMessage:
    """The mail. Its id makes the Message-ID, so that one that is sent twice is told to be the same.

    Args:
        sender: an address, or a name and an address in angle brackets.

    Raises:
        ValueError: no usable address.
    """
    name, address = parseaddr(sender)
    made = EmailMessage(policy=SMTP)
    made["From"] = _address(name, address)
    made["To"] = _address(letter.name, letter.to)
    made["Subject"] = _plain(letter.subject, _SUBJECT)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{mail_id}@{address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # (RFC 3834: nobody who is away answers)
    made.set_content(visible(letter.text), charset="utf-8", cte="quoted-printable")
    return made


def _address(name: str, address: str) -> Address:
    return Address(_plain(name, _NAME), addr_spec=address)


def _plain(text: str, longest: int) -> str:
    """Words of a stranger for a header: on one line, and never an encoded word (RFC 2047 §2), which the library would
    decode once more, line breaks and all."""
    return one_line(text, longest).replace("=?", "= ?")
