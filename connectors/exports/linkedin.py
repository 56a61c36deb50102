"""LinkedIn's "Get a copy of your data" of a member, as CSV: what the member shared, commented and wrote. Pure.

It is the archive of a member, and no page's. A share's link has the URN of the post, so it is the record that captures
make; where the link names the *activity* instead, which is another number, it is a record of its own, named by that.
Comments have a number of their own in newer archives only. Times have no zone there, or say UTC: all are taken as UTC.
In ``Comments.csv`` a quote is written with a backslash before it, in the other files twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import unquote

from connectors._linkedin_urns import comment_key, post_key
from connectors.contract import AccessClass, AccountRef, Answer, Ask, Author, JSONValue, RecordKind, SeenRecord, Stream
from connectors.exports.contract import Identity, ImportReading, Planned, Use, Why
from connectors.exports.rows import Row, rows
from connectors.exports.unnamed import Keys
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Unreadable

_NUMBERED = r"(?:_\d{1,20})?\.csv"
_PROFILE = re.compile(rf"Profile{_NUMBERED}")
_SHARES = re.compile(rf"Shares{_NUMBERED}")
_COMMENTS = re.compile(rf"Comments{_NUMBERED}")
_MESSAGES = re.compile(rf"messages{_NUMBERED}")
_ARTICLES = re.compile(r"Articles/.{1,500}\.html")
_TELLING = re.compile(rf"(?P<root>(?:.*/)?)(?:Shares|Comments|messages){_NUMBERED}")
_NO_RECORD = re.compile(rf"(?:Reactions|Votes|SearchQueries|Saved[ _].+|Hashtag_Follows|Company Follows){_NUMBERED}")
_POST = re.compile(r"urn:li:(?:share|ugcPost):[0-9]{1,25}(?![0-9])")
_OTHER = re.compile(r"urn:li:(?:activity|groupPost|article):[0-9-]{1,60}(?![0-9-])")
_COMMENT = re.compile(
    r"(?:commentUrn=|^)urn:li:comment:\((?:urn:li:)?[A-Za-z]{1,30}:[0-9]{1,25},(?P<number>[0-9]{1,25})\)"
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?: UTC)?")
_LINES = re.compile(r'"\r?\n"')
_EVERYBODY = frozenset({"PUBLIC", "ANYONE"})
_COLUMNS = {
    "shares": ("date", "sharelink", "sharecommentary"),
    "comments": ("date", "link", "message"),
    "messages": ("conversation id", "from", "date", "content"),
}
_OTHER_LANGUAGE = (
    "its columns are not those that are known; have the archive made anew with the account's language set to English"
)
_DOUBT = "it is the archive of a member of LinkedIn, and accounts here are pages; what is in it is told as the member's"


class LinkedInArchive:
    """What LinkedIn gives a member."""

    name: ClassVar[str] = "linkedin-archive"
    platform: ClassVar[str] = "linkedin"
    title: ClassVar[str] = "LinkedIn's archive of a member (CSV)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        for name in sorted(names, key=lambda one: (one.count("/"), one)):
            if (found := _TELLING.fullmatch(name)) is not None:
                return found["root"]
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in sorted(names) if _PROFILE.fullmatch(one)][:1]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """By the member's name, which is all that the archive says."""
        if not files:
            raise ValueError("it has no Profile.csv; have the archive made with everything in it")
        told = [row for _, _, row in rows(next(iter(files.values()))) if row is not None][:1]
        if not told or "first name" not in told[0]:
            raise ValueError(_OTHER_LANGUAGE)
        name = tidy(f"{told[0].get('first name', '')} {told[0].get('last name', '')}")
        return Identity(name, name, doubt=_DOUBT)

    def plan(self, name: str) -> Planned:
        if _SHARES.fullmatch(name):
            return Planned(Use.READ, "shares", access=AccessClass.PRIVATE)
        if _COMMENTS.fullmatch(name):
            return Planned(Use.READ, "comments", Stream.COMMENTS, AccessClass.PRIVATE)
        if _MESSAGES.fullmatch(name):
            return Planned(Use.READ, "messages", Stream.MESSAGES, AccessClass.PRIVATE)
        if _ARTICLES.fullmatch(name):
            # Drafts are among them.
            return Planned(Use.KEPT, "article", Stream.POSTS, AccessClass.PRIVATE)
        if _NO_RECORD.fullmatch(name):
            return Planned(Use.LEFT_OUT, why=Why.NO_RECORD)
        return Planned(Use.LEFT_OUT, why=Why.PERSONAL if name.endswith(".csv") else Why.UNKNOWN)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """Only a name stands in it."""
        return None

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        one_of = {"shares": _share, "comments": _comment, "messages": _message}.get(ask.purpose)
        return ImportReading() if one_of is None else _Found(ask).read(answer.body, one_of)


@dataclass(slots=True)
class _Found:
    """What was read of one file so far."""

    ask: Ask
    records: list[SeenRecord] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    cuts: set[int] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    keys: Keys = field(default_factory=Keys)

    @property
    def member(self) -> Author:
        return Author(None, str(self.ask.context.get("name", "")))

    def read(self, body: bytes, one_of: Callable[[_Found, Row, str], None]) -> ImportReading:
        wanted = _COLUMNS[self.ask.purpose]
        try:
            for start, end, row in rows(body, escaped=self.ask.purpose == "comments", exact=True):
                place = f"bytes={start}-{end}"
                self.cuts |= {start, end}
                try:
                    if row is None:
                        raise Unreadable("a row with more or fewer values than there are columns")
                    if not all(name in row for name in wanted):
                        raise Unreadable(_OTHER_LANGUAGE)
                    one_of(self, row, place)
                except Unreadable as error:
                    self.wrong.append((place, str(error)))
        except Unreadable as error:
            self.wrong.append(("", str(error)))
        cuts = tuple(sorted(self.cuts))
        return ImportReading(
            tuple(self.records), quarantine=tuple(self.wrong), cuts=cuts, private=frozenset(self.private)
        )

    def add(self, record: SeenRecord, *, private: bool) -> None:
        self.records.append(record)
        if private:
            self.private.add(record.key)


def _time(row: Row) -> datetime:
    found = _TIME.fullmatch(row["date"].strip())
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC) if found else _no_time()
    except ValueError:
        return _no_time()


def _no_time() -> datetime:
    raise Unreadable("an entry without a usable time")


def _words(written: str) -> str:
    """LinkedIn puts quotes around each line of a share of several."""
    lines = written.split("\n")
    quoted = len(lines) > 1 and len(_LINES.findall(written)) == len(lines) - 1
    return tidy(_LINES.sub("\n", written) if quoted else written)


def _address(written: str) -> str | None:
    address = storable(written.strip())
    return address if is_web(address) else None


def _post_of(link: str) -> str | None:
    """Key of the post that a link names; None where it names none by the number that captures have."""
    found = _POST.search(unquote(link).partition("?")[0])
    return post_key(found[0]) if found else None


def _named(link: str) -> str:
    """What a link names by another number, else the link."""
    found = _OTHER.search(unquote(link))
    return found[0] if found else link.strip()


def _share(found: _Found, row: Row, place: str) -> None:
    at, link = _time(row), row["sharelink"]
    words = _words(row["sharecommentary"])
    shared, medium = (_address(row.get(name, "")) for name in ("sharedurl", "mediaurl"))
    content: dict[str, JSONValue] = {"commentary": words, "shared_url": shared, "media_url": medium}
    visibility = row.get("visibility", "").strip().upper()
    content["visibility"] = storable(visibility)
    record = SeenRecord(
        key=_post_of(link) or found.keys.of(RecordKind.POST, at, _named(link)),
        kind=RecordKind.POST,
        place=place,
        content=content,
        text="\n\n".join(one for one in (words, shared) if one),
        author=found.member,
        created_at=at,
        url=_address(link),
        word="post",
    )
    found.add(record, private=visibility not in _EVERYBODY)


def _comment(found: _Found, row: Row, place: str) -> None:
    at, link, words = _time(row), row["link"], tidy(row["message"])
    numbered = _COMMENT.search(unquote(link))
    key = comment_key(numbered["number"]) if numbered else found.keys.of(RecordKind.COMMENT, at, _named(link), words)
    under = _post_of(link)
    record = SeenRecord(
        key=key,
        kind=RecordKind.COMMENT,
        place=place,
        content={"message": words},
        text=words,
        author=found.member,
        created_at=at,
        parent=under,
        thread=under,
        url=_address(link),
        word="comment",
    )
    found.add(record, private=True)  # under whose post, and who saw it, it does not say


def _message(found: _Found, row: Row, place: str) -> None:
    at, talk, words = _time(row), storable(row["conversation id"].strip()), tidy(row["content"])
    subject, sender = tidy(row.get("subject", "")), tidy(row["from"])
    own = sender == found.member.name
    record = SeenRecord(
        key=found.keys.of(RecordKind.MESSAGE, at, talk, subject, words),
        kind=RecordKind.MESSAGE,
        place=place,
        content={"conversation": talk, "subject": subject, "message": words, "to": tidy(row.get("to", ""))},
        text="\n\n".join(one for one in (subject, words) if one),
        author=found.member if own else Author(None, sender, None, _address(row.get("sender profile url", ""))),
        created_at=at,
        word="message",
    )
    found.add(record, private=True)
