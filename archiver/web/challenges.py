"""Challenges to the accuracy of a record (Wis. Stat. 19.70): entered, decided, and the statement attached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.challenges import service
from archiver.challenges.rules import LONGEST, OUTCOMES, Outcome
from archiver.challenges.service import ChallengeView
from archiver.errors import NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.register_facts import shaped
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.records import finding
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
_FIELDS: Final = (
    *("received_on", "individual", "authorized", "disputed", "outcome", "decided_on", "decided_by"),
    *("correction", "reasons", "statement_on", "statement"),
)
_TAKES: Final = 512 * 1024
"""Bytes of the form. The longest texts and lines that may be entered take up to 12 each of their characters."""
_ALWAYS: Final = ("received_on", "individual", "disputed", "outcome")


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else said while a form was open, and the fields that it changed."""

    said: ChallengeView
    changed: dict[str, str]


@router.get("/records/{record_id}/challenges/new", response_class=HTMLResponse)
@needs(Action.CHALLENGES_DECIDE, fresh=True)
def begin(site: Here, viewer: Seen, record_id: Id) -> HTMLResponse:
    """The form for a new one."""
    return _form(site, viewer, record_id, None, dict.fromkeys(_FIELDS, "") | {"outcome": Outcome.OPEN.value})


@router.post("/records/{record_id}/challenges", response_class=HTMLResponse)
@needs(Action.CHALLENGES_DECIDE, fresh=True, largest=_TAKES)
def enter(site: Here, viewer: Seen, who: Who, record_id: Id, form: Typed) -> Response:
    """Enter one that was received."""
    return _say(site, viewer, who, record_id, None, form)


@router.get("/records/{record_id}/challenges/{challenge_id}", response_class=HTMLResponse)
@needs(Action.CHALLENGES_DECIDE, fresh=True)
def show(site: Here, viewer: Seen, record_id: Id, challenge_id: Id) -> HTMLResponse:
    """One of them, to be decided or completed."""
    with site.archive.database.read() as connection:
        finding.one(connection, record_id, viewer)
        known = service.of_record(connection, record_id, challenge_id=challenge_id)
    if not known:
        raise NotFound(service.NO_SUCH)
    return _form(site, viewer, record_id, challenge_id, _values(known[0].says), after=known[0].act_id)


def _values(says: ChallengeSays) -> dict[str, str]:
    return {name: getattr(says, name) or "" for name in _FIELDS}


@router.post("/records/{record_id}/challenges/{challenge_id}", response_class=HTMLResponse)
@needs(Action.CHALLENGES_DECIDE, fresh=True, largest=_TAKES)
def change(site: Here, viewer: Seen, who: Who, record_id: Id, challenge_id: Id, form: Typed) -> Response:
    """Decide it, attach the statement, or say that it was a mistake."""
    return _say(site, viewer, who, record_id, challenge_id, form)


def _say(site: Site, viewer: Viewer, who: Who, record_id: str, challenge_id: str | None, form: Form) -> Response:
    values = {name: form[name].replace("\r\n", "\n").strip() for name in _FIELDS}
    with site.archive.database.read() as connection:
        account = finding.one(connection, record_id, viewer).account_id
        known = service.of_record(connection, record_id, challenge_id=challenge_id) if challenge_id else []
    if challenge_id is not None and not known:
        raise NotFound(service.NO_SUCH)
    void = form["step"] == "void" and challenge_id is not None
    try:
        said = {name: value or (None if name not in _ALWAYS else "") for name, value in values.items()}
        says = known[0].says if void else shaped(ChallengeSays, said | {"account": account, "record": record_id})
        actor, why = of_person(who.person.id), form["why"].strip() or None
        service.state(site.archive, actor, says, challenge_id, why=why, void=void, after=form["after"] or None)
    except SaidMeanwhile as failure:
        with site.archive.database.read() as connection:
            known = service.of_record(connection, record_id, challenge_id=challenge_id)
        if not known:
            raise NotFound(service.NO_SUCH) from None
        meanwhile = Meanwhile(known[0], {name: _values(known[0].says)[name] for name in failure.fields})
        return _form(site, viewer, record_id, challenge_id, values, str(failure), form["why"], meanwhile=meanwhile)
    except (UsageError, Refused) as failure:
        return _form(site, viewer, record_id, challenge_id, values, str(failure), form["why"], form["after"])
    return RedirectResponse(f"{site.base}/records/{record_id}#challenges", status_code=303)


def _form(
    site: Site,
    viewer: Viewer,
    record_id: str,
    challenge_id: str | None,
    values: dict[str, str],
    failure: str | None = None,
    why: str = "",
    after: str = "",
    meanwhile: Meanwhile | None = None,
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        row = finding.one(connection, record_id, viewer)
    return site.page(
        "challenge.html",
        here="search",
        status=200 if failure is None else 400,
        record_id=row.id,
        challenge_id=challenge_id,
        values=values,
        why=why,
        after=after if meanwhile is None else meanwhile.said.act_id,
        meanwhile=meanwhile,
        failure=failure,
        OUTCOMES=OUTCOMES,
        longest=LONGEST,
    )
