"""What stands in repositories of the AT Protocol, by what happened in the city. A record never changes by what happens
to others: an answer names the first state of what it answers, be that deleted; what passes a deleted post on stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from archiver.practice import acts
from archiver.practice.acts import Act, Medium, Wording
from archiver.practice.bluesky_ids import POST, REPOST, cid_of, did_of, key_of, picture_cid, uri_of
from archiver.practice.city import City, Post
from archiver.practice.ids import milliseconds
from archiver.practice.pictures import png

Body = dict[str, Any]
BLOCK, GATE = "app.bsky.graph.block", "app.bsky.feed.threadgate"


class Repositories:
    """Of everybody in the city. ``closed``: posts that nobody may answer, and since when."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.closed: dict[int, datetime] = {}
        self.said: dict[int, acts.Say | acts.Share] = {}
        """Whatever was ever written."""
        self.shares: dict[int, acts.Share] = {}
        """What passes something on and was not taken back itself."""
        self.blocks: dict[int, dict[int, datetime]] = defaultdict(dict)
        self._hidden: dict[int, set[int]] = defaultdict(set)
        self._changes: Counter[int] = Counter()
        self._changed: dict[int, datetime] = {}
        self._made: dict[tuple[int, Wording], tuple[Body, str]] = {}
        self._read = 0

    def catch_up(self) -> None:
        """Take in what happened since."""
        for act in self._city.journal[self._read :]:
            for person in self._taken_in(act):
                self._changes[person] += 1
                self._changed[person] = act.at
        self._read = len(self._city.journal)

    def _taken_in(self, act: Act) -> Iterator[int]:
        """Takes in an act; whose repositories it changes."""
        match act:
            case acts.Say():
                self.said[act.id] = act
                yield act.author
            case acts.Share():
                self.said[act.id] = self.shares[act.id] = act
                yield act.author
            case acts.Edit() | acts.Delete():
                if isinstance(act, acts.Delete):
                    self.shares.pop(act.id, None)
                yield self.said[act.id].author
            case acts.Hide() | acts.Unhide():
                root = self.root_of(act.id)
                hidden = self._hidden[root]
                hidden.add(act.id) if isinstance(act, acts.Hide) else hidden.discard(act.id)
                yield self.said[root].author
            case acts.Block():
                self.blocks[act.person].setdefault(act.whom, act.at)
                yield act.person
            case acts.ChangeProfile():
                yield act.person
            case acts.Join() | acts.Like():
                pass

    def revision(self, person: int) -> str:
        """Of a repository; another after each change."""
        at = self._changed.get(person, self._city.people[person].created_at)
        return key_of(milliseconds(at) << 16 | self._changes[person] & 0xFFFF)

    # Who answers what.

    def parent_of(self, number: int) -> int | None:
        """What something was written as an answer to, be that deleted since."""
        said = self.said[number]
        return said.parent if isinstance(said, acts.Say) else None

    def root_of(self, number: int) -> int:
        """The first post of the thread that something was written in."""
        while (parent := self.parent_of(number)) is not None:
            number = parent
        return number

    def violates(self, post: Post) -> bool:
        """Whether a post was written where nobody may answer: nobody is shown it there."""
        root = self.root_of(post.id)
        since = self.closed.get(root)
        return since is not None and post.created_at >= since and post.author != self.said[root].author

    def at_odds(self, one: int, other: int) -> bool:
        """Whether one of two people blocks the other."""
        return other in self.blocks[one] or one in self.blocks[other]

    # Records.

    def record(self, number: int, wording: Wording | None = None) -> tuple[Body, str]:
        """A post as it is written (``wording``; None: as it was first), and its CID."""
        said = self.said[number]
        assert isinstance(said, acts.Say)
        words = said.wording if wording is None else wording
        made = self._made.get((number, words))
        if made is None:
            body = self._body(said, words)
            made = self._made[number, words] = body, cid_of(body)
        return made

    def _body(self, said: acts.Say, wording: Wording) -> Body:
        body: Body = {"$type": POST, "text": wording.text, "createdAt": time(said.at), "langs": [wording.language]}
        if said.parent is not None:
            body["reply"] = {"root": self.first(self.root_of(said.id)), "parent": self.first(said.parent)}
        if wording.media:
            body["embed"] = {"$type": "app.bsky.embed.images", "images": [_image(one) for one in wording.media]}
        if wording.warning:
            values = [{"val": "graphic-media"}]
            body["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
        facets = [*self._facets(said, wording.text)]
        return body | ({"facets": facets} if facets else {})

    def first(self, number: int) -> Body:
        """A post in the state in which it was first written, as others name it."""
        return {"uri": uri_of(number, self.said[number].author), "cid": self.record(number)[1]}

    def _facets(self, said: acts.Say, text: str) -> Iterator[Body]:
        for person in said.mentions:
            named = f"@{self._city.people[person].handle}".encode()
            start = text.encode().lower().find(named.lower())
            if start >= 0:
                features = [{"$type": "app.bsky.richtext.facet#mention", "did": did_of(person)}]
                yield {"index": {"byteStart": start, "byteEnd": start + len(named)}, "features": features}

    def listed(self, person: int, collection: str) -> list[Body]:
        """All records of a collection, the newest key first."""
        made = {POST: self._posts, REPOST: self._reposts, BLOCK: self._blocked, GATE: self._gates}.get(collection)
        found = [] if made is None else [*made(person)]
        return sorted(found, key=lambda one: str(one["uri"]), reverse=True)

    def _posts(self, person: int) -> Iterator[Body]:
        for number in self._city.people[person].said:
            post = self._city.posts[number]
            if post.share_of is None and post.visibility == "public":
                value, cid = self.record(number, post.wording)
                yield {"uri": uri_of(number, person), "cid": cid, "value": value}

    def _reposts(self, person: int) -> Iterator[Body]:
        for number, share in self.shares.items():
            if share.author == person:
                value = {"$type": REPOST, "subject": self.first(share.of), "createdAt": time(share.at)}
                yield {"uri": uri_of(number, person, REPOST), "cid": cid_of(value), "value": value}

    def _blocked(self, person: int) -> Iterator[Body]:
        for whom, at in self.blocks[person].items():
            value = {"$type": BLOCK, "subject": did_of(whom), "createdAt": time(at)}
            uri = uri_of(milliseconds(at) << 16 | whom & 0xFFFF, person, BLOCK)
            yield {"uri": uri, "cid": cid_of(value), "value": value}

    def _gates(self, person: int) -> Iterator[Body]:
        for number in self._city.people[person].said:
            gate = self.gate(number)
            if gate is not None:
                yield gate

    def gate(self, number: int) -> Body | None:
        """Who may answer a post, and which answers its author hides; None: everybody, and none."""
        hidden = sorted(one for one in self._hidden.get(number, ()) if one in self._city.posts)
        if number not in self.closed and not hidden:
            return None
        said = self.said[number]
        uris = [uri_of(one, self.said[one].author) for one in hidden]
        value: Body = {"$type": GATE, "post": uri_of(number, said.author), "createdAt": time(said.at)}
        value |= {"hiddenReplies": uris} | ({"allow": []} if number in self.closed else {})
        return {"uri": uri_of(number, said.author, GATE), "cid": cid_of(value), "value": value}

    def file(self, cid: str) -> bytes | None:
        """The file of that name; None once no post has it."""
        for one in self._city.media.values():
            if picture_cid(one.number, one.width, one.height) == cid:
                return png(one.number, one.width, one.height)
        return None


def time(at: datetime) -> str:
    """A time as records write it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _image(one: Medium) -> Body:
    cid = picture_cid(one.number, one.width, one.height)
    size = len(png(one.number, one.width, one.height))
    blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/png", "size": size}
    return {"alt": one.alt, "image": blob, "aspectRatio": {"width": one.width, "height": one.height}}
