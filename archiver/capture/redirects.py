"""Where an answer sends us. The fetcher follows nothing: whoever asks does, and every hop is an exchange of its own."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin

from archiver.wire.exchange import WireExchange

_REDIRECTS = (301, 302, 303, 307, 308)


def redirect_target(exchange: WireExchange) -> str | None:
    """Where an answer sends us, as an absolute URL without fragment, or None: it is not a redirect, it was cut off,
    or its target holds a secret, which must not be handed on. The target is not checked here: fetching it does that.
    """
    return None if exchange.truncated else pointed_to(exchange)


def pointed_to(exchange: WireExchange) -> str | None:
    """The same where only the head counts, which is whole even where the body was cut off."""
    if exchange.status not in _REDIRECTS:
        return None
    targets = [value for name, value in exchange.headers if name.lower() == "location"]
    if len(targets) != 1 or not targets[0] or _is_masked(exchange, targets[0]):
        return None
    try:
        return urldefrag(urljoin(exchange.url, _as_text(targets[0]))).url
    except ValueError:
        return None


def _is_masked(exchange: WireExchange, target: str) -> bool:
    start = exchange.response.find(target.encode("latin-1"))
    return any(at < start + len(target) and end > start for at, end, _ in exchange.masked_response)


def _as_text(target: str) -> str:
    """A header is Latin-1 by the letter, and UTF-8 in practice where it is not ASCII."""
    raw = target.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return target
