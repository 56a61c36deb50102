"""Facebook's "Download your information", as JSON: of a Page, or of a person's profile. Pure.

Posts and comments have no id there that captures know, only the second in which they were written, so they are records
of their own; in the newer form (:mod:`connectors.exports.labels`) an entry has a number. The
export holds what its owner wrote; of what the public wrote under the Page's posts only comments under single pictures
are in it. Folders are named in English whatever the language is: ``this_profile's_activity_across_facebook`` of a Page,
``your_facebook_activity`` of a profile; older exports have neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from connectors.contract import AccessClass, AccountRef, Answer, Ask, JSONValue, RecordKind, SeenRecord, Stream
from connectors.exports._meta import (
    MESSAGE_FILE,
    MESSAGES,
    OTHER_LANGUAGE,
    Found,
    is_file,
    listed,
    masked_part,
    meant,
    media_of,
    moment_of,
    names_of,
    planned_file,
    read_entries,
    read_messages,
    said,
    web,
)
from connectors.exports.contract import Identity, ImportReading, Part, Planned, Use, Why
from connectors.exports.elements import parse
from connectors.exports.labels import is_labelled, labelled
from connectors.exports.unnamed import key_of, stable_name
from connectors.text import tidy
from connectors.values import Json, Unreadable, part, text, thing

_PAGE = re.compile(r"(?:.*/)?this_profile.{0,3}s_activity_across_facebook/")
_PERSON = re.compile(r"(?:.*/)?your_facebook_activity/")
_OLD = re.compile(r"(?P<root>(?:.*/)?)posts/your_posts_\d{1,4}\.json")
_ACTIVITY = re.compile(r"(?:this_profile.{0,3}s_activity_across_facebook|your_facebook_activity)/(.+)")
_INFORMATION = re.compile(r"(?:personal_information/)?profile_information/profile_information\.json")
_POSTS = re.compile(r"posts/(?:profile_posts|your_posts(?:__check_ins__photos_and_videos)?)_\d{1,4}\.json")
_COMMENTS = re.compile(r"comments(?:_and_reactions)?/comments\.json")
_ELSEWHERE = re.compile(r"posts/posts_on_other_pages_and_profiles\.json")
_STORIES = re.compile(r"stories/archived_stories\.json")
_PICTURES = re.compile(r"posts/(?:album/\d{1,6}|(?:your_)?(?:videos|uncategorized_photos))\.json")
_FILES = re.compile(r"(?:posts|stories|photos_and_videos)/(?!media/stickers_used/).{1,500}")
_PERSONAL = (
    *("personal_information/", "profile_information/", "security_and_login_information/", "connections/", "friends/"),
    *("ads_information/", "logged_information/", "preferences/", "apps_and_websites", "location/", "followers/"),
)
_NO_RECORD = re.compile(
    r"(?:comments_and_reactions/likes_and_reactions|groups/|pages/|events/|saved_items|polls/|fundraisers/"
    r"|facebook_(?:marketplace|gaming|payments)/|other_activity/|messages/stickers_used/|messages/[^/]+\.json"
    r"|posts/media/stickers_used/|activity_you.re_tagged_in/)"
)
_LISTS = {
    "posts": ("status_updates",),
    "elsewhere": ("posts_on_other_pages_and_profiles", "posts"),
    "comments": ("comments_v2", "comments"),
    "stories": ("archived_stories_v2",),
    "pictures": ("photos", "videos_v2", "videos", "other_photos_v2", "other_photos"),
}
_PERSON_DOUBT = "it is the export of a person's profile, and accounts here are Pages"


class FacebookExport:
    """What Facebook gives whoever runs a Page, or has a profile."""

    name: ClassVar[str] = "facebook-export"
    platform: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook's Download your information (JSON)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        ordered = sorted(names, key=lambda one: (one.count("/"), one))
        for form in (_PAGE, _PERSON):
            for name in ordered:
                if name.endswith(".json") and (found := form.match(name)) is not None:
                    return found[0].removesuffix("/").rpartition("/")[0] + ("/" if "/" in found[0][:-1] else "")
        for name in ordered:
            if (old := _OLD.fullmatch(name)) is not None:
                return old["root"]
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        """Who it is; and one file by which Pages are told from people."""
        found = [one for one in sorted(names) if _INFORMATION.fullmatch(one)][:1]
        page = [one for one in names if _PAGE.match(one) and one.endswith(".json")]
        return found + sorted(page, key=lambda one: ("/messages/" in one, "/posts/" in one, one))[:1]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """By its name, which is all that the export says."""
        told = next((body for name, body in files.items() if _INFORMATION.fullmatch(name)), None)
        if told is None:
            raise ValueError("it has no profile_information.json; have the export made with everything in it")
        about = thing(parse(told), "profile_information.json holds no object")
        profile = part(about, "profile_v2") or part(about, "profile")
        named = profile.get("name")
        name = said(named, "full_name") if isinstance(named, dict) else said(profile, "name")
        if not name:
            raise ValueError(OTHER_LANGUAGE)
        page = any(_PAGE.match(one) for one in files)
        address = web(profile.get("profile_uri"))
        return Identity(
            name,
            name,
            urls=() if address is None else (address,),
            # Who could see what a person published, the export does not say.
            protected=not page,
            doubt="" if page else _PERSON_DOUBT,
        )

    def plan(self, name: str) -> Planned:
        inside = _inside(name)
        if _POSTS.fullmatch(inside):
            return Planned(Use.READ, "posts", cut=True)
        if _COMMENTS.fullmatch(inside):
            return Planned(Use.READ, "comments", Stream.COMMENTS, cut=True)
        if _ELSEWHERE.fullmatch(inside):
            return Planned(Use.READ, "elsewhere", Stream.POSTS, AccessClass.PRIVATE, cut=True)
        if _STORIES.fullmatch(inside):
            return Planned(Use.READ, "stories", Stream.POSTS, AccessClass.PRIVATE, cut=True)
        if _PICTURES.fullmatch(inside):
            return Planned(Use.READ, "pictures", Stream.COMMENTS, cut=True)
        if MESSAGES.fullmatch(inside):
            return Planned(Use.READ, "messages", Stream.MESSAGES, AccessClass.PRIVATE, cut=True)
        if MESSAGE_FILE.fullmatch(inside):
            return planned_file(inside, AccessClass.PRIVATE_MEDIA)
        if _FILES.fullmatch(inside) and is_file(inside):
            public = inside.startswith("posts/")
            return planned_file(inside, AccessClass.MEDIA if public else AccessClass.PRIVATE_MEDIA)
        return _left_out(inside)

    def parts(self, name: str, body: bytes) -> Sequence[Part]:
        """All of it, without the addresses from which things were uploaded."""
        return masked_part(body)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """Only a name stands in it."""
        return None

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        if ask.purpose == "messages":
            return read_messages(ask, answer)
        one_of = _READERS.get(ask.purpose)
        return ImportReading() if one_of is None else read_entries(ask, answer, _LISTS[ask.purpose], one_of)


def _inside(name: str) -> str:
    found = _ACTIVITY.fullmatch(name)
    return found[1] if found else name


def _left_out(inside: str) -> Planned:
    if inside.startswith(_PERSONAL):
        return Planned(Use.LEFT_OUT, why=Why.PERSONAL)
    if inside.endswith((".html", ".css", ".js")) or inside.startswith(("html/", "icons/")):
        return Planned(Use.LEFT_OUT, why=Why.VIEWER)
    return Planned(Use.LEFT_OUT, why=Why.NO_RECORD if _NO_RECORD.match(inside) else Why.UNKNOWN)


def _known(entry: Json) -> Json:
    """Entries of other forms are not read in part.

    Raises:
        Unreadable: it is one.
    """
    if "data" not in entry:
        raise Unreadable(OTHER_LANGUAGE)
    return entry


# What the account published.


def _post(found: Found, entry: Json, place: str) -> None:
    if is_labelled(entry):
        _labelled(found, entry, place, RecordKind.POST)
        return
    at = moment_of(_known(entry).get("timestamp"))
    _publish(found, entry, place, RecordKind.POST, at=entry.get("timestamp"))
    for number, medium in enumerate(_attached(entry, "media")):
        _answers(found, medium, place, at=str(int(at.timestamp())), number=number)


def _elsewhere(found: Found, entry: Json, place: str) -> None:
    """What the account wrote on other people's pages. Who could see it the export does not say."""
    if is_labelled(entry):
        _labelled(found, entry, place, RecordKind.POST, private=True)
    else:
        _publish(found, _known(entry), place, RecordKind.POST, at=entry.get("timestamp"), private=True)


def _labelled(found: Found, entry: Json, place: str, kind: RecordKind, *, private: bool = False) -> None:
    """An entry of the newer form. It is known by its number, where it has one: then other words make it no other
    record."""
    one = labelled(entry)
    content: dict[str, JSONValue] = {"message": one.words, "links": one.links, "files": [ref.url for ref in one.media]}
    content["labels"] = [[name, value] for name, value in one.others]
    facts = [f"fbid {one.identity}"] if one.identity else [*one.lines, *names_of(one.media)]
    record = SeenRecord(
        key=found.keys.of(kind, one.at, *facts),
        kind=kind,
        place=place,
        content=content,
        text="\n\n".join(one.lines),
        author=found.own(),
        created_at=one.at,
        media=one.media,
        word=kind.value,
    )
    found.add(record, private=private or one.restricted)
    for number, medium in enumerate(one.hung):
        _answers(found, medium, place, at=str(int(one.at.timestamp())), number=number)


def _story(found: Found, entry: Json, place: str) -> None:
    if is_labelled(entry):
        _labelled(found, entry, place, RecordKind.STORY, private=True)
        return
    _publish(found, _known(entry), place, RecordKind.STORY, at=entry.get("timestamp"))


def _publish(found: Found, entry: Json, place: str, kind: RecordKind, *, at: JSONValue, private: bool = False) -> None:
    when = moment_of(at)
    words = "\n\n".join(one for each in listed(entry, "data") if (one := said(each, "post")))
    files = media_of(_attached(entry, "media"))
    title, others = said(entry, "title"), list(_others(entry))
    lines = [words, *_new(words, (one.alt_text or "" for one in files)), *(line for line, _ in others)]
    shown = "\n\n".join(line for line in lines if line) or title
    facts = [words, *names_of(files), *(line for line, _ in others)]
    content: dict[str, JSONValue] = {"message": words, "title": title, "attachments": [told for _, told in others]}
    content["files"] = [one.url for one in files]
    record = SeenRecord(
        key=found.keys.of(kind, when, *(facts if any(facts) else [title])),
        kind=kind,
        place=place,
        content=content,
        text=shown,
        author=found.own(),
        created_at=when,
        media=files,
        word=kind.value,
    )
    found.add(record, private=private or kind is RecordKind.STORY)


def _attached(entry: Json, name: str) -> list[Json]:
    """What hangs on an entry, of one kind."""
    within = [each for one in listed(entry, "attachments") for each in listed(one, "data")]
    return [part(one, name) for one in within if isinstance(one.get(name), dict)]


def _others(entry: Json) -> Iterator[tuple[str, dict[str, JSONValue]]]:
    """What hangs on it and is no file: how it reads, and what it is."""
    for one in _attached(entry, "external_context"):
        address, name = web(one.get("url")), said(one, "name")
        if address or name:
            yield " ".join(each for each in (name, address) if each), {"url": address, "name": name}
    for kind in ("place", "event"):
        for one in _attached(entry, kind):
            if name := said(one, "name"):
                yield name, {kind: name}
    for one in _attached(entry, "note"):
        if words := "\n\n".join(each for each in (said(one, "title"), said(one, "text")) if each):
            yield words, {"note": words}
    for plain in (each for one in listed(entry, "attachments") for each in listed(one, "data")):
        if isinstance(plain.get("text"), str) and (words := said(plain, "text")):
            yield words, {"text": words}


def _new(words: str, lines: Iterator[str]) -> Iterator[str]:
    """Each line once, and none that is said already: Facebook repeats a post's words with each of its pictures."""
    told = {words}
    for line in lines:
        if line not in told:
            told.add(line)
            yield line


# Comments.


def _comment(found: Found, entry: Json, place: str) -> None:
    """One that the account wrote. Under whose post only the title says, in words."""
    if is_labelled(entry):
        _labelled(found, entry, place, RecordKind.COMMENT)
        return
    told = next((part(one, "comment") for one in listed(_known(entry), "data") if "comment" in one), None)
    if told is None:
        raise Unreadable("an entry without a comment")
    at = moment_of(told.get("timestamp", entry.get("timestamp")))
    words, files, title = said(told, "comment"), media_of(_attached(entry, "media")), said(entry, "title")
    links = [address for one in _attached(entry, "external_context") if (address := web(one.get("url")))]
    content: dict[str, JSONValue] = {"message": words, "title": title, "links": links}
    content["files"] = [one.url for one in files]
    record = SeenRecord(
        key=found.keys.of(RecordKind.COMMENT, at, words, *names_of(files), *links),
        kind=RecordKind.COMMENT,
        place=place,
        content=content,
        text="\n\n".join([one for one in (words, *links) if one] or [title]),
        author=found.by(said(told, "author")),
        created_at=at,
        media=files,
        word="comment",
    )
    found.add(record, private=bool(told.get("group")))


def _picture(found: Found, entry: Json, place: str) -> None:
    """Pictures and videos stand in posts too: here only what was said under them is read."""
    stamp = moment_of(entry.get("creation_timestamp"))
    _answers(found, entry, place, at=str(int(stamp.timestamp())), number=0)


def _answers(found: Found, medium: Json, place: str, *, at: str, number: int) -> None:
    """What somebody wrote under one picture. The same stands in several places of an export, so it is not counted."""
    under = stable_name(meant(text(medium, "uri", missing="")))
    for one in listed(medium, "comments"):
        when, words, name = moment_of(one.get("timestamp")), said(one, "comment"), said(one, "author")
        key = key_of(RecordKind.COMMENT, when, words, name, f"under {under}")
        if key in found.told:
            continue
        found.told.add(key)
        record = SeenRecord(
            key=key,
            kind=RecordKind.COMMENT,
            place=place,
            content={"message": words, "under": tidy(under)},
            text=words,
            author=found.by(name),
            created_at=when,
            word="comment",
        )
        found.add(record, private=False)


_READERS: Mapping[str, Callable[[Found, Json, str], None]] = {
    "posts": _post,
    "elsewhere": _elsewhere,
    "comments": _comment,
    "stories": _story,
    "pictures": _picture,
}
