"""Posts, reposts and profiles of Bluesky as records: what they say, who says it, what it answers. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors._bluesky_names import POST, REPOST, Place, is_cid, is_did, is_handle, place_of
from connectors.answers import moment
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, thing

_COUNTS = {"replies": "replyCount", "reposts": "repostCount", "likes": "likeCount", "quotes": "quoteCount"}
_PROFILE_COUNTS = {"followers": "followersCount", "following": "followsCount", "posts": "postsCount"}
_COUNTED = (RecordKind.POST, RecordKind.COMMENT)
"""Kinds under which the answers are read."""
_LARGEST = 2**53
_IMAGES, _VIDEO = "app.bsky.embed.images", "app.bsky.embed.video"
_QUOTE, _BOTH = "app.bsky.embed.record", "app.bsky.embed.recordWithMedia"
_LINK = "app.bsky.embed.external"
_WORDS = {
    RecordKind.POST: "post",
    RecordKind.SHARE: "repost",
    RecordKind.COMMENT: "reply",
    RecordKind.MENTION: "mention",
}


# --- what an account says of itself, from its own repository --------------------------------------------------------


def own_record(value: JSONValue, place: str, own: Author, site: str, pds: str, at: datetime) -> SeenRecord:
    """One record of the account's repository (``{"uri", "cid", "value"}``): a post, a reply, or a repost.

    Args:
        pds: the server that holds the repository, and the files that its records name.
        at: when the answer came: no post is dated later.

    Raises:
        Unreadable: it lacks what every record has, has it in another shape, or is somebody else's.
    """
    listed = thing(value, "not a record")
    where, cid = _where(listed)
    if where.did != own.id or where.collection not in (POST, REPOST):
        raise Unreadable("a record of another repository or collection")
    said = thing(listed.get("value"), "a record without its value")
    created = _created(said, at)
    if where.collection == REPOST:
        shared = _strong(said.get("subject"), "the reposted post")
        content: dict[str, JSONValue] = {"cid": cid, "shared": shared.uri}
        return SeenRecord(where.uri, RecordKind.SHARE, place, content, "", own, created, word="repost")
    kind = RecordKind.POST if said.get("reply") is None else RecordKind.COMMENT
    content = {"cid": cid, **projected(said)}
    return SeenRecord(
        key=where.uri,
        kind=kind,
        place=place,
        content=content,
        text=text_of(content),
        author=own,
        created_at=created,
        parent=_reply(said, "parent"),
        thread=_reply(said, "root"),
        url=post_url(site, where),
        media=tuple(_files(said, where.did, pds)),
        word=_WORDS[kind],
    )


def _files(said: Json, did: str, pds: str) -> Iterator[MediaRef]:
    """The files as they were uploaded; their names are their digests."""
    for kind, blob, alt in _blobs(said.get("embed")):
        cid = _blob_cid(blob)
        mime = blob.get("mimeType") if isinstance(blob, Mapping) else None
        if cid is not None:
            url = f"{pds}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}"
            yield MediaRef(cid, url, kind, mime if isinstance(mime, str) else None, _alt(alt))


def _blobs(embed: JSONValue) -> Iterator[tuple[str, JSONValue, JSONValue]]:
    """Kind, blob and description of every file that an embed names."""
    if not isinstance(embed, dict):
        return
    if embed.get("$type") == _BOTH:
        embed = embed.get("media")
        if not isinstance(embed, dict):
            return
    for image in (*_listed(embed.get("images")), *_listed(embed.get("items"))):  # (``items``: of a gallery)
        if isinstance(image, dict):
            yield "image", image.get("image"), image.get("alt")
    if embed.get("$type") == _VIDEO:
        yield "video", embed.get("video"), embed.get("alt")
        for caption in _listed(embed.get("captions")):
            if isinstance(caption, dict):
                yield "caption", caption.get("file"), None
    external = embed.get("external")
    if isinstance(external, dict) and external.get("thumb") is not None:
        yield "image", external["thumb"], None


# --- what the service shows ------------------------------------------------------------------------------------------


def post_view(
    value: JSONValue,
    place: str,
    account: str,
    site: str,
    at: datetime,
    *,
    thread: str | None = None,
    shared: bool = False,
) -> SeenRecord:
    """A post as the service shows it. Of the account's own posts only the numbers count: what they say is read from
    its repository, of which the service may still show an older state.

    Args:
        account: DID of the captured account.
        thread: key of the first record of its thread, where the answer tells it.
        shared: it is shown because the account passed it on.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    view = thing(value, "not a post")
    where, cid = _where(view)
    author = author_of(view.get("author"), site)
    if author.id != where.did:
        raise Unreadable("a post in another account's repository")
    said = thing(view.get("record", view.get("value")), "a post without its record")
    own = where.did == account
    quotes = quoted_by(said, account)
    kind = _kind(said, own=own, shared=shared and not quotes)
    content: dict[str, JSONValue] = {} if own else {"cid": cid, **projected(said)}
    named = thread or _reply(said, "root")
    return SeenRecord(
        key=where.uri,
        kind=kind,
        place=place,
        content=content,
        text="" if own else text_of(content),
        author=author,
        created_at=_created(said, moment(view.get("indexedAt")) or at),
        parent=_reply(said, "parent"),
        thread=None if named == where.uri else named,
        url=post_url(site, where),
        counts=_counts(view, _COUNTS),
        counted=_counts(view, _COUNTS).get("replies") if kind in _COUNTED else None,
        media=() if own else tuple(_pictures(view, said)),
        word="quote" if kind is RecordKind.MENTION and quotes else _WORDS[kind],
    )


def quoted_by(said: Json, account: str) -> bool:
    """Whether a post quotes one of the account."""
    quoted = _quoted(said.get("embed"))
    return quoted is not None and quoted.did == account


def _kind(said: Json, *, own: bool, shared: bool) -> RecordKind:
    if said.get("reply") is not None:
        return RecordKind.COMMENT
    if own:
        return RecordKind.POST
    return RecordKind.SHARE if shared else RecordKind.MENTION


def _pictures(view: Json, said: Json) -> Iterator[MediaRef]:
    """Pictures of a stranger's post as the service shows them: made anew from the uploaded file, so that no digest
    vouches for them."""
    shown: JSONValue = view.get("embed")
    if shown is None:  # of a quoted post
        shown = next(iter(_listed(view.get("embeds"))), None)
    if isinstance(shown, dict) and isinstance(shown.get("media"), dict):
        shown = shown["media"]
    images = [*_listed(shown.get("images")), *_listed(shown.get("items"))] if isinstance(shown, dict) else []
    named = [(_blob_cid(blob), alt) for kind, blob, alt in _blobs(said.get("embed")) if kind == "image"]
    for image, (cid, alt) in zip(images, named, strict=False):
        url = image.get("fullsize") if isinstance(image, dict) else None
        if cid is not None and isinstance(url, str) and is_web(url):
            yield MediaRef(f"shown/{cid}", url, "image", alt_text=_alt(alt))


def profile_record(value: JSONValue, place: str, site: str) -> SeenRecord:
    """The profile of an account.

    Raises:
        Unreadable: not a profile.
    """
    profile = thing(value, "not a profile")
    author = author_of(profile, site)
    content: dict[str, JSONValue] = {
        "name": author.name,
        "handle": author.handle,
        "description": storable(_text(profile, "description")),
        "pronouns": tidy(_text(profile, "pronouns")) or None,
        "website": storable(_text(profile, "website")) or None,
        "pinned": _pinned(profile.get("pinnedPost")),
    }
    lines = (author.name, author.handle or "", str(content["description"]), str(content["website"] or ""))
    return SeenRecord(
        key=f"profile/{author.id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=content,
        text="\n\n".join(line for line in lines if line),
        author=author,
        created_at=moment(profile.get("createdAt")),
        url=author.url,
        counts=_counts(profile, _PROFILE_COUNTS),
        counted=_counts(profile, _PROFILE_COUNTS).get("posts"),
        media=tuple(_portraits(profile)),
        word="profile",
    )


def account_facts(value: JSONValue, site: str) -> AccountFacts:
    """Who the service says the account is.

    Raises:
        Unreadable: not a profile.
    """
    author = author_of(value, site)
    return AccountFacts(author.id or "", author.handle or author.id or "", author.name, author.url or site)


def author_of(value: JSONValue, site: str) -> Author:
    """Who wrote it.

    Raises:
        Unreadable: that cannot be told.
    """
    view = thing(value, "no author")
    did, handle = view.get("did"), view.get("handle")
    if not isinstance(did, str) or not is_did(did):
        raise Unreadable("an author without a usable DID")
    named = handle if is_handle(handle) and handle != "handle.invalid" else None
    name = tidy(_text(view, "displayName")) or named or did
    return Author(did, name, named, f"{site}/profile/{named or did}")


def identity_record(did: str, handles: Sequence[str], pds: str) -> SeenRecord:
    """Which handle and which server the account's DID document names."""
    content: dict[str, JSONValue] = {"handles": list(handles), "server": pds}
    text = f"{', '.join(handles)}\n\n{pds}"
    return SeenRecord(f"identity/{did}", RecordKind.SETTINGS, "", content, text, word="identity")


def _portraits(profile: Json) -> Iterator[MediaRef]:
    for name in ("avatar", "banner"):
        url = profile.get(name)
        if isinstance(url, str) and is_web(url):
            yield MediaRef(f"{name}/{url.rpartition('/')[2][:200]}", url, "image")


def _pinned(value: JSONValue) -> str | None:
    where = place_of(value.get("uri")) if isinstance(value, dict) else None
    return None if where is None else where.uri


# --- the content projection ------------------------------------------------------------------------------------------


def projected(said: Json) -> dict[str, JSONValue]:
    """What the author of a post wrote, scheme 1, without the ``cid`` that names exactly this state of it.

    Raises:
        Unreadable: a field has another type than promised.
    """
    labels = said.get("labels")
    return {
        "text": storable(_text(said, "text")),
        "links": [_feature(one) for facet in _objects(said, "facets") for one in _objects(facet, "features")],
        "embed": _embed(said.get("embed")),
        "langs": _strings(said, "langs"),
        "tags": _strings(said, "tags"),
        "warnings": [tidy(_text(one, "val")) for one in _objects(labels, "values")] if isinstance(labels, dict) else [],
        "root": _reply(said, "root"),
        "parent": _reply(said, "parent"),
        "created": storable(_text(said, "createdAt")),
    }


def text_of(content: Json) -> str:
    """Plain text of a projection: the words, what files are said to show, the link under them."""
    embed = content.get("embed") or {}
    parts = [content.get("text", ""), *(alt or "" for _, alt in embed.get("files", ()))]
    parts += [embed.get(name) or "" for name in ("title", "description", "link")]
    return "\n\n".join(part for part in parts if part)


def _feature(value: Json) -> list[str]:
    kind = _text(value, "$type").rpartition("#")[2]
    target = next((value[name] for name in ("uri", "did", "tag") if isinstance(value.get(name), str)), "")
    return [storable(kind), storable(target)]


def _embed(embed: JSONValue) -> dict[str, JSONValue] | None:
    if embed is None:
        return None
    shape = thing(embed, "what a post shows is no object")
    quoted = _quoted(shape)
    found: dict[str, JSONValue] = {
        "type": storable(_text(shape, "$type")),
        "files": [[_blob_cid(blob), _alt(alt)] for kind, blob, alt in _blobs(shape) if kind != "caption"],
        "quoted": quoted.uri if quoted else None,
    }
    media = shape.get("media") if isinstance(shape.get("media"), dict) else shape
    external = media.get("external") if isinstance(media, dict) else None
    if isinstance(external, dict):
        found |= {"link": storable(_text(external, "uri")), "title": tidy(_text(external, "title"))}
        found["description"] = tidy(_text(external, "description"))
    return found


def _quoted(embed: JSONValue) -> Place | None:
    if not isinstance(embed, dict) or embed.get("$type") not in (_QUOTE, _BOTH):
        return None
    record = embed.get("record")
    if isinstance(record, dict) and embed["$type"] == _BOTH:
        record = record.get("record")
    return place_of(record.get("uri")) if isinstance(record, dict) else None


def post_url(site: str, where: Place) -> str:
    """Where a reader sees a post."""
    return f"{site}/profile/{where.did}/post/{where.key}"


# --- small parts -----------------------------------------------------------------------------------------------------


def _where(value: Json) -> tuple[Place, str]:
    where, cid = place_of(value.get("uri")), value.get("cid")
    if where is None:
        raise Unreadable("no usable AT URI")
    if not isinstance(cid, str) or not is_cid(cid):
        raise Unreadable("no usable CID")
    return where, cid


def _strong(value: JSONValue, what: str) -> Place:
    where = place_of(value.get("uri")) if isinstance(value, dict) else None
    if where is None:
        raise Unreadable(f"{what} has no usable AT URI")
    return where


def _reply(said: Json, name: str) -> str | None:
    reply = said.get("reply")
    return None if reply is None else _strong(thing(reply, "a reply to nothing").get(name), "the answered post").uri


def _created(said: Json, latest: datetime) -> datetime:
    """The time its author's program gave it, which may be any; no later than it was there, as the service shows it."""
    return min(moment(said.get("createdAt")) or latest, latest)


def _blob_cid(blob: JSONValue) -> str | None:
    """The CID of a file: ``{"ref": {"$link": CID}}``, or ``{"cid": CID}`` as the first servers wrote it."""
    ref = blob.get("ref") if isinstance(blob, dict) else None
    cid = ref.get("$link") if isinstance(ref, dict) else blob.get("cid") if isinstance(blob, dict) else None
    return cid if is_cid(cid) else None


def _alt(value: JSONValue) -> str | None:
    return tidy(value) or None if isinstance(value, str) else None


def _counts(value: Json, names: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, Any] = {name: value.get(field) for name, field in names.items()}
    return {name: number for name, number in found.items() if type(number) is int and 0 <= number < _LARGEST}


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []


def _objects(value: Json, name: str) -> list[Json]:
    listed = value.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable(f"{name} is not a list of objects")
    return listed


def _strings(value: Json, name: str) -> list[str]:
    listed = value.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Unreadable(f"{name} is not a list of texts")
    return [storable(one) for one in listed]


def _text(value: Json, name: str) -> str:
    text = value.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Unreadable(f"{name} is not text")
    return text
