"""What of a town belongs to its platforms: who lives there and what they do, which accounts are captured and with what
credentials, and how the archive is held against what happened."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.archive import Archive
from archiver.practice.acts import Wording
from archiver.practice.bluesky_ids import uri_of
from archiver.practice.cast import (
    Cast,
    populate,
    populate_bluesky,
    populate_channel,
    populate_flickr,
    populate_instagram,
    populate_linkedin,
    populate_nextdoor,
    populate_page,
    populate_reddit,
    populate_threads,
    populate_tiktok,
    populate_vimeo,
    populate_x,
)
from archiver.practice.city import City, Post
from archiver.practice.flickr_oauth import Given
from archiver.practice.graph_ids import post_id
from archiver.practice.reddit_json import base36
from archiver.practice.script import CALM, backlog, live
from archiver.practice.server import PracticeServer
from archiver.practice.truth import Truth
from archiver.practice.youtube_captions import Track, Tracks
from archiver.practice.youtube_ids import video_id
from archiver.records.models import Record
from connectors import _youtube_captions as captions
from connectors.contract import State
from tests.bluesky import place as bluesky
from tests.capture.observed import Observed
from tests.capture.secrecy import given_out, repeated
from tests.facebook import page
from tests.flickr import place as flickr
from tests.graph.truth import public_words
from tests.instagram import account
from tests.linkedin import page as linkedin
from tests.nextdoor import agency as nextdoor
from tests.reddit import place as reddit
from tests.threads import account as threads
from tests.tiktok import account as tiktok
from tests.vimeo import place as vimeo
from tests.x import place
from tests.youtube import channel

TOKEN = "tok-of-the-city"
#: A secret that a platform gives out, and nobody here ever sent.
ISSUED = "EAAGivenOutCanary0123456789abcdefghijklmnop"
_LONG_AGO = timedelta(days=20)
_PAGE = 4
"""Most entries of a page: few, so that lists go on."""
_VIDEOS = 12
"""The same where places in lists are whole seconds: more than are published here within one."""


class Presence(Protocol):
    """The city on the platforms of one town."""

    @property
    def cast(self) -> Cast:
        """Who lives there."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """What must be nowhere in what is kept or said."""
        ...

    @property
    def office(self) -> int:
        """Which of the accounts is the one that :meth:`say` speaks for."""
        ...

    def life(self) -> Iterator[object]:
        """Lets something happen whenever the next value is asked for."""
        ...

    def register(self, archive: Archive) -> list[str]:
        """Add the accounts; their ids."""
        ...

    def sign_in(self, archive: Archive, registered: Sequence[str]) -> None:
        """Give the archive the credentials, which no rebuild brings back."""
        ...

    def say(self, text: str, *, picture: bool = False) -> str:
        """Let an office say something; the key of its record."""
        ...

    def standing(self) -> Sequence[Collection[str]]:
        """Keys of what each account's office said in public and still stands, as the platform's own state has it; of no
        more accounts than have such."""
        ...

    def check(self, observed: Observed) -> None:
        """Fails where the archive does not say what full looks could see."""
        ...


def _said(city: City, person: int, text: str, *, picture: bool) -> int:
    media = (city.picture("a picture of the square"),) if picture else ()
    return city.say(person, Wording(text, media=media))


@dataclass
class MastodonAndFeed:
    """Two offices on Mastodon, one of them signed in, and the news office on its web site."""

    city: City
    server: PracticeServer
    seed: int
    cast: Cast = field(init=False)
    secrets: Sequence[str] = (TOKEN,)
    office: int = 1

    def __post_init__(self) -> None:
        self.cast = populate(self.city, self.city.now() - _LONG_AGO)
        backlog(self.city, self.cast, self.seed, days=10, posts=6, comments=10)
        self.server.mastodon.grant(self.cast.city, TOKEN)

    def life(self) -> Iterator[object]:
        return live(self.city, self.cast, self.seed, opening=False)

    def register(self, archive: Archive) -> list[str]:
        mastodon, feeds = self.server.mastodon, self.server.feeds
        urls = [(mastodon.account_url(person), "mastodon") for person in (self.cast.city, self.cast.works)]
        urls.append((feeds.feed_url(self.cast.news), "feed"))
        return [accounts.add(archive, url, platform).account.id for url, platform in urls]

    def sign_in(self, archive: Archive, registered: Sequence[str]) -> None:
        tokens.keep(archive, registered[0], TOKEN)

    def say(self, text: str, *, picture: bool = False) -> str:
        return f"status/{_said(self.city, self.cast.works, text, picture=picture)}"

    def standing(self) -> Sequence[Collection[str]]:
        with self.city.lock:
            posts = list(self.city.posts.values())
        return [
            {f"status/{post.id}" for post in posts if post.author == person and _is_public(post)}
            for person in (self.cast.city, self.cast.works)
        ]

    def check(self, observed: Observed) -> None:
        """(Edits and deletions are held against the archive in :mod:`tests.capture.test_month`.)"""
        visible = {row.key for row in observed.rows(Record, Record.state == State.VISIBLE)}
        for standing in self.standing():
            assert set(standing) <= visible


def _is_public(post: Post) -> bool:
    return post.visibility == "public" and post.share_of is None and not post.hidden


# Platforms that answer nobody without a credential.


@dataclass(frozen=True)
class Kind:
    """One such platform."""

    name: str
    credential: str
    populate: Callable[[City], Cast]
    open: Callable[[PracticeServer, int, str], str]
    """Lets a credential in for a person, makes pages short so that there are many; the address of the account."""
    key: Callable[[int, int], str]
    """Of a person's post."""
    check: Callable[[Observed, int], object]
    """Holds the archive against everything that the account was shown."""
    acts: Sequence[tuple[str, int]]
    issues: Sequence[str] = ()
    """Secrets that its answers hold, beside what was sent."""
    reads: int = 5
    """So many answers a full sweep reads at least."""
    made: Callable[..., OneAccount] | None = None
    """Makes what more belongs to it than what people say; None: nothing does."""

    @property
    def home(self) -> str:
        """The platform that it is a way into."""
        return self.name.partition(" ")[0]

    def presence(self, city: City, server: PracticeServer, seed: int) -> OneAccount:
        """It, in a city."""
        return (self.made or OneAccount)(city, server, seed, kind=self)


@dataclass
class OneAccount:
    """The city's account on one platform. Each answer repeats the credential, as it is, escaped and in a link, and some
    give out secrets of their own."""

    city: City
    server: PracticeServer
    seed: int
    kind: Kind
    cast: Cast = field(init=False)
    office: int = 0

    def __post_init__(self) -> None:
        self.cast = self.kind.populate(self.city)
        backlog(self.city, self.cast, self.seed, days=5, posts=5, comments=10, homes=(self.kind.home,))
        self._address = self.kind.open(self.server, self.cast.city, self.kind.credential)
        for form in ("body", "percent", "link"):
            self.server.faults.add(repeated(self.kind.credential, form), times=None)
        if ISSUED in self.kind.issues:
            self.server.faults.add(given_out(ISSUED), times=None)

    @property
    def secrets(self) -> Sequence[str]:
        return (self.kind.credential, *self.kind.issues)

    def life(self) -> Iterator[object]:
        homes, acts = (self.kind.home,), self.kind.acts
        for step in live(self.city, self.cast, self.seed, opening=False, homes=homes, acts=acts):
            self._answer()
            yield step

    def register(self, archive: Archive) -> list[str]:
        name, credential = self.kind.home, self.kind.credential
        return [accounts.add(archive, self._address, name, credential=credential).account.id]

    def sign_in(self, archive: Archive, registered: Sequence[str]) -> None:
        tokens.keep(archive, registered[0], self.kind.credential)

    def say(self, text: str, *, picture: bool = False) -> str:
        number = _said(self.city, self.cast.city, text, picture=picture)
        self._answer()
        return self.kind.key(self.cast.city, number)

    def _answer(self) -> None:
        """Let somebody have answered the newest notice. Where a control read, which looks at one page, finds nothing
        that other people said, a deletion is left undecided."""
        notices = [one for one in self.city.posts.values() if one.author == self.cast.city and not one.is_reply]
        newest = max((one for one in notices if _is_public(one)), key=lambda one: one.id)
        if not any(self.city.posts[number].author in self.cast.residents for number in newest.replies):
            self.city.say(self.cast.residents[0], "Good to know", answering=newest.id)

    def standing(self) -> Sequence[Collection[str]]:
        person = self.cast.city
        with self.city.lock:
            own = [post for post in self.city.posts.values() if post.author == person and not post.is_reply]
        return [{self.kind.key(person, post.id) for post in own if _is_public(post)}]

    def check(self, observed: Observed) -> None:
        self.kind.check(observed, self.cast.city)


@dataclass
class Captioned(OneAccount):
    """A channel read as its owner, with captions that are added, put right and removed all the time."""

    _draw: random.Random = field(init=False)
    _said: dict[str, list[str]] = field(default_factory=dict)
    """Whatever each track said, joined to one text."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._draw = random.Random(f"captions {self.seed}")
        for video in self._videos():
            self._put(self._tracks.add(video, "en", [f"Item {video % 97}."], kind="ASR"))

    @property
    def _tracks(self) -> Tracks:
        return self.server.youtube.tracks

    def _videos(self) -> list[int]:
        return [one.id for one in self.city.posts.values() if one.author == self.cast.city and _is_notice(one)]

    def life(self) -> Iterator[object]:
        for step in super().life():
            with self.city.lock:
                self._caption()
            yield step

    def _caption(self) -> None:
        standing = [one for one in self._tracks.by_id.values() if one.video in self.city.posts]
        if not standing or self._draw.random() < 0.3:
            words = [f"Line {self._draw.randrange(10**6)}."]
            language = f"x-{len(self._said)}"
            self._put(self._tracks.add(self._draw.choice(self._videos()), language, words))
        elif self._draw.random() < 0.3:
            self._tracks.remove(self._draw.choice(standing))
        else:
            track = self._draw.choice(standing)
            self._tracks.change(track, [*track.words, f"Put right {self._draw.randrange(10**6)}."])
            self._put(track)

    def _put(self, track: Track) -> None:
        self._said.setdefault(captions.key_of(video_id(track.video), track.id), []).append("\n".join(track.words))

    def check(self, observed: Observed) -> None:
        """(Of what is said under a video that was deleted nothing is concluded.)"""
        super().check(observed)
        rows = {key: row for key, row in observed.records().items() if key.startswith("caption/")}
        assert set(rows) <= set(self._said)
        assert {row.access for row in rows.values()} <= {"private"}
        shown = {captions.key_of(video_id(one.video), one.id): one for one in self._tracks.by_id.values()}
        standing = {f"video/{video_id(one)}" for one in self._videos() if self.city.stands(self.city.posts[one])}
        for key, row in rows.items():
            told = [one.content["words"] for one in observed.versions(key) if "words" in one.content]
            places = [self._said[key].index(one) for one in told]
            assert places == sorted(set(places)), "an edit that nobody made"
            assert key not in shown or row.state == "visible", key
            if f"video/{captions.parts_of(key)[0]}" in standing:  # type: ignore[index]
                assert row.state == ("visible" if key in shown else "not_returned"), key
                assert key not in shown or told[-1] == self._said[key][-1], key
        missing = {key for key in shown if f"video/{captions.parts_of(key)[0]}" in standing} - set(rows)  # type: ignore[index]
        assert not missing, "captions that are not in the archive"


@dataclass
class Owned(OneAccount):
    """Photos that not everybody sees, among those that everybody does: asked for with signatures of their owner."""

    _draw: random.Random = field(init=False)
    _never: set[int] = field(default_factory=set)
    """What only its owner ever saw."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._draw = random.Random(f"levels {self.seed}")
        for part in flickr.OWNER.secrets:
            self.server.faults.add(repeated(part.value, "percent"), times=None)

    def life(self) -> Iterator[object]:
        for step in super().life():
            with self.city.lock:
                self._share()
            yield step

    def _share(self) -> None:
        """Now and then a photo for the owner alone, with a comment; or another one is shown to others than before."""
        if self._draw.random() < 0.3:
            number = self.city.say(self.cast.city, f"Draft {self._draw.randrange(10**6)}")
            self.server.flickr.private.add(number)
            said = self.city.say(self.cast.residents[1], "Not for the public yet", answering=number)
            self._never |= {number, said}
            return
        photos = [one.id for one in self.city.posts.values() if one.author == self.cast.city and _is_notice(one)]
        number = self._draw.choice([one for one in photos if one not in self._never])
        level = self._draw.choice((1, 1, 2, 3, 4, 5))
        flickr.show_to(self.server.flickr, number, level)

    def check(self, observed: Observed) -> None:
        super().check(observed)
        rows, public = observed.records(), public_words(observed)
        truth = Truth(self.city.journal)
        for number in self._never:
            key = flickr.key_in(truth, number)
            assert key not in public, key
            assert key not in rows or rows[key].access == "private", key


@dataclass
class Networked(OneAccount):
    """An account of the AT Protocol, whose identity is in the practice network's own directory."""

    def register(self, archive: Archive) -> list[str]:
        registered = super().register(archive)
        bluesky.use_directory(archive, registered[0], self.server.base_url)
        return registered


def _is_notice(post: Post) -> bool:
    return not post.is_reply and post.share_of is None


def _facebook(server: PracticeServer, person: int, token: str) -> str:
    server.graph.tokens[token], server.graph.page = person, _PAGE
    return server.graph.account_url(person)


def _instagram(server: PracticeServer, person: int, token: str) -> str:
    api = server.instagram
    api.tokens[token], api.page, api.gallery.inside = person, _PAGE, 1
    return api.account_url(person)


def _linkedin(server: PracticeServer, person: int, token: str) -> str:
    server.linkedin.tokens[token], server.linkedin.page = person, _PAGE
    return server.linkedin.account_url(person)


def _reddit(server: PracticeServer, person: int, token: str) -> str:
    server.reddit.tokens[token], server.reddit.page = person, _PAGE
    server.reddit.at_once, server.reddit.depth = _PAGE, 3
    return server.reddit.subreddit_url(person)


def _flickr(server: PracticeServer, person: int, key: str) -> str:
    server.flickr.keys.add(key)
    server.flickr.page = _PAGE
    return server.flickr.account_url(person)


def _owner(server: PracticeServer, person: int, credential: str) -> str:
    given, oauth = flickr.OWNER, server.flickr.oauth
    oauth.clients[given.client] = given.client_secret
    oauth.tokens[given.token] = Given(given.client, given.token_secret, person, "read")
    server.flickr.page = _PAGE
    return server.flickr.account_url(person)


def _vimeo(server: PracticeServer, person: int, token: str) -> str:
    server.vimeo.tokens[token], server.vimeo.page = person, _PAGE
    return server.vimeo.account_url(person)


def _nextdoor(server: PracticeServer, person: int, token: str) -> str:
    server.nextdoor.tokens[token] = person
    return server.nextdoor.account_url(person)


def _threads(server: PracticeServer, person: int, token: str) -> str:
    server.threads.tokens[token], server.threads.page = person, _PAGE
    return server.threads.account_url(person)


def _tiktok(server: PracticeServer, person: int, token: str) -> str:
    api = server.tiktok
    api.tokens[token], api.page = person, _VIDEOS
    return f"{api.account_url(person)}?business_id={api.identity(person)}"


def _tiktok_display(server: PracticeServer, person: int, token: str) -> str:
    server.tiktok_display.tokens[token], server.tiktok_display.page = person, _VIDEOS
    return server.tiktok_display.account_url(person)


def _x(server: PracticeServer, person: int, token: str) -> str:
    x = server.x
    x.tokens[token], x.page = person, _PAGE
    # In minutes we ask as much as it allows in days.
    x.limits = {name: (user and 10**6, app and 10**6) for name, (user, app) in x.limits.items()}
    return x.account_url(person)


def _bluesky(server: PracticeServer, person: int, password: str) -> str:
    server.bluesky.tokens[password], server.bluesky.page, server.bluesky.levels = person, _PAGE, 3
    return server.bluesky.account_url(person)


def _channel(server: PracticeServer, person: int, token: str) -> str:
    server.youtube.tokens[token], server.youtube.page = person, _PAGE
    return server.youtube.account_url(person)


def _youtube(server: PracticeServer, person: int, key: str) -> str:
    server.youtube.keys.add(key)
    server.youtube.page = _PAGE
    return server.youtube.account_url(person)


_NO_SHARES = tuple((act, weight) for act, weight in CALM if act != "share")
_MODERATED = (*_NO_SHARES, ("hide", 5), ("unhide", 3), ("profile", 1))
#: Stands in the address of the next page of comments that Instagram gives inside of something else.
_NESTED = "EAApracticenested0123456789"

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "facebook", page.TOKEN, lambda city: populate_page(city, city.now() - _LONG_AGO), _facebook,
            lambda person, number: f"post/{post_id(person, number)}", page.check,
            (*_MODERATED, ("message", 3)), (ISSUED,),
        ),
        Kind(
            "instagram", account.TOKEN, lambda city: populate_instagram(city, city.now() - _LONG_AGO), _instagram,
            lambda person, number: f"media/{number}", account.check,
            (*_MODERATED, ("message", 3)), (ISSUED, _NESTED),
        ),
        Kind(
            "linkedin", linkedin.TOKEN, lambda city: populate_linkedin(city, city.now() - _LONG_AGO), _linkedin,
            lambda person, number: linkedin.post_key(number), linkedin.check, _MODERATED,
        ),
        Kind(
            "reddit", reddit.TOKEN, lambda city: populate_reddit(city, city.now() - _LONG_AGO), _reddit,
            lambda person, number: f"post/{base36(number)}", reddit.check, (*_MODERATED, ("mention", 3)),
        ),
        Kind(
            "flickr", flickr.KEY, lambda city: populate_flickr(city, city.now() - _LONG_AGO), _flickr,
            lambda person, number: f"photo/{number}", flickr.check, _MODERATED,
        ),
        Kind(
            "flickr owner", flickr.OWNER.text, lambda city: populate_flickr(city, city.now() - _LONG_AGO), _owner,
            lambda person, number: f"photo/{number}", flickr.check, _MODERATED,
            tuple(one.value for one in flickr.OWNER.secrets), made=Owned,
        ),
        Kind(
            "bluesky", bluesky.PASSWORD, lambda city: populate_bluesky(city, city.now() - _LONG_AGO), _bluesky,
            lambda person, number: uri_of(number, person), bluesky.check, (*_MODERATED, ("mention", 3)), made=Networked,
        ),
        Kind(
            "vimeo", vimeo.TOKEN, lambda city: populate_vimeo(city, city.now() - _LONG_AGO), _vimeo,
            lambda person, number: f"video/{number}", vimeo.check, _MODERATED,
        ),
        Kind(
            "nextdoor", nextdoor.TOKEN, lambda city: populate_nextdoor(city, city.now() - _LONG_AGO), _nextdoor,
            lambda person, number: f"post/{number}", nextdoor.check, _MODERATED, reads=2,
        ),
        Kind(
            "threads", threads.TOKEN, lambda city: populate_threads(city, city.now() - _LONG_AGO), _threads,
            lambda person, number: threads.key_of(number), threads.check, _MODERATED, (ISSUED,),
        ),
        Kind(
            "tiktok", tiktok.TOKEN, lambda city: populate_tiktok(city, city.now() - _LONG_AGO), _tiktok,
            lambda person, number: f"video/{number}", tiktok.check, _MODERATED,
        ),
        Kind(
            "tiktok_display", tiktok.TOKEN, lambda city: populate_tiktok(city, city.now() - _LONG_AGO),
            _tiktok_display, lambda person, number: f"video/{number}", tiktok.check_videos, _MODERATED, reads=2,
        ),
        Kind(
            "x", place.TOKEN, lambda city: populate_x(city, city.now() - _LONG_AGO), _x,
            lambda person, number: place.key_of(number), place.check,
            (*CALM, ("mention", 5), ("message", 3)),
        ),
        Kind(
            "youtube", channel.KEY, lambda city: populate_channel(city, city.now() - _LONG_AGO), _youtube,
            lambda person, number: f"video/{video_id(number)}", channel.check, _MODERATED,
        ),
        Kind(
            "youtube captions", channel.TOKEN, lambda city: populate_channel(city, city.now() - _LONG_AGO), _channel,
            lambda person, number: f"video/{video_id(number)}", partial(channel.check, owner=True), _MODERATED,
            made=Captioned,
        ),
    )
}  # fmt: skip
