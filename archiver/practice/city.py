"""The state of the practice city at one moment, on whatever platform it is then shown."""

from __future__ import annotations

import re
import threading
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import singledispatchmethod

from archiver.clock import Clock
from archiver.practice import acts
from archiver.practice.acts import Act, By, Medium, Profile, Visibility, Wording
from archiver.practice.ids import IdSource, to_millisecond

MENTION = re.compile(r"(?<![\w/@])@([a-z0-9_]{1,30})(?![\w@])", re.IGNORECASE)


@dataclass(slots=True)
class Person:
    """An account on the platform ``home``: somebody living here, or an office of the city."""

    id: int
    handle: str
    profile: Profile
    home: str
    official: bool
    created_at: datetime
    said: list[int] = field(default_factory=list)
    """Ids of what stands of this person, ascending."""
    blocked: set[int] = field(default_factory=set)
    revision: int = 0


@dataclass(slots=True)
class Post:
    """A post, comment, message or share that was not deleted."""

    id: int
    author: int
    created_at: datetime
    visibility: Visibility
    versions: list[tuple[datetime, Wording]]
    parent: int | None = None
    """None too once the post it answered is deleted."""
    parent_author: int | None = None
    root: int = 0
    """First post of the conversation it was written in, which may be deleted by now."""
    share_of: int | None = None
    mentions: tuple[int, ...] = ()
    hidden: bool = False
    replies: list[int] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    likes: int = 0
    revision: int = 0

    @property
    def wording(self) -> Wording:
        return self.versions[-1][1]

    @property
    def edited_at(self) -> datetime | None:
        return self.versions[-1][0] if len(self.versions) > 1 else None

    @property
    def is_reply(self) -> bool:
        """Written as an answer, whether or not what it answers still exists."""
        return self.parent_author is not None


@dataclass(frozen=True, slots=True)
class Notice:
    """What the platform tells an official account: somebody mentioned, liked or shared it."""

    id: int
    at: datetime
    kind: str
    to: int
    person: int
    post: int


class City:
    """People and what they said, changed by acts only. Deterministic: same seed and times, same ids and bytes.

    Every read of more than one field is done holding ``lock``; each act takes it. ``keep`` is told every act.
    """

    def __init__(self, clock: Clock, seed: int = 1, keep: Callable[[Act], None] | None = None) -> None:
        self.clock = clock
        self.seed = seed
        self.lock = threading.RLock()
        self.people: dict[int, Person] = {}
        self.handles: dict[str, int] = {}
        self.posts: dict[int, Post] = {}
        self.media: dict[int, Medium] = {}
        self.notices: list[Notice] = []
        self.journal: list[Act] = []
        self.revision = 0
        self.keep = keep
        self._ids = IdSource(seed)
        self._notice_count = 0

    @classmethod
    def replay(cls, clock: Clock, journal: Iterable[Act], seed: int = 1) -> City:
        """The city in which exactly these acts happened."""
        city = cls(clock, seed)
        for act in journal:
            city.apply(act)
        return city

    def now(self) -> datetime:
        return to_millisecond(self.clock.now())

    # What people do; each returns the id of what it made.

    def join(
        self, handle: str, name: str, *, note: str = "", home: str = "mastodon", official: bool = False,
        avatar: int | None = None, at: datetime | None = None,
    ) -> int:  # fmt: skip
        """Open an account."""
        with self.lock:
            when, person = self._stamp(at)
            profile = Profile(name, note, len(self.people) + 1 if avatar is None else avatar)
            self.apply(acts.Join(when, person, handle, profile, home, official))
            return person

    def say(
        self, author: int, wording: Wording | str, *, answering: int | None = None, visibility: Visibility = "public",
        at: datetime | None = None,
    ) -> int:  # fmt: skip
        """Post, or comment where ``answering`` is given. Who is named with ``@handle`` is mentioned."""
        with self.lock:
            when, post = self._stamp(at)
            words = Wording(wording) if isinstance(wording, str) else wording
            self.apply(acts.Say(when, post, author, words, answering, visibility, self._named(author, words.text)))
            return post

    def share(self, author: int, of: int, at: datetime | None = None) -> int:
        """Pass on a post."""
        with self.lock:
            when, post = self._stamp(at)
            self.apply(acts.Share(when, post, author, of))
            return post

    def edit(self, post: int, wording: Wording | str, at: datetime | None = None) -> None:
        """Replace what a post says; given only text, the rest stays."""
        with self.lock:
            words = replace(self.posts[post].wording, text=wording) if isinstance(wording, str) else wording
            self.apply(acts.Edit(self._at(at), post, words))

    def hide(self, post: int, by: By = "page", at: datetime | None = None) -> None:
        self.apply(acts.Hide(self._at(at), post, by))

    def unhide(self, post: int, at: datetime | None = None) -> None:
        self.apply(acts.Unhide(self._at(at), post))

    def delete(self, post: int, by: By = "author", at: datetime | None = None) -> None:
        self.apply(acts.Delete(self._at(at), post, by))

    def like(self, post: int, person: int, at: datetime | None = None) -> None:
        self.apply(acts.Like(self._at(at), post, person))

    def block(self, person: int, whom: int, at: datetime | None = None) -> None:
        self.apply(acts.Block(self._at(at), person, whom))

    def change_profile(
        self, person: int, *, name: str | None = None, note: str | None = None, avatar: int | None = None,
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Change what is given, keep the rest."""
        with self.lock:
            given = {"name": name, "note": note, "avatar": avatar}
            changed = {key: value for key, value in given.items() if value is not None}
            profile = replace(self.people[person].profile, **changed)  # type: ignore[arg-type]
            self.apply(acts.ChangeProfile(self._at(at), person, profile))

    def picture(self, alt: str = "", *, width: int = 480, height: int = 320, at: datetime | None = None) -> Medium:
        """A new picture to put into a wording."""
        with self.lock:
            _, number = self._stamp(at)
            return Medium(number, number % 9973, width, height, alt)

    # Reading.

    def stands(self, post: Post | None) -> bool:
        """Whether the platform still shows it to somebody."""
        if post is None or post.hidden:
            return False
        return post.share_of is None or self.stands(self.posts.get(post.share_of))

    def sees(self, viewer: int | None, post: Post) -> bool:
        """Whether ``viewer`` (None: anybody) may see a post that stands."""
        if post.visibility in ("public", "unlisted"):
            return True
        if viewer is None:
            return False
        return viewer == post.author or viewer in post.mentions

    def person_named(self, handle: str) -> Person | None:
        person = self.handles.get(handle.lower())
        return None if person is None else self.people[person]

    # Acts.

    def apply(self, act: Act) -> None:
        """Let it happen, and write it down.

        Raises:
            KeyError: it concerns something that does not exist (any more).
        """
        with self.lock:
            self._do(act)
            self.journal.append(act)
            if self.keep is not None:
                self.keep(act)
            self.revision += 1

    @singledispatchmethod
    def _do(self, act: Act) -> None:
        raise TypeError(f"not an act: {act!r}")

    @_do.register
    def _(self, act: acts.Join) -> None:
        if act.handle.lower() in self.handles:
            raise ValueError(f"{act.handle} is taken")
        self.people[act.person] = Person(act.person, act.handle, act.profile, act.home, act.official, act.at)
        self.handles[act.handle.lower()] = act.person

    @_do.register
    def _(self, act: acts.ChangeProfile) -> None:
        person = self.people[act.person]
        person.profile = act.profile
        person.revision += 1

    @_do.register
    def _(self, act: acts.Say) -> None:
        parent = None if act.parent is None else self.posts[act.parent]
        post = Post(act.id, act.author, act.at, act.visibility, [(act.at, act.wording)], mentions=act.mentions)
        post.root = act.id
        if parent is not None:
            post.parent, post.parent_author, post.root = parent.id, parent.author, parent.root
            parent.replies.append(act.id)
            parent.revision += 1
        self._add(post)
        for person in act.mentions:
            self._notify("mention", act.at, person, act.author, act.id)

    @_do.register
    def _(self, act: acts.Share) -> None:
        original = self.posts[act.of]
        original.shares.append(act.id)
        original.revision += 1
        self._add(Post(act.id, act.author, act.at, "public", [(act.at, Wording(""))], root=act.id, share_of=act.of))
        self._notify("reblog", act.at, original.author, act.author, original.id)

    @_do.register
    def _(self, act: acts.Edit) -> None:
        post = self.posts[act.id]
        post.versions.append((act.at, act.wording))
        post.revision += 1
        self._keep_media(act.wording)

    @_do.register
    def _(self, act: acts.Hide) -> None:
        self._set_hidden(act.id, True)

    @_do.register
    def _(self, act: acts.Unhide) -> None:
        self._set_hidden(act.id, False)

    @_do.register
    def _(self, act: acts.Delete) -> None:
        self._remove(act.id)

    @_do.register
    def _(self, act: acts.Like) -> None:
        post = self.posts[act.id]
        post.likes += 1
        post.revision += 1
        self._notify("favourite", act.at, post.author, act.person, post.id)

    @_do.register
    def _(self, act: acts.Block) -> None:
        person = self.people[act.person]
        person.blocked.add(act.whom)
        person.revision += 1

    # Parts of acts.

    def _at(self, at: datetime | None) -> datetime:
        return self.now() if at is None else to_millisecond(at)

    def _stamp(self, at: datetime | None) -> tuple[datetime, int]:
        when = self._at(at)
        return when, self._ids.next(when)

    def _named(self, author: int, text: str) -> tuple[int, ...]:
        home = self.people[author].home
        people = (self.person_named(handle) for handle in MENTION.findall(text))
        return tuple(dict.fromkeys(person.id for person in people if person and person.home == home))

    def _add(self, post: Post) -> None:
        self.posts[post.id] = post
        author = self.people[post.author]
        insort(author.said, post.id)
        author.revision += 1
        self._keep_media(post.wording)

    def _keep_media(self, wording: Wording) -> None:
        self.media.update((medium.id, medium) for medium in wording.media)

    def _set_hidden(self, number: int, hidden: bool) -> None:
        post = self.posts[number]
        post.hidden = hidden
        post.revision += 1
        self.people[post.author].revision += 1

    def _remove(self, number: int) -> None:
        post = self.posts.pop(number)
        author = self.people[post.author]
        author.said.remove(number)
        author.revision += 1
        for _, wording in post.versions:
            for medium in wording.media:
                self.media.pop(medium.id, None)
        self._unlink(post)
        self.notices = [notice for notice in self.notices if notice.post != number]

    def _unlink(self, post: Post) -> None:
        for reply in post.replies:
            self.posts[reply].parent = None
            self.posts[reply].revision += 1
        for share in list(post.shares):
            self._remove(share)
        for other, among in ((post.parent, "replies"), (post.share_of, "shares")):
            if other in self.posts:
                getattr(self.posts[other], among).remove(post.id)
                self.posts[other].revision += 1

    def _notify(self, kind: str, at: datetime, to: int, person: int, post: int) -> None:
        if self.people[to].official and to != person:
            self._notice_count += 1
            self.notices.append(Notice(self._notice_count, at, kind, to, person, post))
