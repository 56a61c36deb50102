"""Tokens of the city's applications themselves, with no owner of an account behind them (client credentials, RFC 6749
§4.4): what is asked with one shows what everybody sees. They are kept in memory alone, and asked for anew."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from archiver import logs
from archiver.accounts import apps
from archiver.accounts.grants import Grant
from archiver.accounts.renewing import how_of
from archiver.accounts.trades import Denied, Unrecorded, trade_all
from archiver.capture.secret_forms import Secret
from archiver.errors import ArchiverError, NotFound
from connectors.contract import Connector, Problem, ProblemKind

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_BEFORE: Final = timedelta(minutes=5)
"""So long before it ends a token is no longer used."""
_USUAL: Final = timedelta(minutes=30)
"""How long one is used where the platform does not say."""
_NOT_AGAIN: Final = timedelta(days=1)
"""So long after it was denied it is not asked for: an application of another kind is not given any."""
_SOON: Final = timedelta(minutes=5)
"""So long after the platform did not answer, or refused a token that it had just given, none is asked for."""
_FRESH: Final = timedelta(minutes=1)
"""A token is used for so long at least, however soon it is said to end; refused within it, another would be too."""


@dataclass(frozen=True, slots=True)
class _Had:
    access: Secret | None
    """None: there is none, and ``why`` says why not."""
    until: datetime
    got: datetime
    why: Problem | None = None


@dataclass(slots=True)
class AppTokens:
    """Of one archive and one process. Safe for several threads."""

    archive: Archive
    fetcher: Unrecorded
    _had: dict[str, _Had] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def possible(self, connector: Connector, url: str) -> bool:
        """Whether what everybody sees is asked as the application: there is a token. Where there is none for now,
        nothing is asked for in vain; a later run asks, and a full sweep makes up for it. Where the platform refuses the
        application, it is asked all the same, and that comes to nothing without a question to the platform: so it is
        told as a gap, and not only missing."""
        how = how_of(connector, url)
        if how is None or how.application is None:
            return False
        token = self.token(connector, url)
        return not isinstance(token, Problem) or token.kind is ProblemKind.WITHDRAWN

    def token(self, connector: Connector, url: str, *, not_this: Secret | None = None) -> Secret | Problem:
        """A token; or why there is none now. ``not_this``: the platform no longer takes that one."""
        how = how_of(connector, url)
        if how is None or how.application is None:
            return Problem(ProblemKind.CONTRACT, "this platform gives an application no token of its own")
        with self._lock:
            had, now = self._had.get(connector.platform), self.archive.clock.now()
            if had is not None and had.access is not None and had.access == not_this and now - had.got < _FRESH:
                return self._none(connector.platform, _REFUSED, now, _SOON)
            if had is not None and had.until > now and (had.access is None or had.access != not_this):
                return had.access or had.why or _DENIED
            try:
                app = apps.app_for(self.archive, connector.platform, how, "")
                grant = trade_all(self.fetcher, (how.application,), {}, app, ())
            except Denied as error:
                _log.warning("application.denied", platform=connector.platform, reason=str(error))
                return self._none(connector.platform, _DENIED, now, _NOT_AGAIN)
            except NotFound:
                return Problem(ProblemKind.CONTRACT, "the city's application at the platform is not stored")
            except ArchiverError as error:
                _log.warning("application.no_token", platform=connector.platform, reason=str(error))
                why = Problem(ProblemKind.TRANSIENT, f"the application got no token: {error}")
                return self._none(connector.platform, why, now, _SOON)
            return self._kept(connector.platform, grant, now)

    def _kept(self, platform: str, grant: Grant, now: datetime) -> Secret | Problem:
        if grant.access is None:
            return self._none(platform, _DENIED, now, _NOT_AGAIN)
        ends = now + _USUAL if grant.expires_at is None else grant.expires_at - _BEFORE
        self._had[platform] = _Had(grant.access, max(ends, now + _FRESH), now)
        return grant.access

    def _none(self, platform: str, why: Problem, now: datetime, lasts: timedelta) -> Problem:
        self._had[platform] = _Had(None, now + lasts, now, why)
        return why


_REFUSED: Final = Problem(ProblemKind.WITHDRAWN, "the platform refuses the token that it just gave the application")
_DENIED: Final = Problem(ProblemKind.WITHDRAWN, "the platform gives the city's application no token of its own")
