"""Whether an account is connected, until when, and what somebody has to do about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from archiver.accounts.working_days import working_day_before

RENEWED_AT = 0.75
"""A token is renewed when so much of its life is over."""
_NOTICE = timedelta(days=14)
"""Consent that lasts longer than a month is warned of so long before it ends."""
_LONG = timedelta(days=30)
_OPENING = time(8)
"""When offices open: a warning that is to be read on a day is there by then."""


class Connection(StrEnum):
    """How an account is connected, in the words of the screen."""

    NONE = "none"
    """It is read without signing in, or not at all."""
    CONNECTED = "connected"
    EXPIRING = "expiring"
    SIGN_IN_NEEDED = "sign_in_needed"
    REVOKED = "revoked"
    PERMISSION_LOST = "permission_lost"
    WITHDRAWN = "withdrawn"
    """The platform withdrew the access of the city's application."""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What is known of one token, but itself."""

    got_at: datetime
    expires_at: datetime | None = None
    consent_ends_at: datetime | None = None
    renewable: bool = False
    refused: str | None = None
    """Problem with which the platform last refused it."""
    missing: Sequence[str] = ()
    """Permissions that were asked for and not granted."""
    lacking: Sequence[str] = ()
    """Those of them that are needed: this was granted before they were asked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    state: Connection
    ends_at: datetime | None
    """When somebody has to have signed in again; None: never, or not known."""
    said: str
    """One plain sentence."""
    remedy: str
    """What to do; empty where nothing is."""


def ends_at(facts: TokenFacts) -> datetime | None:
    """When only the owner can keep it going: the consent's end, and that of a token which is not renewed."""
    ends = [facts.consent_ends_at, None if facts.renewable else facts.expires_at]
    return min((one for one in ends if one is not None), default=None)


def renew_at(facts: TokenFacts, youngest: timedelta = timedelta(0)) -> datetime | None:
    """When to ask for another token; None: it is not renewed. Not before it has the age that the platform wants."""
    if not facts.renewable or facts.expires_at is None:
        return None
    return max(facts.got_at + (facts.expires_at - facts.got_at) * RENEWED_AT, facts.got_at + youngest)


def warn_at(facts: TokenFacts, zone: ZoneInfo) -> datetime | None:
    """When to say that it ends: on the last working day before at the latest, two weeks before where it lasts long."""
    end = ends_at(facts)
    if end is None:
        return None
    last = datetime.combine(working_day_before(end.astimezone(zone).date()), _OPENING, zone).astimezone(end.tzinfo)
    return min(last, end - _NOTICE) if end - facts.got_at > _LONG else last


def standing(facts: TokenFacts | None, account_state: str, now: datetime, zone: ZoneInfo) -> Standing:
    """How an account is connected by one token.

    Args:
        account_state: what its runs showed (:class:`archiver.capture.gaps.AccountState`).
    """
    if account_state == "withdrawn":
        said = "the platform withdrew the access of the city's application"
        return Standing(Connection.WITHDRAWN, None, said, "Look into the platform's developer console.")
    if facts is None:
        return Standing(Connection.NONE, None, "it is public, and nobody has to connect it", "")
    end = ends_at(facts)
    if facts.refused == "revoked":
        said = "the consent was taken back, or the password changed"
        return Standing(Connection.REVOKED, end, said, "Ask whoever runs the account to connect it again.")
    if facts.refused is not None or _over(end, now) or (_over(facts.expires_at, now) and not facts.renewable):
        return Standing(
            Connection.SIGN_IN_NEEDED, end, "the platform no longer accepts the sign-in", "Connect it again."
        )
    if account_state == "sign_in_needed" and _over(facts.expires_at, now):
        said = "the sign-in has run out and could not be renewed"
        return Standing(
            Connection.SIGN_IN_NEEDED, end, said, "See the last run for why; if it stays, connect it again."
        )
    if account_state == "no_permission":
        said = "the platform no longer lets this account be read"
        return Standing(Connection.PERMISSION_LOST, end, said, "Ask whoever runs the account to allow it again.")
    if facts.lacking:
        said = f"it was connected without a permission that is needed now: {', '.join(facts.lacking)}"
        return Standing(Connection.PERMISSION_LOST, end, said, "Connect it again.")
    warned = warn_at(facts, zone)
    if warned is not None and warned <= now:
        return Standing(Connection.EXPIRING, end, "the consent ends soon", "Connect it again before it ends.")
    missing = f"; not granted: {', '.join(facts.missing)}" if facts.missing else ""
    return Standing(Connection.CONNECTED, end, f"connected{missing}", "")


def best(standings: Sequence[Standing]) -> Standing:
    """Of several owners' tokens, the one that counts: as long as one is good, the account can be read."""
    order = list(_ORDER)
    return min(standings, key=lambda one: order.index(one.state))


_ORDER = (
    Connection.CONNECTED,
    Connection.EXPIRING,
    Connection.PERMISSION_LOST,
    Connection.SIGN_IN_NEEDED,
    Connection.REVOKED,
    Connection.WITHDRAWN,
    Connection.NONE,
)


def _over(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now
