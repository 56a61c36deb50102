"""Whose a credential is that somebody gives by hand: it is asked before anything is kept, as of what an owner grants on
the way over the platform's own page. One that speaks for somebody else, a person among them, is not kept, nor one that
could write where a reading one is offered (law R5, R6)."""

from __future__ import annotations

from typing import Final

from archiver.accounts.grants import Grant, complaint
from archiver.accounts.identify import asking
from archiver.accounts.in_time import InTime, Limit
from archiver.accounts.trades import App, Denied, trade_all
from archiver.archive import Archive
from archiver.capture.secret_forms import Secret
from archiver.capture.signing import signing_of
from archiver.errors import Refused, Unreachable
from connectors.authorization import Connects
from connectors.contract import Connector

_SAID: Final = {
    "other_account": "this credential is of another account: give one of the account that it is to be kept for",
    "no_account": "the platform does not say whose this credential is, as of a person who has no account there: give"
    " one of the account that it is to be kept for",
}


def require_own(
    archive: Archive, connector: Connector, url: str, account: str, credential: Secret, limit: Limit
) -> None:
    """Refuse a credential that speaks for another account than the one at ``url``, which the platform knows as
    ``account``. Of one that shows what every stranger sees (an API key) nothing is asked; nor where a connector does
    not say how (:attr:`connectors.authorization.Authorization.whose`), for then it asks that itself when it captures.

    Raises:
        Refused: it is another's, or the platform does not take it, or it could write.
        Unreachable: the platform does not answer just now; nothing is known of it, so it is not kept.
    """
    signing = signing_of(connector, url, credential)
    if not isinstance(connector, Connects) or signing is None or not signing.signature.speaks_for_owner:
        return
    how = connector.authorization(url)
    if how.whose is None:
        return
    try:
        with asking(archive) as fetcher:
            asked = InTime(fetcher, limit)
            grant = trade_all(asked, (how.whose,), {}, App("", None), (), given=Grant(credential))
    except Denied as refusal:
        raise Refused(f"{connector.title} does not take this credential ({refusal}); nothing was kept") from None
    except Unreachable as failure:
        raise Unreachable(f"whose this credential is could not be asked, so it was not kept: {failure}") from None
    found = complaint(how, grant, account)
    if found is not None:
        code, said = found
        raise Refused(f"{_SAID.get(code, said)}; nothing was kept")
