"""Carrying out what a connector says of signing in: filling placeholders, asking, and reading what came. Nothing of it
is stored, and no error repeats anything of it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from json import dumps
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode

from archiver.accounts.grants import Grant, NotThere, at_pointer, error_code, read_grant
from archiver.capture import oauth1
from archiver.capture.fetch_errors import FetchError, UnsendableRequest
from archiver.capture.secret_forms import Secret
from archiver.errors import Refused, Unreachable, UsageError
from connectors.authorization import ACCESS, CLIENT, CLIENT_SECRET, CODE, PLACEHOLDERS, RENEWAL, RETURN, VERIFIER, Trade
from connectors.contract import Answer

_LARGEST = 2**20
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/json")
_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
_BUSY = frozenset({408, 425, 429, *range(500, 600)})
#: What platforms say inside an answer that is fine by its status: TikTok's business API, of too many questions and of
#: trouble of its own; Flickr of the latter.
_BUSY_CODES = frozenset({"code 105", "code 40100", "code 50000", "code 50002"})


_NOTHING = Grant()


class Unrecorded(Protocol):
    """Has one exchange of which nothing is kept, as :meth:`archiver.http.Fetcher.unrecorded` does."""

    def unrecorded(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        authorization: Secret | None = None,
        limit: int = ...,
        within: float | None = ...,
    ) -> Answer: ...


class Denied(Refused):
    """The platform said no to a trade. ``code``: what it calls it, where that is a plain name."""

    def __init__(self, said: str, code: str | None) -> None:
        super().__init__(said)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class App:
    """The application that the city registered at a platform."""

    client: str
    secret: Secret | None


def trade_all(
    fetcher: Unrecorded,
    trades: Sequence[Trade],
    known: Mapping[str, str],
    app: App,
    names: Sequence[str],
    identify: Callable[[Secret], str] | None = None,
    given: Grant = _NOTHING,
) -> Grant:
    """Carry out trades one after the other.

    Args:
        known: what stands for the placeholders, but the application and tokens.
        names: ids and names of the account that is meant.
        identify: asks with a token for the platform's id of that account, where a trade has to know it.
        given: what is there before the first of them.

    Raises:
        Unreachable: the platform does not answer, or has trouble; nothing was given.
        Denied: it said no.
    """
    grant = given
    wanted = frozenset(name.casefold() for name in names)
    for trade in trades:
        try:
            answer, account = ask(fetcher, trade, known, app, grant), None
        except Denied:
            if trade.optional:
                continue
            raise
        if trade.chosen is not None and trade.chosen.written is not None and grant.access is not None:
            account = identify(grant.access) if identify is not None else None
        try:
            grant = read_grant(trade, answer, grant, wanted, account)
        except NotThere:
            raise Denied(
                "whoever signed in does not look after this account, or did not choose it when the platform asked", None
            ) from None
        except (ValueError, RecursionError):
            raise Denied("the platform answered in a way that is not known; nothing was kept", None) from None
    return grant


def renewed(fetcher: Unrecorded, trade: Trade, app: App, grant: Grant) -> Grant:
    """Another token in place of one that runs out, and what renews that one.

    Raises:
        Unreachable: try again later.
        Denied: it will not be renewed any more.
    """
    answer = ask(fetcher, trade, {}, app, grant)
    try:
        after = read_grant(trade, answer, grant, frozenset())
    except (ValueError, RecursionError):
        raise Denied("the platform answered in a way that is not known", None) from None
    if after is grant or after.access is None or at_pointer(answer.json, trade.gives.get("access", "/")) is None:
        raise Denied("the platform gave no token", None)
    return after


def registered(fetcher: Unrecorded, trade: Trade, known: Mapping[str, str]) -> App:
    """An application made known to a server by itself.

    Raises:
        Unreachable, Denied: as above.
    """
    answer = ask(fetcher, trade, known, App("", None), Grant())
    try:
        client, secret = (at_pointer(answer.json, trade.gives[name]) for name in ("client", "client_secret"))
    except (ValueError, RecursionError):
        client = secret = None
    if not isinstance(client, str) or not isinstance(secret, str) or not client.isprintable():
        raise Denied("the server did not make the archive known to itself", None)
    return App(client, Secret(secret, "client secret"))


def temporary(fetcher: Unrecorded, trade: Trade, known: Mapping[str, str], app: App) -> oauth1.Credentials:
    """Temporary credentials, with which an owner is sent to the platform (RFC 5849 §2.1).

    Raises:
        Unreachable, Denied: as above.
    """
    said = ask(fetcher, trade, known, app, Grant()).json
    token, secret = (said.get(name) for name in ("oauth_token", "oauth_token_secret"))
    if said.get("oauth_callback_confirmed") != "true" or not token or not secret:
        raise Denied("the platform answered in a way that is not known", None)
    return replace(_application(app), token=token, token_secret=secret)


def ask(fetcher: Unrecorded, trade: Trade, known: Mapping[str, str], app: App, grant: Grant) -> Answer:
    """Put one question; what is not refused.

    Raises:
        Unreachable, Denied: as :func:`trade_all`.
    """
    values = {**known, CLIENT: app.client, CLIENT_SECRET: app.secret.value if app.secret else ""}
    values[ACCESS] = grant.access.value if grant.access else ""
    values[RENEWAL] = grant.renewal.value if grant.renewal else ""
    form = [(name, _filled(value, values)) for name, value in trade.form]
    headers, body, url = [*trade.headers], None, trade.url
    if not any(name.lower() == "accept" for name, _ in headers):
        headers.insert(0, ("Accept", "application/json"))
    if trade.method == "POST":
        headers.append(_JSON if trade.json else _FORM)
        body = (dumps(dict(form)) if trade.json else urlencode(form)).encode()
    elif form:
        url = f"{url}?{urlencode(form)}"
    if trade.basic:
        headers.append(("Authorization", _basic(app)))
    by = _signer(app, values, grant) if trade.signed else None
    if by is not None:
        fresh = grant.access is None
        back, verifier = (values.get(name) or None if fresh else None for name in (RETURN, CODE))
        said = oauth1.authorization("GET", url, by, back=None if by.token else back, verifier=verifier)
        headers.append(("Authorization", said))
    try:
        answer = fetcher.unrecorded(
            trade.method, url, headers=headers, body=body, authorization=grant.access if trade.bearer else None,
            limit=_LARGEST,
        )  # fmt: skip
    except (FetchError, UnsendableRequest) as error:
        raise Unreachable(f"the platform does not answer ({error.code}); try again in a while") from None
    return _read_form(_accepted(answer), app) if trade.written else _accepted(answer)


def _signer(app: App, values: Mapping[str, str], grant: Grant) -> oauth1.Credentials:
    """Who signs: whoever agreed; before, the application with temporary credentials, or alone."""
    found = None if grant.access is None else oauth1.Credentials.of(grant.access.value)
    return found or oauth1.Credentials.of(values.get(VERIFIER, "")) or _application(app)


def _application(app: App) -> oauth1.Credentials:
    if app.secret is None:
        raise UsageError("this platform wants the application's secret as well")
    return oauth1.Credentials(app.client, app.secret.value)


def _read_form(answer: Answer, app: App) -> Answer:
    """The same as a JSON object."""
    try:
        said: dict[str, str] = dict(parse_qsl(answer.body.decode("utf-8", "replace"), max_num_fields=50))
    except ValueError:
        raise Denied("the platform answered in a way that is not known", None) from None
    token, secret = said.get("oauth_token"), said.get("oauth_token_secret")
    if token and secret:
        said["credential"] = replace(_application(app), token=token, token_secret=secret).text
    return replace(answer, body=dumps(said).encode())


def _accepted(answer: Answer) -> Answer:
    if answer.status in _BUSY:
        raise Unreachable(f"the platform has trouble (status {answer.status}); try again in a while")
    code = error_code(answer)
    if code in _BUSY_CODES:
        raise Unreachable(f"the platform has trouble ({code}); try again in a while")
    if not 200 <= answer.status < 300 or code is not None:
        named = code or f"status {answer.status}"
        raise Denied(f"the platform refused ({named})", code)
    return answer


def _filled(value: str, values: Mapping[str, str]) -> str:
    """``value`` with what its placeholders stand for; what stands there is never looked through again."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[0], ""), value)


def _basic(app: App) -> str:
    """RFC 6749 §2.3.1: both parts are encoded as in a form first."""
    if app.secret is None:
        raise UsageError("this platform wants the application's secret as well")
    pair = f"{quote(app.client, safe='')}:{quote(app.secret.value, safe='')}"
    return "Basic " + b64encode(pair.encode()).decode()
