"""``archiver official``: whether a record, or an account as a whole, is official (law R8, R20)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.cli.register_common import day_of
from archiver.errors import Meanwhile, UsageError
from archiver.evidence.official_facts import OfficialSays
from archiver.evidence.register_facts import shaped
from archiver.official import service
from archiver.official.rules import Finding
from archiver.official.service import Decision
from archiver.people.acting import of_machine
from archiver.records import finding as records
from archiver.viewing import Viewer

app = typer.Typer(
    help="Whether a record, or an account, is official: what legal custodians decided.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Answer = bool | None
_HINTS: Final = {"decided_by": "say a name of at most 2,000 characters", "reason": "say it shorter"}


@app.command("decide")
def decide(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A record, by its id rc_…; or an account: its id, handle or address.")
    ],
    finding: Annotated[
        str,
        typer.Argument(
            metavar="FINDING", help="official, personal, campaign; undecided takes back what was decided before."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why; it is kept, and shown to whoever sees the record.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="The legal custodian who decided it.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day on which it was decided. Default: today.")
    ] = None,
    authority: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            help="What gave the official the authority to speak for the City on this, or that nothing did; and how they"
            " spoke.",
        ),
    ] = None,
    evidence: Annotated[
        Answer,
        typer.Option(
            "--evidence/--no-evidence",
            help="Does it hold evidence of the office's policies, business or mission? As the three after it, of NARA"
            " Bulletin 2014-02, it may stay unanswered.",
        ),
    ] = None,
    only_here: Annotated[
        Answer, typer.Option("--only-here/--not-only-here", help="Is this information only available here?")
    ] = None,
    information: Annotated[
        Answer, typer.Option("--information/--no-information", help="Does it hold official information of the office?")
    ] = None,
    need: Annotated[
        Answer, typer.Option("--need/--no-need", help="Is there a business need for this information?")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Also where something was decided before, in its place.")
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Enter what a legal custodian decided. It changes nothing of what is captured, kept or shown: it stands beside the
    record, dated and with its reason, and a later decision takes an earlier one back."""
    said = day_of(on, "--on")
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            account_id, record_id = _meant(connection, what)
            before = _before(connection, account_id, record_id)
        _require_said_anew(before, anew)
        told: dict[str, Any] = {"account": account_id, "record": record_id, "finding": _finding(finding)}
        told |= {"evidence": evidence, "only_here": only_here, "information": information, "need": need}
        told |= {"authority": authority, "reason": reason.strip(), "decided_by": by.strip()}
        says = shaped(OfficialSays, told | {"decided_on": _day(archive, said)}, _HINTS)
        done = service.decide(archive, of_machine(), says, after=before.act_id if before else None)
        if json:
            output.as_json({"id": done, "account": account_id, "record": record_id, "finding": says.finding})
            return
        output.line(f"Kept: {record_id or account_id} is {_words(says)}. ({done})")


@app.command("list")
def list_decisions(
    account: Annotated[str | None, typer.Option(help="Only of this account: its id, handle or address.")] = None,
    finding: Annotated[str | None, typer.Option(help="Only where this was found.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most that are listed.")] = 50,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List what is decided now of records and accounts, what was decided last first."""
    wanted = None if finding is None else Finding(_finding(finding))
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            chosen = None if account is None else accounts.find(connection, account).id
            every = Viewer.EVERYTHING
            found = service.listed(connection, every, account_id=chosen, finding=wanted, limit=limit)
        if json:
            output.as_json({"decisions": [one.flat() for one in found]})
            return
        rows = [_row(one) for one in found]
        output.table(("DECIDED", "FOUND", "OF", "BY", "WHY"), rows, empty="Nothing was decided yet.")


def _meant(connection: Connection, what: str) -> tuple[str, str | None]:
    """The account, and the record where it is one."""
    if what.strip().startswith("rc_"):
        found = records.one(connection, what.strip(), Viewer.EVERYTHING)
        return str(found.account_id), str(found.id)
    return accounts.find(connection, what).id, None


def _before(connection: Connection, account_id: str, record_id: str | None) -> Decision | None:
    """What was decided of it last."""
    known = service.of_record(connection, record_id) if record_id else service.of_account(connection, account_id)
    return known[-1] if known else None


def _require_said_anew(before: Decision | None, anew: bool) -> None:
    if before is not None and before.stands and not anew:
        says = before.says
        raise Meanwhile(
            f"it was decided on {says.decided_on} by {says.decided_by}: {_words(says)} ({says.reason}). Nothing was"
            " kept; --anew decides in its place"
        )


def _finding(text: str) -> str:
    if text not in list(Finding):
        raise UsageError(f"{text} is nothing that can be found; say one of: {', '.join(Finding)}")
    return text


def _day(archive: Archive, said: date | None) -> str:
    today = archive.clock.now().astimezone(archive.settings.zone).date()
    return (said or today).isoformat()


def _words(says: OfficialSays) -> str:
    return {"official": "official", "undecided": "not decided"}.get(says.finding, f"not official ({says.finding})")


def _row(one: Decision) -> tuple[str, ...]:
    says = one.says
    return says.decided_on, says.finding, says.record or says.account, says.decided_by, says.reason
