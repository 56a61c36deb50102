"""Hand-overs of an office's accounts to a successor (law R11), and what the register says of one authority."""

from __future__ import annotations

from datetime import date
from typing import Any

from archiver.accounts.register import service
from archiver.accounts.register.handover import Cause, Step
from archiver.accounts.register.notices import is_up, notice_of
from archiver.evidence.register_facts import NoticeSays
from archiver.operations import handover_page, register_page
from archiver.operations.handover_page import HandoverPage
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Id, Limit, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.register import Sees

router = routes("register", "/register")


class Handover(Answer):
    """One hand-over. ``step``: how far it has come; ``next`` null: it is filed, or withdrawn."""

    id: str
    authority: str
    authority_name: Text
    cause: Cause
    outgoing: Text
    incoming: Text | None
    step: Step
    next: Step | None
    frozen_at: Time | None
    received_by: Text | None
    received_on: date | None
    filed_with: Text | None
    filed_on: date | None


class StepTaken(Answer):
    """A step, and who took it when; ``at`` null: not yet."""

    step: Step
    at: Time | None
    by: Text
    why: Text | None


class LastLook(Answer):
    """The last look at one account of it. ``lacks``: it keeps the hand-over from going on."""

    listing: str
    account: str | None
    name: Text
    state: str
    lacks: bool
    run: str | None
    asked_at: Time | None
    why: Text


class OneHandover(Handover):
    """One hand-over, with its steps and the last look at each account."""

    listings: list[str]
    inventory: str | None
    steps: list[StepTaken]
    looks: list[LastLook]


class Custodian(Answer):
    """Somebody with a role at an authority; ``now``: today."""

    id: str
    person: Text
    role: str
    position: Text | None
    scope: Text
    since: date | None
    until: date | None
    now: bool


class Department(Answer):
    """A part of an authority."""

    id: str
    short: Text
    name: Text
    since: date | None
    until: date | None


class Exemption(Answer):
    """An exception that the chief information officer granted (law R14); ``now``: it holds today."""

    id: str
    rule: Text
    reason: Text
    approver: Text
    since: date | None
    until: date | None
    now: bool


class Notice(Answer):
    """What the public notice says beside the legal custodian (law R62). ``displayed``: today."""

    organization: Text
    places: Text
    methods: Text
    costs: Text
    offices: Text | None
    put_up_on: date | None
    put_up_at: Text | None
    taken_down_on: date | None
    displayed: bool


class OneAuthority(Answer):
    """One authority, with its people, departments and exceptions. ``custody``: by what its legal custodian is that."""

    id: str
    short: str
    name: Text
    kind: str
    custody: Text
    people: list[Custodian]
    departments: list[Department]
    exemptions: list[Exemption]
    notice: Notice | None


@router.get("/handovers")
@needs(Action.CAPTURE_VIEW)
def list_handovers(site: Here, sight: Sees, limit: Limit = 50, after: After = None) -> Page[Handover]:
    """Hand-overs of authorities all of which you see, by id."""
    place = cursors.read(after, "handovers", str)
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
    found = sorted(register_page.handovers(register, sight=sight), key=lambda one: one.id)
    shown = [Handover(**_handover(one)) for one in found if place is None or one.id > str(place[0])]
    return cursors.page(shown, limit, lambda one: cursors.write("handovers", one.id))


@router.get("/handovers/{handover_id}")
@needs(Action.CAPTURE_VIEW)
def one_handover(site: Here, sight: Sees, handover_id: Id) -> OneHandover:
    """One of them: who took which step, and what is missing before the next."""
    with site.archive.database.read() as connection:
        made = handover_page.page(site.archive, connection, handover_id, sight, site.dead())
    row = register_page.HandoverRow(made.id, made.says, made.authority, made.next)
    steps = [StepTaken.model_validate(one) for one in made.steps]
    more: dict[str, Any] = {"listings": made.says.listings, "inventory": made.says.inventory}
    more |= {"steps": steps, "looks": _looks(made)}
    return OneHandover(**_handover(row), **more)


@router.get("/authorities/{authority_id}")
@needs(Action.CAPTURE_VIEW)
def one_authority(site: Here, sight: Sees, authority_id: Id) -> OneAuthority:
    """One authority: who is its legal custodian, who was, its departments, its exceptions."""
    with site.archive.database.read() as connection:
        made = register_page.authority(site.archive, connection, authority_id, sight)
        register = service.read(connection, service.today(site.archive))
    said = notice_of(register, authority_id)
    return OneAuthority(
        id=made.id,
        short=made.says.short,
        name=made.says.name,
        kind=made.says.kind,
        custody=made.by,
        people=[_custodian(one) for one in made.people],
        departments=[
            Department(id=one, **_days(says), short=says.short, name=says.name) for one, says in made.departments
        ],
        exemptions=[_exemption(one) for one in made.exemptions],
        notice=None if said is None else _notice(said, register.day),
    )


def _notice(says: NoticeSays, day: date) -> Notice:
    return Notice.model_validate(says.model_dump(exclude={"authority"}) | {"displayed": is_up(says, day.isoformat())})


def _handover(one: register_page.HandoverRow) -> dict[str, Any]:
    own = ("authority", "cause", "outgoing", "incoming", "step", "frozen_at", "received_by", "received_on")
    said = {name: getattr(one.says, name) for name in (*own, "filed_with", "filed_on")}
    return said | {"id": one.id, "authority_name": one.authority, "next": one.next}


def _looks(made: HandoverPage) -> list[LastLook]:
    return [
        LastLook(
            listing=one.listing,
            account=one.says.account,
            name=one.name,
            state=one.state,
            lacks=one.lacks,
            run=None if one.run is None else one.run.id,
            asked_at=one.asked,
            why=one.why,
        )
        for one in made.looks
    ]


def _custodian(one: register_page.Person) -> Custodian:
    says = one.says
    return Custodian(
        id=one.id, person=says.person, role=says.role, position=says.position, scope=one.scope, now=one.now,
        **_days(says),
    )  # fmt: skip


def _exemption(one: register_page.Waiver) -> Exemption:
    says = one.says
    return Exemption(
        id=one.id, rule=says.rule, reason=says.reason, approver=says.approver, now=one.now, **_days(says)
    )  # fmt: skip


def _days(says: Any) -> dict[str, Any]:
    return {"since": says.since, "until": says.until}
