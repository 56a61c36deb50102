"""Live chats of the practice YouTube: opened with a broadcast, over with it, and then shown to nobody any more."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archiver.practice.city import City
from archiver.practice.youtube_ids import channel_id

Body = dict[str, Any]


@dataclass(slots=True)
class Chat:
    """The chat of one video."""

    id: str
    video: int
    began: datetime
    ended: datetime | None = None
    entries: list[Body] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    """Messages that were taken away."""

    def shown(self, start: int, size: int) -> tuple[list[Body], int]:
        """Entries from a place on, and the place behind them."""
        some = self.entries[start : start + size]
        return [one for one in some if one["id"] not in self.gone], start + len(some)


@dataclass(slots=True)
class Chats:
    """All of them."""

    city: City
    of_video: dict[int, Chat] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, video: int) -> Chat:
        """A broadcast goes live."""
        chat = Chat(f"Cg0KC{video:020d}", video, self.city.clock.now())
        self.of_video[video] = chat
        return chat

    def live(self, video: int) -> Chat | None:
        chat = self.of_video.get(video)
        return None if chat is None or chat.ended is not None else chat

    def named(self, identity: str) -> Chat | None:
        return next((one for one in self.of_video.values() if one.id == identity), None)

    def say(self, video: int, person: int, text: str, kind: str = "textMessageEvent", **details: Body) -> str:
        """Something is written, or done, in a chat; its id."""
        given = details or {"textMessageDetails": {"messageText": text}}
        snippet = {
            "type": kind,
            "liveChatId": self.of_video[video].id,
            "authorChannelId": channel_id(person),
            "publishedAt": f"{self.city.clock.now():%Y-%m-%dT%H:%M:%S.%f}+00:00",
            "hasDisplayContent": bool(text),
            **({"displayMessage": text} if text else {}),
            **given,
        }
        return self._add(video, person, snippet)

    def delete(self, video: int, message: str, moderator: int) -> None:
        """A moderator takes a message away."""
        chat = self.of_video[video]
        chat.gone.add(message)
        told = {"messageDeletedDetails": {"deletedMessageId": message}}
        self.say(video, moderator, "", "messageDeletedEvent", **told)

    def retract(self, video: int, message: str, person: int) -> None:
        """Whoever wrote it takes it back."""
        chat = self.of_video[video]
        chat.gone.add(message)
        self.say(video, person, "", "messageRetractedEvent", messageRetractedDetails={"retractedMessageId": message})

    def ban(self, video: int, person: int, moderator: int, seconds: int | None = None) -> None:
        """A moderator shuts somebody out, for good or for some time."""
        banned = self.city.people[person]
        details: Body = {
            "bannedUserDetails": {"channelId": channel_id(person), "displayName": f"@{banned.handle}"},
            "banType": "permanent" if seconds is None else "temporary",
            **({} if seconds is None else {"banDurationSeconds": str(seconds)}),
        }
        text = f"@{banned.handle} was hidden from this chat"
        self.say(video, moderator, text, "userBannedEvent", userBannedDetails=details)

    def _add(self, video: int, person: int, snippet: Body) -> str:
        author = self.city.people[person]
        identity = f"LCC.{next(self._numbers):06d}.practice"
        details = {
            "channelId": channel_id(person),
            "channelUrl": f"http://www.youtube.com/channel/{channel_id(person)}",
            "displayName": f"@{author.handle}",
            "profileImageUrl": "https://yt3.ggpht.com/practice=s88",
            "isVerified": False,
            "isChatOwner": author.official,
            "isChatSponsor": False,
            "isChatModerator": author.official,
        }
        body = {"kind": "youtube#liveChatMessage", "etag": identity, "id": identity}
        self.of_video[video].entries.append({**body, "snippet": snippet, "authorDetails": details})
        return identity
