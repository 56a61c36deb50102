"""Pages of organizations on LinkedIn, through its Community Management API, with a token of an administrator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field

from connectors import (
    _limits,
    _linkedin_deliveries,
    _linkedin_grants,
    _linkedin_notifications,
    _linkedin_reading,
    _linkedin_subscribing,
    _versions,
)
from connectors._linkedin_asks import BRAND, LINKEDIN, ORGANIZATION, VERSION, Asks
from connectors._linkedin_urns import post_key
from connectors.allowances import Allowance
from connectors.authorization import ApiVersion, Authorization, SetUp
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    Heard,
    Reading,
    RecordAddress,
    RecordRef,
    Signature,
    Sweep,
    SweepKind,
)
from connectors.deliveries import DELIVERY, Part, Receiving, Step

_TAB = r"(?:/(?:about|admin|events|jobs|life|mycompany|people|posts|products|services|videos)(?:/[\w/-]{0,80})?)?/?"
_PATH = re.compile(rf"/(?P<kind>company|showcase|school)/(?P<name>[^\W_][\w.&'-]{{0,99}}){_TAB}")
_PERSON = re.compile(r"/(?:in|pub)/[^/]+.*")
_UPDATE = re.compile(r"/feed/update/(?P<urn>urn:li:(?:share|ugcPost|activity):[0-9]{1,25})/?")
_SLUG = re.compile(r"/posts/[^/]{1,300}-(?P<kind>share|ugcPost|activity)-(?P<id>[0-9]{1,25})-[\w-]{1,20}/?")


class LinkedInSettings(BaseModel):
    """Settings of one page on LinkedIn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    moderation: bool = Field(
        default=True,
        title="Who has a role on the page is captured",
        description="Which people administer the page and write for it, by their URNs; on full sweeps.",
    )


class LinkedIn:
    """Pages of organizations: posts, comments and replies, and whether posts take comments."""

    platform: ClassVar[str] = "linkedin"
    title: ClassVar[str] = "LinkedIn"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = LinkedInSettings
    media_hosts: ClassVar[tuple[str, ...]] = ("licdn.com", "linkedin.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token of an administrator of the page", r"[\w.~+/=-]{20,2000}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _linkedin_grants.SET_UP
    receives: ClassVar[Receiving] = _linkedin_deliveries.RECEIVES
    settled: ClassVar[frozenset[str]] = _linkedin_subscribing.SETTLED
    api_version: ClassVar[ApiVersion] = _versions.LINKEDIN
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.LINKEDIN
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a post or comment that was seen, with the time that LinkedIn gives for it. LinkedIn keeps"
        " no earlier ones.",
        deletions="A post or comment that is gone is no longer returned; LinkedIn does not say who deleted it.",
        hidden=None,
        messages=None,
        comments="Comments and replies under posts of the page. Who wrote them is told by a number alone: LinkedIn"
        " gives no names of people.",
        media="Pictures, videos and documents of posts, pictures in comments, logo and cover of the page.",
        counts="Comments and reactions of each kind, votes in polls, as of capture.",
        history="Every post that LinkedIn lists of the page: nothing says that it stops anywhere.",
        moderation_signed_in=True,
        moderation="Who has which role on the page, by a URN without a name, as full sweeps saw it; whether each post"
        " takes comments, as it was seen.",
        moderation_by_hand="The names of those who have a role, whom the page blocks, and which words it filters.",
        limits=(
            "The numbers by which people are known are made for the city's app: with another app everybody in the list"
            " of roles seems to be somebody else.",
            "Personal profiles are not captured, whoever they belong to.",
            "The names of people who comment are not given: their number is kept, which this app alone knows them by.",
            "Messages to the page are not given out.",
            "An edit that was undone, and a comment that was deleted, between two looks was not seen.",
            "An edit of a comment, a comment in place of which another came, and a new comment under a post that is not"
            " among the 50 that were changed last are seen within about an hour, where LinkedIn's notifications name"
            " them; else when the post is looked at again.",
            "Nothing says whether everybody sees a comment: it is taken for as public as its post.",
            "Posts for a target group, for members only, or shown as advertisements alone are kept as private.",
            "Drafts and scheduled posts are not captured.",
            "Of a post that is passed on only its number is captured, not what it says.",
            "What notifications say of others' posts that name the page or pass on a post of it, and of comments that"
            " were edited or deleted between two looks, is kept as it came, and is no record: it is not found by a"
            " search.",
            "What LinkedIn sends by itself ends, without a word, when the administrator who subscribed to it is one no"
            " longer or takes the app's leave back: the archive looks every day whether the subscription stands, and"
            " sweeps go on.",
            "Who reacted, voted or follows is not captured.",
            "When comments are closed, LinkedIn deletes those that are there.",
            "While the page has no post left, nothing is said of what is no longer returned.",
            "Captions and preview pictures of videos, events and long articles on LinkedIn itself are not captured.",
            f"Version {VERSION} of LinkedIn's interface is spoken, which is answered until August 2027: before that, a"
            " newer release of this program is needed.",
            "A token ends after 60 days. Where the page was connected by an administrator it is renewed for a year.",
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.linkedin.com/company/NAME``, ``/showcase/NAME`` or ``/school/NAME``, on any tab of the page and
        any country's host; on another host the same under ``/linkedin``, which may be a test peer. A name may be the
        page's number."""
        address = LINKEDIN.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None or ".." in match["name"]:
            return None
        kind = "showcase" if match["kind"] == "showcase" else "company"
        return address.claim(self.platform, f"{kind}/{match['name'].lower()}")

    def declined(self, url: str) -> str | None:
        """Personal profiles are not captured: the duty to keep records is the City's, and nobody may be asked for
        access to an account of their own (law R5, R6)."""
        address = LINKEDIN.address(url)
        if address is None or not _PERSON.fullmatch(address.path):
            return None
        return (
            "this is a personal profile on LinkedIn: only pages of organizations are captured"
            " (https://www.linkedin.com/company/NAME), and nobody may be asked for access to a profile of their own"
        )

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://www.linkedin.com/feed/update/URN`` or ``/posts/…``, of a comment with ``?commentUrn=…``. One that
        names a post as an activity does not say its key."""
        address = LINKEDIN.address(url)
        if address is None:
            return None
        update, slug = _UPDATE.fullmatch(address.path), _SLUG.fullmatch(address.path)
        if update is None and slug is None:
            return None
        urn = update["urn"] if update else f"urn:li:{slug['kind']}:{slug['id']}" if slug else ""
        asked = parse_qs(address.query)
        named = (asked.get("replyUrn") or asked.get("commentUrn") or [""])[0]
        number = re.fullmatch(r"urn:li:comment:\([A-Za-z:]{1,40}:[0-9]{1,25},([0-9]{1,25})\)", named)
        post = () if ":activity:" in urn else (post_key(urn),)
        if number is not None:
            return RecordAddress((f"comment/{number[1]}",), post, address.service)
        return RecordAddress(post, service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask LinkedIn which page it is, and whether the token's owner administers it."""
        kind, _, name = claim.handle.partition("/")
        site, server = claim.url.removesuffix(f"/{claim.handle}"), LINKEDIN.api_of(claim.url)
        author = f"{BRAND if kind == 'showcase' else ORGANIZATION}{name}" if name.isascii() and name.isdigit() else ""
        asks = Asks(site, server, author, handle="", sweep="")
        return asks.identify() if author else asks.vanity(name)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: posts that were changed since the last look, and comments where a post has more or fewer; once an hour
        also the posts that LinkedIn's notifications name. *watch*: the page, and the given posts with all comments.
        *full*: every post with all comments."""
        asks, known = Asks.begin(account, sweep), bookmark or {}
        if sweep.kind is SweepKind.NEW:
            names = ("commented", "commented_private")
            told = _linkedin_notifications.wanted(asks, sweep.at, known)
            posts = asks.posts(known.get("modified"), **{name: known.get(name) for name in names})
            return (posts,) if told is None else (posts, told)
        watched = asks.known([ref.key for ref in sweep.threads])
        if sweep.kind is not SweepKind.FULL:
            return (asks.profile(), *watched)
        chosen = account.settings if isinstance(account.settings, LinkedInSettings) else LinkedInSettings()
        return (asks.profile(), asks.posts(), *((asks.roles(),) if chosen.moderation else ()), *watched)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known posts and comments by their numbers; for comments only where those on their post can be
        listed, or the post is gone."""
        return Asks.begin(account, None).looks(records)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _linkedin_deliveries.parts(body)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _linkedin_deliveries.delivered(account, body)

    def registering(self, account: AccountRef, address: str) -> Step | str | None:
        """Whether the page is subscribed to the archive's address."""
        return _linkedin_subscribing.registering(account)

    def registered(self, account: AccountRef, address: str, step: Step, answer: Answer) -> Step | str | None:
        """What is asked next, until it is."""
        return _linkedin_subscribing.registered(account, address, step, answer)

    def authorization(self, url: str) -> Authorization:
        """How an administrator of the page lets the archive read it."""
        return _linkedin_grants.linkedin(url)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _linkedin_deliveries.reading(ask, answer)
        return _linkedin_reading.read(ask, answer)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return LINKEDIN.api_of(url)
