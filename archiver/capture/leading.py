"""Where the answer of a service for short links leads (docs/runs.md). Pure.

Only the head counts, and of a page that sends browsers on what HTML itself has for that; no script is run, and nothing
is guessed. What an address leads to is written by strangers: it is checked again by whoever asks it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from archiver.capture.codings import Undecodable, decoded
from archiver.capture.redirects import pointed_to
from archiver.wire.exchange import WireExchange

LONGEST = 8192
"""Of an address, characters."""
_LARGEST = 64 * 1024
"""Of a page that is looked at, bytes."""
_PASSING = (408, 425, 429)


class LinkState(StrEnum):
    """What came of following a short link. Stored for good (WARC profile §2.4)."""

    LED = "led"
    """It leads to the address that is named, as of then."""
    NOWHERE = "nowhere"
    """The service answered, and it leads nowhere: unknown, taken down, or a page of the service's own."""
    REFUSED = "refused"
    """We do not go there, now or later: no public address, a circle, too many steps."""
    FAILED = "failed"
    """No usable answer; it is tried again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one answer says."""

    target: str | None = None
    """Where it leads."""
    state: LinkState | None = None
    """Why not, where it leads nowhere."""
    reason: str | None = None


def step(wire: WireExchange) -> Step:
    """What one answer says of where its address leads."""
    if wire.status in _PASSING or wire.status >= 500:
        return Step(state=LinkState.FAILED, reason=f"the service answered {wire.status}")
    found = pointed_to(wire)
    if found is None and wire.status == 200:
        found = _sent_on(wire)
    if found is None:
        return Step(state=LinkState.NOWHERE, reason=f"the service answered {wire.status} and names no address")
    if len(found) > LONGEST:
        return Step(state=LinkState.REFUSED, reason=f"it leads to an address of more than {LONGEST} characters")
    if not _is_web(found):
        return Step(state=LinkState.REFUSED, reason="it leads to what is no address of the web")
    return Step(target=found)


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _sent_on(wire: WireExchange) -> str | None:
    """Where a page sends a browser on: ``<meta http-equiv="refresh" content="0;url=…">`` (HTML §4.2.5.3)."""
    kind = next((value for name, value in wire.headers if name.lower() == "content-type"), "")
    if "html" not in kind.lower():
        return None
    try:
        body = decoded(wire.headers, wire.body, _LARGEST)[:_LARGEST]
    except Undecodable:
        return None
    page = _Page()
    with suppress(AssertionError):  # HTMLParser's of some broken declarations, as <![x[; what stood before counts
        page.feed(body.decode("utf-8", "replace"))
    if page.found is None:
        return None
    try:
        return urljoin(wire.url, page.found)
    except ValueError:
        return None


class _Page(HTMLParser):
    """Finds the first refresh of a page that does not wait for anybody to read it."""

    _LONGEST_WAIT = 5

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self.found is not None or tag != "meta" or given.get("http-equiv", "").strip().lower() != "refresh":
            return
        wait, separator, rest = given.get("content", "").replace(",", ";", 1).partition(";")
        wait = wait.strip().partition(".")[0]
        if not separator or not wait.isascii() or not wait.isdigit() or int(wait[:9]) > self._LONGEST_WAIT:
            return
        rest = rest.strip()
        if rest[:3].lower() == "url" and rest[3:].lstrip()[:1] == "=":
            rest = rest[3:].lstrip()[1:].strip()
        if rest[:1] in ("'", '"'):
            rest = rest[1:].partition(rest[0])[0]
        self.found = rest.strip() or None
