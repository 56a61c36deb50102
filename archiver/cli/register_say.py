"""``archiver register authority|department|custodian|account|attest|exception|candidacy``: saying things."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from archiver import ids
from archiver.accounts.permission import acting
from archiver.accounts.register import contacts, naming, saying, service
from archiver.accounts.register.statements import Register, Thing
from archiver.cli.common import AsJson, InPractice, opened
from archiver.cli.register_common import (
    Attached,
    Because,
    By,
    Correct,
    From,
    Void,
    given,
    kept,
    say,
    tell,
    text_of_day,
)
from archiver.errors import UsageError
from archiver.evidence.register_facts import Facts, Role

Authority = Annotated[str, typer.Argument(metavar="AUTHORITY", help="Its short name, name or id.")]
Listed = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its address, handle, name or id.")]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="First day.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="Last day.")]
Note = Annotated[str | None, typer.Option(help="Anything else.")]


def authority(
    short: Annotated[str, typer.Argument(metavar="SHORT", help="Short name as it stands in keys: city-clerk.")],
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    kind: Annotated[str | None, typer.Option(help="elected, agency or committee.")] = None,
    clerk: Annotated[
        bool | None, typer.Option("--clerk/--no-clerk", help="It keeps the records of vacant offices, files receipts.")
    ] = None,
    since: Since = None,
    until: Until = None,
    merged_into: Annotated[
        str | None, typer.Option(metavar="AUTHORITY", help="Which has its records after its last day.")
    ] = None,
    appointed_by: Annotated[
        str | None, typer.Option(metavar="AUTHORITY", help="Who appoints it or its members (19.33(5)).")
    ] = None,
    attached_to: Annotated[
        str | None, typer.Option(metavar="AUTHORITY", help="For administrative purposes (19.33(5)).")
    ] = None,
    note: Note = None,
    start: From = None,
    correct: Correct = False,
    void: Void = False,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Enter or change an authority: an elected official's office, an agency such as the library, a committee."""
    options = given(name=name, kind=kind, since=text_of_day(since, "--since"), until=text_of_day(until, "--until"))
    options |= given(note=note) | ({} if clerk is None else {"clerk": clerk})
    fresh = {"short": short, **saying.FRESH[Thing.AUTHORITY]}

    def build(_: Connection, register: Register) -> tuple[str, Facts]:
        authority_id = ids.authority_id(short)
        told = options | _named(register, merged_into=merged_into, appointed_by=appointed_by, attached_to=attached_to)
        return authority_id, saying.put_together(Thing.AUTHORITY, register.authorities.get(authority_id), fresh, told)

    with opened(create=True, practice=practice) as archive:
        stated = say(archive, by, Thing.AUTHORITY, build, effective=start, correct=correct, void=void, why=because)
        tell(stated, short, json)


def _named(register: Register, **offices: str | None) -> dict[str, Any]:
    """Authorities that were named, by their ids; an empty text takes away what was there."""
    said = {name: one for name, one in offices.items() if one is not None}
    return {name: naming.authority(register, one)[0] if one.strip() else None for name, one in said.items()}


def department(
    of: Authority,
    short: Annotated[str, typer.Argument(metavar="SHORT", help="Its short name: outreach.")],
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    since: Since = None,
    until: Until = None,
    start: From = None,
    correct: Correct = False,
    void: Void = False,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Enter or change a department of an authority."""
    options = given(name=name, since=text_of_day(since, "--since"), until=text_of_day(until, "--until"))

    def build(_: Connection, register: Register) -> tuple[str, Facts]:
        authority_id, _says = naming.authority(register, of)
        department_id = ids.department_id(authority_id, short)
        fresh = {"authority": authority_id, "short": short, **saying.FRESH[Thing.DEPARTMENT]}
        before = register.departments.get(department_id)
        return department_id, saying.put_together(Thing.DEPARTMENT, before, fresh, options)

    with opened(create=True, practice=practice) as archive:
        stated = say(archive, by, Thing.DEPARTMENT, build, effective=start, correct=correct, void=void, why=because)
        tell(stated, short, json)


def custodian(
    of: Authority,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Their name.")],
    role: Annotated[
        str,
        typer.Option(help="holder, designee, legal_custodian, highest_officer, chief_administrator or deputy."),
    ] = Role.LEGAL_CUSTODIAN.value,
    position: Annotated[str | None, typer.Option(help="Their position.")] = None,
    contact: Annotated[str | None, typer.Option(help="How to reach them.")] = None,
    department: Annotated[str | None, typer.Option(help="Only for this department.")] = None,
    account: Annotated[str | None, typer.Option(help="Only for this account.")] = None,
    since: Since = None,
    until: Until = None,
    ended: Annotated[str | None, typer.Option(help="Why it ended: term, vacancy, death, removed.")] = None,
    designated_by: Annotated[
        str | None,
        typer.Option(metavar="AUTHORITY", help="Who appoints this authority, or administers it (19.33(5))."),
    ] = None,
    trained: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="When they were last trained in handling personal information (law R42)."),
    ] = None,
    document: Attached = None,
    start: From = None,
    correct: Correct = False,
    void: Void = False,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Say who is legal custodian, deputy or official of an authority (Wis. Stat. 19.33), from when to when. The same
    person in the same role is changed, not entered twice."""
    options = given(position=position, contact=contact, ended=ended)
    options |= given(since=text_of_day(since, "--since"), until=text_of_day(until, "--until"))
    options |= given(trained_on=text_of_day(trained, "--trained"))
    with opened(create=True, practice=practice) as archive:
        documents = kept(archive, acting(by), document)

        def build(_: Connection, register: Register) -> tuple[str, Facts]:
            authority_id, _says = naming.authority(register, of)
            place = {
                "authority": authority_id,
                "department": naming.department(register, authority_id, department)[0] if department else None,
                "listing": naming.listing(register, account)[0] if account else None,
                "role": role,
                "person": person.strip(),
            }
            same = saying.same_custodian(register, place, at_any_time=correct or void)
            known_id, before = same or (service.new_id(Thing.CUSTODIANSHIP), None)
            fresh = {**saying.FRESH[Thing.CUSTODIANSHIP], **place}
            more: dict[str, Any] = {}
            if documents:
                more["documents"] = [*(before.documents if before else ()), *documents]
            more |= _named(register, designated_by=designated_by)
            return known_id, saying.put_together(Thing.CUSTODIANSHIP, before, fresh, options | more)

        stated = say(archive, by, Thing.CUSTODIANSHIP, build, effective=start, correct=correct, void=void, why=because)
        tell(stated, f"{person}, {role.replace('_', ' ')}", json)


def account(
    named: Listed,
    authority: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    department: Annotated[str | None, typer.Option(help="Of which department.")] = None,
    url: Annotated[str | None, typer.Option(help="Its address, where it changes.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only where the address cannot tell.")] = None,
    platform_id: Annotated[str | None, typer.Option(help="Its id on the platform.")] = None,
    handle: Annotated[str | None, typer.Option(help="Its handle.")] = None,
    name: Annotated[str | None, typer.Option(help="What it calls itself.")] = None,
    capacity: Annotated[str | None, typer.Option(help="official, mixed, personal, campaign or unknown.")] = None,
    decision: Annotated[str | None, typer.Option(help="The City Attorney's, on mixed use.")] = None,
    owner: Annotated[str | None, typer.Option(help="The person responsible for it.")] = None,
    owner_position: Annotated[str | None, typer.Option(help="Their position.")] = None,
    owner_until: Annotated[str | None, typer.Option(metavar="DATE", help="Their last day.")] = None,
    owner_mail: Annotated[
        str | None, typer.Option(help="Where they are written to. Goes when another owner is named without one.")
    ] = None,
    administrator: Annotated[
        list[str] | None, typer.Option(help="Who can change the page; several. Takes the place of those before.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    operated_by: Annotated[str | None, typer.Option(help="A contractor, where the City does not do it itself.")] = None,
    opened_on: Annotated[str | None, typer.Option("--opened", metavar="DATE", help="When it was opened.")] = None,
    closed_on: Annotated[str | None, typer.Option("--closed", metavar="DATE", help="When it was closed.")] = None,
    capture: Annotated[str | None, typer.Option(help="service, manual or none.")] = None,
    not_captured: Annotated[str | None, typer.Option(help="Why it is not captured.")] = None,
    series: Annotated[str | None, typer.Option(help="Its record series.")] = None,
    note: Note = None,
    document: Attached = None,
    start: From = None,
    correct: Correct = False,
    void: Void = False,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Enter an account by its address, captured or not, or change what the register says of it. An empty text takes
    away what was there. A personal or campaign account is not captured from then on."""
    options = given(url=url, platform_id=platform_id, capacity=capacity, decision=decision, owner=owner)
    options |= given(owner_position=owner_position, purpose=purpose, operated_by=operated_by, capture=capture)
    options |= given(not_captured=not_captured, series=series, note=note, platform=platform)
    options |= given(owner_until=text_of_day(owner_until, "--owner-until"), owner_mail=owner_mail)
    options |= given(opened=text_of_day(opened_on, "--opened"), closed=text_of_day(closed_on, "--closed"))
    options |= {key: value for key, value in (("handle", handle), ("name", name)) if value is not None}
    if administrator is not None:
        options["administrators"] = [one for one in administrator if one]
    with opened(create=True, practice=practice) as archive:
        documents = kept(archive, acting(by), document)

        def build(connection: Connection, register: Register) -> tuple[str, Facts]:
            more = dict(options)
            if authority is not None:
                more |= {"authority": naming.authority(register, authority)[0], "department": None}
            known_id, before, fresh = saying.listing_named(archive, connection, register, named, platform)
            if department is not None:
                whose = more.get("authority") or (before.authority if before else None)
                if whose is None:
                    raise UsageError("a department needs its authority: give --authority too")
                more["department"] = naming.department(register, whose, department)[0] if department else None
            if documents:
                more["documents"] = [*(before.documents if before else ()), *documents]
            return known_id, saying.put_together(Thing.LISTING, before, fresh, contacts.renewed(before, more))

        stated = say(archive, by, Thing.LISTING, build, effective=start, correct=correct, void=void, why=because)
        tell(stated, named, json)


def attest(
    named: Listed,
    person: Annotated[str, typer.Option(help="Who signed that the City controls the account.")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="When; by default today.")] = None,
    position: Annotated[str | None, typer.Option(help="Their position.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Until when it holds; by default a year.")] = None,
    document: Attached = None,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Note that somebody signed that the City controls an account (law R6); again every year."""
    with opened(create=True, practice=practice) as archive:
        documents = kept(archive, acting(by), document)
        day = text_of_day(on, "--on") or service.today(archive).isoformat()
        if day > service.today(archive).isoformat():
            raise UsageError("--on is a day that has not come yet")

        def build(_: Connection, register: Register) -> tuple[str, Facts]:
            listing_id, _says = naming.listing(register, named)
            says: dict[str, Any] = {"listing": listing_id, "person": person, "position": position, "on": day}
            says |= {"until": text_of_day(until, "--until"), "documents": documents}
            return service.new_id(Thing.ATTESTATION), service.shape(Thing.ATTESTATION, says)

        tell(say(archive, by, Thing.ATTESTATION, build, why=because), f"attestation of {named}", json)


def exception(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule: owner, series, attestation, or in words.")],
    reason: Annotated[str, typer.Option(help="Why it was granted.")],
    approver: Annotated[str, typer.Option(help="Who granted it.")],
    account: Annotated[str | None, typer.Option(help="For this account.")] = None,
    authority: Annotated[str | None, typer.Option(help="For all accounts of this authority.")] = None,
    since: Since = None,
    until: Until = None,
    document: Attached = None,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Note an exception granted by the chief information officer (law R14)."""
    with opened(create=True, practice=practice) as archive:
        documents = kept(archive, acting(by), document)

        def build(_: Connection, register: Register) -> tuple[str, Facts]:
            says = {
                "listing": naming.listing(register, account)[0] if account else None,
                "authority": naming.authority(register, authority)[0] if authority else None,
                "rule": rule,
                "reason": reason,
                "approver": approver,
                "since": text_of_day(since, "--since"),
                "until": text_of_day(until, "--until"),
                "documents": documents,
            }
            return service.new_id(Thing.EXEMPTION), service.shape(Thing.EXEMPTION, says)

        tell(say(archive, by, Thing.EXEMPTION, build, why=because), f"exception from {rule}", json)


def candidacy(
    of: Authority,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The candidate.")],
    office: Annotated[str, typer.Option(help="The office that is sought.")],
    since: Annotated[str, typer.Option(metavar="DATE", help="First day for circulating nomination papers.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day, such as that of the election.")],
    note: Note = None,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Note that an elected official is a candidate (law R7). `archiver register candidacies` reports what accounts of
    the City published meanwhile."""

    def build(_: Connection, register: Register) -> tuple[str, Facts]:
        authority_id, _says = naming.authority(register, of)
        says = {"authority": authority_id, "person": person, "office": office, "note": note}
        says |= {"since": text_of_day(since, "--since"), "until": text_of_day(until, "--until")}
        return service.new_id(Thing.CANDIDACY), service.shape(Thing.CANDIDACY, says)

    with opened(create=True, practice=practice) as archive:
        tell(say(archive, by, Thing.CANDIDACY, build, why=because), f"{person}, candidate for {office}", json)
