"""How the practice Flickr lets somebody else read an account: OAuth 1.0a (RFC 5849), every signature checked, each
nonce taken once. The check is written from the RFC, apart from what the service signs with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from archiver.practice.city import City
from archiver.practice.messages import Request, Response

_PATH = "/flickr/services/oauth/"
_MEMBER = re.compile(r'([a-z_]+)="([^"]*)"')
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_FORM = (("Content-Type", "text/plain; charset=utf-8"),)
_NEEDED = ("oauth_consumer_key", "oauth_nonce", "oauth_timestamp", "oauth_signature_method", "oauth_signature")


class Rejected(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """``oauth_problem``."""


@dataclass(slots=True)
class Asked:
    """Temporary credentials. ``person``, ``verifier``: of who agreed."""

    client: str
    secret: str
    back: str
    person: int | None = None
    verifier: str = ""
    permission: str = ""


@dataclass(slots=True)
class Given:
    """A token of an account's owner."""

    client: str
    secret: str
    person: int
    permission: str


@dataclass
class FlickrOAuth:
    """``clients``: keys of applications with their secrets. ``returns``: where each may send owners back to.
    ``granted``: what is granted in place of what is asked for."""

    city: City
    base: str
    clients: dict[str, str] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    granted: str | None = None
    temporary: dict[str, Asked] = field(default_factory=dict)
    tokens: dict[str, Given] = field(default_factory=dict)
    _nonces: set[tuple[str, str, str]] = field(default_factory=set)

    def answer(self, request: Request) -> Response | None:
        """Answer what belongs to consent; None for anything else."""
        if not request.path.startswith(_PATH):
            return None
        try:
            match request.path.removeprefix(_PATH):
                case "request_token":
                    return self._request_token(request)
                case "authorize":
                    return self._page(request)
                case "access_token":
                    return self._access_token(request)
        except Rejected as rejected:
            return Response(401, _FORM, f"oauth_problem={rejected}".encode())
        return None

    def revoke(self, person: int) -> None:
        """Somebody takes back what they agreed to."""
        self.tokens = {token: one for token, one in self.tokens.items() if one.person != person}

    # Signatures

    def signed(self, request: Request) -> Given | None:
        """Whose token a question is signed with; None where it is not signed.

        Raises:
            Rejected: the signature is not good, or the token is not known.
        """
        given = _members(request)
        if given is None:
            return None
        token = self.tokens.get(given.get("oauth_token", ""))
        if token is None or token.client != given.get("oauth_consumer_key"):
            raise Rejected("token_rejected")
        self._check(request, given, token.secret)
        return token

    def signed_with(self, request: Request) -> tuple[str, Given] | None:
        """The token that a question was signed with, and whose it is."""
        token = (_members(request) or {}).get("oauth_token", "")
        return (token, self.tokens[token]) if token in self.tokens else None

    def _check(self, request: Request, given: Mapping[str, str], token_secret: str) -> None:
        client = given.get("oauth_consumer_key", "")
        if client not in self.clients:
            raise Rejected("consumer_key_unknown")
        if any(not given.get(name) for name in _NEEDED) or given["oauth_signature_method"] != "HMAC-SHA1":
            raise Rejected("parameter_absent")
        once = client, given["oauth_timestamp"], given["oauth_nonce"]
        if once in self._nonces:
            raise Rejected("nonce_used")
        key = "&".join(_escaped(one) for one in (self.clients[client], token_secret))
        text = base_string(request.method, f"{self.base}{request.target}", given)
        good = base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha1)).decode()
        if not hmac.compare_digest(good, given["oauth_signature"]):
            raise Rejected("signature_invalid")
        self._nonces.add(once)

    # The way of an owner

    def _request_token(self, request: Request) -> Response:
        given = _members(request) or {}
        self._check(request, given, "")
        back = given.get("oauth_callback", "")
        if not back.startswith(self.returns.get(given["oauth_consumer_key"], "\0")):
            raise Rejected("parameter_rejected")
        token, secret = f"7215{secrets.randbelow(10**12):012d}-{secrets.token_hex(8)}", secrets.token_hex(8)
        self.temporary[token] = Asked(given["oauth_consumer_key"], secret, back)
        return _form({"oauth_callback_confirmed": "true", "oauth_token": token, "oauth_token_secret": secret})

    def _page(self, request: Request) -> Response:
        form = dict(request.parameters) | dict(parse_qsl(request.body.decode("utf-8", "replace")))
        asked = self.temporary.get(form.get("oauth_token", ""))
        if asked is None or asked.person is not None or form.get("perms") not in ("read", "write", "delete"):
            return Response(400, _HTML, b"<h1>This is not known, or was used before.</h1>")
        if request.method != "POST":
            return Response(200, _HTML, self._choice(form).encode())
        if form.get("answer") != "allow":
            return _sent_to(asked.back, {"oauth_problem": "user_refused"})
        asked.person, asked.verifier = int(form["person"]), secrets.token_hex(8)
        asked.permission = self.granted or form["perms"]
        return _sent_to(asked.back, {"oauth_token": form["oauth_token"], "oauth_verifier": asked.verifier})

    def _choice(self, form: Mapping[str, str]) -> str:
        people = sorted(self.city.people.values(), key=lambda one: not one.official)
        choices = "".join(
            f'<option value="{one.id}">{html.escape(one.profile.name)}</option>'
            for one in people
            if one.home == "flickr"
        )
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(form[name])}">'
            for name in ("oauth_token", "perms")
        )
        return (
            f'<!doctype html><html lang="en"><title>Practice flickr</title><h1>Practice flickr</h1><form method="post">'
            f'{hidden}<p><label>Signed in as <select name="person">{choices}</select></label></p>'
            f"<p>Records archive asks for: {html.escape(form['perms'])}</p>"
            '<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></form>'
        )

    def _access_token(self, request: Request) -> Response:
        given = _members(request) or {}
        asked = self.temporary.get(given.get("oauth_token", ""))
        if asked is None or asked.person is None or asked.client != given.get("oauth_consumer_key"):
            raise Rejected("token_rejected")
        self._check(request, given, asked.secret)
        if not hmac.compare_digest(asked.verifier, given.get("oauth_verifier", "")):
            raise Rejected("verifier_invalid")
        del self.temporary[given["oauth_token"]]
        token, secret = f"7215{secrets.randbelow(10**12):012d}-{secrets.token_hex(8)}", secrets.token_hex(8)
        self.tokens[token] = Given(asked.client, secret, asked.person, asked.permission)
        person = self.city.people[asked.person]
        named = {"fullname": person.profile.name, "user_nsid": f"{person.id}@N08", "username": person.handle}
        return _form({**named, "oauth_token": token, "oauth_token_secret": secret})


def base_string(method: str, url: str, members: Mapping[str, str]) -> str:
    """RFC 5849 §3.4.1: what is signed."""
    parts = urlsplit(url)
    pairs: Sequence[tuple[str, str]] = [
        *parse_qsl(parts.query, keep_blank_values=True),
        *((name, value) for name, value in members.items() if name not in ("oauth_signature", "realm")),
    ]
    every = "&".join(f"{name}={value}" for name, value in sorted((_escaped(a), _escaped(b)) for a, b in pairs))
    address = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"
    return "&".join(map(_escaped, (method.upper(), address, every)))


def _members(request: Request) -> dict[str, str] | None:
    """What the header says; None where it is no signature."""
    scheme, _, rest = (request.header("Authorization") or "").partition(" ")
    return {name: unquote(value) for name, value in _MEMBER.findall(rest)} if scheme == "OAuth" else None


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")


def _form(members: Mapping[str, str]) -> Response:
    return Response(200, _FORM, urlencode(members).encode())


def _sent_to(back: str, parameters: Mapping[str, str]) -> Response:
    return Response(302, (("Location", f"{back}{'&' if '?' in back else '?'}{urlencode(parameters)}"),))
