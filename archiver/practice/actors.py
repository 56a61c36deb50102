"""What people of one platform do when it is their turn. Each act picks what it concerns by chance from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from archiver.practice.acts import By, Wording
from archiver.practice.cast import Cast
from archiver.practice.city import City, Post
from archiver.practice.words import RAW_HTML, Words

Turn = Callable[[datetime], bool]
"""Act at that time; False: there is nothing this could concern now."""
_HOSTILE, _RAW, _PICTURE, _OFFICIAL = 0.08, 0.01, 0.3, 0.15


class Actors:
    """Offices and residents of the platform ``home``.

    ``depth``: the deepest level of comments. The first comments make one thread that deep, if nobody deletes in it.
    """

    def __init__(self, city: City, cast: Cast, draw: random.Random, *, home: str = "mastodon", depth: int = 6) -> None:
        self._city = city
        self._offices = cast.offices(home)
        self._public = cast.public(home)
        self._draw = draw
        self._words = Words(draw)
        self._named = home in ("mastodon", "x")
        self._depth = depth
        self._levels: dict[int, int] = {}
        self._chain: list[int] = []
        self._own: list[int] = []
        """What people of this platform wrote, shares included."""
        self._visits: list[int] = []
        self._recall(home)
        self.turns: dict[str, Turn] = {
            "post": self.post, "comment": self.comment, "edit": self.edit, "deletion": self.delete, "hide": self.hide,
            "unhide": self.unhide, "share": self.share, "like": self.like, "message": self.message,
            "mention": self.mention, "profile": self.profile, "visit": self.visit, "visit edit": self.edit_visit,
            "visit hide": self.hide_visit, "visit unhide": self.unhide_visit, "visit deletion": self.delete_visit,
        }  # fmt: skip

    def post(self, at: datetime) -> bool:
        """An office announces something, now and then with a picture."""
        wording = Wording(self._words.notice())
        if self._draw.random() < _PICTURE:
            alt = f"Photo for the notice, {self._draw.randint(1, 999)}"
            wording = replace(wording, media=(self._city.picture(alt, at=at),))
        self._levels[self._say(self._draw.choice(self._offices), wording, None, at)] = 0
        return True

    def comment(self, at: datetime) -> bool:
        """Somebody answers a notice or another comment."""
        parent = self._parent()
        if parent is None:
            return False
        official = self._draw.random() < _OFFICIAL
        author = self._draw.choice(self._offices if official else self._public)
        wording = Wording(self._words.reply()) if official else self._public_wording()
        number = self._say(author, self._addressed(wording, author, parent), parent.id, at)
        self._levels[number] = self._levels[parent.id] + 1
        if len(self._chain) < self._depth and self._levels[number] == len(self._chain) + 1:
            self._chain.append(number)
        return True

    def edit(self, at: datetime) -> bool:
        """Somebody corrects, warns, describes a picture anew, or takes an earlier edit back."""
        post = self._chosen(lambda post: post.share_of is None and post.visibility == "public")
        if post is None:
            return False
        self._city.edit(post.id, self._edited(post), at=at)
        return True

    def delete(self, at: datetime) -> bool:
        """Mostly comments go, by their author, by the page or by the platform; now and then a notice."""
        comments = self._draw.random() < 0.8
        post = self._chosen(lambda post: post.is_reply == comments and post.visibility == "public")
        if post is None:
            return False
        by: By = self._draw.choices(("author", "page", "platform"), (6, 3, 1))[0] if comments else "author"
        self._city.delete(post.id, by, at=at)
        return True

    def hide(self, at: datetime) -> bool:
        """The page takes a comment of the public out of sight."""
        post = self._chosen(lambda post: post.is_reply and not post.hidden and post.author not in self._offices)
        if post is None:
            return False
        self._city.hide(post.id, at=at)
        return True

    def unhide(self, at: datetime) -> bool:
        """A hidden comment is shown again."""
        hidden = [number for number in self._own if number in self._city.posts and self._city.posts[number].hidden]
        if not hidden:
            return False
        self._city.unhide(self._draw.choice(hidden), at=at)
        return True

    def share(self, at: datetime) -> bool:
        """An office passes on a notice of another office, or a resident's post."""
        post = self._chosen(lambda post: not post.is_reply and post.share_of is None and post.visibility == "public")
        if post is None:
            return False
        others = [office for office in self._offices if office != post.author]
        self._own.append(self._city.share(self._draw.choice(others or list(self._offices)), post.id, at=at))
        return True

    def like(self, at: datetime) -> bool:
        """Counts change, words do not."""
        post = self._chosen(lambda post: post.share_of is None)
        if post is None:
            return False
        self._city.like(post.id, self._draw.choice(self._public), at=at)
        return True

    def message(self, at: datetime) -> bool:
        """A resident writes to an office in private."""
        office = self._city.people[self._draw.choice(self._offices)]
        text = f"@{office.handle} {self._words.comment()}"
        number = self._city.say(self._draw.choice(self._public), text, visibility="direct", at=at)
        self._own.append(number)
        return True

    def mention(self, at: datetime) -> bool:
        """A resident speaks about an office in a post of his own."""
        office = self._city.people[self._draw.choice(self._offices)]
        self._say(self._draw.choice(self._public), Wording(f"{self._words.comment()} @{office.handle}"), None, at)
        return True

    def profile(self, at: datetime) -> bool:
        """An office changes its picture and its note."""
        note = f"Official. Changed {at:%B %d}."
        self._city.change_profile(self._draw.choice(self._offices), note=note, avatar=self._draw.randrange(9999), at=at)
        return True

    # What visitors post on an office's own page.

    def visit(self, at: datetime) -> bool:
        """A resident posts on an office's page, now and then with a picture; people answer there too."""
        office = self._city.people[self._draw.choice(self._offices)]
        wording = Wording(f"{self._words.comment()} @{office.handle}")
        if self._draw.random() < _PICTURE:
            wording = replace(wording, media=(self._city.picture("Seen on my way home", at=at),))
        number = self._say(self._draw.choice(self._public), wording, None, at)
        self._levels[number] = 0
        self._visits.append(number)
        return True

    def edit_visit(self, at: datetime) -> bool:
        """Its author corrects it, or takes an earlier edit back."""
        post = self._visit(lambda post: True)
        if post is not None:
            self._city.edit(post.id, self._edited(post), at=at)
        return post is not None

    def hide_visit(self, at: datetime) -> bool:
        """The page takes it out of sight."""
        post = self._visit(lambda post: not post.hidden)
        if post is not None:
            self._city.hide(post.id, at=at)
        return post is not None

    def unhide_visit(self, at: datetime) -> bool:
        """It is shown again."""
        post = self._visit(lambda post: post.hidden)
        if post is not None:
            self._city.unhide(post.id, at=at)
        return post is not None

    def delete_visit(self, at: datetime) -> bool:
        """By its author and by the page in turns."""
        post = self._visit(lambda post: True)
        if post is not None:
            by: By = "author" if len(self._visits) % 2 else "page"
            self._city.delete(post.id, by, at=at)
            self._visits.remove(post.id)
        return post is not None

    def _visit(self, fits: Callable[[Post], bool]) -> Post | None:
        posts = [self._city.posts[number] for number in self._visits if number in self._city.posts]
        found = [post for post in posts if fits(post)]
        return self._draw.choice(found) if found else None

    # Parts.

    def _recall(self, home: str) -> None:
        """Know what was said before."""
        for number, post in sorted(self._city.posts.items()):
            if self._city.people[post.author].home != home:
                continue
            self._own.append(number)
            if post.is_reply:
                self._levels[number] = self._levels.get(post.parent or 0, 0) + 1
            elif post.author in self._offices and post.share_of is None:
                self._levels[number] = 0

    def _say(self, author: int, wording: Wording, parent: int | None, at: datetime) -> int:
        number = self._city.say(author, wording, answering=parent, at=at)
        self._own.append(number)
        return number

    def _public_wording(self) -> Wording:
        chance = self._draw.random()
        if chance < _RAW:
            return Wording("Unclean markup", html=RAW_HTML)
        return Wording(self._words.hostile() if chance < _HOSTILE else self._words.comment())

    def _addressed(self, wording: Wording, author: int, parent: Post) -> Wording:
        if not self._named or author == parent.author:
            return wording
        return replace(wording, text=f"@{self._city.people[parent.author].handle} {wording.text}")

    def _parent(self) -> Post | None:
        if len(self._chain) < self._depth:
            notices = (number for number in self._own if self._levels.get(number) == 0)
            last = self._chain[-1] if self._chain else next(notices, None)
            post = None if last is None else self._city.posts.get(last)
            if post is not None and self._city.stands(post):
                return post
            self._chain.clear()
        return self._chosen(lambda post: self._levels.get(post.id, self._depth) < self._depth)

    def _chosen(self, fits: Callable[[Post], bool]) -> Post | None:
        """One of what stands, by chance."""
        self._own = [number for number in self._own if number in self._city.posts]
        for number in self._draw.sample(self._own, min(len(self._own), 60)):
            post = self._city.posts[number]
            if self._city.stands(post) and fits(post):
                return post
        return None

    def _edited(self, post: Post) -> Wording:
        now, chance = post.wording, self._draw.random()
        earlier = post.versions[-2][1] if len(post.versions) > 1 else None
        if earlier is not None and earlier != now and chance < 0.4:
            return earlier
        if now.media and chance < 0.6:
            described = replace(now.media[0], alt=f"{now.media[0].alt}, seen from the north")
            return replace(now, media=(described, *now.media[1:]))
        if chance > 0.9:
            return replace(now, warning="" if now.warning else "Strong words", sensitive=not now.sensitive)
        return replace(now, text=self._words.correction(now.text), html=None)
