"""The outbox as whoever looks after the machine sees it: what waits, what became of the rest, whether mail leaves."""

from __future__ import annotations

from typing import Final

from archiver import ids
from archiver.accounts.register.contacts import wrong_mail
from archiver.archive import Archive
from archiver.errors import Refused, SettingsError, Unreachable, WrongField
from archiver.mail import lost as lost_mail
from archiver.mail import service as mail
from archiver.mail.lost import LostMail as LostMail
from archiver.mail.message import Letter, message
from archiver.mail.service import MailView
from archiver.mail.transports import NotSent, is_file, transport_of
from archiver.mail.trying import State

STATES: Final = tuple(one.value for one in State)
_TEXT: Final = "This is a test. Mail of the records archive reaches this address.\n"


def outbox(archive: Archive, state: str | None = None, most: int = 100) -> list[MailView]:
    """Mail that was asked for, newest first; never what it says.

    Raises:
        WrongField: there is no such state.
    """
    if state is not None and state not in STATES:
        raise WrongField("--state", f"is one of {', '.join(STATES)}")
    with archive.database.read() as connection:
        return mail.outbox(connection, None if state is None else State(state), most)


def lost(archive: Archive, most: int = 100) -> list[LostMail]:
    """Mail that the log alone tells of, newest first."""
    with archive.database.read() as connection:
        return lost_mail.lost(connection, most=most)


def again(archive: Archive, mail_id: str) -> MailView:
    """Let a mail that waits be tried at once. Raises as :func:`archiver.mail.service.again`."""
    return mail.again(archive, mail_id)


def send_test(archive: Archive, to: str) -> str:
    """Send a mail that says that it is a test, now and past the outbox; what came of it, in words.

    Raises:
        WrongField: that is no address.
        SettingsError: no mail is set up, or not in a way that can be used.
        Unreachable: it did not leave, and may another time.
        Refused: the server does not take it, however often it is tried.
    """
    problem = wrong_mail(to)
    if problem is not None:
        raise WrongField("the address", problem)
    transport = transport_of(archive.settings)
    if transport is None:
        raise SettingsError("no mail is set up here: set ARCHIVER_MAIL_URL and ARCHIVER_MAIL_FROM (docs/settings.md)")
    letter = Letter(to, "", "Test of the records archive", _TEXT)
    made = message(letter, archive.settings.mail_from, ids.new_id("ml"), archive.clock.now())
    try:
        transport.send(made, to)
    except NotSent as failure:
        raise (Refused if failure.final else Unreachable)(f"the test mail did not leave: {failure}") from None
    return "written into the folder for mail" if is_file(archive.settings) else "taken by the mail server"
