"""When owners were last asked to connect their accounts, by what way, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from archiver.accounts.credentials import READ
from archiver.accounts.models import ConnectLink
from archiver.mail import service as mail
from archiver.mail.service import MailView
from archiver.mail.trying import State


@dataclass(frozen=True, slots=True)
class Asked:
    """The newest link for one account."""

    link_id: str
    made_at: datetime
    ends_at: datetime
    ended: str | None
    said: str | None
    """What came of the last try, where it was not taken."""
    owner: str
    """Whom it was for, by name; empty: not said."""
    mail: MailView | None
    """None: it was shown, to be handed over."""

    @property
    def to(self) -> str:
        """To whom it went, in words."""
        name = self.owner or "the owner"
        return name if self.mail is None else f"{name} ({self.mail.recipient})"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of it: words, how they are shown (*good*, *warn*, *bad*, *quiet*), and the moment they are about."""

    words: str
    tone: str
    at: datetime
    more: str = ""


def asked(connection: Connection) -> dict[str, Asked]:
    """The newest, by the id of the account and by that of its entry in the register."""
    columns = (*(getattr(ConnectLink, name) for name in ("id", "made_at", "ends_at", "ended", "said", "owner")),
               ConnectLink.account_id, ConnectLink.listing_id)  # fmt: skip
    rows = connection.execute(select(*columns).where(ConnectLink.purpose == READ).order_by(ConnectLink.made_at)).all()
    newest = {one: row for row in rows for one in (row.account_id, row.listing_id) if one is not None}
    mails = mail.about(connection, sorted({row.id for row in newest.values()}))
    return {
        one: Asked(row.id, row.made_at, row.ends_at, row.ended, row.said, row.owner or "", mails.get(row.id))
        for one, row in newest.items()
    }


def told(one: Asked, now: datetime) -> Told:
    """What somebody has to know of it. Pure."""
    if one.ended == "connected":
        return Told(f"{one.owner or 'the owner'} used the link that was made", "quiet", one.made_at)
    if one.mail is not None and one.mail.state is not State.SENT:
        return _not_sent(one, one.mail)
    if one.ended is not None:
        return Told(f"a link for {one.to} was {one.ended}; it was made", "quiet", one.made_at)
    if one.ends_at <= now:
        return Told(f"the link for {one.to} was not used, and its days were over", "warn", one.ends_at)
    more = f"The last try was not taken: {one.said}" if one.said else ""
    if one.mail is None:
        return Told(f"link made for {one.to}, to be handed over by whoever made it,", "quiet", one.made_at, more)
    return Told(f"link sent to {one.to}", "quiet", one.mail.ended_at or one.made_at, more)


def _not_sent(one: Asked, sent: MailView) -> Told:
    if sent.state is State.DEAD:
        why = f": {sent.reason}" if sent.reason else ""
        return Told(f"mail to {one.to} was given up{why}", "bad", sent.ended_at or sent.made_at)
    if sent.state is State.DROPPED:
        return Told(
            f"mail to {one.to} was not sent: {sent.reason or 'it was not needed any more'}", "quiet", one.made_at
        )
    if sent.attempts and sent.reason:
        tries = "once" if sent.attempts == 1 else f"{sent.attempts} times"
        return Told(f"mail to {one.to} did not leave yet, tried {tries}: {sent.reason}; next try", "warn", sent.next_at)
    return Told(f"mail to {one.to} is on its way since", "quiet", sent.made_at)
