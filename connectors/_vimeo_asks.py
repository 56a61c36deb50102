"""The questions put to Vimeo's API, with a token of the account's owner. Pure.

Vimeo lets whoever names the fields that it needs (``fields``) ask more often. Which version of the API is spoken stands
in the header ``Accept``.

Whoever signed in is shown private videos among the public ones, so lists are private. What a list says everybody sees
is asked for once more by itself, and its comments as comments on it: these answers are public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote

from connectors._account_asks import AccountAsks, ident, looked_at, with_page
from connectors.contract import AccessClass, Ask, JSONValue, RecordKind, RecordRef, Stream
from connectors.sites import Site

SITE, SERVER = "https://vimeo.com", "https://api.vimeo.com"
ON_VIMEO = Site(SITE, frozenset({"vimeo.com", "www.vimeo.com"}), SERVER, peer="/vimeo")
VERSION = "3.4"
ACCEPT = (("Accept", f"application/vnd.vimeo.*+json;version={VERSION}"),)
_PAGE = (("per_page", "100"),)
_USER = (
    "uri,name,link,location,bio,short_bio,websites,pictures.base_link,metadata.connections.videos.total,created_time"
)
_VIDEO = (
    "uri,name,description,link,type,duration,language,created_time,modified_time,release_time,privacy,tags.tag,tags.name,"
    "pictures.base_link,pictures.type,user.uri,user.name,user.link,stats.plays,status,"
    "metadata.connections.comments.total,metadata.connections.likes.total,metadata.connections.texttracks.total"
)
_OPEN = (
    "uri,name,description,link,duration,language,created_time,release_time,privacy,tags.tag,tags.name,"
    "pictures.base_link,pictures.type,user.uri,user.name,user.link,"
    "metadata.connections.comments.total,metadata.connections.likes.total"
)
"""What everybody sees of a video: without how often it was played, which its owner may hide."""
_AGAIN = ",".join(reversed(_VIDEO.split(",")))
"""The same, which makes another question of a direct look than of a watched video: each is put once in a run."""
_SHARED = "uri,privacy.view,user.uri"
_COMMENT = "uri,type,text,created_on,user.uri,user.name,user.link,metadata.connections.replies.total"
_TRACK = "uri,active,type,language,name,link,link_expires_time"
_NUMBER = re.compile(r"[0-9]{1,20}")


class Asks(AccountAsks):
    """Builds the asks of one sweep of one account, which Vimeo names by a path."""

    __slots__ = ()
    on: ClassVar[Site] = ON_VIMEO

    # Who it is.

    def identify(self) -> Ask:
        """Whose account an address is."""
        return self._call(f"/users/{quote(self.named, safe='')}", "identify", Stream.PROFILE, _USER)

    def profile(self) -> Ask:
        """The account itself, beside a list that has nothing to do with it as control."""
        control = self._call("/languages", "server", Stream.PROFILE, "code", (("per_page", "1"),))
        number = self.account.rpartition("/")[2]
        return looked_at(self._user("profile"), [f"user/{number}"], control)

    def _user(self, purpose: str) -> Ask:
        return self._call(self.account, purpose, Stream.PROFILE, _USER)

    # Lists.

    def videos(self, known: JSONValue = None) -> Ask:
        """Every video of the account, the newest first. ``known``: how far the list was read, and how many comments
        videos had."""
        context = {"known": known} if self.new and isinstance(known, Mapping) else {}
        order = (("sort", "date"), ("direction", "desc"), *_PAGE)
        ask = self._call(f"{self.account}/videos", "videos", Stream.POSTS, _VIDEO, order)
        return replace(ask, listing="videos", context={**ask.context, **context})

    def comments(self, key: str, page: str | None = None, **context: JSONValue) -> Ask:
        """All comments on a video; ``page``: from that page on. ``open``: everybody sees it, and them."""
        order = (("direction", "asc"), *_PAGE)
        ask = self._call(f"/videos/{ident(key)}/comments", "comments", Stream.COMMENTS, _COMMENT, order, key=key)
        ask = _seen(replace(ask, listing=f"comments:{key}", context={**ask.context, **context}))
        return ask if page is None else with_page(ask, (("page", page),))

    def replies(self, key: str, pending: Sequence[str], after: str | None, **context: JSONValue) -> Ask:
        """All replies to the first of ``pending`` comments, as a page of the list of comments of their video. It goes
        on with the others, and then with its page ``after``."""
        path = f"/videos/{ident(key)}/comments/{pending[0]}/replies"
        ask = self._call(path, "replies", Stream.COMMENTS, _COMMENT, (("direction", "asc"), *_PAGE), key=key)
        known: dict[str, JSONValue] = {"above": pending[0], "pending": list(pending[1:]), "after": after, **context}
        return _seen(replace(ask, listing=f"comments:{key}", context={**ask.context, **known}))

    def tracks(self, key: str) -> Ask:
        """Captions and subtitles of a video."""
        return self._call(f"/videos/{ident(key)}/texttracks", "tracks", Stream.MEDIA, _TRACK, _PAGE, key=key)

    # Single things.

    def video(self, key: str, purpose: str = "video", **context: JSONValue) -> Ask:
        """One video by its number."""
        return self._call(f"/videos/{ident(key)}", purpose, Stream.POSTS, _VIDEO, key=key, **context)

    def open(self, key: str) -> Ask:
        """A video that everybody sees."""
        return _seen(self._call(f"/videos/{ident(key)}", "open", Stream.POSTS, _OPEN, key=key, open=True))

    def shared(self, key: str) -> Ask:
        """Whether everybody sees a video: the first page of the list of comments on it, so that who sees them is known
        right before they are asked for."""
        ask = self._call(f"/videos/{ident(key)}", "shared", Stream.COMMENTS, _SHARED, key=key, open=True)
        return replace(_seen(ask), listing=f"comments:{key}")

    def watched(self, keys: Iterable[str]) -> Iterator[Ask]:
        """Known videos again, with all comments, beside one that is there: the answer says who sees these."""
        videos = [key for key in keys if _is_of(key, "video")]
        if videos:
            yield self._beside(videos, lead=True)

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records: videos beside another one as control, comments where those on their video can
        be listed."""
        comments: dict[str, list[str]] = {}
        videos, settings = list[str](), list[str]()
        for ref in records:
            if ref.kind is RecordKind.PROFILE:
                yield self.profile()
            elif _is_of(ref.key, "video"):
                videos.append(ref.key)
            elif ref.key.startswith("comments/"):
                settings.append(ref.key.removeprefix("comments/"))
            elif _is_of(ref.key, "comment") and ref.thread is not None and _is_of(ref.thread, "video"):
                comments.setdefault(ref.thread, []).append(ref.key)
        if videos:
            yield self._beside(videos)
        yield from (self.video(key) for key in settings if key not in videos)  # (put twice, it would not be looked for)
        for thread, keys in comments.items():
            yield self._gate(thread, **{"for": keys})

    def _beside(self, keys: Sequence[str], **context: JSONValue) -> Ask:
        """Videos that are there; beside one of them known ones are looked for: nothing else shows that single videos
        are answered at all, and known ones may have gone together. ``lead``: to their comments as well."""
        path, two = f"{self.account}/videos", (("sort", "date"), ("direction", "desc"), ("per_page", "2"))
        return self._call(path, "beside", Stream.POSTS, "uri", two, **{"for": list(keys)}, **context)

    def beside(self, keys: Iterable[str], there: Sequence[str], *, none: bool, **context: JSONValue) -> Iterator[Ask]:
        """Known videos, each beside one of those that are there; where the list says that it has none (``none``),
        beside the account, which has to count none either. Else that one is gone is not told."""
        for key in keys:
            again = self._call(f"/videos/{ident(key)}", "video", Stream.POSTS, _AGAIN, key=key)
            ask, other = (
                self.video(key, **context) if context else again,
                next((one for one in there if one != key), None),
            )
            if other is None and not none:
                yield ask
            else:
                yield looked_at(ask, [key], self._user("emptied") if other is None else self.video(other))

    def _gate(self, key: str, **context: JSONValue) -> Ask:
        """Whether the comments on a video can be listed; only then are known ones asked for."""
        path, one = f"/videos/{ident(key)}/comments", (("per_page", "1"),)
        return self._call(path, "gate", Stream.COMMENTS, "uri", one, key=key, **context)

    def one_by_one(self, key: str, keys: Iterable[str]) -> Iterator[Ask]:
        """Known comments on a video, beside the list of those on it as control."""
        for one in keys:
            path = f"/videos/{ident(key)}/comments/{ident(one)}"
            ask = self._call(path, "comment", Stream.COMMENTS, _COMMENT, key=key)
            yield looked_at(ask, [one], replace(self._gate(key), purpose="server"))

    def _call(
        self, path: str, purpose: str, stream: Stream, fields: str, more: Sequence[tuple[str, str]] = (),
        **context: JSONValue,
    ) -> Ask:  # fmt: skip
        return self.ask(path, purpose, stream, (("fields", fields), *more), headers=ACCEPT, context=context)


def _seen(ask: Ask) -> Ask:
    """The same, public where everybody sees what it is about."""
    return replace(ask, access=AccessClass.PUBLIC) if ask.context.get("open") is True else ask


def _is_of(key: str, kind: str) -> bool:
    named, _, identity = key.partition("/")
    return named == kind and _NUMBER.fullmatch(identity) is not None
