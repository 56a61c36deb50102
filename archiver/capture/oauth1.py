"""Signing what is asked for an account's owner as OAuth 1.0a has it (RFC 5849 §3): with four values that together are
one credential here, so that they are sealed, replaced and forgotten as one.

The signature is made by Authlib. It goes into the header ``Authorization`` alone, which no record holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

from authlib.oauth1 import ClientAuth

from archiver.capture.secret_forms import Secret

_NAME = "oauth1"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The application's, and those of a token: temporary, or the owner's. Without a token: the application's alone."""

    client: str
    client_secret: str
    token: str = ""
    token_secret: str = ""

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Inverse of :attr:`text`; None for any other credential."""
        name, *parts = text.split(":")
        return cls(*map(unquote, parts)) if name == _NAME and len(parts) == 4 and all(parts) else None

    @property
    def text(self) -> str:
        """All four as one word."""
        parts = (self.client, self.client_secret, self.token, self.token_secret)
        return ":".join((_NAME, *(quote(one, safe="") for one in parts)))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Each of them, as it may turn up by itself."""
        told = {"API key": self.client, "client secret": self.client_secret, "token": self.token}
        return tuple(Secret(value, what) for what, value in (told | {"token secret": self.token_secret}).items())


def authorization(
    method: str, url: str, by: Credentials, *, back: str | None = None, verifier: str | None = None
) -> str:
    """Value of the header for one request without a body; each has a nonce and a time of its own.

    Args:
        url: with its query, as it is sent.
        back: where the owner is to be sent back to (RFC 5849 §2.1).
        verifier: what the owner came back with (§2.3).
    """
    client = ClientAuth(by.client, by.client_secret, by.token or None, by.token_secret or None, back, verifier=verifier)
    _, headers, _ = client.sign(method, url, {}, None)
    return str(headers["Authorization"])
