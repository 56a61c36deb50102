"""The pages and questions with which people let somebody else read their accounts (OAuth 2.0, RFC 6749), as Meta, X,
Google, Threads and Mastodon each have them, over the accounts of the city.

A person is chosen on the page instead of signing in. What was agreed to makes tokens that the platforms' own APIs take,
until they run out by the city's clock.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlencode

from archiver.practice.city import City, Person
from archiver.practice.linkedin_ids import page_urn
from archiver.practice.messages import Request, Response
from archiver.practice.tiktok_json import open_id
from archiver.practice.youtube_ids import channel_id

NOBODY = 0
"""Whose a token is that an application was given for itself."""
_HOUR, _SIXTY_DAYS = timedelta(hours=1), timedelta(days=60)
#: Address of a platform's page for consent → the platform.
PAGES: Mapping[str, str] = {
    "/facebook/v26.0/dialog/oauth": "facebook",
    "/threads/oauth/authorize": "threads",
    "/x.com/i/oauth2/authorize": "x",
    "/youtube/o/oauth2/v2/auth": "youtube",
    "/linkedin/oauth/v2/authorization": "linkedin",
    "/reddit/api/v1/authorize": "reddit",
    "/nextdoor/v3/authorize/": "nextdoor",
    "/tiktok/v2/auth/authorize": "tiktok",
    "/tiktok/v2/auth/authorize/": "tiktok_display",
    "/vimeo/oauth/authorize": "vimeo",
    "/oauth/authorize": "mastodon",
}
#: Address where codes become tokens → the platform, and whether the application says who it is in a header.
TOKENS: Mapping[str, tuple[str, bool]] = {
    "/v26.0/oauth/access_token": ("facebook", False),
    "/oauth/access_token": ("threads", False),
    "/2/oauth2/token": ("x", True),
    "/token": ("youtube", False),
    "/linkedin/oauth/v2/accessToken": ("linkedin", False),
    "/reddit/api/v1/access_token": ("reddit", True),
    "/nextdoor/v2/token": ("nextdoor", True),
    "/open_api/v1.3/tt_user/oauth2/token/": ("tiktok", False),
    "/open_api/v1.3/tt_user/oauth2/refresh_token/": ("tiktok", False),
    "/v2/oauth/token/": ("tiktok_display", False),
    "/vimeo/oauth/access_token": ("vimeo", True),
    "/oauth/token": ("mastodon", False),
}
_LASTS: Mapping[str, timedelta | None] = {
    "facebook": _HOUR, "threads": _HOUR, "x": 2 * _HOUR, "youtube": _HOUR, "linkedin": _SIXTY_DAYS,
    "nextdoor": timedelta(days=7), "tiktok": 24 * _HOUR, "tiktok_display": 2 * _HOUR, "mastodon": None,
    "reddit": _HOUR, "vimeo": None,
}  # fmt: skip
_RENEWED = ("x", "youtube", "linkedin", "nextdoor", "reddit", "tiktok", "tiktok_display")
_ROTATES = ("x", "tiktok", "tiktok_display")
"""Where a token that renewed another one no longer counts."""
_CONSENT: Mapping[str, timedelta] = {
    "linkedin": timedelta(days=365), "tiktok": timedelta(days=365), "tiktok_display": timedelta(days=180),
}  # fmt: skip
"""How long what somebody agreed to can be renewed."""
_COMMAS = ("facebook", "threads", "tiktok", "tiktok_display")


class Api(Protocol):
    """A platform's API, as far as tokens go."""

    tokens: dict[str, int]


@dataclass(frozen=True, slots=True)
class Code:
    """What a person is sent back with. It can be used once."""

    platform: str
    person: int
    back: str
    challenge: str | None
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Token:
    platform: str
    person: int
    scopes: tuple[str, ...]
    made: datetime
    ends: datetime | None
    renewal: str | None = None
    consent_ends: datetime | None = None
    whole: bool = True
    """Whether the API takes it: one of a Facebook person only leads to those of Pages."""


class Refusal(Exception):  # noqa: N818 - an answer
    """``error`` of RFC 6749 §5.2."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


@dataclass
class Consent:
    """A site beside the others. ``apis``: by platform. ``clients``: id of an application to its secret.
    ``looks_after``: Pages and linked accounts by the person of Facebook who does; without an entry, everybody looks
    after themselves. ``granted``: what is granted instead of what is asked for, by platform. ``data_access``: how long
    a consent at Meta counts."""

    city: City
    base: str
    apis: Mapping[str, Api]
    clients: dict[str, str] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    looks_after: dict[int, tuple[int, ...]] = field(default_factory=dict)
    granted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    data_access: timedelta = timedelta(days=90)
    away: bool = False
    """Nobody makes tokens at the moment."""
    testers: bool = True
    """Owners of accounts on Threads are testers of the application."""
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    renewals: dict[str, str] = field(default_factory=dict)
    """Renewal token → the token it came with."""
    no_applications: bool = False
    """Applications are given no tokens of their own."""
    asked: list[str] = field(default_factory=list)
    """Grant types of questions for tokens, in their order."""

    def add_client(self, back: str) -> tuple[str, str]:
        """Register an application; its id and secret."""
        client, secret = f"app-{secrets.token_hex(6)}", secrets.token_urlsafe(24)
        self.clients[client], self.returns[client] = secret, back
        return client, secret

    def revoke(self, person: int) -> None:
        """Somebody takes back everything they agreed to."""
        for token, one in list(self.tokens.items()):
            if one.person == person:
                self._forget(token)

    def answer(self, request: Request) -> Response | None:
        """Answer what belongs to consent; None for anything else."""
        with self.city.lock:
            self._expire()
            if request.path in PAGES:
                return self._page(request, PAGES[request.path])
            method = _ROUTES.get((request.method, request.path))
            if method is None and request.path in TOKENS and request.method in ("GET", "POST"):
                method = Consent._token
            mine = request.path == "/youtube/v3/channels" and request.parameter("mine") == "true"
            method = Consent._channels if mine else method
            of_page = request.path == "/rest/organizationAcls" and request.parameter("q") == "organization"
            if method is None or of_page:
                return None
            try:
                return _json(200, method(self, request))
            except Refusal as refusal:
                if TOKENS.get(request.path, ("", False))[0] == "tiktok":
                    number = 50000 if refusal.status >= 500 else 40105
                    return _json(200, {"code": number, "message": "Refused.", "request_id": "practice", "data": {}})
                return _json(refusal.status, {"error": refusal.error, "error_description": "Refused."})

    # The page

    def _page(self, request: Request, platform: str) -> Response:
        form = dict(request.parameters) | (_form(request) if request.method == "POST" else {})
        client = form.get("client_id") or form.get("client_key", "")
        if client not in self.clients or form.get("redirect_uri") != self.returns[client]:
            return Response(400, _HTML, b"<h1>This application is not known, or not at this address.</h1>")
        if request.method != "POST":
            return Response(200, _HTML, self._choice(form, platform).encode())
        back, state = form["redirect_uri"], form.get("state", "")
        if form.get("answer") != "allow":
            return _sent_to(back, {"error": "access_denied", "state": state})
        separator = "," if platform in _COMMAS else " "
        scopes = self.granted.get(platform, tuple(form.get("scope", "").split(separator)))
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(platform, int(form["person"]), back, form.get("code_challenge"), scopes)
        return _sent_to(back, {"code": code, "state": state})

    def _choice(self, form: Mapping[str, str], platform: str) -> str:
        people = [one for one in self.city.people.values() if one.home in (platform, *_TOGETHER.get(platform, ()))]
        choices = "".join(
            f'<option value="{one.id}">{html.escape(one.profile.name)} (@{html.escape(one.handle)})</option>'
            for one in sorted(people, key=lambda one: not one.official)
        )
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in form.items()
        )
        return (
            f'<!doctype html><html lang="en"><title>Practice {platform}</title><h1>Practice {platform}</h1>'
            f'<form method="post">{hidden}<p><label>Signed in as <select name="person">{choices}</select></label></p>'
            f"<p>Records archive asks for: {html.escape(form.get('scope', ''))}</p>"
            '<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></form>'
        )

    # Codes become tokens

    def _token(self, request: Request) -> dict[str, object]:
        platform, basic = TOKENS[request.path]
        if self.away:
            raise Refusal("temporarily_unavailable", 503)
        form = dict(request.parameters) | _form(request)
        self._check_client(request, form, basic=basic)
        kind = form.get("grant_type", "authorization_code")
        self.asked.append(kind)
        if kind == "authorization_code":
            return self._of_code(form, platform)
        if kind == "fb_exchange_token" and platform == "facebook":
            known = self._known(form.get("fb_exchange_token"))
            return self._given(platform, known.person, known.scopes, _SIXTY_DAYS)
        if kind == "refresh_token" and platform in _RENEWED:
            return self._renewed(form, platform)
        if kind == "client_credentials" and platform == "reddit" and not self.no_applications:
            return self._of_application(platform)
        raise Refusal("unsupported_grant_type")

    def _of_application(self, platform: str) -> dict[str, object]:
        """A token without anybody behind it."""
        token, now = secrets.token_urlsafe(32), self.city.clock.now()
        self._enter(token, Token(platform, NOBODY, ("*",), now, now + _HOUR))
        lasts = int(_HOUR.total_seconds())
        return {"token_type": "bearer", "access_token": token, "expires_in": lasts, "scope": "*"}

    def _check_client(self, request: Request, form: Mapping[str, str], *, basic: bool) -> None:
        client, secret = form.get("client_id") or form.get("client_key", ""), form.get("client_secret", "")
        if basic:
            scheme, _, pair = (request.header("Authorization") or "").partition(" ")
            decoded = base64.b64decode(pair).decode() if scheme == "Basic" else ""
            client, secret = (unquote(one) for one in decoded.partition(":")[::2])
        if not client or self.clients.get(client) != secret:
            raise Refusal("invalid_client", 401)

    def _of_code(self, form: Mapping[str, str], platform: str) -> dict[str, object]:
        code = self.codes.pop(form.get("code") or form.get("auth_code", ""), None)
        if code is None or code.platform != platform or code.back != form.get("redirect_uri"):
            raise Refusal("invalid_grant")
        if code.challenge is not None and code.challenge != _challenge(form.get("code_verifier", "")):
            raise Refusal("invalid_grant")
        return self._given(platform, code.person, code.scopes, _LASTS[platform])

    def _renewed(self, form: Mapping[str, str], platform: str) -> dict[str, object]:
        renewal = form.get("refresh_token", "")
        known = self.tokens.get(self.renewals.get(renewal, ""))
        if known is None or known.platform != platform:
            raise Refusal("invalid_grant")
        if platform in _ROTATES:
            del self.renewals[renewal]
            return self._given(platform, known.person, known.scopes, _LASTS[platform], None, known.consent_ends)
        said = self._given(platform, known.person, known.scopes, _LASTS[platform], renewal, known.consent_ends)
        return {name: value for name, value in said.items() if name != "refresh_token" or platform == "linkedin"}

    def _given(
        self,
        platform: str,
        person: int,
        scopes: tuple[str, ...],
        lasts: timedelta | None,
        renewal: str | None = None,
        consent_ends: datetime | None = None,
    ) -> dict[str, object]:
        now = self.city.clock.now()
        until = consent_ends or (now + _CONSENT[platform] if platform in _CONSENT else None)
        token = _PREFIX.get(platform, "") + secrets.token_urlsafe(32)
        ends = None if lasts is None else now + lasts
        if renewal is None and platform in _RENEWED:
            renewal = secrets.token_urlsafe(32)
        self._enter(token, Token(platform, person, scopes, now, ends, renewal, until, whole=platform != "facebook"))
        if renewal is not None:
            self.renewals[renewal] = token
        said: dict[str, object] = {"token_type": "bearer", "access_token": token}
        said |= {} if lasts is None else {"expires_in": int(lasts.total_seconds())}
        said |= {} if renewal is None else {"refresh_token": renewal}
        said |= {} if until is None else {"refresh_token_expires_in": int((until - now).total_seconds())}
        said |= {"scope": " ".join(scopes)} if platform not in ("facebook", "threads") else {}
        if platform in _OPEN:
            said |= {"scope": ",".join(scopes), "open_id": open_id(person, _OPEN[platform])}
        if platform == "tiktok":
            return {"code": 0, "message": "OK", "request_id": "practice", "data": said}
        if platform == "tiktok_display":
            return {_OTHER_NAMES.get(name, name): value for name, value in said.items()}
        said |= {"user": {"uri": f"/users/{person}"}} if platform == "vimeo" else {}
        return said | ({"user_id": person} if platform == "threads" else {})

    # Threads' own ways

    def _longer(self, request: Request) -> dict[str, object]:
        known = self._known(request.parameter("access_token"))
        if request.parameter("client_secret") not in self.clients.values():
            raise Refusal("invalid_client", 401)
        self.asked.append("th_exchange_token")
        return self._given("threads", known.person, known.scopes, _SIXTY_DAYS)

    def _refreshed(self, request: Request) -> dict[str, object]:
        token = request.parameter("access_token") or ""
        known = self._known(token)
        self.asked.append("th_refresh_token")
        if self.city.clock.now() - known.made < timedelta(days=1):
            raise Refusal("invalid_request")
        return self._given("threads", known.person, known.scopes, _SIXTY_DAYS)

    def _debug_threads(self, request: Request) -> dict[str, object]:
        """Testers of the application may look at its tokens, with one of their own."""
        asking, known = (self._known(request.parameter(name)) for name in ("access_token", "input_token"))
        if not self.testers or asking.platform != "threads":
            raise Refusal("invalid_token", 400)
        return {"data": {"is_valid": True, "type": "USER", "user_id": str(known.person), "scopes": known.scopes}}

    # Meta's questions about a token

    def _permissions(self, request: Request) -> dict[str, object]:
        known = self._known(request.token)
        return {"data": [{"permission": one, "status": "granted"} for one in known.scopes]}

    def _accounts(self, request: Request) -> dict[str, object]:
        known = self._known(request.token)
        pages = self.looks_after.get(known.person, (known.person,))
        return {"data": [self._looked_after(self.city.people[page], known.scopes) for page in pages]}

    def _looked_after(self, person: Person, scopes: tuple[str, ...]) -> dict[str, object]:
        token = f"EAA{secrets.token_hex(24)}"
        self._enter(token, Token(person.home, person.id, scopes, self.city.clock.now(), None))
        entry: dict[str, object] = {"access_token": token, "name": person.profile.name}
        if person.home == "instagram":
            account = {"id": str(person.id), "username": person.handle}
            return entry | {"id": f"9000{person.id}", "instagram_business_account": account}
        return entry | {"id": str(person.id), "username": person.handle}

    def _debug(self, request: Request) -> dict[str, object]:
        client, _, secret = (request.parameter("access_token") or "").partition("|")
        known = self._known(request.parameter("input_token"))
        if self.clients.get(client) != secret:
            raise Refusal("invalid_client", 401)
        ends = int((self.city.clock.now() + self.data_access).timestamp())
        return {"data": {"is_valid": True, "expires_at": 0, "data_access_expires_at": ends, "scopes": known.scopes}}

    # Others

    def _channels(self, request: Request) -> dict[str, object]:
        """The channel that whoever signed in chose."""
        person = self.apis["youtube"].tokens.get(request.token or "")
        person = self._known(request.token).person if person is None else person
        here = self.city.people[person].home == "youtube"  # a person may have none
        items = {"items": [{"id": channel_id(person)}]} if here else {}
        return {"kind": "youtube#channelListResponse", **items}

    def _roles(self, request: Request) -> dict[str, object]:
        known = self._known(request.token)
        pages = self.looks_after.get(known.person, (known.person,))
        role = {"role": "ADMINISTRATOR", "state": "APPROVED", "roleAssignee": f"urn:li:person:p{known.person}"}
        return {"elements": [role | {"organization": page_urn(page)} for page in pages]}

    def _register(self, request: Request) -> dict[str, object]:
        form = _form(request)
        client, secret = self.add_client(form["redirect_uris"])
        return {"id": "1", "name": form["client_name"], "client_id": client, "client_secret": secret}

    def _known(self, token: str | None) -> Token:
        known = self.tokens.get(token or "")
        if known is None or (known.ends is not None and known.ends <= self.city.clock.now()):
            raise Refusal("invalid_token", 401)
        return known

    def _enter(self, token: str, made: Token) -> None:
        self.tokens[token] = made
        api = self.apis.get(made.platform)
        if api is not None and made.whole:
            api.tokens[token] = made.person

    def _forget(self, token: str) -> None:
        made = self.tokens.pop(token)
        api = self.apis.get(made.platform)
        if api is not None:
            api.tokens.pop(token, None)
        if made.renewal is not None and self.renewals.get(made.renewal) == token:
            del self.renewals[made.renewal]

    def _expire(self) -> None:
        now = self.city.clock.now()
        for token, one in self.tokens.items():
            if one.ends is not None and one.ends <= now and (api := self.apis.get(one.platform)) is not None:
                api.tokens.pop(token, None)


_PREFIX = {"facebook": "EAA", "threads": "THAA", "youtube": "ya29.", "tiktok": "act.", "tiktok_display": "act."}
_TOGETHER = {"facebook": ("instagram",), "tiktok_display": ("tiktok",)}
_OPEN = {"tiktok": "business", "tiktok_display": "display"}
"""What the applications of TikTok's two APIs are called, each of which knows accounts by other ids."""
_OTHER_NAMES = {"refresh_token_expires_in": "refresh_expires_in"}
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_ROUTES: Mapping[tuple[str, str], Callable[[Consent, Request], dict[str, object]]] = {
    ("GET", "/access_token"): Consent._longer,
    ("GET", "/refresh_access_token"): Consent._refreshed,
    ("GET", "/v1.0/debug_token"): Consent._debug_threads,
    ("GET", "/v26.0/me/permissions"): Consent._permissions,
    ("GET", "/v26.0/me/accounts"): Consent._accounts,
    ("GET", "/v26.0/debug_token"): Consent._debug,
    ("POST", "/api/v1/apps"): Consent._register,
    ("GET", "/rest/organizationAcls"): Consent._roles,
}


def _form(request: Request) -> dict[str, str]:
    if request.header("Content-Type") == "application/json":
        given = json.loads(request.body)
        return given if isinstance(given, dict) else {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _sent_to(back: str, parameters: Mapping[str, str]) -> Response:
    return Response(302, (("Location", f"{back}?{urlencode(parameters)}"),))


def _json(status: int, value: object) -> Response:
    headers = (("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store"))
    return Response(status, headers, json.dumps(value, default=list).encode())
