"""``archiver person``: people, their roles, how they sign in. Whoever may run commands on the machine is its
administrator: nobody is asked, and which user said it is kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from archiver.accounts.register import naming
from archiver.accounts.register import service as registered
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.errors import UsageError
from archiver.people import access_log, links, service, sessions
from archiver.people.acting import of_machine
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.permission import ACCOUNT, AUTHORITY, DEPARTMENT, EVERYTHING
from archiver.people.roles import Access
from archiver.people.service import GrantView, NewGrant, PersonView

app = typer.Typer(help="People, their roles, how they sign in.", no_args_is_help=True, rich_markup_mode=None)
token = typer.Typer(help="Tokens for programs.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(token, name="token")

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Name, mail address or id.")]
Why = Annotated[str | None, typer.Option(help="Why; kept with the act.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As they are called.")],
    mail: Annotated[str | None, typer.Option(help="Mail address by which the city's sign-in knows them.")] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Add somebody. They can do nothing until they are given a role."""
    with opened(create=True, practice=practice) as archive:
        made = service.add(archive, of_machine(), name, mail)
        if json:
            output.as_json(asdict(made))
            return
        output.line(f"Added {made.name} ({made.id}). Give a role with: archiver person grant {made.id} ROLE")


@app.command("change")
def change(
    person: Person,
    name: Annotated[str | None, typer.Option(help="What they are called now.")] = None,
    mail: Annotated[
        str | None, typer.Option(help="Their other mail address; empty: none. Sessions, tokens and passkeys end.")
    ] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Change somebody's name or mail address, at once: nobody on the pages has to agree."""
    values = {key: value for key, value in (("name", name), ("mail", mail)) if value is not None}
    if not values:
        raise UsageError("say what changes: --name or --mail")
    with opened(practice=practice) as archive:
        now = service.change(archive, of_machine(), _find(archive, person).id, **values)
        _tell(json, asdict(now), f"{now.name} has {'no mail address' if now.mail is None else now.mail} now.")


@app.command("grant")
def grant(
    person: Person,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="custodian, records_officer, auditor …")],
    authority: Annotated[str | None, typer.Option(help="Only of one authority, by its short name.")] = None,
    department: Annotated[
        str | None, typer.Option(help="Only of one department of that authority, as the register has it: short name.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Only of one account: id, handle or address.")] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(help="Access class it opens, in place of the usual: public, private, message, library_patron."),
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Ends then, UTC.", formats=["%Y-%m-%d"])] = None,
    stand_in: Annotated[bool, typer.Option("--stand-in", help="In place of whoever has it.")] = False,
    reason: Why = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Give somebody a role, of everything unless it says of what."""
    if account and (authority or department):
        raise UsageError("a role is of an authority, a department or an account: give it twice")
    if department and not authority:
        raise UsageError("say of which authority the department is: --authority")
    with opened(practice=practice) as archive:
        chosen = service.role_named(role)
        scope, scope_id = _scope(archive, authority, account, department)
        new = NewGrant(
            role=chosen,
            scope=scope,
            scope_id=scope_id,
            access=service.access_named(access, chosen) if access else None,
            stand_in=stand_in,
            ends_at=None if until is None else until.replace(tzinfo=archive.clock.now().tzinfo),
            reason=reason,
        )
        who = _find(archive, person)
        given = service.grant(archive, of_machine(), who.id, new)
        if json:
            output.as_json(asdict(given))
            return
        output.line(f"{who.name} is now {_said(given, archive)}")


@app.command("revoke")
def revoke(
    role_id: Annotated[str, typer.Argument(metavar="ID", help="Of the role, as `person list` shows it.")],
    reason: Why = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Take a role back, at once."""
    with opened(practice=practice) as archive:
        service.revoke(archive, of_machine(), role_id, reason)
        _tell(json, {"revoked": role_id}, "Taken back.")


@app.command("end")
def end(person: Person, json: AsJson = False, practice: InPractice = False) -> None:
    """Let somebody do nothing here any more: sessions and tokens end, roles count no longer."""
    with opened(practice=practice) as archive:
        gone = service.end(archive, of_machine(), _find(archive, person).id)
        _tell(json, asdict(gone), f"{gone.name} may do nothing here any more.")


@app.command("list")
def list_people(json: AsJson = False, practice: InPractice = False) -> None:
    """Everybody, with their roles."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            everybody, held = service.people(connection), service.grants(connection)
        if json:
            output.as_json([asdict(one) | {"roles": [asdict(role) for role in held if role.person_id == one.id]}
                            for one in everybody])  # fmt: skip
            return
        if not everybody:
            output.line("Nobody yet. `archiver person add NAME` adds somebody.")
        for one in everybody:
            mail = f" <{one.mail}>" if one.mail else ""
            output.line(f"{one.name}{mail}  {one.id}{'  ended' if one.ended_at else ''}")
            for role in held:
                if role.person_id == one.id and role.holds(archive.clock.now()):
                    output.line(f"  {_said(role, archive)}  {role.id}")


@app.command("link")
def link(person: Person, json: AsJson = False, practice: InPractice = False) -> None:
    """Make a link, for one use within a day, with which somebody sets a password and a code, or sets them anew."""
    with opened(practice=practice) as archive:
        made = links.offer(archive, of_machine(), _find(archive, person).id, "/practice" if practice else "")
        if json:
            output.as_json({"link": made.address, "ends_at": made.ends_at})
            return
        output.line(f"Hand this over by a way that only they read; it ends {shown(made.ends_at, archive)}:")
        output.line(made.address)


@app.command("end-sessions")
def end_sessions(person: Person, json: AsJson = False, practice: InPractice = False) -> None:
    """Sign somebody out everywhere, at once."""
    with opened(practice=practice) as archive:
        who, actor = _find(archive, person), of_machine()
        ended = archive.database.act(
            lambda connection: sessions.end_sessions(connection, archive, actor, who.id, "administrator")
        )
        _tell(json, {"ended": ended}, f"{ended} {'session' if ended == 1 else 'sessions'} ended.")


@app.command("reserve")
def reserve(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, handle or address.")],
    open_again: Annotated[bool, typer.Option("--open", help="Keep it for nobody any more.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Keep an account for whoever was granted library_patron (Wis. Stat. 43.30), whatever their role."""
    with opened(practice=practice) as archive:
        _, account_id = _scope(archive, None, account)
        needed = [] if open_again else [Access.LIBRARY_PATRON]
        service.reserve(archive, of_machine(), account_id, needed)
        said = "Open to every role that reaches it." if open_again else "Kept for who was granted library_patron."
        _tell(json, {"account": account_id, "access": [one.value for one in needed]}, said)


@app.command("log")
def show_log(
    person: Annotated[str | None, typer.Option(help="Only of one person.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Newest lines.")] = 50,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Who looked at what, and searched for what; the newest last."""
    with opened(practice=practice) as archive:
        who = None if person is None else _find(archive, person).id
        with archive.database.read() as connection:
            lines = access_log.entries(connection, archive, limit=limit, person_id=who)
        if json:
            output.as_json([asdict(one) for one in lines])
            return
        for one in reversed(lines):
            sought = f"  {one.sought!r}" if one.sought is not None else ""
            subject = one.subject or "-"
            what = f"{one.action}: {one.route}" if one.action == access_log.COMMAND else one.action
            output.line(f"{shown(one.at, archive)}  {one.name or one.through}  {what}  {subject}{sought}")


@token.command("make")
def make_token(
    person: Person,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do: {', '.join(sorted(FOR_TOKENS))}.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Until it ends.")] = 90,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Make a token with which programs do what its person may. It is shown once."""
    try:
        scopes = {Action(one) for one in scope}
    except ValueError:
        raise UsageError(f"a token may be for {', '.join(sorted(FOR_TOKENS))}") from None
    with opened(practice=practice) as archive:
        who = _find(archive, person)
        made, secret = sessions.make_token(archive, of_machine(), who.id, name, scopes, timedelta(days=days))
        told = f"{made.id}, until {shown(made.ends_at, archive)}. Shown now and never again:\n{secret}"
        _tell(json, asdict(made) | {"token": secret}, told)


@token.command("list")
def list_tokens(person: Person, json: AsJson = False, practice: InPractice = False) -> None:
    """The tokens of a person."""
    with opened(practice=practice) as archive:
        who = _find(archive, person)
        with archive.database.read() as connection:
            found = sessions.tokens(connection, who.id)
        if json:
            output.as_json([asdict(one) for one in found])
            return
        for one in found:
            state = f"until {shown(one.ends_at, archive)}" if one.counts(archive.clock.now()) else "ended"
            output.line(f"{one.id}  {one.name}  {', '.join(one.scopes)}  {state}  used {shown(one.used_at, archive)}")


@token.command("end")
def end_token(
    person: Person,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="Of the token, as `person token list` shows it.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Let a token count no longer."""
    with opened(practice=practice) as archive:
        sessions.end_token(archive, of_machine(), _find(archive, person).id, token_id)
        _tell(json, {"ended": token_id}, "Ended.")


def _tell(json: bool, facts: dict[str, object], words: str) -> None:
    """What was done, to a program or to a person."""
    if json:
        output.as_json(facts)
    else:
        output.line(words)


def _find(archive: Archive, person: str) -> PersonView:
    with archive.database.read() as connection:
        return service.find(connection, person)


def _scope(
    archive: Archive, authority: str | None, account: str | None, department: str | None = None
) -> tuple[str, str]:
    if account is not None:
        from archiver.accounts import service as accounts

        with archive.database.read() as connection:
            return ACCOUNT, accounts.find(connection, account).id
    if authority is not None and department is not None:
        with archive.database.read() as connection:
            register = registered.read(connection, registered.today(archive))
        authority_id, _ = naming.authority(register, authority)
        return DEPARTMENT, naming.department(register, authority_id, department)[0]
    return (EVERYTHING, "") if authority is None else (AUTHORITY, authority)


def _said(role: GrantView, archive: Archive) -> str:
    where = "everything" if role.scope == EVERYTHING else f"{role.scope} {role.scope_id}"
    sees = f", sees {', '.join(role.access)}" if role.access else ", sees no records"
    until = f", until {shown(role.ends_at, archive)}" if role.ends_at else ""
    return f"{role.role.replace('_', ' ')} of {where}{' (stand-in)' if role.stand_in else ''}{sees}{until}"
