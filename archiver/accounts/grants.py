"""What an owner's consent gave: reading tokens out of a platform's answers, and whether they are what was asked for.
Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from archiver.capture.secret_forms import Secret
from connectors.authorization import Authorization, Chosen, Gives, Trade
from connectors.contract import Answer

_CODE = re.compile(r"[A-Za-z_]{1,60}")
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """A token, and what is known of it."""

    access: Secret | None = None
    renewal: Secret | None = None
    expires_at: datetime | None = None
    """None: it is not told, or never."""
    consent_ends_at: datetime | None = None
    """Until when the owner's consent counts; after it only the owner can renew it."""
    scopes: frozenset[str] | None = None
    """What was granted; None: the platform does not say."""
    account: str | None = None
    """The platform's id of the account it is of."""


class NotThere(ValueError):  # noqa: N818 - named as the cause
    """The list of accounts does not hold the one that is meant."""


def read_grant(
    trade: Trade, answer: Answer, before: Grant, names: frozenset[str], account_id: str | None = None
) -> Grant:
    """What is known after one more answer.

    Args:
        names: ids and names, in lower case, of the account that is meant.
        account_id: the platform's id of it, where a list writes that in its own way.

    Raises:
        NotThere: it is not among the accounts that were chosen.
        ValueError: not JSON.
        UsageError: a token that cannot be kept out of the record.
    """
    body = answer.json
    proven = None
    if trade.chosen is not None:
        if trade.chosen.written is not None:
            names, proven = frozenset({(trade.chosen.written % account_id).casefold()}), account_id
        body = _entry(body, trade.chosen, names)
    said = {name: at_pointer(body, pointer) for name, pointer in trade.gives.items()}
    now = answer.received_at
    access = _secret(said.get("access"), "token")
    after = before if access is None else replace(before, access=access, expires_at=None)
    renewal = _secret(said.get("renewal"), "renewal token")
    scopes = _scopes(said.get("scopes"))
    account = said.get("account", proven)
    return replace(
        after,
        renewal=renewal or after.renewal,
        expires_at=_ends(said, "lasts", "ends", now) or after.expires_at,
        consent_ends_at=_ends(said, "consent_lasts", "consent_ends", now) or after.consent_ends_at,
        scopes=after.scopes if scopes is None else scopes,
        account=str(account) if isinstance(account, str | int) and not isinstance(account, bool) else after.account,
    )


def complaint(authorization: Authorization, grant: Grant, account: str) -> tuple[str, str] | None:
    """Why a grant is not taken, as a code and in a sentence for the owner; None where it is what was asked for.

    Args:
        account: the platform's id of the account that is meant.
    """
    if grant.access is None:
        return "no_token", "the platform gave no token"
    if grant.account is None:
        return "no_account", "the platform does not say whose account this is"
    if grant.account != account:
        return "other_account", "this is another account: sign out there, and in again as the one that is meant"
    if grant.scopes is None:
        return None
    asked = {one.name for one in authorization.scopes}
    writing = sorted(one for one in grant.scopes - asked if re.fullmatch(authorization.writing, one))
    if writing:
        return "too_much", (
            f"it would also let the archive write ({', '.join(writing)[:200]}), which it must not be able to: take the"
            " permission back in the account's settings at the platform, and try again"
        )
    missing = not_granted(authorization, grant.scopes, needed=True)
    if missing:
        return "too_little", f"without these permissions nothing can be archived: {', '.join(missing)}"
    return None


def not_granted(
    authorization: Authorization, scopes: Sequence[str] | frozenset[str] | None, *, needed: bool = False
) -> list[str]:
    """What was asked for and not granted, as far as it is known; what it is for stays a gap. ``needed``: only that
    without which nothing is archived."""
    if scopes is None:
        return []
    asked = [one.name for one in authorization.scopes if one.needed or not needed]
    return [one for one in asked if not _has(frozenset(scopes), one)]


def error_code(answer: Answer) -> str | None:
    """What a refusal calls itself (RFC 6749 §5.2, or a platform's own code), where that is a plain name or number."""
    try:
        body = answer.json
    except ValueError:
        return None
    said = body.get("error") if isinstance(body, dict) else None
    if said is None and isinstance(body, dict) and isinstance(body.get("code"), int):
        said = body["code"] or None  # TikTok's business API: the status is always 200, and 0 is no error
    if isinstance(said, dict):
        said = said.get("code", said.get("type"))
    if isinstance(said, int) and not isinstance(said, bool):
        return f"code {said}"
    return said if isinstance(said, str) and _CODE.fullmatch(said) else None


def at_pointer(value: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) names; None where nothing is there."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(name)] if name.isdigit() and name.isascii() and int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _entry(body: Any, chosen: Chosen, names: frozenset[str]) -> Any:
    listed = at_pointer(body, chosen.among)
    for one in listed if isinstance(listed, list) else ():
        if names & {str(at_pointer(one, pointer)).casefold() for pointer in chosen.by}:
            return one
    raise NotThere


def _secret(value: Any, what: str) -> Secret | None:
    return Secret(value, what) if isinstance(value, str) and value else None


def _scopes(value: Any) -> frozenset[str] | None:
    """Of a text (RFC 6749 §3.3; some use commas), a list of texts, or a list of permissions with their state."""
    if isinstance(value, str):
        return frozenset(filter(None, re.split(r"[ ,]+", value)))
    if not isinstance(value, list):
        return None
    granted = [one.get("permission") for one in value if isinstance(one, dict) and one.get("status") == "granted"]
    return frozenset(one for one in (*value, *granted) if isinstance(one, str))


def _has(scopes: frozenset[str], name: str) -> bool:
    """A wider permission has the narrower one in it: ``read`` has ``read:statuses``."""
    return name in scopes or name.partition(":")[0] in scopes


def _ends(said: Mapping[Gives, Any], lasts: Gives, ends: Gives, now: datetime) -> datetime | None:
    seconds, at = _number(said.get(lasts)), _number(said.get(ends))
    if seconds:
        return now + min(timedelta(seconds=seconds), _LONGEST)
    return min(datetime.fromtimestamp(at, UTC), now + _LONGEST) if at else None


def _number(value: Any) -> float:
    """A number of seconds that a calendar can hold; 0 for anything else."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_one and 0 < value < 1e11 else 0
