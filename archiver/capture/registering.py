"""Having a platform send to our address where that takes several questions, each of which decides the next (X), signed
with the account's credential, or where it is asked with the application's (TikTok). Nothing of it is stored, and
nothing of an answer repeated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Row

from archiver.accounts import apps
from archiver.accounts.trades import Unrecorded
from archiver.capture import hooks
from archiver.capture.fetch_errors import FetchError, UnsendableRequest
from archiver.capture.hooks import OpenHook
from archiver.capture.signing import Signing, signing_of
from archiver.capture.terms import account_ref
from archiver.errors import NotFound
from connectors.authorization import CLIENT, CLIENT_SECRET, Connects
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
    if first is None:
        return None
    asking = _Asking(archive, fetcher, connector, signing)
    return Ended(_walk(asking, connector, account, address, first))


@dataclass(frozen=True, slots=True)
class _Asking:
    """Puts questions with what each has to be signed with."""

    archive: Archive
    fetcher: Unrecorded
    connector: Connector
    signing: Signing

    def asked(self, step: Step) -> Answer | str:
        """The answer; or why there is none."""
        token = None if step.of_app else self.signing.header(step.url)
        if (token is None and not step.of_app) or not self.signing.goes_to(step.url):
            return "the credential does not go there"
        try:
            body, headers = self._body(step), [*step.headers, *([] if step.body is None else [_JSON])]
            return self.fetcher.unrecorded(
                step.method, step.url, headers=headers, body=body, authorization=token, limit=2**20
            )
        except (FetchError, UnsendableRequest) as error:
            return f"nobody answered ({error.code})"
        except NotFound:
            return "the city's application at the platform is not stored"

    def _body(self, step: Step) -> bytes | None:
        if not step.of_app or not isinstance(step.body, dict):
            return None if step.body is None else json.dumps(step.body).encode()
        assert isinstance(self.connector, Connects)
        app = apps.app_for(self.archive, self.connector.platform, self.connector.authorization(step.url), "")
        known = {CLIENT: app.client, CLIENT_SECRET: "" if app.secret is None else app.secret.value}
        filled = {name: known.get(one, one) if isinstance(one, str) else one for name, one in step.body.items()}
        return json.dumps(filled).encode()


def _walk(asking: _Asking, connector: Registers, account: AccountRef, address: str, first: Step | str) -> str | None:
    """Ask one thing after the other; why it came to nothing, or None."""
    found: Step | str | None = first
    for _ in range(_MOST):
        if not isinstance(found, Step):
            return found
        answer = asking.asked(found)
        found = answer if isinstance(answer, str) else connector.registered(account, address, found, answer)
    return "it asked on without end"
