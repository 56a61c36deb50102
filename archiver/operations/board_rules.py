"""Whether all is well with an account: green, amber or red, with every reason in words (law R6, R13, R17, R63). Pure.

*Red*: it is not captured as it should be now, or what is missing is explained by nothing. *Amber*: somebody has to act
before that happens, or it is known and not captured. *Green*: neither. An account has the colour of its worst reason.
What fails with time is amber before it is red: consent that ends, an attestation that is due, a schedule that slips, an
allowance that does not last, a deposit that is late.

A part that a server does not offer is said and colours nothing: amber that nobody can ever clear teaches to overlook
amber. So it is with accounts that are never captured (personal, campaign, closed).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from archiver.accounts.register import missing
from archiver.accounts.standing import Connection
from archiver.accounts.standing import Standing as Joined
from archiver.capture import gaps
from archiver.capture.gaps import AccountState, Cause
from archiver.capture.outcomes import RunOutcome
from archiver.operations.account_words import ACCOUNT_STATES

LATE = timedelta(minutes=15)
"""A schedule slips after so long, or after two intervals where that is longer."""
PATIENCE = timedelta(days=1)
"""So long a gap may wait for the next runs to close it, and a run may be under way."""


class Colour(IntEnum):
    """The worst is the largest."""

    GREEN = 0
    AMBER = 1
    RED = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class Waits(StrEnum):
    """What a known account waits for that is not captured."""

    OWNER = "needs owner"
    PLATFORM = "awaiting platform"
    NOBODY = "not added yet"
    DECISION = "not captured"
    NEVER = "never captured"


class Part(StrEnum):
    """Where more is told of a reason, on the account's own page."""

    REGISTER = "register"
    CONNECTION = "connection"
    RUNS = "runs"
    GAPS = "gaps"
    QUOTA = "quota"
    COUNTS = "counts"
    DEPOSITS = "deposits"
    ROLES = "roles"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing to know of an account. ``code`` is for programs and stays the same."""

    code: str
    colour: Colour
    said: str
    part: Part
    at: datetime | None = None
    """When it began, or will be; ``said`` ends so that a time can follow."""


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap that no later run closed."""

    stream: str
    cause: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Looks:
    """How an account's schedule is kept."""

    every: timedelta
    """Time between two looks for what is new, with what was chosen for the platform's sake."""
    since: datetime
    """When it was added, or last resumed."""
    last_good: datetime | None = None
    """When a run last saw all that it asked for."""
    outcome: str | None = None
    """Of the last run; None: under way, or there was none."""
    under_way: bool = False
    under_way_since: datetime | None = None
    interrupted: bool = False
    """The process of the last run ended in the middle, and nobody has finished it yet."""
    failures: int = 0
    """Runs in a row."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """An allowance of the platform that the account draws on, and that does not simply last."""

    empty: bool
    said: str
    renewed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deposit:
    """When somebody has to deposit its moderation settings."""

    due_at: datetime
    every: timedelta


@dataclass(frozen=True, slots=True)
class RoleWarning:
    """What is amiss with who has a role at the platform, or that nobody reviewed it. ``code`` is for programs."""

    code: str
    said: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one account, each fact from whoever keeps it."""

    now: datetime
    register: missing.Standing
    waits: Waits | None = None
    """None: it is captured, or paused."""
    why_not: str = ""
    """Why it is not captured, in words."""
    state: str = "active"
    state_reason: str | None = None
    joined: Joined | None = None
    """How it is connected, where that is needed."""
    looks: Looks | None = None
    gaps: Sequence[OpenGap] = ()
    allowances: Sequence[Allowance] = ()
    deposit: Deposit | None = None
    roles: Sequence[RoleWarning] = ()
    differing: int = 0
    """Threads of which the platform counts what nothing explains."""
    own_differs: int = 0
    """How far its own posts differ from the platform's number, unexplained."""
    version_ends: str | None = None
    """What to say of the end of the version of the platform's API."""
    version_over: bool = False
    """It is past."""


def reasons(facts: Facts) -> tuple[Reason, ...]:
    """Every reason, the worst first; at least one."""
    found = list(_waiting(facts)) if facts.waits is not None else list(_captured(facts))
    return tuple(sorted(found, key=lambda one: -one.colour))


def colour(found: Iterable[Reason]) -> Colour:
    """The colour of an account with these reasons."""
    return max((one.colour for one in found), default=Colour.GREEN)


def slips_after(every: timedelta) -> timedelta:
    """How long after the last good look a schedule counts as slipping. Before :func:`gaps.longest_pause`."""
    return max(LATE, 2 * every)


def _waiting(facts: Facts) -> Iterator[Reason]:
    assert facts.waits is not None
    code = facts.waits.name.lower()
    if facts.waits is Waits.NEVER:
        yield Reason(f"not_captured_{code}", Colour.GREEN, f"not to be captured: {facts.why_not}", Part.REGISTER)
        return
    said = facts.waits.value if facts.waits is Waits.DECISION else f"not captured, {facts.waits.value}"
    yield Reason(f"not_captured_{code}", Colour.AMBER, f"{said}: {facts.why_not}", Part.REGISTER)
    yield from _register(facts.register)


def _captured(facts: Facts) -> Iterator[Reason]:
    why = f": {facts.state_reason}" if facts.state_reason else ""
    if facts.state == "closed":
        yield Reason(facts.state, Colour.GREEN, f"{_words(facts.state)}{why}", Part.RUNS)
        return
    yield from _register(facts.register)
    if facts.state == "paused":
        yield Reason(facts.state, Colour.AMBER, f"{_words(facts.state)}{why}", Part.RUNS)
        return
    yield from _state(facts)
    yield from _connection(facts)
    yield from _schedule(facts)
    for one in facts.gaps:
        yield _gap(one, facts.now)
    for allowance in facts.allowances:
        yield _allowance(allowance, facts)
    yield from _later(facts)


def _state(facts: Facts) -> Iterator[Reason]:
    if facts.state != "active":
        yield Reason(facts.state, Colour.RED, _words(facts.state), Part.CONNECTION)


def _words(state: str) -> str:
    return ACCOUNT_STATES.get(state, (state.replace("_", " "), ""))[0]


#: States of a connection that say the same as a state of the account.
_SAME = {Connection.PERMISSION_LOST.value: AccountState.NO_PERMISSION.value}


def _connection(facts: Facts) -> Iterator[Reason]:
    joined = facts.joined
    if joined is None or joined.state is Connection.NONE:
        if facts.state == "active":
            yield Reason("public", Colour.GREEN, "public: nobody has to connect it", Part.CONNECTION)
    elif joined.state is Connection.CONNECTED:
        yield Reason("connected", Colour.GREEN, joined.said, Part.CONNECTION)
    elif joined.state is Connection.EXPIRING:
        said = "the owner's consent ends on" if joined.ends_at else "the owner's consent ends soon"
        yield Reason("expiring", Colour.AMBER, said, Part.CONNECTION, joined.ends_at)
    elif _SAME.get(joined.state.value, joined.state.value) != facts.state:
        yield Reason(f"connection_{joined.state.value}", Colour.RED, f"needs owner: {joined.said}", Part.CONNECTION)


def _schedule(facts: Facts) -> Iterator[Reason]:
    looks = facts.looks
    if looks is None:
        return
    if looks.under_way:
        long = looks.under_way_since is not None and facts.now - looks.under_way_since > PATIENCE
        if long:
            yield Reason("long_run", Colour.AMBER, "its run is under way since", Part.RUNS, looks.under_way_since)
    else:
        yield from _silence(looks, facts.now)
    if looks.interrupted:
        yield Reason("interrupted", Colour.AMBER, "its last run was interrupted, and is being recovered", Part.RUNS)
    elif looks.outcome == RunOutcome.SUSPICIOUS.value:
        said = "its last run is suspicious: a list came back empty"
        yield Reason("suspicious", Colour.RED, said, Part.RUNS)
    elif looks.outcome == RunOutcome.FAILED.value:
        row = f" ({looks.failures} times in a row)" if looks.failures > 1 else ""
        yield Reason("failing", Colour.AMBER, f"its last run failed{row}", Part.RUNS)
    elif looks.outcome == RunOutcome.PARTIAL.value and not facts.gaps:
        yield Reason("partial", Colour.AMBER, "its last run was done in part only", Part.RUNS)


def _silence(looks: Looks, now: datetime) -> Iterator[Reason]:
    heard = max(looks.since, looks.last_good or looks.since)
    if gaps.overdue(heard, now, looks.every):
        said = "silent: no good capture since" if looks.last_good else "never captured, though added"
        yield Reason("silent", Colour.RED, said, Part.RUNS, looks.last_good or looks.since)
    elif looks.last_good is None:
        yield Reason("new", Colour.AMBER, "not captured yet, added", Part.RUNS, looks.since)
    elif now - heard > slips_after(looks.every):
        yield Reason("behind", Colour.AMBER, "behind its schedule, last captured", Part.RUNS, looks.last_good)


#: Gaps that the next runs close by themselves.
_PASSING = frozenset({Cause.INTERRUPTED, Cause.RATE, Cause.TRANSIENT, Cause.NOT_RUNNING})
#: Gaps that say of the sign-in that it does not work.
_SIGN_IN = frozenset({Cause.SIGN_IN_EXPIRED, Cause.REVOKED, Cause.WITHDRAWN})
#: Gaps whose cause nobody knows.
_UNKNOWN = frozenset({Cause.CONTRACT, Cause.OTHER})


def _gap(one: OpenGap, now: datetime) -> Reason:
    cause = next((known for known in Cause if known.value == one.cause), Cause.OTHER)
    what, why = one.stream.replace("_", " "), gaps.WORDS[cause]
    if cause is Cause.UNSUPPORTED:
        return Reason("gap_unsupported", Colour.GREEN, f"{what} are not offered by this server", Part.GAPS)
    if cause in _UNKNOWN:
        return Reason(
            "gap_unexplained", Colour.RED, f"gap unexplained in {what}: {why}, since", Part.GAPS, one.opened_at
        )
    if cause in _SIGN_IN:
        return Reason("gap_sign_in", Colour.RED, f"gap in {what}: {why}, since", Part.GAPS, one.opened_at)
    if cause in _PASSING and now - one.opened_at > PATIENCE:
        said = f"gap unexplained in {what}: {why}, and no later run closed it since"
        return Reason("gap_unexplained", Colour.RED, said, Part.GAPS, one.opened_at)
    return Reason("gap", Colour.AMBER, f"gap in {what}: {why}, since", Part.GAPS, one.opened_at)


def _allowance(one: Allowance, facts: Facts) -> Reason:
    if not one.empty:
        return Reason("quota", Colour.AMBER, f"quota: {one.said}", Part.QUOTA)
    every = facts.looks.every if facts.looks is not None else LATE
    soon = one.renewed_at is not None and one.renewed_at - facts.now <= slips_after(every)
    return Reason("quota_empty", Colour.AMBER if soon else Colour.RED, f"quota used up: {one.said}", Part.QUOTA)


def _later(facts: Facts) -> Iterator[Reason]:
    """What is no trouble of today."""
    if facts.deposit is not None and facts.deposit.due_at <= facts.now:
        long = facts.now - facts.deposit.due_at > facts.deposit.every
        said = "deposit of its moderation settings overdue since"
        yield Reason("deposit_overdue", Colour.RED if long else Colour.AMBER, said, Part.DEPOSITS, facts.deposit.due_at)
    for one in facts.roles:
        yield Reason(f"roles_{one.code}", Colour.AMBER, one.said, Part.ROLES, one.since)
    if facts.own_differs:
        said = f"the platform counts {facts.own_differs:,} of its posts otherwise, unexplained"
        yield Reason("counts_own", Colour.AMBER, said, Part.COUNTS)
    if facts.differing:
        many = "1 thread has" if facts.differing == 1 else f"{facts.differing:,} threads have"
        yield Reason("counts", Colour.AMBER, f"{many} an unexplained difference to the platform's count", Part.COUNTS)
    if facts.version_ends is not None:
        tone = Colour.RED if facts.version_over else Colour.AMBER
        yield Reason("version", tone, facts.version_ends, Part.RUNS)


def _register(standing: missing.Standing) -> Iterator[Reason]:
    tone = {"good": Colour.GREEN, "warn": Colour.AMBER, "bad": Colour.RED}[standing.tone]
    if tone is Colour.GREEN:
        return
    what = "; ".join(standing.words)
    said = {
        missing.Completeness.PROVISIONAL: f"provisional until {standing.until}: {what}",
        missing.Completeness.OVERDUE: f"provisional time over since {standing.until}: {what}",
    }.get(standing.state, f"register: {what}")
    yield Reason(f"register_{standing.state.value}", tone, said, Part.REGISTER)
