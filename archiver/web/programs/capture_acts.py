"""What a program has done about capture: an account looked at now, paused, resumed, added by its address; and what is
captured of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field

from archiver.accounts import service as accounts
from archiver.accounts.choices import LONGEST as LONGEST_SETTING
from archiver.accounts.service import LONGEST_REASON, UNASSIGNED, AccountView
from archiver.capture import asking_now
from archiver.database import safe_text
from archiver.errors import Meanwhile, Unreachable, WrongField
from archiver.operations import account_settings, adding, is_captured
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, acts
from archiver.web.places import seen_account
from archiver.web.programs.accounts import Account, AccountSettings
from archiver.web.programs.answers import Answer, Id, Said, Time
from archiver.web.programs.description import routes
from archiver.web.site import Site

router = routes("acts")
SettingName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]{0,99}$")]
SettingText = Annotated[str, Field(max_length=LONGEST_SETTING)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Look(Said):
    """``everything``: every list from end to end; else what is new, and what is watched."""

    everything: bool = False


class LookAt(Look):
    """Address of a post or comment. ``account``: which account it is of, where the address does not say."""

    url: Annotated[str, Field(min_length=1, max_length=is_captured.LONGEST)]
    account: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$")] | None = None


class Pause(Said):
    """Why: it is kept, and shown to whoever looks at the account."""

    reason: Reason


class ChangedSettings(Said):
    """Settings by their names: true, false, a number or words; null takes one back to what is usual. What is not named
    stays."""

    settings: Annotated[dict[SettingName, bool | int | SettingText | None], Field(min_length=1, max_length=100)]


class NewAccount(Said):
    """Address of a public account's page or feed. ``platform``: where the address does not tell. ``authority``: short
    name of the office that it is of; of one that the register lists, what the register says counts. ``official``: has
    to be said; others are never captured."""

    url: Annotated[str, Field(min_length=1, max_length=adding.LONGEST)]
    official: bool
    platform: Annotated[str, Field(max_length=64)] | None = None
    authority: Annotated[str, Field(max_length=100)] = UNASSIGNED
    why: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class Asked(Answer):
    """When it was asked for: `captured/looks` tells what came of it."""

    account: str
    asked: Time


class Added(Answer):
    """``new`` false: it was there already."""

    account: Account
    new: bool


@router.post("/accounts/{account_id}/look", status_code=202)
@acts(Action.CAPTURE_ASK)
def look_at_account(site: Here, viewer: Seen, who: Who, account_id: Id, said: Look) -> Asked:
    """Have an account looked at as soon as a worker is free. Asked twice, it is looked at once."""
    _seen(site, viewer, account_id)
    return _ask(site, who.person.id, account_id, (), said)


@router.post("/captured/look", status_code=202)
@acts(Action.CAPTURE_ASK)
def look_at_address(site: Here, viewer: Seen, who: Who, said: LookAt) -> Asked:
    """Have what an address names looked at: its account, and the threads in which it would stand. It is no permission
    to remove anything (law R22)."""
    with site.archive.database.read() as connection:
        found = is_captured.find(connection, site.archive, viewer, said.url)
        if said.account is not None:
            seen_account(connection, viewer, said.account)
    known = [one.id for one in found.accounts]
    account_id = said.account or (known[0] if len(known) == 1 else None)
    if account_id not in known:
        raise WrongField("url", "is of no account here" if not known else "does not say of which account: name it")
    return _ask(site, who.person.id, account_id, found.under.get(account_id, ()), said)


@router.post("/accounts/{account_id}/pause")
@acts(Action.ACCOUNTS_CHANGE)
def pause_account(site: Here, viewer: Seen, who: Who, account_id: Id, said: Pause) -> Account:
    """Capture an account no more until it is resumed. What is captured stays; the pause is a gap."""
    before, reason = _seen(site, viewer, account_id), safe_text(said.reason).strip()
    if not reason:
        raise WrongField("reason", "is empty: say why")
    if before.state not in ("active", "paused"):
        raise Meanwhile(f"it is {before.state}, and cannot be paused")
    after = accounts.pause(site.archive, account_id, reason, of_person(who.person.id).pair)
    if after.state_reason != reason:
        raise Meanwhile("it was paused already, for another reason: look at it")
    return Account.model_validate(after)


@router.post("/accounts/{account_id}/resume")
@acts(Action.ACCOUNTS_CHANGE)
def resume_account(site: Here, viewer: Seen, who: Who, account_id: Id) -> Account:
    """Capture an account again, at once. One that is closed stays so: it is opened again on its page."""
    _seen(site, viewer, account_id)
    actor = of_person(who.person.id).pair
    return Account.model_validate(accounts.resume(site.archive, account_id, actor, reopens=False))


@router.post("/accounts/{account_id}/settings")
@acts(Action.ACCOUNTS_CHANGE)
def change_settings(site: Here, viewer: Seen, who: Who, account_id: Id, said: ChangedSettings) -> AccountSettings:
    """Change what is captured of an account, as far as its platform leaves it open: for what is captured from then
    on. All settings afterwards."""
    _seen(site, viewer, account_id)
    words = {name: account_settings.word(value) for name, value in said.settings.items()}
    now = account_settings.change(site.archive, of_person(who.person.id), account_id, words)
    return AccountSettings.model_validate(now)


@router.post("/accounts", status_code=201)
@acts(Action.ACCOUNTS_CHANGE)
def add_account(site: Here, who: Who, said: NewAccount, response: Response) -> Added:
    """Add a public account by its address; its platform is asked who it is. Of one that is there already, say so."""
    archive = site.archive
    with archive.database.read() as connection:
        read = adding.understand(archive, connection, who.person, said.url, said.platform)
    if read.account is None and not read.platform:
        raise WrongField("platform", f"has to be named: {', '.join(name for name, _ in read.choices)}")
    if read.account is None and read.listed is None and not said.official:
        raise WrongField("official", "has to be said: other accounts are never captured")
    if read.account is not None:
        with archive.database.read() as connection:
            found, new = accounts.get(connection, read.account), False
    else:
        try:
            added = adding.add(archive, who.person, read, said.authority, said.why)
        except Unreachable as error:  # (not the archive is away, but what this address names)
            raise WrongField("url", f"does not lead to where it could be asked who this is: {error}") from None
        found, new = added.account, added.new
    response.status_code = 201 if new else 200
    return Added(account=Account.model_validate(found), new=new)


def _seen(site: Site, viewer: Viewer, account_id: str) -> AccountView:
    with site.archive.database.read() as connection:
        return seen_account(connection, viewer, account_id)


def _ask(site: Site, person_id: str, account_id: str, under: tuple[str, ...], said: Look) -> Asked:
    at = asking_now.ask(site.archive, of_person(person_id), account_id, under, everything=said.everything)
    return Asked(account=account_id, asked=at)
