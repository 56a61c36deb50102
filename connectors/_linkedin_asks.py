"""The questions put to LinkedIn's Community Management API for a page, with the token of somebody who administers it.
Pure.

The token is shown posts that not everybody sees: those for a target group, for members only, or shown as advertisements
alone. An exchange is of one access class, so posts are asked for in two steps. First which there are and who sees them,
without a word of what they say (an *index*, kept as private). Then their words: of what everybody sees as public, of
everything else as private.

What tells two questions apart stands in the address, and only the place in a list beside it. Addresses keep the
brackets and commas of Rest.li as they are, and escape everything in URNs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Any
from urllib.parse import quote

from connectors._linkedin_urns import listed, named_in_address, page_number, post_urn, quoted
from connectors.contract import AccessClass, AccountRef, Ask, JSONValue, RecordKind, RecordRef, Stream, Sweep, SweepKind
from connectors.sites import Site

SITE, SERVER = "https://www.linkedin.com", "https://api.linkedin.com"
_COUNTRIES = (f"{one}{other}.linkedin.com" for one in ascii_lowercase for other in ascii_lowercase)
LINKEDIN = Site(SITE, frozenset({"linkedin.com", "www.linkedin.com", *_COUNTRIES}), SERVER, peer="/linkedin")
VERSION = "202608"
"""Of the API; LinkedIn answers each for at least a year (until August 2027), and then no longer."""
PAGE = 50
"""Entries of a page, and things that are asked for at once."""
ORGANIZATION, BRAND = "urn:li:organization:", "urn:li:organizationBrand:"
ACTIONS = ("COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT", "COMMENT_DELETE", "SHARE", "SHARE_MENTION")
"""Of which notifications are asked for. Likes change no record, and are as many as all others together."""
FILES: Mapping[str, str] = {"image": "images", "video": "videos", "document": "documents"}
"""Kinds of files, and where they are asked for."""
_INDEX = "id,author,visibility,lifecycleState,publishedAt,createdAt,lastModifiedAt,distribution,adContext,container"
_PROFILE = (
    "id,$URN,vanityName,localizedName,localizedDescription,localizedWebsite,localizedSpecialties,logoV2,coverPhotoV2"
)
"""What everybody sees of a page."""
HEADERS = (("LinkedIn-Version", VERSION), ("X-Restli-Protocol-Version", "2.0.0"))
_COUNT = re.compile(r"[?&]count=([0-9]{1,3})(?:&|$)")
_KNOWN = ("site", "server", "author", "handle", "sweep")
_PRIVATE, _PUBLIC = AccessClass.PRIVATE, AccessClass.PUBLIC


@dataclass(frozen=True, slots=True)
class Asks:
    """Builds the asks of one sweep of one page. What it knows travels in the context of every ask."""

    site: str
    server: str
    author: str
    """URN of the page."""
    handle: str
    sweep: str

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        site, kind = account.url.rsplit("/", 2)[0], BRAND if "/showcase/" in account.url else ORGANIZATION
        swept = sweep.kind.value if sweep else "look"
        return cls(site, LINKEDIN.api_of(account.url), f"{kind}{account.platform_id}", account.handle, swept)

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        return cls(*(str(ask.context.get(one, "")) for one in _KNOWN))

    @property
    def new(self) -> bool:
        return self.sweep == SweepKind.NEW

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    # The page.

    def vanity(self, name: str) -> Ask:
        """Which page goes by a name."""
        path = f"organizations?q=vanityName&vanityName={quote(name, safe='')}"
        return self._ask(path, "vanity", Stream.PROFILE, method="FINDER", context={"name": name})

    def identify(self) -> Ask:
        """The page by its number: only who administers it is answered."""
        return self._organization("identify")

    def profile(self) -> Ask:
        """What the page says of itself, directly, beside a list of its posts as control."""
        ask = self._organization("profile")
        look = [f"organization/{page_number(self.author)}"]
        return replace(ask, context={**ask.context, "look": look}, control=self.own())

    def _organization(self, purpose: str) -> Ask:
        path = f"organizations/{page_number(self.author)}?fields={_PROFILE}"
        return self._ask(path, purpose, Stream.PROFILE, access=_PUBLIC)

    def roles(self) -> Ask:
        """Who has which role on the page."""
        path = f"organizationAcls?q=organization&organization={quoted(self.author)}&count={PAGE}"
        return self._ask(path, "roles", Stream.SETTINGS, method="FINDER", access=AccessClass.SETTINGS, listing="roles")

    def notifications(self, since: int, until: int, known: Sequence[str]) -> Ask:
        """What people did with comments on the page's posts, and where it was shared and named, between two times in
        milliseconds. It may tell what not everybody sees. ``known``: names of those that were read before."""
        path = (
            f"organizationalEntityNotifications?q=criteria&actions=List({','.join(ACTIONS)})"
            f"&organizationalEntity={quoted(self.author)}&timeRange=(start:{since},end:{until})&count={PAGE}"
        )
        context = {"since": since, "until": until, "known": list(known)}
        return self._ask(
            path, "notifications", Stream.COMMENTS, method="FINDER", listing="notifications", context=context
        )

    # Posts.

    def posts(self, modified: JSONValue = None, **known: JSONValue) -> Ask:
        """Which posts there are. On a *new* sweep those that were changed last come first, down to what was changed
        when it was last looked (``modified``, in milliseconds); on a *full* one the newest come first, since an edit
        must not move a post past the place that was reached. ``known``: how many comments posts had then."""
        order = "LAST_MODIFIED" if self.new else "CREATED"
        context: dict[str, JSONValue] = {"modified": modified if self.new and isinstance(modified, int) else None}
        context |= {name: dict(one) for name, one in known.items() if self.new and isinstance(one, Mapping)}
        path = f"posts?q=author&author={quoted(self.author)}&count={PAGE}&sortBy={order}&viewContext=READER"
        return self._ask(
            f"{path}&fields={_INDEX}", "posts", Stream.POSTS, method="FINDER", listing="posts", context=context
        )

    def known(self, keys: Sequence[str], *, anew: bool = False) -> Iterator[Ask]:
        """Which of some posts there are; then their words and what stands under them, and a direct look at each of the
        others. ``anew``: what stands under them was asked for in this run already, in vain."""
        for some in _batches([key for key in keys if post_urn(key) is not None]):
            path = f"posts?ids={listed(*(post_urn(key) or '' for key in some))}&viewContext=READER&fields={_INDEX}"
            context: dict[str, JSONValue] = {"for": list(some)} | ({"anew": True} if anew else {})
            yield self._ask(path, "known", Stream.POSTS, method="BATCH_GET", context=context)

    def words(self, urns: Sequence[str], *, seen: bool) -> Iterator[Ask]:
        """What posts say. ``seen``: by everybody."""
        for some in _batches(urns):
            path = f"posts?ids={listed(*some)}&viewContext=READER"
            yield self._ask(
                path, "words", Stream.POSTS, method="BATCH_GET", access=_class(seen=seen), context={"open": seen}
            )

    def own(self) -> Ask:
        """A control: whether the token still shows a post of the page."""
        path = f"posts?q=author&author={quoted(self.author)}&count=1&viewContext=READER&fields=id"
        return self._ask(path, "own", Stream.POSTS, method="FINDER")

    # What belongs to posts.

    def metadata(self, urns: Sequence[str], *, seen: bool, **context: JSONValue) -> Iterator[Ask]:
        """How many comments and reactions posts have, and whether they take comments."""
        for some in _batches(urns):
            yield self._ask(
                f"socialMetadata?ids={listed(*some)}", "metadata", Stream.SETTINGS, method="BATCH_GET",
                access=_class(seen=seen), context={"open": seen, **context},
            )  # fmt: skip

    def vouch(self, urn: str) -> Ask:
        """A control: whether one post can still be looked at for what people do with it."""
        return self._ask(f"socialMetadata/{quoted(urn)}", "vouch", Stream.SETTINGS)

    def files(self, kind: str, of: Mapping[str, JSONValue], *, seen: bool, at: str) -> Iterator[Ask]:
        """From where files of posts can be had for a while. ``of``: for each file, the posts that it is of; ``at``:
        when these were seen."""
        for some in _batches(sorted(of)):
            context = {"open": seen, "of": {urn: of[urn] for urn in some}, "kind": kind, "at": at}
            path = f"{FILES[kind]}?ids={listed(*some)}"
            yield self._ask(path, "files", Stream.POSTS, method="BATCH_GET", access=_class(seen=seen), context=context)

    # Comments.

    def comments(self, post: str, *, seen: bool, at: str, anew: bool = False) -> Ask:
        """All comments on a post. ``at``: when it was last known who sees it; ``anew``: in other pages than those that
        were asked for in vain, since no question is put twice in a run."""
        context = {"post": post, "open": seen, "at": at, "anew": anew}
        return self._comments(
            post_urn(post) or "", "comments", access=_class(seen=seen), context=context, count=_size(anew)
        )

    def replies(self, page: Ask, to: str, **context: JSONValue) -> Ask:
        """All replies to a comment, as pages of the list of comments that ``page`` is one of."""
        kept = {name: page.context.get(name) for name in ("post", "open", "at", "anew")}
        ask = self._comments(to, "replies", access=page.access, context={}, count=_size(kept["anew"]))
        return replace(ask, listing=page.listing, context={**ask.context, **kept, "to": to, **context})

    def gate(self, post: str, above: Mapping[str, str]) -> Ask:
        """Whether the comments on a post can be listed at all; only then known ones are asked for. ``above``: under
        what each of them stands, by its key."""
        ask = self._comments(post_urn(post) or "", "gate", context=_prepared(post, above), count=1)
        return replace(ask, listing=None)

    def whether(self, post: str, above: Mapping[str, str]) -> Ask:
        """Whether a post is there of which the comments are not."""
        path = f"posts/{quoted(post_urn(post) or '')}?viewContext=READER&fields=id"
        return self._ask(path, "whether", Stream.COMMENTS, context=_prepared(post, above))

    def _comments(self, under: str, purpose: str, *, count: int = PAGE, **more: Any) -> Ask:
        post = str(more["context"].get("post", ""))
        path = f"socialActions/{quoted(under)}/comments?count={count}"
        return self._ask(path, purpose, Stream.COMMENTS, listing=f"comments:{post}", **more)

    # Direct looks.

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records, each kind its own way. A comment of which it is not known under what it
        stands cannot be asked for."""
        under: dict[str, dict[str, str]] = {}
        for ref in records:
            if ref.kind is RecordKind.PROFILE:
                yield self.profile()
            elif post_urn(ref.key) is not None:
                yield self.look_at_post(ref.key)
            elif ref.kind is RecordKind.SETTINGS and (of := post_urn(ref.key.partition("/")[2])) is not None:
                yield self.vouch(of)
            elif ref.kind is RecordKind.COMMENT and ref.url is not None and (of := post_urn(ref.thread or "")):
                under.setdefault(ref.thread or "", {})[ref.key] = named_in_address(ref.url) or of
        yield from (self.gate(post, above) for post, above in under.items())

    def look_at_post(self, key: str) -> Ask:
        """One post, beside a list of the page's posts as control."""
        path = f"posts/{quoted(post_urn(key) or '')}?viewContext=READER&fields={_INDEX}"
        return self._ask(path, "post", Stream.POSTS, context={"look": [key]}, control=self.own())

    def look_at_comment(self, key: str, above: str, post: str, *, gone: bool) -> Ask:
        """One comment. ``gone``: the post is not there either, and cannot vouch."""
        path = f"socialActions/{quoted(above)}/comments/{key.partition('/')[2]}"
        control = self.own() if gone else self.vouch(post_urn(post) or "")
        context = {"look": [key], "post": post, "to": above}
        return self._ask(path, "comment", Stream.COMMENTS, context=context, control=control)

    def _ask(
        self, path: str, purpose: str, stream: Stream, *, method: str = "", access: AccessClass = _PRIVATE,
        listing: str | None = None, context: Mapping[str, JSONValue] | None = None, control: Ask | None = None,
    ) -> Ask:  # fmt: skip
        known: dict[str, JSONValue] = {name: getattr(self, name) for name in _KNOWN}
        return Ask(
            url=f"{self.server}/rest/{path}",
            stream=stream,
            purpose=purpose,
            headers=(*HEADERS, ("X-RestLi-Method", method)) if method else HEADERS,
            access=access,
            authorise="required",
            listing=listing,
            context={**known, **(context or {})},
            control=control,
        )


def with_start(ask: Ask, start: int, **context: JSONValue) -> Ask:
    """The page of the same list that begins at a place."""
    return replace(ask, parameters=(("start", str(start)),), context={**ask.context, **context})


def start_of(ask: Ask) -> int:
    """Where in its list a page begins."""
    given = dict(ask.parameters).get("start", "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _prepared(post: str, above: Mapping[str, str]) -> dict[str, JSONValue]:
    return {"post": post, "for": list(above), "above": dict(above)}


def count_of(ask: Ask) -> int:
    """How many entries of a list were asked for."""
    match = _COUNT.search(ask.url)
    return PAGE if match is None else int(match[1])


def _size(anew: JSONValue) -> int:
    return PAGE - 1 if anew is True else PAGE


def _class(*, seen: bool) -> AccessClass:
    return _PUBLIC if seen else _PRIVATE


def _batches(urns: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(urns), PAGE):
        yield urns[start : start + PAGE]
