"""Where the owner of a listed account is written to. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from archiver.evidence.register_facts import MAIL, MAIL_LENGTH, ListingSays

_MAIL: Final = re.compile(MAIL)
_HINT: Final = "is no mail address: write it as name@city.example"


def wrong_mail(said: str) -> str | None:
    """What is wrong with a mail address, to stand behind the name of its field; None where nothing is."""
    fine = len(said) <= MAIL_LENGTH and _MAIL.fullmatch(said)
    return None if fine and len(said.rpartition("@")[0]) <= 64 else _HINT


def renewed(before: ListingSays | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is said anew of a listing, with the address of an owner who is one no more taken away: nobody is to be sent
    a link for an account that was another's."""
    if before is None or "owner" not in given or "owner_mail" in given or given["owner"] == before.owner:
        return dict(given)
    return {**given, "owner_mail": None}


def writes_to(listing: ListingSays | None, day: str) -> str | None:
    """Where the owner of an account is written to on a day; None: nowhere, or the owner has left."""
    if listing is None or (listing.owner_until is not None and listing.owner_until < day):
        return None
    return listing.owner_mail
