"""The row of a run, as the parts of its record make it: live and in a rebuild, committed and adopted.

A part is folded in once, whatever segment it is found in and however often. Of parts that were adopted the order does
not matter, nor which of them came together: what a run asked and stored is told by all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from archiver.capture.models import Run
from archiver.capture.parts import PUBLIC, Part
from archiver.clock import from_text
from archiver.database import safe_text
from connectors.contract import SweepKind

INTERRUPTED: Final = "interrupted"
RECOVERY: Final = "recovery"
_LOST = "the object with its run record is lost; what is left of it is here"
_LATE = "it came too late to be archived; what it captured was adopted"
_STOPPED = "stopped before its end"
NOT_COMMITTED: Final = frozenset({_LOST, _LATE})
"""Reasons in the row of a run of which nothing was committed by itself: it is there for what was found of it."""

Row = Mapping[str, Any]
Bookmarks = dict[str, dict[str, Any]]


def folded(row: Row | None, part: Part, before: Bookmarks, *, adopted: bool = False) -> dict[str, Any]:
    """What one more part of its record makes of a run's row. Pure.

    Until the final part, a run counts as interrupted: that is what it is when nothing more comes, and what an adopted
    one is, whatever it said of itself.

    Args:
        row: None: there is none yet.
        before: where the account's sweeps stood before this run.
        adopted: the part came too late: of what it says, only what was asked, stored and not known of counts.

    Returns:
        The values that change; nothing where the part was folded in before, or cannot be told from those that were.
    """
    if adopted:
        return _late(row, part, before)
    fields = part.fields
    kept = row["bookmark_after"] if row is not None else before
    values = _added(row, part) | {"bookmark_after": _marked(kept or {}, part)}
    if row is not None and part.access != PUBLIC:
        return values
    values |= {"finished_at": part.at, **_end(part)}
    values |= {"about": fields["about"]} if "about" in fields else {}
    return values if row is not None else _fixed(part) | {"bookmark_before": before} | values


def _late(row: Row | None, part: Part, before: Bookmarks) -> dict[str, Any]:
    about = {"about": part.fields["about"]} if "about" in part.fields else {}
    ended = {"finished_at": part.at, "outcome": INTERRUPTED, "reason": _LATE}
    if row is None:
        return _fixed(part) | {"bookmark_before": before, "bookmark_after": before} | ended | _added(None, part) | about
    if row["parts"] is None or _key(part) in row["parts"]:
        return {}
    if not row["parts"]:  # all that was known of it were its exchanges
        return _fixed(part) | ended | _added(row, part) | about
    return {"finished_at": max(row["finished_at"], part.at)} | _added(row, part) | about


def _key(part: Part) -> list[Any]:
    return [part.part, part.access]


def _fixed(part: Part) -> dict[str, Any]:
    """What all parts of a run say alike."""
    fields = part.fields
    return {
        "id": part.run,
        "account_id": part.account,
        "number": part.number,
        "sweep": fields["sweep"],
        "trigger": fields["trigger"],
        "started_at": from_text(fields["started_at"]),
        "settings_hash": fields["settings"],
        "connector_version": fields["connector"],
    }


def _added(row: Row | None, part: Part) -> dict[str, Any]:
    """What adds up over the parts of a run."""
    return {
        "counts": _counts(row["counts"] if row is not None else {}, part.fields),
        "drift": sorted({*(row["drift"] if row is not None else ()), *part.fields.get("drift", ())}),
        "parts": None if row is not None and row["parts"] is None else _with(row["parts"] if row else [], part),
    }


def _with(parts: Iterable[list[Any]], part: Part) -> list[list[Any]]:
    return sorted([*(one for one in parts if one != _key(part)), _key(part)])


def _marked(kept: Bookmarks, part: Part) -> Bookmarks:
    """The bookmark, of which each access class's part tells its own."""
    mark = {part.access: part.fields["bookmark"]} if "bookmark" in part.fields else {}
    return {name: one for name, one in {**kept, **mark}.items() if one}


def _end(part: Part) -> dict[str, str | None]:
    """How a run ended, and why, which may quote what a stranger named."""
    if part.access != PUBLIC:
        return {"outcome": INTERRUPTED, "reason": _LOST}
    if not part.final:
        return {"outcome": INTERRUPTED, "reason": _STOPPED}
    reason = part.fields.get("reason")
    return {"outcome": part.fields["outcome"], "reason": None if reason is None else safe_text(reason)}


def _counts(before: Mapping[str, int], fields: Mapping[str, Any]) -> dict[str, int]:
    counts = dict(before)
    for statuses in fields.get("asks", {}).values():
        counts["asked"] = counts.get("asked", 0) + sum(statuses.values())
    counts["stored"] = counts.get("stored", 0) + fields.get("stored", 0)
    for name, amount in fields.get("counts", {}).items():
        counts[name] = counts.get(name, 0) + amount
    return counts


# --- in the index --------------------------------------------------------------------------------------------------


def write_run(connection: Connection, part: Part, *, adopted: bool = False) -> None:
    """Fold one part into its run's row, as :func:`folded` says."""
    columns = (Run.counts, Run.drift, Run.bookmark_after, Run.finished_at, Run.parts)
    found = connection.execute(select(*columns).where(Run.id == part.run)).one_or_none()
    row = None if found is None else found._asdict()
    before = last_bookmarks(connection, part.account, part.number) if row is None else {}
    values = folded(row, part, before, adopted=adopted)
    if row is None:
        connection.execute(insert(Run).values(**values))
    elif values:
        connection.execute(update(Run).where(Run.id == part.run).values(**values))


def write_lost_runs(connection: Connection, exchanges: Iterable[Mapping[str, Any]]) -> None:
    """Rows of runs of which only exchanges, by their facts, are there: the object with their run record is lost, or was
    never stored. They count as interrupted."""
    for facts in {facts["run"]: facts for facts in exchanges}.values():
        if connection.execute(select(Run.id).where(Run.id == facts["run"])).first() is None:
            connection.execute(insert(Run).values(**_lost(connection, facts)))


def _lost(connection: Connection, facts: Mapping[str, Any]) -> dict[str, Any]:
    before = last_bookmarks(connection, facts["account"], facts["run_number"])
    return {
        "id": facts["run"],
        "account_id": facts["account"],
        "number": facts["run_number"],
        "sweep": SweepKind.NEW.value,
        "trigger": RECOVERY,
        "started_at": from_text(facts["sent_at"]),
        "finished_at": from_text(facts["received_at"]),
        "outcome": INTERRUPTED,
        "reason": _LOST,
        "settings_hash": "",
        "connector_version": facts["connector"]["version"],
        "counts": {},
        "bookmark_before": before,
        "bookmark_after": before,
        "drift": [],
        "parts": [],
    }


def last_bookmarks(connection: Connection, account: str, before: int) -> Bookmarks:
    """Where the account's next sweep continues, by access class: what the last run below number ``before`` left."""
    row = connection.execute(
        select(Run.bookmark_after)
        .where(Run.account_id == account, Run.number < before)
        .order_by(Run.number.desc())
        .limit(1)
    ).first()
    return dict(row[0] or {}) if row else {}
