"""Reddit: accounts of users and subreddits, through its API, with a token of who looks after them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from connectors import _limits, _reddit_grants, _reddit_reading, _versions
from connectors._reddit_asks import ON_REDDIT, Asks
from connectors.allowances import Allowance
from connectors.authorization import ApiVersion, Authorization, SetUp
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    Counted,
    Extent,
    Reading,
    RecordAddress,
    RecordKind,
    RecordRef,
    Signature,
    Sweep,
    SweepKind,
)

_PATH = re.compile(
    r"/(?P<kind>u|user|r)/(?P<name>[A-Za-z0-9_][A-Za-z0-9_-]{1,29})(?:/(?:about|best|comments|controversial|hot|new|"
    r"overview|posts|rising|rules|submitted|top|wiki)(?:/[^?#]{0,300})?)?/?"
)
#: Names under which no subreddit stands.
_PAGES = frozenset({"all", "friends", "mod", "popular"})
_POST = re.compile(
    r"(?:/(?:r|u|user)/[A-Za-z0-9_-]{2,30})?/comments/(?P<post>[a-z0-9]{1,13})(?:/[^/]{0,300}(?:/(?P<comment>[a-z0-9]{1,13}))?)?/?"
)


class RedditSettings(BaseModel):
    """Settings of one account or subreddit on Reddit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    moderation: bool = Field(
        default=True,
        title="Moderation settings are captured",
        description="Of a subreddit its moderators, rules, AutoModerator's rules, and who is banned, muted or approved;"
        " of a user whom it blocks. AutoModerator's rules need wikiread.",
    )


class Reddit:
    """Accounts of users, and subreddits: posts, all comments under them, and what moderators did."""

    platform: ClassVar[str] = "reddit"
    title: ClassVar[str] = "Reddit"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = RedditSettings
    api_version: ClassVar[ApiVersion] = _versions.REDDIT
    media_hosts: ClassVar[tuple[str, ...]] = ("redd.it", "redditmedia.com", "redditstatic.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token of who looks after the account", r"[\w.~+/=-]{20,4000}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _reddit_grants.SET_UP
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.REDDIT
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every wording that was seen, with the time that Reddit gives for the last edit. Reddit keeps no earlier"
        " ones.",
        deletions="Reddit goes on naming what was deleted, without its words: by its author, by moderators, or by"
        " Reddit itself. Of comments that moderators and Reddit's filters removed it says the same.",
        hidden="What moderators removed, with its words, where the token is of a moderator; what Reddit's filter takes"
        " for spam.",
        messages="Private messages to the account and from it, where its owner lets them be read; not chats.",
        comments="All comments under the account's posts, at any depth; of a subreddit also the newest thousand by"
        " themselves.",
        media="Pictures and galleries with their captions, videos without their sound, pictures in comments, icons and"
        " banners.",
        counts="Comments, crossposts and score, as of capture. Reddit blurs scores on purpose.",
        history="The newest 1,000 posts, and for users the newest 1,000 comments: Reddit gives no more of any list."
        " What is older is captured only as far as it was seen before.",
        moderation_signed_in=True,
        moderation="Of a subreddit its moderators and what each may do, its rules, AutoModerator's rules, who is"
        " banned, muted or approved, and who may post and comment, where the token is of a moderator who may see them;"
        " of a user whom it blocks. Every state that full sweeps saw.",
        moderation_by_hand="Of a subreddit crowd control, Reddit's filters of spam, harassment and reputation, and"
        " automations, which no permission shows that only reads; of a user who may write to it.",
        limits=(
            "Whether somebody who was suspended or left stays in a subreddit's lists of people, Reddit does not tell:"
            " who leaves them need not have been taken off.",
            "Reddit does not mark an edit within three minutes after something was written: such an edit is seen, but"
            " not its time.",
            "An edit that was undone, and a comment that was written and deleted, between two looks was not seen.",
            "A deleted comment under which nobody answered is not listed: that it was deleted is found by asking for"
            " it.",
            "Of what was deleted before it was first seen only its place is known, not its words or its author.",
            "Words whose author closed the account stand on without a name.",
            "Who removed a post of a user in somebody else's subreddit is not told, nor are removed comments told from"
            " those that a filter caught.",
            "Of a discussion that somebody else began, only what the account wrote, and who answered it directly, are"
            " captured.",
            "What the token shows is kept as private, since it may show what nobody else sees. What everybody sees is"
            " kept as public besides only where the city's app is stored and Reddit gives it a token of its own.",
            "That everybody sees a post or comment is known as of the moment when it was asked for without an account.",
            "Who voted, and how many up and down, is not given. A score below zero is in the stored bytes alone.",
            "Flairs, marks (NSFW, spoiler) and pins are in the stored bytes, and never an edit: moderators set them"
            " too.",
            "Chats, modmail, live threads, wiki pages other than AutoModerator's, and polls' votes are not captured.",
            "Reddit keeps the log of moderators for three months.",
            "A token lasts an hour or a day. Where the account was connected by its owner it is renewed.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST}),
                of=Extent.THREAD,
                says="Comments under the post, at any depth.",
                withheld="comments that were deleted or removed, which Reddit may go on counting",
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.reddit.com/user/NAME`` (or ``/u/``) or ``/r/NAME``, on any tab or one of its posts; on another
        host the same under ``/reddit``, which may be a test peer."""
        address = ON_REDDIT.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None:
            return None
        folder = "r" if match["kind"] == "r" else "user"
        if folder == "r" and match["name"].lower() in _PAGES:
            return None
        return address.claim(self.platform, f"{folder}/{match['name']}")

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://www.reddit.com/r/NAME/comments/POST/words/COMMENT``."""
        address = ON_REDDIT.address(url)
        match = None if address is None else _POST.fullmatch(address.path)
        if address is None or match is None:
            return None
        if match["comment"]:
            return RecordAddress((f"comment/{match['comment']}",), (f"post/{match['post']}",), address.service)
        return RecordAddress((f"post/{match['post']}",), service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask Reddit whose account it is."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, ON_REDDIT.api_of(claim.url), account="", named=claim.handle, sweep="").identify()

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: posts since the last look, comments where a post has more or fewer, messages, what moderators did.
        *watch*: the account, and the given posts with all comments. *full*: every list as far as Reddit gives it, and
        every known thread."""
        asks, known = Asks.begin(account, sweep), bookmark or {}
        threads = [asks.comments(ref.key) for ref in sweep.threads if ref.key.startswith("post/")]
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *asks.open_profile(), *threads)
        settings = sweep.kind is SweepKind.FULL and self._keeps_moderation(account)
        names = ("submitted", "comments_of") if asks.is_user else ("new", "comments_in")
        lists = [asks.listing(purpose, known.get(purpose)) for purpose in names]
        own = [asks.me(settings=settings)] if asks.is_user else []
        everybody = asks.open_profile() if sweep.kind is SweepKind.FULL else ()
        return (asks.profile(settings=settings), *everybody, *lists, *own, *threads)

    @staticmethod
    def _keeps_moderation(account: AccountRef) -> bool:
        return account.settings.moderation if isinstance(account.settings, RedditSettings) else True

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known posts and comments by their ids, 100 at once."""
        return Asks.begin(account, None).looks(records)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _reddit_reading.read(ask, answer)

    def authorization(self, url: str) -> Authorization:
        """How whoever looks after the account lets the archive read it."""
        return _reddit_grants.reddit(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return ON_REDDIT.api_of(url)
