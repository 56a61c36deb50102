"""The questions put to a Mastodon server. Pure.

What strangers may see is asked without signing in and kept as public. Where the engine holds a credential, what only
the account sees (private mentions, posts to followers) is asked separately and kept as private, so that the two never
share a segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from connectors._beside import apart, in_order
from connectors._mastodon_settings import SETTINGS, settings_ask
from connectors.answers import moment
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    Bookmark,
    JSONValue,
    RecordKind,
    RecordRef,
    SeenRecord,
    Stream,
    Sweep,
    SweepKind,
)
from connectors.links import origin, same_origin, web

PAGE = "40"
OWNER = "verify_credentials"
BESIDE, WITNESS, EMPTIED = "beside", "witness", "emptied"
"""Controls: another status by its id; which there are to ask for; that the account counts none."""
_WITNESSES = "5"
#: ``exclude_replies=false`` is what servers do anyway; it tells the signed-in list from the public one.
_MORE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "notifications": (("types[]", "mention"),),
    "statuses_signed_in": (("exclude_replies", "false"),),
}
#: Lists that are paged: path, stream, whether only the account sees them, and the name under which absence counts.
LISTS: Mapping[str, tuple[str, Stream, bool, str | None]] = {
    "statuses": ("accounts/{account}/statuses", Stream.POSTS, False, "statuses"),
    "statuses_signed_in": ("accounts/{account}/statuses", Stream.MESSAGES, True, "statuses_signed_in"),
    "notifications": ("notifications", Stream.MESSAGES, True, None),
    "conversations": ("conversations", Stream.MESSAGES, True, None),
}


@dataclass(frozen=True, slots=True)
class Asks:
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask."""

    service: str
    account: str
    sweep: str
    at: str
    authorised: bool = False
    closed: bool = False
    """The server shows nothing to strangers: everything is asked signed in, and is private."""
    every_thread: bool = True
    """A full sweep looks into the thread of every post, not only of those that count replies now."""

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None, *, closed: bool, every_thread: bool) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        return cls(
            _service(account.service),
            account.platform_id,
            sweep.kind.value if sweep else "look",
            sweep.at.isoformat() if sweep else "",
            account.authorised,
            closed and account.authorised,
            every_thread,
        )

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        context = ask.context
        return cls(
            _service(ask.url),
            str(context.get("account", "")),
            str(context.get("sweep", "")),
            str(context.get("at", "")),
            context.get("authorised") is True,
            context.get("closed") is True,
            context.get("every_thread") is not False,
        )

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    def lookup(self, handle: str) -> Ask:
        """Who an address belongs to."""
        return self._ask("accounts/lookup", "lookup", Stream.PROFILE, parameters=(("acct", handle),))

    def owner(self) -> Ask:
        """Whose token it is: lists of what only the account sees do not name it, and are those of whoever signed in."""
        return self._ask(f"accounts/{OWNER}", OWNER, Stream.MESSAGES, private=True, context={"vouches": True})

    def profile(self) -> Ask:
        """The account itself, directly, beside the server's own page as control."""
        return self._ask(
            f"accounts/{_part(self.account)}",
            "account",
            Stream.PROFILE,
            context={"look": [f"account/{self.account}"]},
            control=self._ask("instance", "instance", Stream.PROFILE),
        )

    def status(self, ref: RecordRef, known: Iterable[RecordRef] = ()) -> Ask:
        """One known status, directly, beside another one. ``known``: what the archive knows that everybody saw."""
        private = ref.kind is RecordKind.MESSAGE
        stream = Stream.MESSAGES if private else _STREAM.get(ref.kind, Stream.COMMENTS)
        return self._ask(
            f"statuses/{_part(_ident(ref.key))}",
            "status",
            stream,
            private=private,
            context={"look": [ref.key], "thread": ref.thread} | _seen(ref.seen_at),
            control=in_order(list(self._controls(ref, known))),
        )

    def _controls(self, ref: RecordRef, known: Iterable[RecordRef]) -> Iterable[Ask]:
        """What is asked beside a status, one after the other: others by their ids, beside a post those of the account
        itself; one that its list names; and where it names none, beside what the account itself said, whether it counts
        none: of what others say, and of messages, that number tells nothing."""
        kind = ref.kind
        private = kind is RecordKind.MESSAGE
        # (what only some people were shown is not named in a question that anybody may see)
        shown = [one for one in known if one.kind is not RecordKind.MESSAGE and not private]
        others = [one for one in shown if one.key.startswith("status/")]
        if kind is RecordKind.POST:
            others = [one for one in others if one.author == self.account]
        yield from (self.beside(one.key, private=private) for one in apart(others))
        yield self._ask(
            f"accounts/{_part(self.account)}/statuses",
            WITNESS,
            Stream.MESSAGES if private else Stream.POSTS,
            private=private,
            parameters=(("limit", _WITNESSES),),
        )
        if self._is_counted(ref):
            yield self._ask(f"accounts/{_part(self.account)}", EMPTIED, Stream.PROFILE)

    def _is_counted(self, ref: RecordRef) -> bool:
        """Whether a status is one of those that the profile counts."""
        own = ref.kind in _STREAM or (ref.kind is RecordKind.COMMENT and ref.author == self.account)
        return own and bool(self.account)

    def beside(self, key: str, *, private: bool) -> Ask:
        """Whether a status can be had by its id."""
        return self._ask(
            f"statuses/{_part(_ident(key))}",
            BESIDE,
            Stream.MESSAGES if private else Stream.POSTS,
            private=private,
            context={"beside": key},
        )

    def thread(
        self, key: str, *, private: bool, edits_after: str | None = None, level: int = 0, replies: int | None = None
    ) -> Ask:
        """Everything above and below a status. ``replies``: how many direct answers it counts, where known."""
        more: dict[str, JSONValue] = {"edits_after": edits_after} if edits_after else {}
        more |= {"replies": replies} if replies is not None else {}
        return self._ask(
            f"statuses/{_part(_ident(key))}/context",
            "context",
            Stream.MESSAGES if private and not self.closed else Stream.COMMENTS,
            private=private,
            listing=f"context:{key}",
            context={"key": key, "level": level} | more,
        )

    def whole_thread(self, asked: Ask) -> Ask:
        """The same thread signed in, where the server cuts it short for strangers. Servers pass over the parameter; it
        makes two questions of what would else look like one."""
        signed_in = replace(asked, access=AccessClass.PRIVATE, authorise="required", control=None)
        signed_in = replace(signed_in, parameters=(("signed_in", "true"),))
        return replace(signed_in, context={**asked.context, "signed_in": True})

    def history(self, record: SeenRecord, asked: Ask) -> Ask:
        """The earlier versions of a status, as visible as itself."""
        about = {
            "key": record.key,
            "kind": record.kind.value,
            "thread": record.thread,
            "parent": record.parent,
            "url": record.url,
            "created_at": record.created_at.isoformat() if record.created_at else None,
        }
        ask = self._ask(
            f"statuses/{_part(_ident(record.key))}/history", "history", asked.stream, context={"about": about}
        )
        return replace(
            ask,
            access=asked.access,
            authorise=asked.authorise,
            context={**ask.context, "signed_in": asked.context.get("signed_in") is True},
        )

    def settings(self) -> Iterable[Ask]:
        """Whom the account blocks and mutes, and what it filters."""
        for purpose in SETTINGS:
            yield settings_ask(self.service, purpose, self._context({}))

    def listing(self, purpose: str, bookmark: Bookmark) -> Iterable[Ask]:
        """First pages of a list: on a *new* sweep from what is known upwards, and downwards from where an unfinished
        first capture stopped; else from the top to the end."""
        newest, older = bookmark.get(f"{purpose}.newest"), bookmark.get(f"{purpose}.older")
        after = bookmark.get("full_at") if self.full else None
        if self.full or not isinstance(newest, str):
            yield self._page(purpose, {"direction": "older", "edits_after": after})
            return
        since = bookmark.get(f"{purpose}.since")
        yield self._page(purpose, {"direction": "newer", "since": since}, (("min_id", newest),))
        if isinstance(older, str) and same_origin(older, self.service):
            yield replace(self._page(purpose, {"direction": "older", "resumed": True}), url=older, parameters=())

    def _page(self, purpose: str, context: Mapping[str, JSONValue], more: tuple[tuple[str, str], ...] = ()) -> Ask:
        path, stream, private, listing = LISTS[purpose]
        narrowed = _MORE.get(purpose, ())
        return self._ask(
            path.format(account=_part(self.account)),
            purpose,
            stream,
            private=private,
            listing=listing,
            parameters=(("limit", PAGE), *narrowed, *more),
            context={key: value for key, value in context.items() if value is not None},
        )

    def _ask(
        self,
        path: str,
        purpose: str,
        stream: Stream,
        *,
        private: bool = False,
        listing: str | None = None,
        parameters: tuple[tuple[str, str], ...] = (),
        context: Mapping[str, JSONValue] | None = None,
        control: Ask | None = None,
    ) -> Ask:
        signed_in = private or self.closed
        return Ask(
            url=f"{self.service}/api/v1/{path}",
            stream=stream,
            purpose=purpose,
            parameters=parameters,
            access=AccessClass.PRIVATE if signed_in else AccessClass.PUBLIC,
            authorise="required" if signed_in else "never",
            listing=listing,
            context=self._context({"signed_in": signed_in} | dict(context or {})),
            control=control,
        )

    def _context(self, more: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
        known: dict[str, JSONValue] = {"account": self.account, "sweep": self.sweep}
        known |= {"at": self.at} if self.full else {}
        known |= {"authorised": True} if self.authorised else {}
        known |= {"closed": True} if self.closed else {}
        known |= {} if self.every_thread else {"every_thread": False}
        return known | dict(more)


_STREAM = {RecordKind.POST: Stream.POSTS, RecordKind.SHARE: Stream.POSTS}


def edits_after(ask: Ask) -> datetime | None:
    """Edits before this were asked for by an earlier sweep."""
    return moment(ask.context.get("edits_after"))


def _seen(at: datetime | None) -> dict[str, JSONValue]:
    return {} if at is None else {"edits_after": at.isoformat()}


def _service(url: str) -> str:
    parts = web(url)
    return "" if parts is None else origin(parts)


def _ident(key: str) -> str:
    return key.partition("/")[2]


def _part(text: str) -> str:
    """``text`` as one path segment."""
    return quote(text, safe="") or "-"
