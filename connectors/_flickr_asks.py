"""The questions put to Flickr's API. Pure.

Every one of them goes to one address; what is asked for is named by the parameter ``method``. With the city's key alone
Flickr shows what everybody sees: that is public. Where the account's owner agreed, the same is asked in the same way,
and beside it, signed for the owner, what not everybody sees: that is private, and so are looks at single things, which
the owner sees whoever else does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from connectors._account_asks import AccountAsks, ident, looked_at
from connectors.contract import AccessClass, Ask, JSONValue, RecordKind, RecordRef, Stream
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
SETTINGS = ("comments", "permissions")
"""What is recorded of a photo beside itself: whether everybody may comment; who may, which only its owner is told."""
PRIVATE: Mapping[str, str] = {
    "photos of friends": "2",
    "photos of family": "3",
    "photos of friends and family": "4",
    "photos of the owner": "5",
}
"""Lists that only the owner sees: name → what ``flickr.people.getPhotos`` calls their privacy."""


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

    def hidden(self, known: JSONValue = None) -> Iterator[Ask]:
        """What not everybody sees, by who does; only the owner is shown it. ``known``: as of :meth:`photos`."""
        context = {"known": known} if self.new and isinstance(known, Mapping) else {}
        for name, level in PRIVATE.items() if self.owner else ():
            wanted = {"user_id": self.account, "privacy_filter": level, "extras": _EXTRAS, "per_page": str(PAGE)}
            ask = as_owner(self._call("people.getPhotos", "hidden", Stream.POSTS, wanted))
            yield replace(ask, listing=name, context={**ask.context, **context})

    def albums(self) -> Ask:
        """Albums, with their titles and descriptions."""
        wanted = {"user_id": self.account, "per_page": str(PAGE)}
        return replace(self._call("photosets.getList", "albums", Stream.POSTS, wanted), listing="albums")

    # Single things.

    def info(self, key: str, **context: JSONValue) -> Ask:
        """One photo or album by its id; as the owner, if there is one to ask for: a photo that was made private is not
        gone."""
        kind = key.partition("/")[0]
        methods, parameter = THINGS[kind]
        # (of an album Flickr also wants to know whose it is, though it answers without)
        wanted = {parameter: ident(key)} | ({"user_id": self.account} if kind == "album" else {})
        return self._seen(self._call(f"{methods}.getInfo", f"{kind}_info", Stream.POSTS, wanted, key=key, **context))

    def comments(self, key: str, *, private: bool = False) -> Ask:
        """All comments on a photo or album; Flickr gives them at once. ``private``: not everybody sees them."""
        ask = replace(self._comments(key, {}), listing=f"comments:{key}")
        return as_owner(ask) if private and self.owner else ask

    def _comments(self, key: str, more: Mapping[str, str]) -> Ask:
        methods, parameter = THINGS[key.partition("/")[0]]
        wanted = {parameter: ident(key), **more}
        return self._call(f"{methods}.comments.getList", "comments", Stream.COMMENTS, wanted, key=key)

    def watched(self, keys: Iterable[str]) -> Iterator[Ask]:
        """Known photos and albums again, beside others that are there, with all comments."""
        things = [key for key in keys if key.partition("/")[0] in THINGS]
        yield from self._beside(things, lead=True)
        yield from (self.comments(key) for key in things if not self.leads(key))

    def leads(self, key: str) -> bool:
        """Whether the answer says who may see its comments."""
        return self.owner and key.startswith("photo/")

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records. For comments that is the list of those on their photo, which Flickr gives
        whole; beside the photo as control."""
        comments: dict[str, list[str]] = {}
        things, settings = list[str](), list[str]()
        for ref in records:
            kind = ref.key.partition("/")[0]
            if ref.kind is RecordKind.PROFILE:
                yield self.profile()
            elif kind in THINGS:
                things.append(ref.key)
            elif kind in SETTINGS:
                settings.append(ref.key.removeprefix(f"{kind}/"))
            elif kind == "comment" and ref.thread is not None and ref.thread.partition("/")[0] in THINGS:
                comments.setdefault(ref.thread, []).append(ref.key)
        yield from self._beside(things)
        # (put twice, it would not be looked for)
        yield from (self.info(key) for key in dict.fromkeys(settings) if key not in things)
        for thread, keys in comments.items():
            # (From the beginning of time on: that makes another question of it than the list they were missing in.)
            again = self._seen(self._comments(thread, {"min_comment_date": "1"}))
            yield looked_at(again, keys, self.info(thread))

    def _beside(self, keys: Sequence[str], **context: JSONValue) -> Iterator[Ask]:
        """Photos or albums that are there; beside one of them known ones are looked for: nothing else shows that single
        ones are answered at all, and known ones may have gone together. ``lead``: to their comments as well."""
        lists = {"photo": "people.getPhotos" if self.owner else "people.getPublicPhotos", "album": "photosets.getList"}
        for kind, method in lists.items():
            wanted = [key for key in keys if key.startswith(f"{kind}/")]
            two = {"user_id": self.account, "per_page": "2"}
            if wanted:
                ask = self._call(method, f"beside_{kind}s", Stream.POSTS, two, **{"for": wanted}, **context)
                yield self._seen(ask)

    def beside(self, keys: Iterable[str], there: Sequence[str], *, none: bool, lead: bool) -> Iterator[Ask]:
        """Known photos or albums, each beside one of those that are there; beside the account where it has none
        (``none``). Else that one is gone is not told."""
        for key in keys:
            ask = self.info(key, **({"lead": True} if self.leads(key) else {})) if lead else _again(self.info(key))
            other = next((one for one in there if one != key), None)
            if other is None and not none:
                yield ask
            else:
                yield looked_at(ask, [key], self._seen(self._person("server")) if other is None else self.info(other))

    def _seen(self, ask: Ask) -> Ask:
        """The same as whoever sees the most."""
        return as_owner(ask) if self.owner else ask

    def _call(self, method: str, purpose: str, stream: Stream, wanted: Mapping[str, str], **context: JSONValue) -> Ask:
        parameters = (("method", f"flickr.{method}"), *wanted.items(), *_JSON)
        ask = self.ask("/services/rest/", purpose, stream, parameters, context=context)
        return replace(ask, access=AccessClass.PUBLIC, authorise="if_possible")  # until it is asked as the owner


def _again(ask: Ask) -> Ask:
    """The same with its parameters in reverse, which makes another question of a direct look than of a watched photo:
    each is put once in a run."""
    address, _, query = ask.url.partition("?")
    return replace(ask, url=f"{address}?{'&'.join(reversed(query.split('&')))}")


def as_owner(ask: Ask) -> Ask:
    """The same question, signed for the account's owner."""
    return replace(ask, access=AccessClass.PRIVATE, authorise="required")
