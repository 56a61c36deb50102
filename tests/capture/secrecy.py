"""Looking for a secret in everything that is kept, in every form it may have there; and platforms that repeat it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response


def forms_of(secret: str) -> Iterator[bytes]:
    """How it may be written down."""
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    yield quote(secret, safe="").lower().encode()
    yield json.dumps(secret).strip('"').encode()
    yield json.dumps(secret).strip('"').replace("/", "\\/").encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        yield encoded[4 if shift else 0 : -8]


def _everything_kept(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        data = path.read_bytes()
        yield path.name, data
        if path.suffix == ".gz":
            yield path.name, _unpacked(data)


def _unpacked(data: bytes) -> bytes:
    """What is in the members of a gzip file; of one that was not written to its end, what there is."""
    found = b""
    while data:
        member = zlib.decompressobj(wbits=31)
        found += member.decompress(data)
        data = member.unused_data
    return found


def nothing_left(home: Path, said: bytes, *secrets: str) -> None:
    """Fails where a secret stands in a file of an archive, or in what was said."""
    forms = [shape for secret in secrets for shape in forms_of(secret)]
    for name, data in [*_everything_kept(home), ("messages", said)]:
        for shape in forms:
            assert shape not in data, f"{shape!r} in {name}"


def repeated(secret: str, form: str) -> Alter:
    """The platform repeats a credential: in a ``link``, or in its JSON as it is (``body``) or escaped (``percent``)."""
    shown = quote(secret, safe="") if form == "percent" else secret

    def alter(request: Request, response: Response) -> Response:
        if not response.body.startswith(b"{"):
            return response
        if form == "link":
            return response.with_header("Link", f"<http://x.example/?key={quote(secret, safe='')}>; rel=next")
        body = json.loads(response.body) | {f"echo_{form}": shown}
        return Response(response.status, response.headers, json.dumps(body).encode())

    return alter


def given_out(secret: str) -> Alter:
    """The platform gives a token nobody has yet, as in an answer to a sign-in, and one of each thing that it lists."""
    given = {"access_token": secret, "token_type": "bearer", "expires_in": 5183944}

    def alter(request: Request, response: Response) -> Response:
        if not response.body.startswith(b"{"):
            return response
        body = json.loads(response.body) | given
        for one in body.get("data", ()):
            one["access_token"] = secret
        return Response(response.status, response.headers, json.dumps(body).encode())

    return alter
