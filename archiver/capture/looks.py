"""Direct looks at what was missing, and the one conclusion that is drawn from them.

A record that a list no longer shows is only nominated. It is *not returned* when the platform, asked for that very
record, says that it is not there, and right afterwards answers for something else of the account.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from archiver import ids
from archiver.capture.asking import Asked, Asker, Stopped
from archiver.capture.listings import UNDECIDED, Listing, Listings, reason_of, thread_of
from archiver.capture.outcomes import public_name
from archiver.capture.parts import Concluded
from archiver.capture.rounds import Round
from archiver.capture.run import RunState
from archiver.capture.seen import Seen
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    Connector,
    Extent,
    LooksBeside,
    LooksInTurns,
    ProblemKind,
    RecordKind,
    RecordRef,
    State,
    Stream,
)

_LOOKS = 500
"""Most records that one run looks for directly because lists should have shown them, and as many again because nothing
led to them; the rest are looked at by the next."""
_GONE_LOOKS = 200
"""Most records that one run looks for although they had gone."""
_PLACE = 5
"""How much of a record's id says where the next run goes on: so little that nobody learns which records there are."""
_GROUP = 20
"""Most looks that one control read speaks for."""
_GROUP_LASTS = timedelta(seconds=30)
"""No look is added to a group that began so long ago: it gets its control read first."""
_CONTROL_LASTS = timedelta(minutes=1)
"""A control read speaks for looks that were answered so shortly before it: a platform may be broken and work again."""
_CONTROLS = 12
"""Most controls that are asked for one look, one after the other."""
MISSING, UNLED, GONE = "missing", "unled", "gone"
"""Why a record is looked for: a list should have shown it, nothing led to it, it had gone before."""
_LIST_GONE = "contract: the list is not there, but the account is"


@dataclass(slots=True)
class Looks:
    """The direct looks of one sweep."""

    connector: Connector
    account: AccountRef
    asker: Asker
    state: RunState
    seen: Seen
    listings: Listings
    put: Callable[[Ask], Asked | None]
    """Puts a question, unless it may not be put (any more) in this run."""
    take: Callable[[Asked, bool], bool]
    """Keeps an answer that brings something; any answer where the second argument says so."""
    follow: Callable[[Iterable[Ask]], None]
    """Puts what follows from an answer."""
    shortest: timedelta
    """Least time after which a record that has gone is looked for again."""
    suspicious: str | None = None
    account_gone: str | None = None
    """The profile itself is not there, beside a server that answers."""
    _confused: bool = False
    """The profile is not there, but the server does not answer for itself either."""
    _left: dict[str, int] = field(default_factory=lambda: {MISSING: _LOOKS, UNLED: _LOOKS, GONE: _GONE_LOOKS})
    _emptied: list[Listing] = field(default_factory=list)
    _looked: set[str] = field(default_factory=set)
    """What was looked for: whatever came of it, it is no control for anything else."""

    # Lists

    def at_missing(self, round: Round | None) -> None:
        """Look at everything that should have been there and was not; on a full sweep (``round``) then at everything
        else that is known and that nothing led to, and again at some of what has gone."""
        refs: dict[str, RecordRef] = {}
        for listing in list(self.listings.by_name.values()):
            if listing.suspicious is not None:
                self.suspicious = f"{public_name(listing)}: {listing.suspicious}"
            found = self._gone(listing, full=round is not None) if listing.gone else self._missing_from(listing, round)
            refs |= found
        self._look_at(self._turn(list(refs.values()), MISSING))
        for listing in self._emptied:
            left, missing = self._expected(listing, round)
            left -= len(self.seen.of_gone(missing))
            if left:
                self._suspect(listing, left)
        if round is None or self.suspicious is not None or self.account_gone is not None or self.listings.faulty:
            return
        self._look_at(self._turn(self._cheap(_not_seen(self.seen.others(), round)), UNLED), UNLED)
        self._look_at(self._cheap(self.seen.gone_for_long(self.shortest, _GONE_LOOKS)), GONE)

    def _cheap(self, refs: list[RecordRef]) -> list[RecordRef]:
        """Without those that are looked for only where their list does not show them."""
        connector = self.connector
        if not isinstance(connector, LooksInTurns):
            return refs
        return [ref for ref in refs if not connector.in_turns(ref.key)]

    def _missing_from(self, listing: Listing, round: Round | None) -> dict[str, RecordRef]:
        if not listing.nominates:
            return {}
        expected, missing = self._expected(listing, round)
        if expected and not listing.seen:
            without = self.seen.of_gone(missing)
            missing, expected = [ref for ref in missing if ref.key not in without], expected - len(without)
        if expected and not listing.seen:
            if not self._may_be_empty(listing, missing):
                self._suspect(listing, expected)
                return {}
            self._emptied.append(listing)  # all that was in it may well have gone: direct looks decide
        return {ref.key: ref for ref in missing}

    def _may_be_empty(self, listing: Listing, known: Iterable[RecordRef]) -> bool:
        """Whether direct looks may say what became of all that is known to be in a list: of a thread they may; and
        where the platform itself counts nothing any more, in the list, or for the account and in this very run."""
        if thread_of(listing.name) is not None or listing.none:
            return True
        told = [one for one in self.connector.capabilities.counted if one.of is Extent.ACCOUNT]
        if not told or listing.access is not AccessClass.PUBLIC:
            return False
        counted, kinds = told[0].kinds or frozenset(RecordKind), {ref.kind for ref in known}
        # (a setting stands beside what it is of, and is not counted)
        if not kinds & counted or not kinds <= counted | {RecordKind.SETTINGS}:
            return False
        return self.listings.counted({ref.key for ref in self.seen.profiles()}) == {0}

    def _expected(self, listing: Listing, round: Round | None) -> tuple[int, list[RecordRef]]:
        """How many records a list should show, as far as they are known, and which of them it did not. From one in
        which the platform itself counts nothing, they may have moved into another one."""
        expected, missing = self.seen.expected(listing.name, listing.since, listing.seen)
        if round is not None and (listing.resumed or listing.none):
            missing = _not_seen(missing, round)  # the first part of the list was shown to an earlier run
        if listing.none:
            moved = self.listings.beside(listing)
            missing = [ref for ref in missing if ref.key not in moved]
            return len(missing), missing
        return expected, missing

    def _suspect(self, listing: Listing, known: int) -> None:
        said = f"{public_name(listing)} came back empty, but {known} records are known to be in it"
        told = any(one.of is Extent.ACCOUNT for one in self.connector.capabilities.counted)
        if not told and thread_of(listing.name) is None:
            said += "; the platform gives no number of its own that would say whether all of them went, so a person has"
            said += " to look"
        self.suspicious = said

    def _gone(self, listing: Listing, *, full: bool) -> dict[str, RecordRef]:
        """A whole list is not there. Of a thread that is a fact where its first record has gone. Of the account it may
        mean that the account has gone: its profile says so."""
        first = thread_of(listing.name)
        if first is not None:
            self._look_at(self.seen.refs([first]))
            if self.seen.refs([first]):
                listing.fail(UNDECIDED)
            return {}
        if not listing.named:
            return {}
        self._look_at(self.seen.profiles())
        if self.account_gone is not None:
            listing.fail(listing.gone or "")
            return {ref.key: ref for ref in self.seen.expected(listing.name, None)[1]} if full else {}
        known = UNDECIDED if self._confused else _LIST_GONE
        listing.fail(known if self.seen.profiles() else listing.gone or "")
        return {}

    # Looks

    def _look_at(self, refs: list[RecordRef], why: str = MISSING) -> None:
        refs = refs[: self._left[why]]
        self._left[why] -= len(refs)
        group: list[Asked] = []
        try:
            for ask in self._asks(refs):
                self._add(group, ask)
                if len(group) >= _GROUP or _began_long_ago(group):
                    self._close(group)
        except Stopped:
            self._taken(group)  # nothing that was captured is dropped, though nothing is concluded from it
            raise
        self._close(group)

    def _asks(self, refs: Sequence[RecordRef]) -> Iterable[Ask]:
        connector = self.connector
        if not refs or not isinstance(connector, LooksBeside):
            return connector.look(self.account, refs)
        self._looked |= {ref.key for ref in refs}
        beside = self.seen.standing(self.account.platform_id, self._looked)
        return connector.look_beside(self.account, refs, beside)

    def _turn(self, refs: list[RecordRef], why: str) -> list[RecordRef]:
        """As many of these as this run may look at. Where they are more, they take turns, run by run: in the order of
        their ids, from where the last run stopped."""
        most, places = self._left[why], self.state.places
        if len(refs) <= most:
            places.pop(why, None)
            return refs
        self.state.count("looks_left", len(refs) - most)
        numbered = sorted(refs, key=self._number)
        start = bisect_left(numbered, places.get(why, ""), key=self._number)
        turned = [*numbered[start:], *numbered[:start]]
        places[why] = self._number(turned[most])[:_PLACE]
        return turned[:most]

    def _number(self, ref: RecordRef) -> str:
        return ids.record_id(self.account.id, ref.key).partition("_")[2]

    def _add(self, group: list[Asked], ask: Ask) -> None:
        asked = self.put(ask)
        if asked is not None:
            self.state.count("looks", len(_looked_for(ask)))
            group.append(asked)

    def _close(self, group: list[Asked]) -> None:
        """Conclude from a group, empty it, and only then put what follows from it: that may commit, and evidence is
        committed with what it is for."""
        taken = self._taken(group)
        self.judge(taken)
        for asked in taken:
            self.follow(asked.reading.asks)

    def _taken(self, group: list[Asked]) -> list[Asked]:
        """Take the answers of a group, and empty it. Those that say anything."""
        taken = []
        for asked in group:
            if asked.problem is not None and asked.problem.kind is ProblemKind.UNSUPPORTED:
                self.state.count("looks_undecided")  # it can only be seen in its list; that is no gap
                self._keep_once(asked)
                continue
            self.take(asked, False)
            self.listings.of(asked.ask).page(asked.ask, asked.reading, not_modified=False)
            taken.append(asked)
        group.clear()
        return taken

    def _keep_once(self, asked: Asked) -> None:
        """Nothing follows from it, so that it stays so is no news. But it is the platform's word, be it that what the
        record stood under is not there any more, and the first time it is kept."""
        if asked.answer is not None and not self.seen.had_problem(asked.answer, asked.reading):
            self.take(asked, False)

    def judge(self, group: Iterable[Asked]) -> None:
        """Conclude what answers of direct looks say; they were taken already. A control that shows one of the things
        that were said not to be there has proven that such words are not to be relied on: it vouches for none."""
        absent = [(asked, keys) for asked in group if (keys := _absent(asked))]
        # One control read for each question, made after the last of the looks that it speaks for.
        last = {_name(asked.ask.control): asked for asked, _ in absent}
        controls = {name: self._control(asked) for name, asked in last.items()}
        named = [(asked, keys, _name(asked.ask.control)) for asked, keys in absent]
        doubted = {name for asked, _, name in named if (by := controls[name]) is not None and _contradicts(by, asked)}
        for asked, keys, name in named:
            if name in doubted or not self._conclude(asked, keys, controls[name]):
                self.state.count("looks_undecided")
                self.listings.of(asked.ask).fail(UNDECIDED)
                self._confused |= asked.ask.stream is Stream.PROFILE
            elif asked.ask.stream is Stream.PROFILE and asked.problem is not None:
                self.account_gone = reason_of(asked.problem)

    def _control(self, asked: Asked) -> Asked | None:
        """The first control that vouches; else the last that was asked. What says anything else than that it is not
        there (a pause, a sign-in, a lost permission) is the end of it, and so is what shows the very thing."""
        ask, tried = asked.ask.control, None
        for _ in range(_CONTROLS):
            if ask is None or asked.answer is None:
                break
            tried = self.asker.ask(replace(ask, control=None), control_of=asked.answer.ordinal)
            if _vouches(tried, asked) or _contradicts(tried, asked):
                break
            if tried.problem is not None and tried.problem.kind is not ProblemKind.GONE:
                break
            ask = next(iter(tried.reading.asks), ask.control)
        return tried

    def _conclude(self, asked: Asked, keys: Collection[str], control: Asked | None) -> bool:
        """Not returned, where a control read works. False: nothing can be said."""
        answer = asked.answer
        if answer is None or control is None or control.answer is None or not _vouches(control, asked):
            return False
        missing = [key for key in keys if self.seen.is_to_conclude(key)]
        if not missing:
            return True
        for one in (asked, control):
            if not self._is_stored(one):
                self.take(one, True)
        run = self.state.terms.identity.run
        evidence = tuple(ids.exchange_id(run, one.ordinal) for one in (answer, control.answer))
        for key in missing:
            concluded = Concluded(key, State.NOT_RETURNED, answer.wire.received_at, evidence)
            self.state.tally_of(answer.ask.access).concluded.append(concluded)
            self.state.count("not_returned" if self.seen.is_visible(key) else "still_not_returned")
            self.seen.concluded(key, State.NOT_RETURNED)
        return True

    def _is_stored(self, asked: Asked) -> bool:
        return asked.answer is not None and self.seen.is_stored(asked.answer.ordinal)


def _not_seen(refs: Iterable[RecordRef], round: Round) -> list[RecordRef]:
    """Those that no run of the round has seen."""
    if not round.resumed:
        return list(refs)
    return [ref for ref in refs if ref.seen_at is None or ref.seen_at < round.began]


def _name(control: Ask | None) -> tuple[str, tuple[tuple[str, str], ...], AccessClass] | None:
    return None if control is None else (control.url, control.parameters, control.access)


def _began_long_ago(group: Sequence[Asked]) -> bool:
    answered = [asked.answer.wire.received_at for asked in group if asked.answer is not None]
    return bool(answered) and answered[-1] - answered[0] > _GROUP_LASTS


def _absent(asked: Asked) -> list[str]:
    """What was looked for, and is not in an answer that could hold it. What the answer only names in other letters may
    be the same: then nothing can be said of it."""
    if asked.answer is None or (asked.problem is not None and asked.problem.kind is not ProblemKind.GONE):
        return []
    found = _shown(asked)
    return [key for key in _looked_for(asked.ask) if key.casefold() not in found]


def _vouches(control: Asked, asked: Asked) -> bool:
    """Whether a control read came soon after a look and shows something of the account: an empty answer may be all
    that a server gives that is out of order. Where our clock was set back between them, nobody knows how soon. What
    shows the very thing that was said not to be there contradicts that."""
    if control.answer is None or asked.answer is None or control.problem is not None:
        return False
    if _contradicts(control, asked):
        return False
    shows = bool(_shown(control)) or control.reading.account is not None
    return shows and timedelta(0) <= control.answer.wire.received_at - asked.answer.wire.received_at <= _CONTROL_LASTS


def _contradicts(control: Asked, asked: Asked) -> bool:
    """Whether a control shows the very thing that was said not to be there."""
    return not _shown(control).isdisjoint(key.casefold() for key in _looked_for(asked.ask))


def _shown(asked: Asked) -> set[str]:
    """Keys of what an answer shows, in small letters."""
    return {key.casefold() for key in (*(record.key for record in asked.reading.records), *asked.reading.present)}


def _looked_for(ask: Ask) -> list[str]:
    return [key for key in ask.context.get("look", ()) if isinstance(key, str)]
