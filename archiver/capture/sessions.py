"""Signing in where a platform trades a password for tokens that soon run out. Its exchanges are never stored.

The password is sealed in the vault and opened only here. The tokens live in the memory of one process, until they run
out: after a start the password is traded anew. They go to the one server that the connector named, and nowhere else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from archiver.capture.fetch_errors import FetchError, UnsendableRequest
from archiver.capture.masking import Secret
from archiver.http import Fetcher
from connectors.contract import (
    PASSWORD,
    AccountRef,
    Answer,
    Ask,
    Connector,
    Problem,
    ProblemKind,
    SignIn,
    SignsIn,
)

_LARGEST = 2**20


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a sign-in gave."""

    access: Secret
    renewal: Secret | None


@dataclass(slots=True)
class Sessions:
    """The sign-ins of one process, by account. Safe for several threads: accounts do not share one."""

    fetcher: Fetcher
    _tokens: dict[tuple[str, str], Tokens] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def session(
        self, connector: Connector, account: AccountRef, secret: Secret | None, bookmark: Mapping[str, Any]
    ) -> Session | None:
        """The session in which an account is read; None where none is needed, or it is not known yet where to sign
        in."""
        if secret is None or not isinstance(connector, SignsIn):
            return None
        how = connector.sign_in(account, bookmark)
        return None if how is None else Session(self, connector, account.id, secret, how)

    def kept(self, place: tuple[str, str]) -> Tokens | None:
        with self._lock:
            return self._tokens.get(place)

    def keep(self, place: tuple[str, str], tokens: Tokens | None) -> None:
        with self._lock:
            if tokens is None:
                self._tokens.pop(place, None)
            else:
                self._tokens[place] = tokens


@dataclass(slots=True)
class Session:
    """One account's sign-in during one run."""

    sessions: Sessions
    connector: Connector
    account: str
    password: Secret
    how: SignIn
    problem: Problem | None = None
    """Why there is none."""

    @property
    def server(self) -> str:
        """Origin that the token may be sent to."""
        return self.how.server

    @property
    def _place(self) -> tuple[str, str]:
        return self.account, self.how.server

    def token(self) -> Secret | None:
        """The token to sign with; None where there is none, for the reason in :attr:`problem`."""
        kept = self.sessions.kept(self._place)
        if kept is None and self.problem is None:
            kept = self._open()
        return None if kept is None else kept.access

    def renew(self) -> bool:
        """The token has run out: get another, with what the last sign-in gave for it, else with the password. Whether
        there is one."""
        kept = self.sessions.kept(self._place)
        self.sessions.keep(self._place, None)
        if kept is not None and kept.renewal is not None and self._trade(self.how.renew, kept.renewal) is not None:
            self.problem = None
            return True
        return self._open() is not None

    def secrets(self) -> tuple[Secret, ...]:
        """Whatever must not be stored."""
        kept = self.sessions.kept(self._place)
        known = () if kept is None else (kept.access, kept.renewal)
        return (self.password, *(one for one in known if one is not None))

    def _open(self) -> Tokens | None:
        ask = self.how.open
        body = (ask.body or b"").replace(PASSWORD, json.dumps(self.password.value)[1:-1].encode())
        return self._trade(replace(ask, body=body), None)

    def _trade(self, ask: Ask, signed: Secret | None) -> Tokens | None:
        try:
            answer = self.sessions.fetcher.unrecorded(
                ask.method, ask.url, headers=ask.headers, body=ask.body, authorization=signed, limit=_LARGEST
            )
        except (FetchError, UnsendableRequest) as error:
            self.problem = Problem(ProblemKind.TRANSIENT, str(error))
            return None
        self.problem = self.connector.read(ask, answer).problem
        tokens = None if self.problem is not None else self._tokens(answer)
        self.sessions.keep(self._place, tokens)
        return tokens

    def _tokens(self, answer: Answer) -> Tokens | None:
        try:
            access, renewal = (answer.json.get(name) for name in (self.how.access, self.how.renewal))
            return Tokens(Secret(access), Secret(renewal, "renewal token") if isinstance(renewal, str) else None)
        except (ValueError, AttributeError, TypeError, UnicodeError) as error:
            self.problem = Problem(ProblemKind.CONTRACT, f"the sign-in gave no token ({type(error).__name__})")
            return None
