"""Depositing a file by hand with an account, on a page: what the command does (:mod:`archiver.cli.deposit`), by whoever
may, under their name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.accounts.service import AccountView
from archiver.capture.depositing import Deposited
from archiver.capture.deposits import About, Said, said
from archiver.capture.service import Capture
from archiver.errors import Busy, OutOfSpace, Refused, UsageError
from archiver.operations import deposits_due
from archiver.people.actions import Action
from archiver.people.depositing import depositor
from archiver.viewing import Viewer
from archiver.web.door import Here, NotAllowed, Seen, Visitor, Who, needs
from archiver.web.places import seen_account
from archiver.web.site import Site
from archiver.web.uploads import Upload, Uploaded

router = APIRouter()
Id = Annotated[str, InPath(max_length=200)]
LARGEST: Final = 16 * 2**20
"""Bytes of a file that is brought on a page: pictures and lists. Larger ones are brought by command."""
_TAKES: Final = LARGEST + 2**20
LONGEST: Final = 2000
_ABOUT: Final = {About.MODERATION.value, About.ACCOUNT.value}
_EMPTY: Final = dict.fromkeys(("about", "on", "reason", "source", "public"), "")


@router.get("/accounts/{account_id}/deposit", response_class=HTMLResponse)
@needs(Action.DEPOSITS_MAKE)
def choose(site: Here, viewer: Seen, account_id: Id) -> HTMLResponse:
    """The form."""
    account = _account(site, viewer, account_id)
    return _page(site, account, {"about": About.MODERATION.value, "on": _today(site).isoformat()})


@router.post("/accounts/{account_id}/deposit", response_class=HTMLResponse)
@needs(Action.DEPOSITS_MAKE, largest=_TAKES)
def bring(site: Here, viewer: Seen, who: Who, account_id: Id, form: Uploaded) -> Response:
    """Keep the file that was chosen, with what is said of it."""
    account = _account(site, viewer, account_id)
    try:
        done = _bring(site, who, account, form, _said(site, who, form))
    except (UsageError, Refused) as failure:
        return _page(site, account, _typed(form), str(failure))
    except Busy:
        words = "this account is just being looked at: wait a minute and send it again"
        return _page(site, account, _typed(form), words, status=503)
    except OutOfSpace as failure:
        return _page(site, account, _typed(form), str(failure), status=503)
    if not done.new:
        words = f"the same file is deposited already, about the same thing: {done.exchange}"
        return _page(site, account, _typed(form), words)
    return RedirectResponse(f"{site.base}/accounts/{account.id}#deposits", status_code=303)


def _account(site: Site, viewer: Viewer, account_id: str) -> AccountView:
    """An account that is seen, with what is private of it: a deposit is kept as that, and tells of it."""
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
    if not viewer.sees_private_of(account.id):
        raise NotAllowed("what is deposited is kept as private, and none of your roles shows what is private there")
    return account


def _said(site: Site, who: Visitor, form: Upload) -> Said:
    if form.content is None:
        raise UsageError("choose the file first")
    if not form.content:
        raise UsageError("the file is empty: choose another")
    if len(form.content) > LARGEST:
        raise UsageError(f"the file is larger than {LARGEST // 2**20} MiB: bring it with the command")
    if form["about"] not in _ABOUT:
        raise UsageError("say what it shows")
    for name, words in (("reason", "say why it is brought"), ("source", "say where it is from: who made it, and how")):
        if not form[name].strip():
            raise UsageError(words)
        if len(form[name]) > LONGEST:
            raise UsageError(f"each text has at most {LONGEST:,} characters")
    try:
        on = date.fromisoformat(form["on"])
    except ValueError:
        raise UsageError("say which day it shows: a day like 2026-03-01") from None
    if on > _today(site):
        raise UsageError("the day that it shows has not come yet")
    by, public = who.person.name, form["public"] == "yes"
    return said(form["about"], by=by, on=on, reason=form["reason"], source=form["source"], public=public)


def _bring(site: Site, who: Visitor, account: AccountView, form: Upload, told: Said) -> Deposited:
    with TemporaryDirectory(prefix="deposit-") as folder, _capture(site) as capture:
        file = Path(folder) / "file"
        file.write_bytes(form.content or b"")
        names = {file: form.name.replace("\\", "/")}
        (done,) = capture.deposit(account.id, [file], told, depositor(site.archive.clock, who.person), names=names)
        return done


@contextmanager
def _capture(site: Site) -> Iterator[Capture]:
    """The capture of this process; one for this act, where another process does it."""
    if site.work is not None:
        yield site.work.capture
        return
    capture = Capture(site.archive)
    try:
        yield capture
    finally:
        capture.close()


def _typed(form: Upload) -> dict[str, str]:
    return {name: form[name] for name in _EMPTY}


def _today(site: Site) -> date:
    return site.archive.clock.now().astimezone(site.zone).date()


def _page(
    site: Site, account: AccountView, typed: dict[str, str], failure: str | None = None, status: int = 400
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        due = next(iter(deposits_due.expected(connection, site.archive, account.id)), None)
    values: dict[str, Any] = {"account": account, "typed": _EMPTY | typed, "failure": failure, "due": due}
    values |= {"largest": LARGEST, "longest": LONGEST, "today": _today(site).isoformat()}
    return site.page("account_deposit.html", here="accounts", status=200 if failure is None else status, **values)
