"""Accounts, the board, how the platforms' numbers compare, and whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from archiver.accounts import service as accounts
from archiver.errors import Refused
from archiver.operations import account_settings, completeness
from archiver.operations import board as boards
from archiver.operations.board_rules import Colour
from archiver.operations.reach import goes_back
from archiver.people import permission
from archiver.people.actions import Action
from archiver.web.board import ColourName, Narrowed, SetUp
from archiver.web.door import Here, Seen, Who, needs, own_by_token
from archiver.web.places import after_thread, seen_account
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Id, Limit, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.register import Sees

router = routes("accounts")
WORDS: Final[Mapping[Colour, ColourName]] = {Colour.RED: "red", Colour.AMBER: "amber", Colour.GREEN: "green"}


class Me(Answer):
    """Whoever asks. ``may``: what their roles allow somewhere, and a token is for."""

    person: str
    name: Text
    by: Literal["session", "token", "practice"]
    may: list[str]


class Account(Answer):
    """One account that is captured, or was."""

    id: str
    platform: str
    service: Text
    platform_id: Text
    handle: Text
    name: Text
    url: Text
    authority: str
    provisional: bool
    state: str
    state_since: Time
    state_reason: Text | None
    added_at: Time


class Setting(Answer):
    """One setting. ``usual``: as it is where nobody says otherwise; ``chosen``: whether somebody said it. ``since``,
    ``by``: when and by whom it was changed last; null: never, or, where ``not_kept``, that cannot be told."""

    name: str
    title: Text
    description: Text
    value: bool | int | float | str | None
    usual: bool | int | float | str | None
    chosen: bool
    since: Time | None
    by: Text | None
    not_kept: bool


class AccountSettings(Answer):
    """What is captured of an account, as far as its platform leaves it open."""

    account: str
    settings: list[Setting]
    state: str


class Difference(Answer):
    """The platform's number against the archive's: ``platform - archived`` is the sum of ``parts`` and ``missing``,
    less ``surplus``."""

    record: str
    platform: int
    archived: int
    verdict: str
    state: Literal["complete", "explained", "unexplained"]
    parts: dict[str, int]
    missing: int
    surplus: int
    edited: int
    told_at: Time
    read_at: Time | None
    words: list[str]
    counts: str


class Shares(Answer):
    """How many threads have what the platform counts."""

    complete: int
    explained: int
    unexplained: int


class Reach(Answer):
    """How far back one list goes. ``since`` null: to its beginning."""

    account_id: str
    account: Text
    stream: str
    listing: str
    since: Time | None
    at: Time
    run: str
    cause: str | None
    remedy: str | None


class Counts(Answer):
    """The platform's own numbers against the archive's. ``unexplained``: threads with a difference that nothing
    explains, the largest first; ``next`` is the ``after`` of the following page of them."""

    account: str
    published: Difference | None
    threads: Shares
    unexplained: list[Difference]
    next: str | None
    goes_back: list[Reach]


class Reason(Answer):
    """Why an account has its colour."""

    code: str
    colour: ColourName
    said: Text
    at: Time | None


class Day(Answer):
    """One day of an account, by the city's clocks."""

    day: date
    runs: int
    good: int
    gap: bool


class BoardRow(Answer):
    """One account of the board. ``account`` is null where it was never captured, ``listing`` where the register does
    not have it."""

    account: str | None
    listing: str | None
    platform: str
    name: Text
    handle: Text
    url: Text
    authority: Text
    department: Text
    colour: ColourName
    reasons: list[Reason]
    captured: bool
    last_good_capture: Time | None
    next_run: Time | None
    consent_ends: Time | None
    open_gaps: int
    published: Difference | None
    threads_unexplained: int
    days: list[Day]


class Board(Page[BoardRow]):
    """``colours`` counts every account that you see, before they are narrowed."""

    at: Time
    counted_at: Time
    colours: dict[ColourName, int]


@router.get("/me")
@own_by_token
def who_am_i(site: Here, visitor: Who) -> Me:
    """Whose token or session this is, and what can be asked with it."""
    with site.archive.database.read() as connection:
        held = {one.value for one in permission.actions_of(connection, visitor.person.id, site.archive.clock.now())}
    by: Literal["session", "token", "practice"] = (
        "token" if visitor.token is not None else "session" if visitor.session is not None else "practice"
    )
    may = held if visitor.token is None else held & set(visitor.token.scopes)
    return Me(person=visitor.person.id, name=visitor.person.name, by=by, may=sorted(may))


@router.get("/accounts")
@needs(Action.CAPTURE_VIEW)
def list_accounts(site: Here, viewer: Seen, limit: Limit = 50, after: After = None) -> Page[Account]:
    """Accounts that are captured, or were, by id."""
    place = cursors.read(after, "accounts", str)
    with site.archive.database.read() as connection:
        found = [one for one in accounts.list_accounts(connection) if viewer.sees(one.id)]
    found = sorted((one for one in found if place is None or one.id > str(place[0])), key=lambda one: one.id)
    shown = [Account.model_validate(one) for one in found[: limit + 1]]
    return cursors.page(shown, limit, lambda one: cursors.write("accounts", one.id))


@router.get("/accounts/{account_id}")
@needs(Action.CAPTURE_VIEW)
def one_account(site: Here, viewer: Seen, account_id: Id) -> Account:
    """One account."""
    with site.archive.database.read() as connection:
        return Account.model_validate(seen_account(connection, viewer, account_id))


@router.get("/accounts/{account_id}/settings")
@needs(Action.CAPTURE_VIEW)
def settings(site: Here, viewer: Seen, account_id: Id) -> AccountSettings:
    """What is captured of one account, as far as its platform leaves it open."""
    with site.archive.database.read() as connection:
        seen_account(connection, viewer, account_id)
        return AccountSettings.model_validate(account_settings.read(site.archive, connection, account_id))


@router.get("/accounts/{account_id}/counts")
@needs(Action.CAPTURE_VIEW)
def counts(site: Here, viewer: Seen, account_id: Id, limit: Limit = 50, after: After = None) -> Counts:
    """The platform's own numbers against the archive's: what the account published, how many threads are complete,
    those with a difference that is not explained (largest first), and how far back each list goes."""
    place = cursors.read(after, "counts", str)
    thread = None if place is None else after_thread(str(place[0]))
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
        if not viewer.sees_private_of(account_id):  # they are counted over all of it but messages
            raise Refused("counts are for whoever may see what only an account's owner sees")
        declared = completeness.declared_by(site.archive.platforms, account.platform)
        own = completeness.of_account(connection, account_id, declared)
        shares = completeness.shares(connection, account_id, declared)
        threads = completeness.differing(connection, account_id, declared, limit=limit, after=thread)
        reach = goes_back(connection, account_id, site.archive.platforms)
    ended = completeness.place_of(threads) if len(threads) == limit else None
    return Counts(
        account=account.id,
        published=None if own is None else _difference(own),
        threads=Shares.model_validate(shares),
        unexplained=[_difference(one) for _, one in threads],
        next=None if ended is None else cursors.write("counts", ended),
        goes_back=[Reach.model_validate(one) for one in reach],
    )


@router.get("/board")
@needs(Action.CAPTURE_VIEW)
def board(
    site: Here,
    sight: Sees,
    set_up: SetUp,
    narrowed: Narrowed,
    limit: Limit = 50,
    after: After = None,
) -> Board:
    """Every account that you see with its colour and the reasons. By id, since a colour may change between two pages:
    ask for `colour=red` first."""
    place = cursors.read(after, "board", str)
    with site.archive.database.read() as connection:
        made = boards.board(site.archive, connection, site.board, sight=sight, platforms=set_up)
    found = sorted((one for one in made.rows if narrowed.keeps(one)), key=lambda one: one.id)
    found = [one for one in found if place is None or one.id > str(place[0])]
    part = cursors.page(found, limit, lambda one: cursors.write("board", one.id))
    return Board(
        items=[BoardRow.model_validate(boards.as_json(one)) for one in part.items],
        next=part.next,
        at=made.at,
        counted_at=made.counted_at,
        colours={WORDS[one]: count for one, count in made.counts().items()},
    )


def _difference(one: completeness.Difference) -> Difference:
    return Difference.model_validate(completeness.as_json(one))
