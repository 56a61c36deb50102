"""What of a request can be sent as it is: its address with parameters, its method and headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from archiver.capture.fetch_errors import UnsendableRequest

#: Headers that belong to the client, whatever a connector asks for.
_OWN_HEADERS = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host"),
        *("te", "transfer-encoding", "upgrade", "user-agent"),
    )
)
#: What a method and a header's name are made of (RFC 9110 §5.6.2).
TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_NOT_IN_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]\Z")


def encoded_header(name: str, value: str) -> tuple[bytes, bytes]:
    """A header that a connector asks for, as it is sent.

    Raises:
        UnsendableRequest: it cannot be, or is not for a connector to set.
    """
    if name.lower() in _OWN_HEADERS:
        raise UnsendableRequest(f"the header {name} is not for a connector to set")
    encoded = value.encode("utf-8", "surrogatepass")
    if not TOKEN.fullmatch(name) or _NOT_IN_HEADER.search(encoded):
        raise UnsendableRequest("a header that cannot be sent in HTTP/1.1")
    return name.encode(), encoded


def with_parameters(url: str, parameters: Sequence[tuple[str, str]]) -> str:
    """An address with parameters after those that its query has."""
    if not parameters:
        return url
    query = urlencode(parameters, quote_via=quote, safe="", errors="surrogatepass")
    address = url.partition("#")[0]
    if "?" not in address:
        return f"{address}?{query}"
    return f"{address}{'' if address[-1] in '?&' else '&'}{query}"
