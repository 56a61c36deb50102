"""The questions put to TikTok's Accounts API (TikTok API for Business, v1.3) for an account, with its owner's token.
Pure.

Sources disagree on whether the list of videos holds those alone that everybody sees: of the endpoint it is said that
it is for public ones, of its field ``embed_url`` that posts for friends only, or for the owner only, cannot be watched
with it, and no field tells which they are. So nothing that is read of a video, or under it, is kept as public. Comments
are asked for with those that are hidden among them. The place in a list stands in ``cursor``: of videos a time in
milliseconds, of comments how many came before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from connectors import _tiktok_fields as fields
from connectors._tiktok_known import PAGE, Known, in_parts, videos_of
from connectors._tiktok_records import VIDEO, number_of
from connectors._tiktok_site import BUSINESS
from connectors.contract import AccessClass, Ask, JSONValue, RecordKind, RecordRef, Stream
from connectors.sites import Site

VERSION = "v1.3"
COMMENTS = 30
"""Most comments of a page; and as many are asked for by their numbers at once."""
YOUNG = timedelta(days=3)
"""Videos that are younger are asked for their comments by each *new* sweep, whatever number they tell: what TikTok
tells of comments, likes and views is 24 to 48 hours old (documented)."""
BESIDE = 9
"""Most other videos that are asked for a comment, one after the other, to vouch for a look."""
_FAR = 4_102_444_800_000
"""Milliseconds; the year 2100."""


class Asks(Known):
    """Builds the asks of one sweep of one account."""

    __slots__ = ()
    api: ClassVar[Site] = BUSINESS

    # The account.

    def identify(self, name: str) -> Ask:
        """Whether the account of this id goes by that name."""
        return self._get("business/get/", "identify", Stream.PROFILE, fields=fields.ACCOUNT, context={"name": name})

    def profile(self, *, basic: bool = False) -> Ask:
        """What the account says of itself. ``basic``: without what takes a permission of its own."""
        wanted = fields.ACCOUNT if basic else (*fields.ACCOUNT, *fields.ABOUT)
        return self._get(
            "business/get/", "profile", Stream.PROFILE, fields=wanted, access=AccessClass.PUBLIC,
            context={"basic": basic},
        )  # fmt: skip

    # Videos.

    def videos(self, bookmark: Mapping[str, JSONValue], at: datetime | None = None) -> Ask:
        """Videos, the newest first: on a *new* sweep down to the newest that is known (``newest``, in seconds), beside
        how many comments the newest had then (``comments``), and since when one is young (``young``, in seconds), for
        TikTok tells its numbers late. ``at``: when it is asked."""
        known = {name: bookmark.get(name) for name in ("newest", "comments") if self.new}
        if self.new and at is not None:
            known["young"] = int((at - YOUNG).timestamp())
        return self._videos("videos", fields.ITEM, PAGE, listing="videos", context=known)

    def known(self, keys: Sequence[str]) -> Iterator[Ask]:
        """Known videos by their numbers, then all comments on those that are there; the others are looked for."""
        for some in videos_of(keys):
            yield self._named("known", some, fields.ITEM, context={"for": list(some)})

    def look_at_videos(self, keys: Sequence[str]) -> Ask:
        """Known videos by their numbers, beside the newest video as control."""
        return replace(self._named("look", keys, fields.ITEM, context={"look": list(keys)}), control=self.own())

    def own(self) -> Ask:
        """A control: whether the token still shows a video of the account."""
        return self._videos("own", ("item_id",), 1)

    def _videos(
        self, purpose: str, wanted: Sequence[str], most: int, *, listing: str | None = None,
        context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:  # fmt: skip
        most_at_once = (("max_count", str(most)),)
        return self._get(
            "business/video/list/", purpose, Stream.POSTS, most_at_once, fields=wanted, listing=listing, context=context
        )

    def _named(
        self, purpose: str, keys: Sequence[str], wanted: Sequence[str], *, stream: Stream = Stream.POSTS,
        context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:  # fmt: skip
        filters = (("filters", _json({"video_ids": [number_of(key) for key in keys]})), ("max_count", str(PAGE)))
        return self._get("business/video/list/", purpose, stream, filters, fields=wanted, context=context)

    # Comments.

    def comments(self, video: str) -> Ask:
        """All comments on a video, among which the hidden ones are."""
        return self._comments(
            "comments", video, COMMENTS, inside=True, listing=f"comments:{video}", context={"video": video}
        )

    def replies(self, page: Ask, comment: str, **context: JSONValue) -> Ask:
        """All replies to a comment, as pages of the list of comments that ``page`` is one of."""
        video = str(page.context.get("video"))
        asked = self._comments("replies", video, COMMENTS, listing=page.listing, of=comment)
        return replace(asked, context={**asked.context, "video": video, "to": comment, **context})

    def _comments(
        self, purpose: str, video: str, most: int, *, listing: str | None = None, of: str = "",
        named: Sequence[str] = (), inside: bool = False, context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:  # fmt: skip
        path = "business/comment/reply/list/" if of else "business/comment/list/"
        asked = [
            ("video_id", number_of(video)),
            *([("comment_id", of)] if of else []),
            *([("comment_ids", _json([number_of(key) for key in named]))] if named else []),
            *([("include_replies", "true")] if inside else []),
            ("status", "ALL"),
            ("sort_field", "create_time"),
            ("sort_order", "asc"),
            ("max_count", str(most)),
        ]
        return self._get(path, purpose, Stream.COMMENTS, asked, listing=listing, context=context)

    # Direct looks.

    def looks(self, records: Iterable[RecordRef], beside: Sequence[RecordRef] = ()) -> Iterator[Ask]:
        """Ask directly for known records, each kind its own way. Of the account nothing is asked: the token always
        shows it. ``beside``: what else is known to be there."""
        videos: list[str] = []
        comments: dict[str, list[str]] = {}
        for ref in records:
            if ref.key.startswith(f"{VIDEO}/"):
                videos.append(ref.key)
            elif ref.kind is RecordKind.COMMENT and (ref.thread or "").startswith(f"{VIDEO}/"):
                comments.setdefault(str(ref.thread), []).append(ref.key)
        yield from (self.look_at_videos(some) for some in videos_of(videos))
        commented = _commented(beside)
        for video, keys in comments.items():
            yield self._gate(video, keys, [one for one in commented if one != video][:BESIDE])

    def _gate(self, video: str, keys: Sequence[str], beside: Sequence[str]) -> Ask:
        """Whether a video is there; then the known comments on it are asked for. ``beside``: other videos on which
        comments are known to be there."""
        context: dict[str, JSONValue] = {"for": list(keys), "video": video}
        context |= {"beside": list(beside)} if beside else {}
        return self._named("gate", [video], ("item_id",), stream=Stream.COMMENTS, context=context)

    def some(self, video: str, keys: Sequence[str], beside: Sequence[str] = ()) -> Ask:
        """Whether the list of a video's comments shows one. ``beside``: as :meth:`looks` had it."""
        context: dict[str, JSONValue] = {"for": list(keys), "video": video}
        context |= {"beside": list(beside)} if beside else {}
        return self._comments("some", video, 1, context=context)

    def elsewhere(self, video: str, keys: Sequence[str]) -> Ask:
        """Where else there are comments, where a video has none any more: among those that were published before a time
        far away, for each video another one, since no question is put twice in a run."""
        cursor = _FAR + int(number_of(video)) % 1_000_000_000
        asked = (("max_count", str(PAGE)), ("cursor", str(cursor)))
        return self._get(
            "business/video/list/", "elsewhere", Stream.COMMENTS, asked, fields=("item_id", "comments"),
            context={"for": list(keys), "video": video},
        )  # fmt: skip

    def look_at_comments(self, video: str, keys: Sequence[str], *, beside: Sequence[str]) -> Iterator[Ask]:
        """Known comments on a video by their numbers. ``beside``: the videos of one of which the list of comments has
        to show one right afterwards, as control: the same, or other ones, one after the other, where it has none any
        more. What a video tells of their number is none: it is told late."""
        control = self.others(beside)
        for some in in_parts(keys, COMMENTS):
            context = {"video": video, "look": list(some)}
            ask = self._comments("look_comments", video, COMMENTS, named=some, context=context)
            yield replace(ask, control=control)

    def others(self, videos: Sequence[str]) -> Ask | None:
        """Control: whether the list of the first video's comments shows one; where it does not, the next one's. None:
        no video is named."""
        control: Ask | None = None
        for video in reversed(videos):
            control = replace(self._comments("others", video, 1, context={"video": video}), control=control)
        return control

    def look_without(self, video: str, keys: Sequence[str]) -> Ask:
        """Known comments on a video that is not there: it says the same of all of them."""
        ask = self._named("without", [video], ("item_id",), stream=Stream.COMMENTS, context={"look": list(keys)})
        return replace(ask, context={**ask.context, "video": video}, control=self.own())

    # Parts.

    def _get(
        self, path: str, purpose: str, stream: Stream, asked: Sequence[tuple[str, str]] = (), *,
        fields: Sequence[str] = (), access: AccessClass = AccessClass.PRIVATE, listing: str | None = None,
        context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:  # fmt: skip
        whose = [("business_id", self.account)] if self.account else []
        wanted = [("fields", _json(list(fields)))] if fields else []
        return Ask(
            url=f"{self.server}/open_api/{VERSION}/{path}",
            stream=stream,
            purpose=purpose,
            parameters=(*whose, *wanted, *asked),
            access=access,
            authorise="required",
            listing=listing,
            context=self.context(context),
        )


def _commented(beside: Sequence[RecordRef]) -> Sequence[str]:
    """The videos that known comments are on, in their order."""
    under = (ref.thread or "" for ref in beside if ref.kind is RecordKind.COMMENT)
    return tuple(dict.fromkeys(video for video in under if video.startswith(f"{VIDEO}/")))


def _json(value: JSONValue) -> str:
    return json.dumps(value, separators=(",", ":"))
