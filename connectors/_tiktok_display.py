"""TikTok's Display API (v2): what is asked of it for an account, with its owner's token, and what its answers mean.
Pure.

It shows what everybody sees of the account: its profile and its public videos. It has no comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from connectors import _tiktok_fields as fields
from connectors import _tiktok_videos as videos
from connectors._tiktok_found import Found, data_of
from connectors._tiktok_known import OTHER_ACCOUNT, PAGE, Known, videos_of
from connectors._tiktok_pages import as_body
from connectors._tiktok_problems import of_display
from connectors._tiktok_records import display_video, number_of, user, user_facts
from connectors._tiktok_site import DISPLAY
from connectors.bodies import read_object
from connectors.contract import (
    AccessClass,
    AccountRef,
    Answer,
    Ask,
    JSONValue,
    Problem,
    ProblemKind,
    Reading,
    RecordRef,
    Stream,
)
from connectors.sites import Site
from connectors.values import Json, Unreadable, number, part

VERSION = "v2"
_JSON = (("Content-Type", "application/json"),)


class Asks(Known):
    """Builds the asks of one sweep of one account."""

    __slots__ = ()
    api: ClassVar[Site] = DISPLAY

    def identify(self, name: str) -> Ask:
        """Whose account the token is of. It must be the one that was named."""
        return self._user("identify", context={"name": name})

    def profile(self) -> Ask:
        """What the account says of itself."""
        return self._user("profile")

    def videos(self, bookmark: Mapping[str, JSONValue]) -> Ask:
        """Videos, the newest first: on a *new* sweep down to the newest that is known (``newest``, in seconds)."""
        known = {"newest": bookmark.get("newest")} if self.new else {}
        return replace(self._videos("list", "videos", {"max_count": PAGE}, context=known), listing="videos")

    def known(self, keys: Sequence[str]) -> Iterator[Ask]:
        """Known videos by their numbers, beside the newest one as control; where none is listed, beside the account's
        own number of videos."""
        for some in videos_of(keys):
            asked = {"filters": {"video_ids": [number_of(key) for key in some]}}
            yield replace(self._videos("query", "look", asked, context={"look": list(some)}), control=self._own())

    def _own(self) -> Ask:
        emptied = self._user("emptied", wanted=("open_id", "video_count"))
        return replace(self._videos("list", "own", {"max_count": 1}), control=emptied)

    def _user(
        self, purpose: str, context: Mapping[str, JSONValue] | None = None, wanted: Sequence[str] = fields.USER
    ) -> Ask:
        return self._ask("user/info", wanted, purpose, Stream.PROFILE, context or {})

    def _videos(
        self, path: str, purpose: str, asked: JSONValue, context: Mapping[str, JSONValue] | None = None
    ) -> Ask:  # fmt: skip
        ask = self._ask(f"video/{path}", fields.VIDEO, purpose, Stream.POSTS, context or {})
        return replace(ask, method="POST", body=as_body(asked), headers=_JSON)

    def _ask(
        self, path: str, wanted: Sequence[str], purpose: str, stream: Stream, context: Mapping[str, JSONValue]
    ) -> Ask:  # fmt: skip
        return Ask(
            url=f"{self.server}/{VERSION}/{path}/",
            stream=stream,
            purpose=purpose,
            parameters=(("fields", ",".join(wanted)),),
            access=AccessClass.PUBLIC,
            authorise="required",
            context=self.context(context),
        )


def looks(account: AccountRef, records: Iterable[RecordRef]) -> Iterator[Ask]:
    """Ask directly for known videos. Of the account nothing is asked: the token always shows it."""
    return Asks.begin(account, None).known([ref.key for ref in records])


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    problem = of_display(answer)
    if problem is not None:
        return Reading(problem=problem)
    reader = _READERS.get(ask.purpose, _never_asked)
    return read_object(answer, lambda body: reader(Found(ask), body))


def _never_asked(found: Found, body: Json) -> Reading:
    raise Unreadable("a question this connector never asked")


def _user_of(found: Found, body: Json) -> Json:
    told = part(data_of(found, body, "body", "whose"), "user")
    found.note("user", told)
    return told


def _identify(found: Found, body: Json) -> Reading:
    facts = user_facts(_user_of(found, body), Asks.of(found.ask).site)
    if facts.handle != str(found.ask.context.get("name")).lower():
        return Reading(problem=Problem(ProblemKind.PERMISSION, OTHER_ACCOUNT))
    return Reading(account=facts)


def _profile(found: Found, body: Json) -> Reading:
    told, asks = _user_of(found, body), Asks.of(found.ask)
    facts = user_facts(told, asks.site)
    if facts.platform_id != asks.account:
        return Reading(problem=Problem(ProblemKind.CONTRACT, OTHER_ACCOUNT))
    found.add("user", told, "/data/user", lambda: user(told, found.place("/data/user")))
    return replace(found.looked(), account=facts)


def _videos(found: Found, body: Json) -> Reading:
    return videos.listed(found, data_of(found, body, "body", "list"), "video", display_video)


def _look(found: Found, body: Json) -> Reading:
    return videos.looked(found, data_of(found, body, "body", "list"), "video", display_video)


def _own(found: Found, body: Json) -> Reading:
    return videos.own(data_of(found, body, "body", "list"))


def _emptied(found: Found, body: Json) -> Reading:
    """Control: whether TikTok itself counts no video of the account, by another endpoint than those that show them
    (``video_count``, of those that everybody sees, which are all that this interface returns)."""
    told = _user_of(found, body)
    none = told.get("open_id") == Asks.of(found.ask).account and number(told.get("video_count")) == 0
    return Reading(present=("emptied",) if none else ())


_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "profile": _profile,
    "videos": _videos,
    "look": _look,
    "own": _own,
    "emptied": _emptied,
}
