"""A service for short links, as cities use them: ``/s/CODE`` leads on, once it was made. What goes wrong with real ones
is made here too: they lead in circles, inside the network, to nothing, or answer with a page."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from threading import Lock

from archiver.practice.messages import Request, Response

_PATH = "/s/"
_HTML = ("Content-Type", "text/html; charset=utf-8")


@dataclass(slots=True)
class _Made:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    visits: int = 0


class ShortLinks:
    """Short links of one server. Safe for several threads."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._made: dict[str, _Made] = {}
        self._codes = itertools.count(1)
        self._lock = Lock()

    def shorten(self, target: str, *, status: int = 301, code: str | None = None) -> str:
        """A short link that leads to ``target``; its address. A known ``code`` leads elsewhere from now on."""
        body = f'<html><body><a href="{target}">moved here</a></body></html>\n'.encode("utf-8", "replace")
        return self.answering(status, body, ("Location", target.encode().decode("latin-1")), code=code)

    def page(self, target: str, *, wait: str = "0", code: str | None = None) -> str:
        """One that answers with a page, which sends a browser on."""
        body = f'<html><head><meta http-equiv="refresh" content="{wait};URL=\'{target}\'"></head></html>\n'
        return self.answering(200, body.encode(), code=code)

    def answering(self, status: int, body: bytes, *headers: tuple[str, str], code: str | None = None) -> str:
        """One that gives this answer."""
        with self._lock:
            code = code or f"c{next(self._codes)}"
            visits = self._made[code].visits if code in self._made else 0
            self._made[code] = _Made(status, (_HTML, *headers), body, visits)
        return f"{self.base}{_PATH}{code}"

    def visits(self, address: str) -> int:
        """How often somebody asked where it leads."""
        return self._made[address.rpartition("/")[2]].visits

    def answer(self, request: Request) -> Response | None:
        if not request.path.startswith(_PATH):
            return None
        with self._lock:
            found = self._made.get(request.path[len(_PATH) :])
            if found is None:
                return Response(404, (_HTML,), b"<h1>This link is not known</h1>\n")
            found.visits += 1
            cookie = ("Set-Cookie", f"_visit={found.visits}; path=/; HttpOnly")
            return Response(found.status, (*found.headers, cookie), found.body)
