"""What is known of acts of moderation: said, corrected, listed (law R16, R22)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.accounts import service as accounts
from archiver.clock import from_text, to_text
from archiver.errors import NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence.matter_facts import ModerationSays
from archiver.moderation import service, statements
from archiver.moderation.briefs import Brief, briefs
from archiver.moderation.matching import EDITED, STATE, track_of
from archiver.moderation.statements import Appeal, StatementView
from archiver.moderation.words import ACTORS, DONE, OUTCOMES, STAGES, Stage, grounds
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.places import seen_account
from archiver.web.site import Site
from archiver.web.times import moment, typed
from archiver.web.words import plain

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
Of = Annotated[list[str] | None, Query(max_length=60, description="RECORD,CHANGE,TIME")]
_PAGE: Final = 50
#: Fields of the form that are kept as they were typed.
_LINES: Final = (
    *("stage", "done", "actor", "actor_name", "against", "matter", "ground", "words", "notice_on", "notice"),
    *("appeal_on", "appeal", "decided_on", "decided_by", "outcome", "restored_on"),
)
_FIELDS: Final = ("at", *_LINES)


@router.get("/moderation", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show_all(
    site: Here,
    viewer: Seen,
    who: Who,
    account: Annotated[str, Query(max_length=100)] = "",
    unseen: bool = False,
    appeal: Appeal = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """Everything that holds, newest first."""
    with site.archive.database.read() as connection:
        known = {one.id: one for one in accounts.list_accounts(connection) if viewer.sees(one.id)}
        found = statements.listed(
            connection,
            viewer,
            who.person.id,
            account_id=account or None,
            limit=_PAGE + 1,
            before=before,
            only_unseen=unseen,
            appeal=appeal,
        )
    older = None
    if len(found) > _PAGE:
        found = found[:_PAGE]
        kept: dict[str, Any] = {"account": account} if account else {}
        kept |= {"unseen": "yes"} if unseen else {}
        kept |= {"appeal": appeal} if appeal else {}
        older = urlencode(kept | {"before": found[-1][0]})
    return site.page(
        "moderation.html",
        here="changes",
        statements=[one for _, one in found],
        accounts=known,
        wanted={"account": account, "unseen": unseen, "appeal": appeal},
        older=older,
        later=before is not None,
        **_words(site),
    )


@router.get("/moderation/new", response_class=HTMLResponse)
@needs(Action.MODERATION_STATE)
def begin(site: Here, viewer: Seen, of: Of = None, account: str = "", stage: str = Stage.DONE.value) -> HTMLResponse:
    """The form for one or several records, or for an account alone."""
    values = dict.fromkeys(_FIELDS, "") | {"stage": stage if stage in STAGES else Stage.DONE.value}
    return _form(site, viewer, of or [], account, values)


@router.post("/moderation", response_class=HTMLResponse)
@needs(Action.MODERATION_STATE)
def say(site: Here, viewer: Seen, who: Who, form: Typed) -> Response:
    """Preview, go back to the form, or keep."""
    of, account, values = form.all("of"), form["account"], _values(form)
    try:
        several = _several(site, viewer, of, account, values)
        if form["step"] == "edit":
            return _form(site, viewer, of, account, values)
        if form["step"] != "keep":
            return _form(site, viewer, of, account, values, preview=several)
        said = service.state(site.archive, of_person(who.person.id), several)
    except (UsageError, Refused) as failure:
        return _form(site, viewer, of, account, values, failure=str(failure))
    return RedirectResponse(f"{site.base}/moderation" + (f"/{said[0]}" if len(said) == 1 else ""), status_code=303)


@router.get("/moderation/{moderation_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(site: Here, viewer: Seen, who: Who, moderation_id: Id) -> HTMLResponse:
    """One act of moderation: what is said of it, and what was said before."""
    return _one(site, viewer, who.person.id, moderation_id)


@router.post("/moderation/{moderation_id}", response_class=HTMLResponse)
@needs(Action.MODERATION_STATE)
def correct(site: Here, viewer: Seen, who: Who, moderation_id: Id, form: Typed) -> Response:
    """Say it anew, or that it was a mistake."""
    values = _values(form)
    with site.archive.database.read() as connection:
        before = statements.one(connection, viewer, who.person.id, moderation_id)[0]
    try:
        if form["step"] == "void":
            says, void = before.says, True
        else:
            kept = [one.model_dump() for one in before.says.records]
            says, void = service.shape(_said(site, values) | {"account": before.account_id, "records": kept}), False
        service.correct(
            site.archive, of_person(who.person.id), moderation_id, says, why=form["why"] or None, void=void,
            after=form["after"],
        )  # fmt: skip
    except SaidMeanwhile as failure:
        return _one(
            site, viewer, who.person.id, moderation_id, failure=str(failure), values=values, after=form["after"]
        )
    except (UsageError, Refused) as failure:
        return _one(site, viewer, who.person.id, moderation_id, failure=str(failure), values=values)
    return RedirectResponse(f"{site.base}/moderation/{moderation_id}", status_code=303)


def _one(
    site: Site,
    viewer: Viewer,
    person_id: str,
    moderation_id: str,
    *,
    failure: str | None = None,
    values: dict[str, str] | None = None,
    after: str | None = None,
) -> HTMLResponse:
    """``after``: the act that somebody had read, where another was said meanwhile."""
    with site.archive.database.read() as connection:
        said = statements.one(connection, viewer, person_id, moderation_id)
        records = briefs(connection, viewer, {one.record_id for each in said for one in each.records})
        account = accounts.get(connection, said[0].account_id)
    return site.page(
        "moderation_one.html",
        here="changes",
        status=200 if failure is None else 400,
        said=said,
        records=records,
        account=account,
        failure=failure,
        meanwhile=None if after is None else _meanwhile(said, after),
        values=values or _typed_again(site, said[0].says),
        **_words(site, said[0].says.ground),
    )


def _meanwhile(said: list[StatementView], after: str) -> list[tuple[str, str, str]]:
    """What others changed since an act: its name, what was said of it then, and what is said now."""
    then = next((one for one in said if one.act_id == after), None)
    if then is None:
        return []
    names = service.changed(then.says, said[0].says)
    return [
        (plain(name), _in_words(getattr(then.says, name)), _in_words(getattr(said[0].says, name))) for name in names
    ]


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} records"
    return "" if value is None else plain(str(value))


def _form(
    site: Site,
    viewer: Viewer,
    of: list[str],
    account: str,
    values: dict[str, str],
    *,
    failure: str | None = None,
    preview: list[ModerationSays] | None = None,
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        chosen = _chosen(of)
        known = briefs(connection, viewer, {record for record, _, _ in chosen})
        if not known.keys() >= {record for record, _, _ in chosen}:
            raise NotFound("there is no such record")
        alone = seen_account(connection, viewer, account) if account else None
    named = {one.account_id: one.account for one in known.values()}
    return site.page(
        "moderation_new.html",
        here="changes",
        status=200 if failure is None else 400,
        of=of,
        chosen=[(known[record], change, seen and from_text(seen)) for record, change, seen in chosen],
        account=account,
        alone=alone,
        names=named if alone is None else {**named, alone.id: alone.name or alone.handle},
        values=values,
        failure=failure,
        preview=preview,
        **_words(site),
    )


def _chosen(of: list[str]) -> list[tuple[str, str, str]]:
    """Records, which of their changes, and when it was seen.

    Raises:
        UsageError: an address says what cannot be.
    """
    found = []
    for one in dict.fromkeys(of):
        record, _, rest = one.partition(",")
        change, _, seen = rest.partition(",")
        try:
            fine = change in (STATE, EDITED) and (not seen or bool(from_text(seen)))
        except ValueError:
            fine = False
        if not fine:
            raise UsageError("that address names no record and change")
        found.append((record, change, seen))
    return found


def _several(site: Site, viewer: Viewer, of: list[str], account: str, values: dict[str, str]) -> list[ModerationSays]:
    """A statement for each account that the records are of."""
    chosen = _chosen(of)
    with site.archive.database.read() as connection:
        known: dict[str, Brief] = briefs(connection, viewer, {record for record, _, _ in chosen})
        if not chosen:
            seen_account(connection, viewer, account)
    by_account: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record, change, seen in chosen:
        if record not in known:
            raise NotFound("there is no such record")
        change = change if seen else track_of(values["done"])
        one = {"record": record, "change": change, "seen": to_text(from_text(seen)) if seen else None}
        by_account[known[record].account_id].append(one)
    said = _said(site, values)
    if not chosen:
        by_account[account] = []
    return [service.shape(said | {"account": one, "records": some}) for one, some in by_account.items()]


def _said(site: Site, values: dict[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {name: values[name].strip() or None for name in _LINES}
    at = moment(site, values["at"])
    return said | {"at": None if at is None else to_text(at.astimezone(UTC))}


def _values(form: Form) -> dict[str, str]:
    return {name: form[name] for name in _FIELDS}


def _typed_again(site: Site, says: ModerationSays) -> dict[str, str]:
    """What a form holds in which a statement is to be corrected."""
    at: datetime | None = None if says.at is None else from_text(says.at)
    return {name: getattr(says, name) or "" for name in _LINES} | {"at": typed(site, at)}


def _words(site: Site, ground: str | None = None) -> dict[str, Any]:
    """``ground``: one that stays to be chosen where it is off the city's list by now."""
    listed = grounds(site.archive.settings.moderation_grounds)
    return {
        "DONE": DONE,
        "STAGES": STAGES,
        "ACTORS": ACTORS,
        "APPEALS": OUTCOMES,
        "GROUNDS": listed if ground is None else {ground: plain(ground), **listed},
        "as_time": from_text,
    }
