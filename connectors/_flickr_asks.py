"""The questions put to Flickr's API with the city's key, as strangers may ask them. Pure.

Every one of them goes to one address; what is asked for is named by the parameter ``method``. Without a signature of
the account's owner Flickr shows what everybody sees, so all of it is public.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from connectors._account_asks import AccountAsks, ident, looked_at, siblings
from connectors.contract import Ask, JSONValue, RecordKind, RecordRef, Stream
from connectors.sites import Site

SITE, SERVER = "https://www.flickr.com", "https://api.flickr.com"
ON_FLICKR = Site(SITE, frozenset({"flickr.com", "www.flickr.com", "m.flickr.com"}), SERVER, peer="/flickr")
PAGE = 500
"""Most entries of a page."""
SIZES = ("url_o", "url_6k", "url_5k", "url_4k", "url_3k", "url_k", "url_h", "url_l", "url_c", "url_z", "url_m")
"""Addresses of files, the largest first. The original is shown where the owner lets everybody have it."""
_EXTRAS = ",".join(
    (
        *("description", "date_upload", "date_taken", "last_update", "tags", "media", "license", "views", "path_alias"),
        *SIZES,
    )
)
_JSON = (("format", "json"), ("nojsoncallback", "1"))
#: What is commented on: kind → its name in methods, and in parameters.
THINGS: Mapping[str, tuple[str, str]] = {"photo": ("photos", "photo_id"), "album": ("photosets", "photoset_id")}


class Asks(AccountAsks):
    """Builds the asks of one sweep of one account."""

    __slots__ = ()
    on: ClassVar[Site] = ON_FLICKR

    # Who it is.

    def identify(self) -> Ask:
        """Whose account an address is."""
        url = f"{SITE}/{self.named}"
        return self._call("urls.lookupUser", "identify", Stream.PROFILE, {"url": url})

    def profile(self) -> Ask:
        """The account itself, beside a question that has nothing to do with it as control."""
        control = self._call("test.echo", "server", Stream.PROFILE, {})
        return looked_at(self._person("profile"), [f"user/{self.account}"], control)

    def _person(self, purpose: str) -> Ask:
        return self._call("people.getInfo", purpose, Stream.PROFILE, {"user_id": self.account})

    # Lists.

    def photos(self, known: JSONValue = None) -> Ask:
        """What everybody sees of the account, the newest first. ``known``: how far it was read."""
        context = {"known": known} if self.new and isinstance(known, Mapping) else {}
        wanted = {"user_id": self.account, "extras": _EXTRAS, "per_page": str(PAGE)}
        ask = self._call("people.getPublicPhotos", "photos", Stream.POSTS, wanted)
        return replace(ask, listing="photos", context={**ask.context, **context})

    def albums(self) -> Ask:
        """Albums, with their titles and descriptions."""
        wanted = {"user_id": self.account, "per_page": str(PAGE)}
        return replace(self._call("photosets.getList", "albums", Stream.POSTS, wanted), listing="albums")

    # Single things.

    def info(self, key: str) -> Ask:
        """One photo or album by its id."""
        kind = key.partition("/")[0]
        methods, parameter = THINGS[kind]
        return self._call(f"{methods}.getInfo", f"{kind}_info", Stream.POSTS, {parameter: ident(key)}, key=key)

    def comments(self, key: str) -> Ask:
        """All comments on a photo or album; Flickr gives them at once."""
        return replace(self._comments(key, {}), listing=f"comments:{key}")

    def _comments(self, key: str, more: Mapping[str, str]) -> Ask:
        methods, parameter = THINGS[key.partition("/")[0]]
        wanted = {parameter: ident(key), **more}
        return self._call(f"{methods}.comments.getList", "comments", Stream.COMMENTS, wanted, key=key)

    def watched(self, keys: Iterable[str]) -> Iterator[Ask]:
        """Known photos and albums again, with all comments. That one is gone is told only beside another one that is
        not; else the list of all says it."""
        for key, other in siblings([key for key in keys if key.partition("/")[0] in THINGS]):
            ask = self.info(key)
            yield ask if other is None else looked_at(ask, [key], self.info(other))
            yield self.comments(key)

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records. For comments that is the list of those on their photo, which Flickr gives
        whole; beside the photo as control."""
        comments: dict[str, list[str]] = {}
        for ref in records:
            kind = ref.key.partition("/")[0]
            if ref.kind is RecordKind.PROFILE:
                yield self.profile()
            elif kind in THINGS:
                yield looked_at(self.info(ref.key), [ref.key], self._person("server"))
            elif kind == "comments":
                yield self.info(ref.key.removeprefix("comments/"))
            elif kind == "comment" and ref.thread is not None and ref.thread.partition("/")[0] in THINGS:
                comments.setdefault(ref.thread, []).append(ref.key)
        for thread, keys in comments.items():
            # (From the beginning of time on: that makes another question of it than the list they were missing in.)
            yield looked_at(self._comments(thread, {"min_comment_date": "1"}), keys, self.info(thread))

    def _call(self, method: str, purpose: str, stream: Stream, wanted: Mapping[str, str], **context: JSONValue) -> Ask:
        parameters = (("method", f"flickr.{method}"), *wanted.items(), *_JSON)
        return self.ask("/services/rest/", purpose, stream, parameters, context=context)
