"""Gaps and account states that follow from a run, written beside it (law R63). The rules are in
:mod:`archiver.capture.gaps`; here they meet the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select, update

from archiver.accounts.models import Account
from archiver.capture import gaps
from archiver.capture.deposits import DEPOSIT
from archiver.capture.listings import all_threads, is_no_list
from archiver.capture.models import Coverage, Gap, Standing
from archiver.capture.parts import Covered, Part
from archiver.database import among, key_text, safe_text
from archiver.evidence.log import NewEvent
from connectors.contract import Stream, SweepKind

_WATCH = TypeAdapter(gaps.Watch)
_ACCOUNT_ID = Standing.__table__.c.account_id
_NOT_OURS = ("paused", "closed")
"""States that a person set; a run does not change them."""
ADOPTION = "adoption"
DRAWING = "pictures"
"""Trigger of a run that drew pictures."""
LINKS = "links"
"""Trigger of a run that followed short links."""
IMPORT = "import"
"""Trigger of a run that stores what somebody brought."""
LOOKED_AT_NOTHING = (ADOPTION, DRAWING, LINKS, DEPOSIT, IMPORT)


def follow(connection: Connection, part: Part, parts: Sequence[Part]) -> list[NewEvent]:
    """What the end of a run means for gaps and state. The events to log, in live work.

    Args:
        part: the run's final public part.
        parts: all its parts of this batch, private classes included: what they did not cover is a gap too.
    """
    if part.fields["trigger"] in LOOKED_AT_NOTHING:
        return []
    stored = connection.execute(select(Standing.watch).where(Standing.account_id == part.account)).scalar()
    watch = _WATCH.validate_python(stored) if stored is not None else None
    derived = gaps.derive([_facts(connection, part, parts)], timedelta(seconds=part.fields["every"]), watch)
    _keep(connection, part.account, derived.watch, new=stored is None)
    events = [_write_gap(connection, part, gap) for gap in derived.gaps]
    for transition in derived.transitions:
        events += _write_state(connection, part, transition)
    return events


@dataclass(frozen=True, slots=True)
class Reached:
    """How far back a list of an account was ever read."""

    listing: str
    stream: str
    since: datetime | None
    """None: to its beginning."""
    at: datetime
    run: str
    looked_at: datetime
    """When it was last looked at completely."""


def reached(connection: Connection, account_ids: Sequence[str]) -> dict[str, list[Reached]]:
    """How far back each list of some accounts goes, by account; each account's by stream."""
    query = select(Standing.account_id, Standing.watch).where(among(connection, _ACCOUNT_ID, account_ids))
    return {account_id: _reached(stored) for account_id, stored in connection.execute(query)}


def _reached(stored: Any) -> list[Reached]:
    watch = _WATCH.validate_python(stored)
    found = [
        Reached(name, one.stream, one.since, one.at, one.run, watch.listings.get(name, one.at))
        for name, one in watch.reach.items()
    ]
    return sorted(found, key=lambda one: (one.stream, one.listing))


def unanswered(connection: Connection, account_id: str) -> dict[str, str]:
    """Names of questions that are no list and keep an open gap open, with the gap's stream. Threads of comments are one
    of them: there may be none left to look at."""
    stored = connection.execute(select(Standing.watch).where(Standing.account_id == account_id)).scalar()
    if stored is None:
        return {}
    streams = _WATCH.validate_python(stored).streams
    found = {name: stream for stream, one in streams.items() for name in one.missed if is_no_list(name, stream)}
    comments = streams.get(Stream.COMMENTS)
    if comments is not None and comments.gap is not None and comments.missed <= {gaps.THREADS}:
        found[all_threads(Stream.COMMENTS)] = Stream.COMMENTS.value
    return found


def _facts(connection: Connection, part: Part, parts: Sequence[Part]) -> gaps.RunFacts:
    """What the run looked at in all its batches: where files that it fetches last begin another one, what it covered
    was told in the one before."""
    fields = part.fields
    own = [covered for one in parts if one.part == part.part for covered in one.covered]
    covered = [*_told_before(connection, part.run, {key_text(one.listing) for one in own}), *own]
    return gaps.RunFacts(
        id=part.run,
        started_at=part.started_at,
        at=part.at,
        outcome=fields["outcome"],
        reason=fields.get("reason"),
        looked=tuple(_looked(covered, fields["sweep"])),
    )


def _told_before(connection: Connection, run: str, own: Collection[str]) -> list[Covered]:
    """What earlier batches of a run covered, without the listings of its last one; by their names."""
    rows = connection.execute(select(Coverage.__table__).where(Coverage.run_id == run))
    found = [
        Covered(row.listing, Stream(row.stream), row.span_from, row.complete, row.seen, row.reason)
        for row in rows
        if row.listing not in own
    ]
    return sorted(found, key=lambda one: one.listing)


def _looked(covered: Sequence[Covered], sweep: str) -> Iterator[gaps.Looked]:
    """What gaps are derived from: lists one by one, the threads of a stream together. A thread (``context:KEY``) that
    failed is a gap of its stream; only a full sweep, which looks at every known thread, can close it. One that takes
    several runs says itself when it is through with all of them."""
    threads: defaultdict[str, list[Covered]] = defaultdict(list)
    told = set[str]()
    for one in covered:
        stream = one.stream.value
        if ":" in one.listing:
            threads[stream].append(one)
        elif one.listing == all_threads(stream):
            told.add(stream)
            yield gaps.Looked(gaps.THREADS, stream, None, one.complete, one.reason)
        else:
            yield gaps.Looked(one.listing, stream, one.span_from, one.complete, one.reason)
    for stream, several in threads.items():
        if stream in told:
            continue
        missed = next((one for one in several if not one.complete), None)
        if missed is not None or sweep == SweepKind.FULL:
            yield gaps.Looked(gaps.THREADS, stream, None, missed is None, missed.reason if missed else None)


def _keep(connection: Connection, account: str, watch: gaps.Watch, *, new: bool) -> None:
    dumped: Any = _WATCH.dump_python(watch, mode="json")
    if new:
        connection.execute(insert(Standing).values(account_id=account, watch=dumped))
    else:
        connection.execute(update(Standing).where(Standing.account_id == account).values(watch=dumped))


def _write_gap(connection: Connection, part: Part, gap: gaps.Gap) -> NewEvent:
    mine = (Gap.account_id == part.account, Gap.stream == gap.stream, Gap.opened_by == gap.opened_by)
    values = {"closed_at": gap.closed_at, "closed_by": gap.closed_by}
    if connection.execute(update(Gap).where(*mine).values(**values)).rowcount == 0:
        connection.execute(
            insert(Gap).values(
                account_id=part.account,
                stream=gap.stream,
                opened_by=gap.opened_by,
                span_from=gap.span_from,
                opened_at=gap.opened_at,
                cause=gap.cause.value,
                remedy=gap.remedy,
                **values,
            )
        )
    kind = "gap.opened" if gap.closed_at is None else "gap.closed"
    facts = {"stream": gap.stream, "run": part.run, "opened_by": gap.opened_by, "cause": gap.cause.value}
    return NewEvent(kind, "account", part.account, facts)


def _write_state(connection: Connection, part: Part, transition: gaps.Transition) -> list[NewEvent]:
    account = (Account.id == part.account, Account.state.not_in(_NOT_OURS))
    reason = transition.reason and safe_text(transition.reason)
    values = {"state": transition.state.value, "state_since": transition.at, "state_reason": reason}
    if connection.execute(update(Account).where(*account).values(**values)).rowcount == 0:
        return []
    facts = {"state": transition.state.value, "run": part.run}
    return [NewEvent("account.state_changed", "account", part.account, facts, chained=True)]
