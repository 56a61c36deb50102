"""How a credential goes with a question, where a platform takes it at a server of its own (:class:`connectors.contract.
Signs`): in a header, as a parameter of the query, or as a signature made with it. It is a secret either way, and masked
wherever it turns up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from archiver.capture import oauth1
from archiver.capture.secret_forms import Secret
from connectors.contract import Ask, Connector, Signature, Signs


@dataclass(frozen=True, slots=True, repr=False)
class Signing:
    """One credential of one account, and where it may go."""

    server: str
    """Origin; it is sent nowhere else."""
    signature: Signature
    secret: Secret

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All of it, and each part by itself."""
        credentials = self._credentials
        return (self.secret,) if credentials is None else (self.secret, *credentials.secrets)

    def header(self, url: str) -> Secret | None:
        """What is sent to ``url`` as a bearer token."""
        alone = self.signature.parameter is None and self.signature.header is None
        return self.secret if alone and self.goes_to(url) else None

    def headers(self, ask: Ask) -> tuple[tuple[str, str], ...]:
        """What is sent with a question in a header of the platform's own."""
        if not self.goes_to(ask.url):
            return ()
        credentials = self._credentials
        if credentials is not None:
            return (("Authorization", _signed(ask, credentials)),) if _as_owner(ask) else ()
        name = self.signature.header
        return ((name, self.secret.value),) if name is not None else ()

    def parameters(self, ask: Ask) -> tuple[tuple[str, str], ...]:
        """What is sent with a question in the query. What is not asked as the owner goes with the application's key
        alone: then the answer is what every stranger gets."""
        name, credentials = self.signature.parameter, self._credentials
        if name is None or not self.goes_to(ask.url):
            return ()
        if credentials is not None:
            return () if _as_owner(ask) else ((name, credentials.client),)
        return ((name, self.secret.value),)

    @property
    def _credentials(self) -> oauth1.Credentials | None:
        return oauth1.Credentials.of(self.secret.value) if self.signature.oauth1 else None

    def goes_to(self, url: str) -> bool:
        """Whether an address is at the server that the credential may be sent to."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return f"{parts.scheme}://{parts.netloc}".lower() == self.server


def _as_owner(ask: Ask) -> bool:
    return ask.authorise == "required"


def _signed(ask: Ask, credentials: oauth1.Credentials) -> str:
    more = urlencode(ask.parameters)
    url = f"{ask.url}{'&' if '?' in ask.url else '?'}{more}" if more else ask.url
    return oauth1.authorization(ask.method, url, credentials)


def signing_of(connector: Connector, url: str, secret: Secret | None) -> Signing | None:
    """How what is asked of the account at ``url`` is signed; None where it is not, or in the way of every other
    platform (a bearer token, to the server of the account's own address)."""
    if secret is None or not isinstance(connector, Signs):
        return None
    kinds = (one for one in connector.signatures if re.fullmatch(one.form, secret.value))
    kind = next(kinds, None)
    return None if kind is None else Signing(connector.signed_server(url), kind, secret)
