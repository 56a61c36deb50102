"""What can happen in the city. Each act has a time; the list of acts is the whole truth about what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Visibility = Literal["public", "unlisted", "private", "direct"]
By = Literal["author", "page", "platform"]


@dataclass(frozen=True, slots=True)
class Medium:
    """One picture. ``number`` decides its bytes."""

    id: int
    number: int
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a post says in one version: everything whose change is an edit."""

    text: str
    warning: str = ""
    sensitive: bool = False
    language: str = "en"
    media: tuple[Medium, ...] = ()
    html: str | None = None
    """Shown as it is instead of ``text`` made into HTML: a server that cleans nothing."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a person or office shows itself."""

    name: str
    note: str = ""
    avatar: int = 0


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody opens an account. ``official``: it speaks for the city."""

    at: datetime
    person: int
    handle: str
    profile: Profile
    home: str
    official: bool = False


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    at: datetime
    person: int
    profile: Profile


@dataclass(frozen=True, slots=True)
class Say:
    """A new post, or a comment where ``parent`` is given, or a message where only named people may see it."""

    at: datetime
    id: int
    author: int
    wording: Wording
    parent: int | None = None
    visibility: Visibility = "public"
    mentions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody passes on a post."""

    at: datetime
    id: int
    author: int
    of: int


@dataclass(frozen=True, slots=True)
class Edit:
    at: datetime
    id: int
    wording: Wording


@dataclass(frozen=True, slots=True)
class Hide:
    """Taken out of sight, may come back; what answers it stays in place."""

    at: datetime
    id: int
    by: By = "page"


@dataclass(frozen=True, slots=True)
class Unhide:
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Delete:
    """Gone for good. What answered it stands on, cut off from its thread; what passed it on goes with it."""

    at: datetime
    id: int
    by: By = "author"


@dataclass(frozen=True, slots=True)
class Like:
    at: datetime
    id: int
    person: int


@dataclass(frozen=True, slots=True)
class Block:
    """``person`` no longer wants to see ``whom``: left out of lists shown to ``person``, there for everybody else."""

    at: datetime
    person: int
    whom: int


Act = Join | ChangeProfile | Say | Share | Edit | Hide | Unhide | Delete | Like | Block
