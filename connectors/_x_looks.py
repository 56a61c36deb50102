"""Direct looks at known posts of X. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors._x_found import Found, add_included, looked_for, unshown
from connectors._x_posts import restricted
from connectors._x_problems import NOT_FOUND, NOT_OURS
from connectors.bodies import quarantined
from connectors.contract import Ask, Problem, ProblemKind, Reading, RecordKind


def read_look(found: Found) -> Reading:
    """Known posts by their first ids. Each is there, or X says of it alone why not."""
    if not _posts(found):
        return quarantined("a list without its entries")
    present = tuple(_accounted_for(found, looked_for(found.ask)))
    reading = replace(found.reading(), present=present, asks=(*_quoted(found), *found.asks.versions(unshown(found))))
    if any(place.startswith("/data") for place, _ in found.quarantine):
        # One of those that were asked for: which, cannot be told.
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    return reading


def read_versions(found: Found) -> Reading:
    """Versions that another answer named. One that is not shown is not there to be seen; its record is."""
    return found.reading() if _posts(found) else quarantined("a list without its entries")


def _posts(found: Found) -> bool:
    """Whether there is a list, or X says why there is none. Its posts are then read."""
    data = found.body.get("data")
    data = [] if data is None and found.refusals else data
    if not isinstance(data, list):
        return False
    for number, post in enumerate(data):
        found.post(post, f"/data/{number}")
    add_included(found, data)
    return True


def _quoted(found: Found) -> Iterator[Ask]:
    """On a watch, who quotes the account's own posts."""
    if found.asks.sweep == "watch":
        for record in found.records:
            own = record.kind is RecordKind.POST and record.place.startswith("/data")
            if own and record.counts.get("quotes", int(not found.asks.counts)):
                yield found.asks.quotes(record.key)


def _accounted_for(found: Found, wanted: Sequence[str]) -> Iterator[str]:
    """Keys of which this answer does not say that they are not there. Where X says that one is not ours to see, that is
    its state. What it passes over in silence, or refuses for a reason unknown here, is left open."""
    about = {one.identity: one for one in found.refusals if one.about != "user"}
    seen, chains = {record.key for record in found.records}, found.included.chains
    silent: list[str] = []
    for key in wanted:
        identity = key.partition("/")[2]
        refusal = about.get(identity)
        if key in seen:
            continue
        if identity in chains:  # it is a version of another record, which is there
            yield key
        elif refusal is None:
            silent.append(key)
        elif refusal.kind == NOT_OURS or refusal.suspended:
            kind = RecordKind(found.around.kinds.get(key, RecordKind.COMMENT))
            if kind is RecordKind.POST:  # the account's own: what became of that its profile says
                yield key
            else:
                found.records.append(restricted(key, kind, refusal.place))
        elif refusal.kind != NOT_FOUND:
            found.quarantine.append((refusal.place, "a reason why something is not shown that is not known here"))
            yield key
    if silent:
        found.quarantine.append(("/errors", "something that was asked for is passed over in silence"))
    yield from silent
