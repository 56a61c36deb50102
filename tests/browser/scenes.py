"""Every page of the product, by the route that answers with it: what the tests of the pages walk through, and what
pictures are taken of. A route without a scene fails the tests, so that no page is made that nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import quote

from fastapi.responses import HTMLResponse

from archiver.web import door
from archiver.web.app import _site_app
from archiver.web.site import Site


@dataclass(frozen=True, slots=True)
class Place:
    """A town in which everything has happened once, and the ids of what its pages are about."""

    base: str
    """Address of its pages, without a slash at the end."""
    empty: str
    """Address of an archive in which nothing has happened."""
    account: str
    record: str
    """With two versions, in a thread."""
    removed: str
    film: str
    """Id of a record with captions."""
    captions: str
    exchange: str
    answer: str
    """Id of an exchange of the run."""
    run: str
    listing: str
    candidacy: str
    authority: str
    person: str
    saved: str
    selection: str
    frozen: str
    """Id of a frozen search in it."""
    statement: str
    challenge: str
    official: str
    """Id of a decision on an account."""
    welcome: str
    """Token of a link with which somebody sets how they sign in."""
    connect: str
    """Token of a link for the owner of an account."""
    ended: str
    """Id of a link that was used."""
    url: str
    """Of a post that was captured."""
    handover: str
    """Id of one that waits for its receipt to be filed."""
    leaving: str
    """Id of one in which custody is about to change."""
    moment: str
    """When something was known already, and not everything."""
    word: str
    """Something that is found."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One page, as somebody looks at it."""

    name: str
    where: str
    """Address below the place's, with names of :class:`Place` in braces."""
    shows: str
    """What is to be seen, for the page of pictures."""
    signed_in: bool = True
    empty: bool = False
    """In the archive in which nothing has happened."""

    def address(self, place: Place) -> str:
        named = {name: quote(value, "") for name, value in asdict(place).items()}
        return f"{place.empty if self.empty else place.base}{self.where.format_map(named)}"


def _one(name: str, where: str, shows: str, *, signed_in: bool = True) -> tuple[Scene, ...]:
    return (Scene(name, where, shows, signed_in),)


#: By the route's pattern; the first of each is the page as it is found, the others show it in other states.
SCENES: Final[dict[str, tuple[Scene, ...]]] = {
    "/accounts": (
        Scene("coverage", "/accounts", "Every account: green, amber or red, with the reason in words."),
        Scene("coverage-amber", "/accounts?colour=amber", "The board, narrowed to what needs somebody soon."),
    ),
    "/accounts/{account_id}": _one("account", "/accounts/{account}", "One account: how it is captured, day by day."),
    "/accounts/add": (
        Scene("account-add", "/accounts/add", "Adding a public account by its address."),
        Scene(
            "account-add-read",
            "/accounts/add?url={url}",
            "What the address says, before anything is added.",
        ),
    ),
    "/accounts/{account_id}/first": _one("account-first", "/accounts/{account}/first", "The first capture."),
    "/accounts/{account_id}/close": _one(
        "account-close", "/accounts/{account}/close", "Closing an account that the City uses no more."
    ),
    "/accounts/{account_id}/deposit": _one(
        "account-deposit", "/accounts/{account}/deposit", "Depositing moderation settings by hand."
    ),
    "/accounts/{account_id}/settings": _one(
        "account-settings", "/accounts/{account}/settings", "What is captured of an account, and who set it so."
    ),
    "/accounts/{account_id}/state": _one("account-state", "/accounts/{account}/state", "Pausing an account, or not."),
    "/reconnect": (
        Scene("owners-to-ask", "/reconnect", "Accounts that wait for their owner, who is sent a link."),
        Scene("owners-to-ask-none", "/reconnect", "Nobody has to be asked.", empty=True),
    ),
    "/runs": (
        Scene("runs", "/runs", "Every look at an account, and what it brought."),
        Scene("runs-of-account", "/runs?account={account}", "The looks at one account."),
    ),
    "/runs/{run_id}": _one("run", "/runs/{run}", "One look: what was asked, answered and kept."),
    "/runs/{run_id}/exchanges/{exchange_id}": _one(
        "run-exchange", "/runs/{run}/exchanges/{answer}", "One answer of a run, whether it shows a record or not."
    ),
    "/gaps": (
        Scene("gaps", "/gaps", "What was not captured, why, and what can be done."),
        Scene("gaps-closed", "/gaps?all=1", "Gaps that were closed, too."),
    ),
    "/register": (
        Scene("register", "/register", "Who owns which account: the Council's master list."),
        Scene("register-lacking", "/register?only=lacking", "What the register lacks."),
    ),
    "/register/exceptions": _one(
        "exceptions", "/register/exceptions", "The CIO's exceptions, and until when they hold."
    ),
    "/register/page-roles": (
        Scene("page-roles", "/register/page-roles", "Who has a role on the City's accounts, and what does not fit."),
        Scene("page-roles-none", "/register/page-roles", "Nothing is captured yet.", empty=True),
    ),
    "/register/page-roles/{account_id}": _one(
        "page-roles-of", "/register/page-roles/{account}", "Reviewing who has a role on one account."
    ),
    "/register/candidacies": _one("candidacies", "/register/candidacies", "Candidacies of the City's officials."),
    "/register/candidacies/{candidacy_id}": _one(
        "candidacy", "/register/candidacies/{candidacy}", "What the City's accounts published during a candidacy."
    ),
    "/register/authorities/{authority_id}": _one(
        "authority", "/register/authorities/{authority}", "One authority, and who is its legal custodian."
    ),
    "/register/authorities/{authority_id}/notice": _one(
        "notice", "/register/authorities/{authority}/notice", "The public notice of an authority, to be put up."
    ),
    "/register/accounts/{listing_id}": _one(
        "listing", "/register/accounts/{listing}", "One account of the register, with its history."
    ),
    "/register/say/{thing}/{thing_id}": (
        Scene("say-listing", "/register/say/listing/{listing}", "Changing what the register says of an account."),
        Scene("say-authority", "/register/say/authority/{authority}", "Changing an authority."),
        Scene(
            "say-custodian", "/register/say/custodianship/new?authority={authority}", "Entering a custodian or deputy."
        ),
        Scene(
            "say-attestation", "/register/say/attestation/new?listing={listing}", "Control of an account is attested."
        ),
        Scene("say-notice", "/register/say/notice/new?authority={authority}", "What the public notice says."),
        Scene("say-candidacy", "/register/say/candidacy/new?authority={authority}", "Somebody runs for an office."),
    ),
    "/register/exceptions/{thing_id}": _one(
        "exception", "/register/exceptions/new?listing={listing}", "The CIO grants an exception."
    ),
    "/register/handovers": _one("handovers", "/register/handovers", "Offices that change hands."),
    "/register/handovers/new": _one(
        "handover-new", "/register/handovers/new?authority={authority}", "Beginning to hand an office's accounts over."
    ),
    "/register/handovers/{handover_id}": (
        Scene("handover", "/register/handovers/{handover}", "A hand-over that waits for its receipt to be filed."),
        Scene("handover-looks", "/register/handovers/{leaving}", "One in which custody is about to change."),
    ),
    "/register/handovers/{handover_id}/transfer": _one(
        "handover-transfer", "/register/handovers/{leaving}/transfer", "Custodian, owner and tokens."
    ),
    "/register/handovers/{handover_id}/inventory": _one(
        "inventory", "/register/handovers/{handover}/inventory", "What is handed over, counted and hashed."
    ),
    "/register/load": _one("register-load", "/register/load", "Loading a city's list from a file."),
    "/search": (
        Scene("search", "/search?q={word}", "The search desk, with what narrows what was found."),
        Scene("search-tagged", "/search?tag={word}", "What has a tag of one's offices."),
        Scene("search-nothing", "/search?q=nosuchwordanywhere", "Nothing is found."),
    ),
    "/search/values": _one("search-values", "/search/values?facet=account&q=", "Every account with hits of a search."),
    "/saved": _one("saved", "/saved", "Searches that somebody comes back to."),
    "/search/help": _one("search-help", "/search/help", "What can be asked, and the values that fields have."),
    "/tags": _one("tags", "/tags", "The words that people of one's offices put on records."),
    "/selections": _one("selections", "/selections", "Records laid aside for a request or a hold."),
    "/selections/{selection_id}": _one(
        "selection", "/selections/{selection}", "One selection, with a search that was frozen for it."
    ),
    "/frozen/{statement_id}": _one("frozen", "/frozen/{frozen}?again=yes", "A frozen search: its list, what changed."),
    "/saved/{saved_id}": _one("saved-one", "/saved/{saved}", "What is new in one of them."),
    "/records/{record_id}": (
        Scene("record", "/records/{record}", "A record in its thread: what it says, and said before."),
        Scene("record-removed", "/records/{removed}", "A comment that was removed, with what is known of it."),
        Scene("record-film", "/records/{film}", "A record with captions."),
        Scene("record-as-of", "/records/{record}?at={moment}", "The record as it was known at a moment."),
        Scene("record-not-seen", "/records/{record}?at=2026-01-01", "A moment when nobody had seen it."),
    ),
    "/records/{record_id}/versions": _one("versions", "/records/{record}/versions", "Two versions side by side."),
    "/records/{record_id}/exchanges/{exchange_id}": _one(
        "exchange", "/records/{record}/exchanges/{exchange}", "What was asked and answered, as it is stored."
    ),
    "/records/{record_id}/files/{medium_id}": _one("file", "/records/{film}/files/{captions}", "Captions as text."),
    "/records/{record_id}/challenges/new": _one(
        "challenge-new", "/records/{record}/challenges/new", "Entering a challenge to a record's accuracy."
    ),
    "/records/{record_id}/challenges/{challenge_id}": _one(
        "challenge", "/records/{record}/challenges/{challenge}", "A challenge, to be decided or completed."
    ),
    "/records/{record_id}/evidence": (
        Scene("evidence-made", "/records/{record}/evidence", "Evidence of a record, made to be handed out."),
        Scene("evidence-new", "/records/{removed}/evidence", "Having a bundle and its certificate made."),
    ),
    "/challenges": _one("challenges", "/challenges", "What people say against the accuracy of records about them."),
    "/official": _one("official", "/official", "What was decided on whether records and accounts are official."),
    "/records/{record_id}/official": _one(
        "record-official", "/records/{record}/official", "Deciding whether a record is official."
    ),
    "/accounts/{account_id}/official": _one(
        "account-official", "/accounts/{account}/official", "Deciding whether an account as a whole is official."
    ),
    "/changes": (
        Scene("changes", "/changes", "Everything edited, hidden or no longer returned."),
        Scene("changes-narrowed", "/changes?account={account}&kind=edited&since=2026-01-01", "Only edits."),
        Scene("changes-unexplained", "/changes?unexplained=yes", "What nobody has explained yet."),
    ),
    "/looks": _one("looks", "/looks?account={account}&at={moment}", "When an account was looked at around a moment."),
    "/moderation": _one("moderation", "/moderation", "What people say of acts of moderation."),
    "/moderation/new": (
        Scene("moderation-new", "/moderation/new?of={record},state,", "Saying who hid or removed something, and why."),
        Scene("moderation-announced", "/moderation/new?stage=announced&of={record},state,", "A removal that follows."),
    ),
    "/moderation/report": _one("moderation-report", "/moderation/report", "Acts of moderation by ground and actor."),
    "/moderation/{moderation_id}": _one("moderation-one", "/moderation/{statement}", "One statement, with its change."),
    "/captured": (
        Scene("captured", "/captured?q={url}", "Is it captured? It is, and this shows it."),
        Scene("captured-not", "/captured?q={url}999", "It is not; it can be captured now."),
    ),
    "/evidence": _one("evidence", "/evidence", "The signed log: its head, and who saw it."),
    "/people/reserved": _one("reserved", "/people/reserved", "Accounts that are kept for a few."),
    "/platforms/{platform}/application": _one(
        "application", "/platforms/facebook/application", "Storing the City's application at a platform."
    ),
    "/platforms": _one("platforms", "/platforms", "What is set up at each platform."),
    "/platforms/{platform}": _one("platform", "/platforms/mastodon", "What a platform lets be captured."),
    "/people": _one("people", "/people", "Who may do what here."),
    "/people/{person_id}": _one("person", "/people/{person}", "One person and their roles."),
    "/access-log": _one("access-log", "/access-log", "Who looked at what."),
    "/me": _one("me", "/me", "Somebody's own page: sessions, passkeys, tokens."),
    "/rules": _one("rules", "/rules", "The rules of conduct that everybody takes note of first."),
    "/sign-in": _one("sign-in", "/sign-in", "Signing in.", signed_in=False),
    "/sign-in/again": _one("sign-in-again", "/sign-in/again?next=/people", "Showing once more who it is."),
    "/welcome/{token}": (
        Scene("welcome", "/welcome/{welcome}", "A link with which somebody sets how they sign in.", signed_in=False),
        Scene("welcome-none", "/welcome/none", "A link that cannot be used any more.", signed_in=False),
    ),
    "/connect/{token}": (
        Scene("connect", "/connect/{connect}", "What the owner of an account is asked for.", signed_in=False),
        Scene("connect-none", "/connect/none", "A link that leads nowhere.", signed_in=False),
    ),
    "/connect/ended/{link}": _one(
        "connect-ended", "/connect/ended/{ended}", "What came of an owner's consent.", signed_in=False
    ),
}
#: What is no page of a route.
BESIDE: Final = _one("error", "/nothing-here", "There is no such page.")
#: Scenes whose page says that something is not there.
NOT_THERE: Final = {"error", "welcome-none", "connect-none"}
#: Routes that answer with a page and have none of their own.
NO_PAGE: Final = {
    "/": "leads on to another page",
    "/sign-in/return": "leads on, or answers with the page of /sign-in",
}


def pages_of(site: Site) -> list[str]:
    """The patterns of all routes that answer with a page."""
    found = door.routes(_site_app(site))
    return sorted(one.path for one in found if "GET" in (one.methods or ()) and one.response_class is HTMLResponse)


def scenes() -> Iterator[Scene]:
    """All of them; and every page that is about nothing of its own, as it is in an archive that is empty."""
    for route, several in SCENES.items():
        yield from several
        first = several[0]
        if "{" not in route and first.signed_in:
            where = first.where.partition("?")[0]
            yield Scene(f"empty-{first.name}", where, f"In an empty archive. {first.shows}", empty=True)
    yield from BESIDE
