"""Having a platform send to our address where that takes several questions, each of which decides the next (X), signed
with the account's credential. Nothing of it is stored, and nothing of an answer repeated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Row

from archiver.accounts.trades import Unrecorded
from archiver.capture import hooks
from archiver.capture.fetch_errors import FetchError, UnsendableRequest
from archiver.capture.hooks import OpenHook
from archiver.capture.signing import Signing, signing_of
from archiver.capture.terms import account_ref
from connectors.contract import AccountRef, Answer, Connector
from connectors.deliveries import Registers, Step

if TYPE_CHECKING:
    from typing import Any

    from archiver.archive import Archive

_MOST: Final = 25
"""Questions of one try."""
_JSON: Final = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it. ``failed``: why it came to nothing."""

    failed: str | None


def register(
    archive: Archive, fetcher: Unrecorded, row: Row[Any], connector: Connector, hook: OpenHook
) -> Ended | None:
    """Register the address and subscribe the account at it. None: this account's credential is not for that, so the
    city does it.

    Raises:
        MissingKey, IntegrityError: the account's credential cannot be opened.
    """
    assert isinstance(connector, Registers)
    signing = signing_of(connector, row.url, archive.vault.token(row.id))
    if signing is None:
        return None
    account = account_ref(row, connector, authorised=signing.signature.speaks_for_owner)
    address = hooks.address(archive, hook)
    first = connector.registering(account, address)
    return None if first is None else Ended(_walk(fetcher, signing, connector, account, address, first))


def _walk(
    fetcher: Unrecorded, signing: Signing, connector: Registers, account: AccountRef, address: str, first: Step | str
) -> str | None:
    """Ask one thing after the other; why it came to nothing, or None."""
    found: Step | str | None = first
    for _ in range(_MOST):
        if not isinstance(found, Step):
            return found
        answer = _asked(fetcher, signing, found)
        found = answer if isinstance(answer, str) else connector.registered(account, address, found, answer)
    return "it asked on without end"


def _asked(fetcher: Unrecorded, signing: Signing, step: Step) -> Answer | str:
    """The answer; or why there is none."""
    token = signing.header(step.url)
    if token is None:
        return "the credential does not go there"
    body = None if step.body is None else json.dumps(step.body).encode()
    headers = [] if body is None else [_JSON]
    try:
        return fetcher.unrecorded(step.method, step.url, headers=headers, body=body, authorization=token, limit=2**20)
    except (FetchError, UnsendableRequest) as error:
        return f"nobody answered ({error.code})"
