"""People on a Bluesky network, who write, answer, edit, delete and are taken down through its own interface."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.servers.bluesky import Network

POST = "app.bsky.feed.post"
_ADMIN = ("admin", "admin-pass")

Json = dict[str, Any]


@dataclass
class Person:
    """One account, signed in with its own password."""

    network: Network
    name: str
    did: str = ""
    handle: str = ""
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _token: str = ""

    def join(self) -> Person:
        """Make the account."""
        self.handle = f"{self.name}-{secrets.token_hex(3)}.test"
        given = {"handle": self.handle, "email": f"{self.handle}@example.org", "password": self.password}
        made = self._call("com.atproto.server.createAccount", given)
        self.did, self._token = made["did"], made["accessJwt"]
        self.put("app.bsky.actor.profile", "self", {"displayName": self.name.title()})
        return self

    def say(self, text: str, **more: Any) -> Json:
        """A post; ``{"uri", "cid"}`` of it."""
        return self.create(POST, {"text": text, **more})

    def answer(self, text: str, to: Json, root: Json | None = None) -> Json:
        """A reply to a post, in the thread that ``root`` begins."""
        return self.say(text, reply={"root": _strong(root or to), "parent": _strong(to)})

    def quote(self, text: str, post: Json) -> Json:
        return self.say(text, embed={"$type": "app.bsky.embed.record", "record": _strong(post)})

    def show(self, text: str, picture: bytes, alt: str) -> Json:
        """A post with a picture."""
        blob = self._call("com.atproto.repo.uploadBlob", picture, kind="image/png")["blob"]
        images = [{"image": blob, "alt": alt}]
        return self.say(text, embed={"$type": "app.bsky.embed.images", "images": images})

    def repost(self, post: Json) -> Json:
        return self.create("app.bsky.feed.repost", {"subject": _strong(post)})

    def create(self, collection: str, record: Json) -> Json:
        given = {"repo": self.did, "collection": collection, "record": _dated(collection, record)}
        return self._call("com.atproto.repo.createRecord", given)

    def put(self, collection: str, key: str, record: Json) -> Json:
        given = {"repo": self.did, "collection": collection, "rkey": key, "record": _dated(collection, record)}
        return self._call("com.atproto.repo.putRecord", given)

    def edit(self, post: Json, text: str) -> Json:
        """Put other words under the same address."""
        key = post["uri"].rpartition("/")[2]
        given = {"repo": self.did, "collection": POST, "rkey": key}
        said = self._ask("com.atproto.repo.getRecord", given)["value"]
        return self.put(POST, key, {**said, "text": text})

    def delete(self, post: Json) -> None:
        _, _, _, collection, key = post["uri"].split("/")
        self._call("com.atproto.repo.deleteRecord", {"repo": self.did, "collection": collection, "rkey": key})

    def deactivate(self) -> None:
        self._call("com.atproto.server.deactivateAccount", {})

    def activate(self) -> None:
        self._call("com.atproto.server.activateAccount", b"")

    def rename(self) -> str:
        """Take another handle."""
        self.handle = f"{self.name}-{secrets.token_hex(3)}.test"
        self._call("com.atproto.identity.updateHandle", {"handle": self.handle})
        return self.handle

    def app_password(self, name: str = "archive") -> str:
        made: str = self._call("com.atproto.server.createAppPassword", {"name": name})["password"]
        return made

    def revoke(self, name: str = "archive") -> None:
        self._call("com.atproto.server.revokeAppPassword", {"name": name})

    def _call(self, method: str, given: Json | bytes, kind: str = "application/json") -> Json:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = f"{self.network.pds}/xrpc/{method}"
        if isinstance(given, bytes):
            typed = {"Content-Type": kind} if given else {}
            answer = httpx.post(url, content=given, headers=headers | typed, timeout=60)
        else:
            answer = httpx.post(url, json=given, headers=headers, timeout=60)
        assert answer.status_code == 200, (method, answer.text)
        return answer.json() if answer.content else {}

    def _ask(self, method: str, given: Json) -> Json:
        answer = httpx.get(f"{self.network.pds}/xrpc/{method}", params=given, timeout=60)
        assert answer.status_code == 200, (method, answer.text)
        found: Json = answer.json()
        return found


def take_down(network: Network, person: Person, *, applied: bool = True) -> None:
    """What the moderators of the server do to an account."""
    subject = {"$type": "com.atproto.admin.defs#repoRef", "did": person.did}
    _moderate(network.pds, subject, applied=applied)


def take_down_post(network: Network, post: Json, *, applied: bool = True) -> None:
    """What the moderators of the AppView do to one post."""
    subject = {"$type": "com.atproto.repo.strongRef", **_strong(post)}
    _moderate(network.appview, subject, applied=applied)


def _moderate(server: str, subject: Json, *, applied: bool) -> None:
    given = {"subject": subject, "takedown": {"applied": applied, "ref": "test"}}
    url = f"{server}/xrpc/com.atproto.admin.updateSubjectStatus"
    answer = httpx.post(url, json=given, auth=_ADMIN, timeout=60)
    assert answer.status_code == 200, answer.text


def _strong(post: Json) -> Json:
    return {"uri": post["uri"], "cid": post["cid"]}


def _dated(collection: str, record: Json) -> Json:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"$type": collection, "createdAt": now, **record}
