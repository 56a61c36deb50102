"""How a credential goes with a question, where a platform takes it at a server of its own (:class:`connectors.contract.
Signs`): in a header, or as a parameter of the query. It is a secret either way, and masked wherever it turns up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from archiver.capture.secret_forms import Secret
from connectors.contract import Connector, Signature, Signs


@dataclass(frozen=True, slots=True, repr=False)
class Signing:
    """One credential of one account, and where it may go."""

    server: str
    """Origin; it is sent nowhere else."""
    signature: Signature
    secret: Secret

    def header(self, url: str) -> Secret | None:
        """What is sent to ``url`` as a bearer token."""
        alone = self.signature.parameter is None and self.signature.header is None
        return self.secret if alone and self._goes_to(url) else None

    def headers(self, url: str) -> tuple[tuple[str, str], ...]:
        """What is sent to ``url`` in a header of the platform's own."""
        name = self.signature.header
        return ((name, self.secret.value),) if name is not None and self._goes_to(url) else ()

    def parameters(self, url: str) -> tuple[tuple[str, str], ...]:
        """What is sent to ``url`` in the query."""
        name = self.signature.parameter
        return ((name, self.secret.value),) if name is not None and self._goes_to(url) else ()

    def _goes_to(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return f"{parts.scheme}://{parts.netloc}".lower() == self.server


def signing_of(connector: Connector, url: str, secret: Secret | None) -> Signing | None:
    """How what is asked of the account at ``url`` is signed; None where it is not, or in the way of every other
    platform (a bearer token, to the server of the account's own address)."""
    if secret is None or not isinstance(connector, Signs):
        return None
    kinds = (one for one in connector.signatures if re.fullmatch(one.form, secret.value))
    kind = next(kinds, None)
    return None if kind is None else Signing(connector.signed_server(url), kind, secret)
