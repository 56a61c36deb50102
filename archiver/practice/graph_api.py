"""The frame of Meta's Graph API: versions, tokens, allowances, fields, pages of lists, errors. What there is to be seen
is in :mod:`archiver.practice.graph_pages`.

Source: Meta's documentation, and recorded answers. Every list names its next page as an address with the token in it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from urllib.parse import parse_qsl, urlencode

from archiver.practice.city import City
from archiver.practice.graph_fields import BadFields, Wanted, parsed, selected
from archiver.practice.graph_json import Body, dump, error, not_there
from archiver.practice.graph_pages import Listed, Pages, Withheld
from archiver.practice.ids import time_of
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

_PATH = re.compile(r"/v\d{1,2}\.\d(?:/(?P<node>[\w.:=-]+)(?:/(?P<edge>\w+))?)?/?")
_PICTURE = re.compile(r"/facebook/pictures/v/t39\.30808-6/p\d+x(?P<width>\d+)/(?P<number>\d+)_\d+_n\.png")
_DEFAULT = "id,created_time,message"
_LARGEST_PAGE = 100


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than a success."""

    def __init__(self, body: Body, status: int = 400) -> None:
        super().__init__(body["error"]["message"])
        self.status = status
        self.body = body


class Shown(Protocol):
    """What a token shows of the city."""

    def node(self, identity: str, account: int, /) -> Body | None:
        """A thing by its id; None where it is not there, or not for this token."""
        ...

    def edge(self, node: str, edge: str, account: int, request: Request, /) -> Listed:
        """A list."""
        ...


@dataclass
class GraphApi:
    """A site that speaks the Graph API.

    ``tokens``: token to Page. ``used``: per cent of the allowance that are used; from 100 on nothing is answered, and
    access is regained after ``regain`` minutes. ``version``: that answers. ``page``: most entries of a page, to have
    many pages of few. ``empty_pages``: every list begins with an empty page that is not its end. ``by_time``: lists of
    posts are paged by time, as they once were.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    used: int = 1
    regain: int = 0
    version: str = "v26.0"
    page: int = _LARGEST_PAGE
    empty_pages: bool = False
    by_time: bool = False
    refused: set[str] = field(default_factory=set)
    """Fields that are no fields any more: whoever asks for one gets nothing."""
    subscribed: dict[int, str] = field(default_factory=dict)
    """Pages whose changes are sent to the app, with the fields."""

    kind: ClassVar[str] = "pages"
    """As the allowance is called."""
    busy: ClassVar[tuple[int, str]] = (80001, "Page")
    """Code and word of its error."""
    picture_pattern: ClassVar[re.Pattern[str]] = _PICTURE

    def __post_init__(self) -> None:
        self.pages = Pages(self.city, self.base)

    @property
    def shown(self) -> Shown:
        """What there is to be seen."""
        return self.pages

    def account_url(self, person: int) -> str:
        """Address of the Page."""
        return f"{self.base}/facebook/{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is under a version, and pictures; None for anything else."""
        picture = self.picture_pattern.fullmatch(request.path)
        if picture is not None:
            return drawn(int(picture["number"]), int(picture["width"]))
        match = _PATH.fullmatch(request.path)
        if match is None:
            return None
        with self.city.lock:
            try:
                return self._json(200, self._routed(request, match["node"], match["edge"]))
            except Failure as failure:
                return self._json(failure.status, failure.body)
            except BadFields:
                return self._json(400, error(2500, 'Syntax error "Expected end of string" at character 1'))
            except Withheld as withheld:
                return self._json(withheld.status, withheld.body)

    def _routed(self, request: Request, node: str | None, edge: str | None) -> Body:
        page = self._viewer(request)
        if self.used >= 100:
            code, word = self.busy
            message = f"(#{code}) There have been too many calls to this {word} account. Wait a bit and try again."
            raise Failure(error(code, message, subcode=2446079))
        if request.method == "POST":
            return self._subscribed(request, page, node, edge)
        wanted = parsed(request.parameter("fields") or _DEFAULT)
        gone = next((one.name for one in wanted if one.name in self.refused), None)
        if gone is not None:
            raise Failure(error(100, f"(#100) Tried accessing nonexisting field ({gone}) on node type (PagePost)"))
        if node is None:
            idents = [one for one in (request.parameter("ids") or "").split(",") if one]
            if not idents or len(idents) > 50:
                raise Failure(error(100, "(#100) Too many ids, or none."))
            return {one: self._node(one, page, wanted) for one in idents}
        if edge is None:
            return self._node(node, page, wanted)
        return self._listed(request, self.shown.edge(node, edge, page, request), page, wanted)

    def _subscribed(self, request: Request, page: int, node: str | None, edge: str | None) -> Body:
        """A Page is subscribed to the app's webhooks, which is all that anybody may change here."""
        if node != str(page) or edge != "subscribed_apps":
            raise Failure(error(3, "(#3) Application does not have the capability to make this API call."))
        self.subscribed[page] = dict(parse_qsl(request.body.decode()))["subscribed_fields"]
        return {"success": True}

    def _viewer(self, request: Request) -> int:
        token = request.token
        if token is None:
            raise Failure(error(104, "An access token is required to request this resource."))
        if token in self.expired:
            message = "Error validating access token: Session has expired on Sunday, 29-Nov-26 03:00:00 PST."
            raise Failure(error(190, message, subcode=463), 401)
        if token not in self.tokens:
            raise Failure(error(190, "Invalid OAuth access token - Cannot parse access token"), 401)
        return self.tokens[token]

    def _node(self, identity: str, page: int, wanted: Sequence[Wanted]) -> Body:
        whole = self.shown.node(identity, page)
        if whole is None:
            raise Failure(not_there(identity))
        return selected(whole, wanted)

    # Pages of lists.

    def _listed(self, request: Request, found: Listed, page: int, wanted: Sequence[Wanted]) -> Body:
        size = min(int(request.parameter("limit") or 25), _LARGEST_PAGE, self.page)
        after = _number(request.parameter("after") or request.parameter("__paging_token"))
        if self.empty_pages and after is None and found.entries:
            return {"data": []} | self._paging(request, page, "start", by_time=False) | found.summary
        left = [one for one in found.entries if after in (None, 0) or one[0] < (after or 0)]
        shown, more = left[:size], len(left) > size
        asked = request.parameter("fields") is not None
        body: Body = {"data": [selected(make(), wanted) if asked else make() for _, make in shown]}
        if shown:
            by_time = self.by_time and found.posts
            paging = self._paging(request, page, str(shown[-1][0]), by_time=by_time)
            if not more:
                del paging["paging"]["next"]
            body |= paging
        return body | found.summary

    def _paging(self, request: Request, page: int, place: str, *, by_time: bool) -> Body:
        token = request.token or ""
        kept = [(name, value) for name, value in request.parameters if name not in ("after", "until", "__paging_token")]
        if by_time:
            seconds = int(time_of(int(place)).timestamp())
            where = [("until", str(seconds)), ("__paging_token", _shown(place))]
        else:
            where = [("after", _shown(place))]
        query = urlencode([("access_token", token), ("pretty", "0"), *kept, *where])
        paging: Body = {"next": f"{self.base}{request.path}?{query}"}
        if not by_time:
            paging["cursors"] = {"before": _shown("0"), "after": _shown(place)}
        else:
            before = urlencode([("access_token", token), ("__previous", "1"), ("since", "1772440000")])
            paging["previous"] = f"{self.base}{request.path}?{before}"
        return {"paging": paging}

    def _json(self, status: int, body: Body) -> Response:
        used = {"type": self.kind, "call_count": self.used, "total_cputime": 1, "total_time": min(self.used, 3)}
        usage = {"100": [used | {"estimated_time_to_regain_access": self.regain}]}
        headers = (
            ("Content-Type", "application/json; charset=UTF-8"),
            ("facebook-api-version", self.version),
            ("X-Business-Use-Case-Usage", json.dumps(usage, separators=(",", ":"))),
            ("X-App-Usage", '{"call_count":1,"total_cputime":0,"total_time":1}'),
        )
        return Response(status, headers, dump(body))


def drawn(number: int, width: int) -> Response:
    """A picture."""
    width = min(width, 480)
    return Response(200, (("Content-Type", "image/png"),), png(number % 9973, width, width * 2 // 3))


def _shown(place: str) -> str:
    return base64.urlsafe_b64encode(f"practice:{place}".encode()).decode()


def _number(place: str | None) -> int | None:
    """Where a page begins; None: at the top."""
    if place is None:
        return None
    name, _, number = base64.urlsafe_b64decode(place).decode().partition(":")
    return int(number) if name == "practice" and number.isdigit() else 0
