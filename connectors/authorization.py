"""How the owner of an account lets the archive read it: OAuth 2.0 (RFC 6749), in words that the engine carries out.

A connector says where the owner is sent, what is asked for and why, and by which questions a code becomes a token. It
does no I/O and never sees a code, secret or token: they are named by placeholders, which the engine fills in. What is
asked in this way is never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, Final, Literal, Protocol, runtime_checkable

# Placeholders in the address and in the values of a :class:`Trade`.
CODE: Final = "{code}"
"""What the platform sent the owner back with."""
VERIFIER: Final = "{verifier}"
"""The secret behind the challenge (RFC 7636 §4.1)."""
RETURN: Final = "{return}"
"""Where the owner is sent back to (the redirect URI)."""
CLIENT: Final = "{client}"
"""Id of the application that the city registered (the client id)."""
CLIENT_SECRET: Final = "{client_secret}"  # noqa: S105 - a placeholder
ACCESS: Final = "{access}"
"""The token that the trades before gave."""
RENEWAL: Final = "{renewal}"
"""The token that renews it (the refresh token)."""
SCOPES: Final = "{scopes}"
"""Everything that is asked for, as the platform separates it."""
PLACEHOLDERS: Final = (CODE, VERIFIER, RETURN, CLIENT, CLIENT_SECRET, ACCESS, RENEWAL, SCOPES)

Gives = Literal[
    "access",
    "renewal",
    "lasts",
    "ends",
    "consent_lasts",
    "consent_ends",
    "scopes",
    "account",
    "client",
    "client_secret",
]
"""What a member of an answer is: the token and what renews it; how long the token lasts (seconds) or when it ends (Unix
time, 0: never); the same of what the owner agreed to, after which only the owner can renew it; what was granted; whose
account it is of; and, of a registration, the application."""

STANDARD: Final[Mapping[Gives, str]] = {
    "access": "/access_token",
    "renewal": "/refresh_token",
    "lasts": "/expires_in",
    "scopes": "/scope",
}
"""An answer as RFC 6749 §5.1 has it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission that is asked for."""

    name: str
    """As the platform calls it."""
    why: str
    """What the archive reads with it, one plain sentence for the owner."""
    needed: bool = True
    """Without it nothing can be captured. Otherwise what it is for stays a gap."""
    also: str | None = None
    """What else it allows, where the platform has none that only reads. The archive never does it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one entry of a list that is the account: an owner may have several."""

    among: str
    """JSON pointer of the list."""
    by: tuple[str, ...]
    """Pointers, from an entry, of what it may be named by: its id, its name."""
    written: str | None = None
    """How the account's id stands there, ``%s`` for itself, where that is not as the connector has it. The account is
    then asked for before with the token, and an entry that names it says that it is of this account."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One question by which what was granted becomes a token, or is looked at."""

    url: str
    form: tuple[tuple[str, str], ...] = ()
    """Sent as a form; of a GET, in the query."""
    method: Literal["GET", "POST"] = "POST"
    basic: bool = False
    """The application says who it is in a header (RFC 6749 §2.3.1), not in the form."""
    bearer: bool = False
    """Signed with the token that the trades before gave."""
    gives: Mapping[Gives, str] = field(default_factory=lambda: STANDARD)
    """JSON pointers (RFC 6901) into the answer; with ``chosen``, into the entry. A member that is not there gives
    nothing."""
    chosen: Chosen | None = None
    headers: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    """Where the platform refuses it, the others count without it. For what only some applications may ask."""
    json: bool = False
    """The form is sent as a JSON object, whose values are texts."""
    signed: bool = False
    """A GET, signed as OAuth 1.0a has it (RFC 5849 §3.1): with the application's and temporary credentials, afterwards
    with those that the trades before gave."""
    written: bool = False
    """The answer is a form (RFC 5849 §2.1). Its members are read as those of a JSON object; in it ``credential`` is all
    that signs for the owner, as one."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """How a platform lets somebody else read an account."""

    page: str
    """Where its owner is asked."""
    scopes: tuple[Scope, ...]
    trades: tuple[Trade, ...]
    """In their order, after the owner agreed. The last token they give is the one that is kept."""
    renew: Trade | None = None
    """Gives another token before one runs out. None: only the owner can."""
    writing: str = r"(?!)"
    """Regular expression for whole names of permissions that write: a grant of one that was not asked for is refused,
    since a stolen token could then speak for the city."""
    register: Trade | None = None
    """Makes an application known to the server by itself. None: the city registers one by hand."""
    more: tuple[tuple[str, str], ...] = ()
    """Further parameters of :attr:`page`."""
    separator: str = " "
    """Between permissions."""
    challenge: bool = True
    """The platform knows PKCE (RFC 7636)."""
    token_age: timedelta = timedelta(0)
    """A token younger than this cannot be renewed."""
    client: str = "client_id"
    """What :attr:`page` calls the application's id."""
    temporary: Trade | None = None
    """Gives the temporary credentials with which the owner is sent to :attr:`page`: OAuth 1.0a (RFC 5849 §2.1). None:
    OAuth 2.0."""
    app: str | None = None
    """Platform whose application is used, where it is not the account's own."""
    whose: Trade | None = None
    """Signed with a credential that somebody gives by hand, says whose it is, and what it allows where the platform
    tells. None: it is not asked before it is kept."""
    application: Trade | None = None
    """Gives the application a token of its own (client credentials, RFC 6749 §4.4), with which what everybody sees is
    asked for (:attr:`~connectors.contract.Ask.authorise`). None: the platform has none, or it is not needed."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the city has to do once, before owners can be asked. Plain sentences for a system administrator."""

    steps: tuple[str, ...]
    review: str
    """Whether the platform looks at the application first, and how long that takes."""
    cost: str
    terms: str
    """What the platform's terms say against keeping records, and what the City Attorney decides (law R23)."""
    console: str
    """Address where the application is registered."""


@runtime_checkable
class Connects(Protocol):
    """A connector of a platform where the owner of an account grants reading it."""

    set_up: ClassVar[SetUp]

    def authorization(self, url: str) -> Authorization:
        """How the owner of the account at ``url`` (its own, or a :attr:`~connectors.contract.Claim.url`) grants it."""
        ...


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """The version of a platform's API that a connector speaks."""

    name: str
    ends: date | None
    """Last day on which it is answered; None: not announced."""
    checked: date | None = None
    """When that was looked up."""
    source: str = ""
    """Where, or why it is so; a clause for a person."""

    @property
    def said(self) -> str:
        """What is known of its end, one clause."""
        until = f"answered until {self.ends} at least" if self.ends else "no end is known"
        looked = f"checked on {self.checked}" if self.checked else ""
        why = "; ".join(filter(None, (self.source, looked)))
        return f"{until} ({why})" if why else until


@runtime_checkable
class Versioned(Protocol):
    """A connector of a platform that takes versions of its API out of service."""

    api_version: ClassVar[ApiVersion]
