"""``archiver register``: who owns what, who is legal custodian of it, and what is missing."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from archiver.accounts.permission import acting
from archiver.accounts.register import attestations, custody, missing, naming, service
from archiver.accounts.register.columns import Wrong
from archiver.accounts.register.loading import Loaded, load
from archiver.accounts.register.statements import Register, Statement
from archiver.archive import Archive
from archiver.cli import output, register_handover, register_say
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.cli.register_common import Because, By, OnDay, day_of
from archiver.errors import NotFound, UsageError
from archiver.evidence.register_facts import CandidacySays
from archiver.operations import candidacy_report
from archiver.operations.master_list import Entry, MasterList, custody_words, master_list, rows
from archiver.operations.master_list_files import FORMATS, written
from archiver.viewing import Viewer

app = typer.Typer(
    help="The register: authorities, legal custodians, accounts, and what is missing.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for said in ("authority", "department", "custodian", "account", "attest", "exception", "candidacy"):
    app.command(said)(getattr(register_say, said))
app.add_typer(register_handover.app, name="handover")


@app.command("load")
def load_list(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file; `-` reads standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Load a list of accounts, such as the city's own. Every line that can be taken is, in one transaction; each that
    cannot is told with line and column, changes nothing, and makes the command end with exit code 2. Loading it again
    changes nothing. An empty cell says nothing."""
    actor = acting(by)
    with opened(create=True, practice=practice) as archive:
        told = load(archive, _content(file), actor, try_only=dry_run, why=because)
    if json:
        output.as_json(_loaded(told))
    else:
        _say_loaded(told)
    if told.wrong:
        raise typer.Exit(UsageError.exit_code)


@app.command("export")
def export(
    form: Annotated[str, typer.Option("--format", help="csv, xlsx or pdf.")] = "csv",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to; by default standard output.")] = None,
    on: OnDay = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Write the master list of accounts: all that the register knows of each, whether it is captured, and why not. The
    CSV loads again."""
    if form not in FORMATS:
        raise UsageError(f"--format is one of {', '.join(FORMATS)}")
    if out is None and not json and form != "csv" and sys.stdout.isatty():
        raise UsageError("that is no text for a terminal: name a file with --out")
    with opened(practice=practice) as archive:
        made = _made(archive, on)
        if json:
            output.as_json({"day": made.day, "accounts": rows(made)})
            return
        content = written(archive, made, form)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    _write(out, content)
    output.line(f"{len(made.entries)} accounts, {len(made.uncaptured)} of them not captured: {out}")


@app.command("missing")
def say_missing(on: OnDay = None, json: AsJson = False, practice: InPractice = False) -> None:
    """Say what the register lacks of each account, and which accounts are not captured."""
    with opened(practice=practice) as archive:
        made = _made(archive, on)
    found = [one for one in made.entries if one.standing.lacks]
    if json:
        told = [{"account": one.name, "id": one.id, "state": one.standing.state, "lacks": one.standing.lacks,
                 "until": one.standing.until} for one in found]  # fmt: skip
        uncaptured = [{"account": one.name, "id": one.id, "why": one.captured} for one in made.uncaptured]
        output.as_json({"day": made.day, "lacks": told, "not_captured": uncaptured})
        return
    for one in found:
        until = f" until {one.standing.until}" if one.standing.until and one.standing.state == "provisional" else ""
        output.line(f"{one.name}: {one.standing.state.value}{until}: {'; '.join(one.standing.words)}")
    for one in made.uncaptured:
        output.line(f"{one.name}: not captured: {one.captured}")
    if not found and not made.uncaptured:
        print("Nothing is missing." if made.entries else _EMPTY)


@app.command("show")
def show(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="An authority or an account.")] = None,
    on: OnDay = None,
    history: Annotated[bool, typer.Option("--history", help="Also everything that was said of it before.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show the register; or one authority with its custodians, or one account, with what was said of it when."""
    with opened(practice=practice) as archive:
        made = _made(archive, on)
        if name is None:
            _show_all(made, json)
            return
        try:
            thing_id, _ = naming.authority(made.register, name)
        except NotFound:
            thing_id, _says = naming.listing(made.register, name)
            _show_account(archive, made, thing_id, history, json)
            return
        _show_authority(archive, made, thing_id, history, json)


@app.command("candidacies")
def candidacies(
    on: OnDay = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most posts to list of a candidacy.")] = 50,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Report what accounts of the City published while their official was a candidate (law R7)."""
    with opened(practice=practice) as archive, archive.database.read() as connection:
        register = service.read(connection, day_of(on, "--on") or service.today(archive))
        found = sorted(register.candidacies.values(), key=lambda one: (one.since, one.person))
        zone = archive.settings.zone
        told = [candidacy_report.report(connection, register, one, zone, Viewer.EVERYTHING, limit) for one in found]
    if json:
        output.as_json({"candidacies": [_candidacy(one) for one in told]})
        return
    for one in told:
        _say_candidacy(archive, register, one)
    if not told:
        print("No candidacy is in the register. Note one with `archiver register candidacy`.")


@app.command("document")
def document(
    name: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Write a document of the register into a file: a designation, an attestation, a receipt."""
    with opened(practice=practice) as archive, archive.database.read() as connection:
        found = service.document(connection, name)
    _write(out, found.content)
    if json:
        output.as_json({"id": found.id, "name": found.name, "sha256": found.sha256, "size": found.size})
    else:
        output.line(f"{found.name}, {found.size:,} bytes: {out}")


_EMPTY = "The register is empty. Load the city's list with `archiver register load FILE`, or enter one account."


def _made(archive: Archive, on: str | None) -> MasterList:
    with archive.database.read() as connection:
        return master_list(archive, connection, day_of(on, "--on"))


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {file}: {error.strerror or error}") from None


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror or error}") from None


def _loaded(told: Loaded) -> dict[str, Any]:
    counts = {change: told.count(change) for change in ("new", "changed", "same")}
    return {
        "written": told.written,
        "lines": told.lines,
        **counts,
        "wrong": [asdict(one) for one in told.wrong],
        "taken": [asdict(one) for one in told.taken],
        "remarks": told.remarks,
    }


def _say_loaded(told: Loaded) -> None:
    for one in told.wrong:
        output.line(wrong_words(one))
    for remark in told.remarks:
        output.line(f"note: {remark}")
    for taken in told.taken:
        if taken.stopped:
            output.line(f"line {taken.line}: its capture has ended; what was captured stays")
    would = "" if told.written else " would be"
    output.line(
        f"{told.lines} lines:{would} {told.count('new')} new, {told.count('changed')} changed,"
        f" {told.count('same')} as before, {len({one.line for one in told.wrong})} not taken."
        f" {told.authorities} new authorities."
    )


def wrong_words(one: Wrong) -> str:
    """A line or cell that was not taken, in words."""
    place = "" if one.column is None else f", column {f'{one.letter} ' if one.letter else ''}({one.column})"
    return f"line {one.line}{place}: {one.problem}"


def _show_all(made: MasterList, json: bool) -> None:
    if json:
        output.as_json({"day": made.day, "authorities": _authorities(made.register), "accounts": rows(made)})
        return
    if not made.entries and not made.register.authorities:
        print(_EMPTY)
        return
    output.table(
        ("AUTHORITY", "SHORT", "KIND", "LEGAL CUSTODIAN", "BY"),
        [(one["name"], one["short"], one["kind"], one["custodian"], one["by"]) for one in _authorities(made.register)],
        empty="No authority yet.",
    )
    print()
    output.table(
        ("ACCOUNT", "PLATFORM", "AUTHORITY", "USE", "REGISTER", "CAPTURED"),
        [(one.name, _platform(one), one.authority, one.listing.capacity if one.listing else "-",
          one.standing.state.value, one.captured) for one in made.entries],
        empty="No account yet.",
    )  # fmt: skip


def _platform(one: Entry) -> str:
    return one.listing.platform if one.listing is not None else one.account.platform if one.account is not None else ""


def _authorities(register: Register) -> list[dict[str, str]]:
    found = []
    for authority_id, says in sorted(register.authorities.items(), key=lambda pair: pair[1].name.casefold()):
        kept = custody.of_authority(register, authority_id)
        told = {"id": authority_id, "name": says.name, "short": says.short, "kind": says.kind}
        found.append(told | {"custodian": kept.names or "-", "by": custody_words(kept)})
    return found


def _show_authority(archive: Archive, made: MasterList, thing_id: str, history: bool, json: bool) -> None:
    register, says = made.register, made.register.authorities[thing_id]
    kept = custody.of_authority(register, thing_id)
    if json:
        people = [one.model_dump() for one in register.of_authority(thing_id)]
        told = {"id": thing_id, **says.model_dump(), "custody": kept.basis, "custodians": people}
        output.as_json(told | {"history": _history(register, thing_id)})
        return
    output.line(f"{says.name} ({says.short}), {says.kind}")
    output.line(f"  id: {thing_id}")
    output.line(f"  legal custodian: {kept.names or 'nobody'} ({custody_words(kept)})")
    for one in register.of_authority(thing_id):
        since = f" since {one.since}" if one.since else ""
        until = f" until {one.until}" if one.until else ""
        position = f", {one.position}" if one.position else ""
        trained = f", trained {one.trained_on}" if one.trained_on else ""
        output.line(f"  {one.role.replace('_', ' ')}: {one.person}{position}{since}{until}{trained}")
    if history:
        _say_history(archive, register.history(thing_id))


def _show_account(archive: Archive, made: MasterList, thing_id: str, history: bool, json: bool) -> None:
    register = made.register
    entry = next(one for one in made.entries if one.id == thing_id)
    if json:
        row = next(row for row in rows(made) if row["id"] == thing_id)
        output.as_json(row | {"lacks": entry.standing.lacks, "history": _history(register, thing_id)})
        return
    output.line(f"{entry.name} on {_platform(entry)}")
    for name, value in register.listings[thing_id].model_dump().items():
        if value and name not in ("authority", "department", "documents", "name"):
            output.line(f"  {name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}")
    output.line(f"  authority: {entry.authority or 'none'}{f', {entry.department}' if entry.department else ''}")
    output.line(f"  legal custodian: {entry.custody.names or 'nobody'} ({custody_words(entry.custody)})")
    signed = register.attested.get(thing_id, [])
    due = attestations.standing(signed[0] if signed else None, register.day)
    if due.due is not None:
        output.line(f"  control attested by {signed[0].person} on {signed[0].on}; again by {due.due}")
    output.line(f"  register: {entry.standing.state.value}{_until(entry)}")
    for lack in entry.standing.lacks:
        output.line(f"    {missing.WORDS[lack]}")
    output.line(f"  captured: {entry.captured}")
    if history:
        _say_history(archive, register.history(thing_id))


def _candidacy(one: candidacy_report.Report) -> dict[str, Any]:
    told = {"listings": one.listings, "not_captured": one.not_captured, "total": one.total}
    return one.candidacy.model_dump() | told | {"posts": [asdict(post) for post in one.posts]}


def _until(entry: Entry) -> str:
    return f" until {entry.standing.until}" if entry.standing.until and entry.standing.state == "provisional" else ""


def _history(register: Register, thing_id: str) -> list[dict[str, Any]]:
    return [
        {"effective": one.effective, "entered_at": one.entered_at, "by": one.by, "why": one.why, "void": one.void,
         "act": one.act_id, "says": one.says.model_dump()}
        for one in register.history(thing_id)
    ]  # fmt: skip


def _say_history(archive: Archive, told: list[Statement]) -> None:
    output.line("  what was said:")
    for one in told:
        start = "from the beginning" if one.effective == "0001-01-01" else f"from {one.effective}"
        why = f": {one.why}" if one.why else ""
        output.line(
            f"    {shown(one.entered_at, archive)} by {one.by}, {start}{', taken out' if one.void else ''}{why}"
        )


def _say_candidacy(archive: Archive, register: Register, one: candidacy_report.Report) -> None:
    said: CandidacySays = one.candidacy
    whose = register.authorities[said.authority].name if said.authority in register.authorities else said.authority
    output.line(f"{said.person} ({whose}), candidate for {said.office}, {said.since} to {said.until}")
    output.line(f"  {one.total:,} posts of {len(one.listings)} accounts of the City")
    for listing_id in one.not_captured:
        output.line(f"  not captured: {register.listings[listing_id].url}")
    for post in one.posts:
        output.line(f"  {shown(post.created_at, archive)}  {post.record_id}  {post.text[:80]}")
