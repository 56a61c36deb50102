"""What goes wrong in a month on each of Meta's platforms, day by day, and where."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.graph_json import dump, error
from archiver.practice.graph_pages import of_the_state
from archiver.practice.messages import Request, Response
from archiver.practice.truth import Truth
from tests.capture.house import House
from tests.capture.told import top_of
from tests.facebook import page as facebook
from tests.graph.place import Place
from tests.graph.scenes import in_a_mood, says
from tests.instagram import account as instagram
from tests.months.scene import Kind, Refusal, Wrong, limits, server_side
from tests.threads import account as threads

_FIRST = base64.urlsafe_b64encode(b"practice:0").decode()


def sized(found: Place, page: int) -> None:
    found.server.page = page


def _emptied(request: Request, response: Response) -> Response:
    """A page with nothing on it that names a next one, which has what this one should have had."""
    body = json.loads(response.body)
    if "after=" in request.target or not body.get("data"):
        return response
    after = {"before": _FIRST, "after": _FIRST}
    address = f"{faults.response_base(request)}{request.target}&after={quote(_FIRST)}"
    return with_json(response, body | {"data": [], "paging": {"cursors": after, "next": address}})


def _another_version(request: Request, response: Response) -> Response:
    return response.with_header("facebook-api-version", "v27.0")


def _too_much(code: int) -> Alter:
    """More was asked than may be: an error in its own form, in which only numbers say so."""

    def alter(request: Request, response: Response) -> Response:
        return replace(response, status=400, body=dump(error(code, "(#4) Application request limit reached")))

    return alter


def _refusal(code: int) -> Refusal:
    def refusal(status: int, *headers: tuple[str, str]) -> Alter:
        def alter(request: Request, response: Response) -> Response:
            for name, value in headers:
                response = response.with_header(name, value)
            return _too_much(code)(request, response)

        return alter

    return refusal


def _regained(at: datetime, now: datetime) -> str:
    """In whole minutes from now."""
    minutes = max(1, int((at - now).total_seconds()) // 60)
    used = {"type": "pages", "call_count": 100, "total_cputime": 1, "total_time": 1}
    return json.dumps({"100": [used | {"estimated_time_to_regain_access": minutes}]})


def graph(
    found: Place, *, lists: str, comments: str, media: str, drift: Sequence[str], code: int = 80001
) -> dict[str, Wrong]:
    """What goes wrong alike on all of them. ``drift``: a field that nobody knows, as it is told of."""
    return {
        **server_side(found, lists=lists, comments=comments, media=media),
        **limits(found, _refusal(code), ("X-Business-Use-Case-Usage", _regained), ("Retry-After", lambda *at: "40")),
        "429 of a proxy": Wrong(faults.html_page(429), comments, after=1, times=2),
        "429 of the app": Wrong(_too_much(4), lists, after=1, times=1),
        "not found": Wrong(says(100, subcode=33), comments, after=1, times=2),
        "not found for a day": Wrong(says(100, subcode=33), comments, times=None),
        "transient": Wrong(says(2, passing=True, status=500), lists, times=2),
        "permission": Wrong(says(10, status=403), comments, times=None),
        "expired": Wrong(says(190, subcode=463, status=401), comments, after=1, times=1, ends=True),
        "dead cursor": Wrong(says(100), "after=", times=1),
        "empty page": Wrong(_emptied, f"({lists}).*limit=|({comments}).*limit=", times=2),
        "unknown field": Wrong(in_a_mood(b'{"id":'), comments, times=None, drift=drift),
        "another version": Wrong(_another_version, "", times=None, drift=("version v27.0",)),
        "version": Wrong(says(2635), comments, times=3),
    }


def with_its_comment(truth: Truth, number: int, at: datetime) -> bool:
    """Whether something is given out to whom it belongs, hidden or not: with its post and the comment it is under."""
    said = root = truth.records[number]
    while root.parent is not None:
        root = truth.records[root.parent]
    above = {said.id: said, root.id: root}
    if said.parent is not None:
        above[top_of(truth, said).id] = top_of(truth, said)
    return all(one.exists_at(at) for one in above.values())


def _answers(truth: Truth, number: int, at: datetime) -> bool:
    """The same where what answers something goes with it."""
    said = truth.records[number]
    while said.exists_at(at) and said.parent is not None:
        said = truth.records[said.parent]
    return said.exists_at(at)


def _page(house: House) -> facebook.Page:
    """With posts that are limited to some people, and live videos."""
    found = facebook.page(house)
    found.server.pages.limits, found.server.pages.on_air = of_the_state, facebook.is_live
    return found


def _facebook(found: Place) -> Mapping[str, Wrong]:
    return graph(
        found, lists="/(feed|published_posts)[?]", comments="/comments", media="/facebook/pictures/",
        drift=("comment.mood",),
    )  # fmt: skip


def _instagram(found: Place) -> Mapping[str, Wrong]:
    return graph(
        found, lists="/media[?]", comments="/(comments|replies)[?]", media="/instagram/pictures/",
        drift=("media.mood", "comment.mood"), code=80002,
    )  # fmt: skip


def _threads(found: Place) -> Mapping[str, Wrong]:
    return graph(
        found, lists="/threads[?]", comments="/conversation", media="/threads/pictures/", drift=("media.mood",),
    )  # fmt: skip


def _inside(found: Any, page: int) -> None:
    sized(found, page)
    found.gallery.inside = 2


KINDS: Mapping[str, Kind] = {
    "facebook": Kind(
        _page, facebook.check, _facebook, 8, sized, {"messages": 12}, small=4, stands=with_its_comment,
        banned="settings/blocked", pictured=("post", "mention", "comment"), visitors=True,
    ),
    "instagram": Kind(
        instagram.Account.open, instagram.check, _instagram, 8, _inside, {"messages": 12}, small=4,
        stands=with_its_comment,
    ),
    "threads": Kind(
        threads.Account.open, threads.check, _threads, 12, sized, small=4, stands=_answers,
        pictured=("post", "comment"),
    ),
}  # fmt: skip
