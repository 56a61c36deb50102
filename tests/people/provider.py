"""A city's sign-in that is made up: an OpenID provider over a real socket, with real keys and tokens, that can lie in
every way that is known."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT = "records-archive"
SECRET = "a secret of the city"
Now = Callable[[], datetime]


@dataclass
class Provider:
    """One issuer. ``make`` turns the claims it would tell into an ID token; tests put another in its place."""

    now: Now
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256", "use": "sig"}))
    algorithm: str = "RS256"
    mail: str = "jo@city.example"
    verified: Any = True
    subject: str = "user-1"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    make: Callable[[dict[str, Any]], str] | None = None
    auth_age: int = 0
    down: bool = False

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/city"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def agree(self, address: str) -> dict[str, str]:
        """Somebody signs in there: what the browser brings back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"state": query["state"], "code": code, "iss": self.issuer}

    def claims(self, query: dict[str, str]) -> dict[str, Any]:
        """What it tells of whoever signed in."""
        now = int(self.now().timestamp())
        return {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "exp": now + 300, "iat": now,
            "auth_time": now - self.auth_age, "nonce": query["nonce"], "email": self.mail,
            "email_verified": self.verified,
        }  # fmt: skip

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None, key: Any = None) -> str:
        """An ID token as it would be."""
        head = {"alg": self.algorithm, "kid": "k1"} | (header or {})
        return jwt.encode(head, claims, key or self.key, algorithms=[str(head["alg"])])

    def keys(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        query = self.codes.pop(form.get("code", ""), None)
        if query is None or form.get("client_secret") != SECRET or form["redirect_uri"] != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if query["code_challenge"] != challenge or query["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        claims = self.claims(query)
        token = self.make(claims) if self.make else self.sign(claims)
        return 200, {"id_token": token, "access_token": "a", "token_type": "Bearer"}

    def _answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.down:
            return 503, {}
        if path == "/city/.well-known/openid-configuration":
            base = self.issuer
            return 200, {"issuer": base, "authorization_endpoint": f"{base}/authorize?tenant=1",
                         "token_endpoint": f"{base}/token", "jwks_uri": f"{base}/keys"}  # fmt: skip
        return (200, self.keys()) if path == "/city/keys" else (404, {})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(*provider._answer(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._send(*provider._token({name: values[0] for name, values in parse_qs(body).items()}))

            def _send(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def another_key() -> Any:
    """A key that is not the issuer's, under the same name."""
    return RSAKey.generate_key(2048, {"kid": "k1"})


def curve_key() -> Any:
    """A key of another kind."""
    return ECKey.generate_key("P-256", {"kid": "k1", "alg": "ES256"})
