"""``archiver register handover``: an office changes hands (law R11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from archiver.accounts.permission import acting
from archiver.accounts.register import handover, naming, service
from archiver.accounts.register.handover import Cause
from archiver.accounts.register.statements import Register
from archiver.archive import Archive
from archiver.capture.service import Capture
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.cli.register_common import Because, By, day_of, kept
from archiver.errors import UsageError
from archiver.evidence.register_facts import HandoverSays
from archiver.operations import handovers
from archiver.work import memory
from connectors.contract import SweepKind

app = typer.Typer(
    help="Hand an office's accounts over to a successor: begin, freeze, sweep, transfer, inventory, receipt, file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Which = Annotated[str, typer.Argument(metavar="HANDOVER", help="Its id, or the short name of its authority.")]


@app.command("begin")
def begin(
    authority: Annotated[str, typer.Argument(metavar="AUTHORITY", help="Its short name, name or id.")],
    outgoing: Annotated[str, typer.Option(help="Whose term ends.")],
    incoming: Annotated[str | None, typer.Option(help="The successor, where it is known.")] = None,
    cause: Annotated[Cause, typer.Option(help="Why.")] = Cause.TERM,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Begin a hand-over of all accounts of an authority."""
    with opened(practice=practice) as archive:
        register = _register(archive)
        authority_id, says = naming.authority(register, authority)
        handover_id = handovers.begin(archive, acting(by), authority_id, cause, outgoing, incoming)
        _tell(archive, handover_id, json, f"Begun: {says.name}")


@app.command("freeze")
def freeze(name: Which, by: By = None, json: AsJson = False, practice: InPractice = False) -> None:
    """Settle which accounts are handed over, and of which moment. Capture goes on."""
    with opened(practice=practice) as archive:
        handover_id = _id(archive, name)
        says = handovers.freeze(archive, acting(by), handover_id)
        _tell(archive, handover_id, json, f"{len(says.listings)} accounts are settled")


@app.command("sweep")
def sweep(
    name: Which,
    leave_out: Annotated[
        list[str] | None, typer.Option(metavar="ACCOUNT", help="An account that cannot be looked at; several.")
    ] = None,
    because: Because = None,
    wait: Annotated[
        bool, typer.Option("--no-capture", help="Only look for sweeps that a running service has made.")
    ] = False,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Look at every account whole once more, settings included. Run it again where it did not get to its end."""
    if leave_out and not because:
        raise UsageError("say why an account is left out (--because)")
    with opened(practice=practice) as archive:
        handover_id = _id(archive, name)
        register = _register(archive)
        left = {naming.listing(register, one)[0]: because or "" for one in leave_out or ()}
        actor = acting(by)
        if wait:
            says = handovers.sweep(archive, actor, handover_id, None, left)
        else:
            says = _swept(archive, lambda capture: handovers.sweep(archive, actor, handover_id, capture, left))
        _tell(archive, handover_id, json, f"{len(says.sweeps)} accounts were looked at whole")


@app.command("transfer")
def transfer(
    name: Which,
    owner: Annotated[str | None, typer.Option(help="Who is responsible for the accounts from then on.")] = None,
    owner_position: Annotated[str | None, typer.Option(help="Their position.")] = None,
    incoming: Annotated[str | None, typer.Option(help="Who holds the office from then on.")] = None,
    vacant: Annotated[bool, typer.Option("--vacant", help="Nobody does yet; the clerk keeps the records.")] = False,
    day: Annotated[str | None, typer.Option("--on", metavar="DATE", help="First day of it; by default today.")] = None,
    forget: Annotated[bool, typer.Option("--forget-tokens", help="Forget what was granted before.")] = False,
    keep: Annotated[bool, typer.Option("--keep-tokens", help="Keep it, for a reason (--because).")] = False,
    because: Because = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Change custodian and owner of the accounts, and what becomes of the tokens they are read with."""
    with opened(practice=practice) as archive:
        handover_id = _id(archive, name)
        says = _register(archive).handovers[handover_id]
        holder = None if vacant else incoming or says.incoming
        if holder is None and not vacant:
            raise UsageError("say who holds the office now (--incoming), or that nobody does (--vacant)")
        first = day_of(day, "--on") or service.today(archive)
        handovers.transfer(
            archive, acting(by), handover_id, day=first, incoming=holder, owner=owner, position=owner_position,
            forget=forget, keep=keep, why=because,
        )  # fmt: skip
        _tell(archive, handover_id, json, "Custodian, owner and tokens are those of afterwards")


@app.command("inventory")
def inventory(
    name: Which,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write inventory.pdf, .json and segments.txt.")],
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Count and hash what is archived, as JSON and as a PDF with the receipt to be signed."""
    with opened(practice=practice) as archive:
        handover_id = _id(archive, name)
        _folder(out)
        _, made = handovers.take_inventory(archive, acting(by), handover_id)
        for file, content in (("json", made.json), ("pdf", made.pdf)):
            (out / f"inventory.{file}").write_bytes(content)
        (out / "segments.txt").write_bytes(made.segments)
        _tell(archive, handover_id, json, f"The inventory is in {out}; have inventory.pdf signed")


@app.command("receipt")
def receipt(
    name: Which,
    document: Annotated[Path, typer.Option(metavar="FILE", help="The signed receipt.")],
    received_by: Annotated[str, typer.Option(help="Who signed it.")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="When; by default today.")] = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Keep the successor's signed receipt."""
    with opened(practice=practice) as archive:
        handover_id, actor = _id(archive, name), acting(by)
        signed = kept(archive, actor, [document])[0]
        handovers.receipt(archive, actor, handover_id, signed, received_by, _day(archive, on))
        _tell(archive, handover_id, json, f"The receipt of {received_by} is kept; file it with the clerk")


@app.command("file")
def file(
    name: Which,
    with_whom: Annotated[str, typer.Option("--with", help="The office it was filed with.")] = "City Clerk",
    on: Annotated[str | None, typer.Option(metavar="DATE", help="When; by default today.")] = None,
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Note that the receipt was filed with the clerk (Wis. Stat. 19.21(2)). The hand-over is done."""
    with opened(practice=practice) as archive:
        handover_id = _id(archive, name)
        handovers.file(archive, acting(by), handover_id, with_whom, _day(archive, on))
        _tell(archive, handover_id, json, f"Filed with {with_whom}. The hand-over is done")


@app.command("withdraw")
def withdraw(
    name: Which,
    because: Annotated[str, typer.Option(metavar="WORDS", help="Why.")],
    by: By = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """End a hand-over that was begun by mistake. What it changed stays changed."""
    with opened(practice=practice) as archive:
        handover_id = _id(archive, name)
        handovers.withdraw(archive, acting(by), handover_id, because)
        _tell(archive, handover_id, json, "Withdrawn")


@app.command("list")
def list_handovers(json: AsJson = False, practice: InPractice = False) -> None:
    """List all hand-overs and how far they came."""
    with opened(practice=practice) as archive:
        register = _register(archive)
    found = sorted(register.handovers.items(), key=lambda pair: (pair[1].frozen_at or "", pair[0]))
    if json:
        output.as_json({"handovers": [{"id": one, **says.model_dump()} for one, says in found]})
        return
    output.table(
        ("AUTHORITY", "FROM", "TO", "STEP", "NEXT", "ACCOUNTS", "ID"),
        [
            (_short(register, says), says.outgoing, says.incoming or "-", says.step, handover.next_step(says) or "-",
             str(len(says.listings)), one)
            for one, says in found
        ],
        empty="No hand-over yet. Begin one with `archiver register handover begin`.",
    )  # fmt: skip


def _register(archive: Archive) -> Register:
    with archive.database.read() as connection:
        return service.read(connection, service.today(archive))


def _id(archive: Archive, name: str) -> str:
    return handovers.find(_register(archive), name)[0]


def _short(register: Register, says: HandoverSays) -> str:
    found = register.authorities.get(says.authority)
    return says.authority if found is None else found.short


def _day(archive: Archive, text: str | None) -> date:
    return day_of(text, "--on") or service.today(archive)


def _folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise UsageError(f"{out} is not empty; name another folder")
    except OSError as error:
        raise UsageError(f"cannot use {out}: {error.strerror or error}") from None


def _swept(archive: Archive, act: Callable[[Callable[[str], None]], HandoverSays]) -> HandoverSays:
    """Sweep with a capture of our own, and have all that it brought in the store before it counts."""
    work = Capture(archive)
    memory.settle()
    try:
        work.recover()

        def capture(account_id: str) -> None:
            result = work.run(account_id, SweepKind.FULL, trigger="person")
            output.complain(f"{account_id}: {result.outcome.value}")
            work.flush(all=True)

        return act(capture)
    finally:
        work.close()


def _tell(archive: Archive, handover_id: str, json: bool, words: str) -> None:
    says = _register(archive).handovers[handover_id]
    following = handover.next_step(says)
    if json:
        output.as_json({"id": handover_id, "next": following, **says.model_dump()})
        return
    output.line(f"{words}.")
    output.line(f"  id: {handover_id}")
    if following is not None:
        output.line(f"  Next it has to be {following}.")
