"""Trials of connectors against their live platforms: entered into the log, and told wherever a platform is offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from archiver.accounts.events import log_event
from archiver.accounts.platforms import UNPROVEN
from archiver.archive import Archive
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.operations.proving import Trial, Verdict
from archiver.operations.proving_steps import REQUIRED, STEPS
from connectors.contract import Connector

_RUNS = 100
_NAMES = {step.code: step.what for step in STEPS}


@dataclass(frozen=True, slots=True)
class LastTrial:
    """What the log says of the last trial of a connector."""

    at: datetime
    version: str
    passed: frozenset[str]
    failed: frozenset[str]

    @property
    def proves(self) -> bool:
        """Whether all was shown that has to be, and nothing failed."""
        return not self.failed and self.passed >= REQUIRED


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a connector is proven, for people."""

    proven: bool
    detail: str = ""
    """By what it is proven; or what came of the last trial."""

    @property
    def said(self) -> str:
        """The whole of it."""
        return self.detail if self.proven else f"{UNPROVEN}{self.detail and f': {self.detail}'}"


def enter(trial: Trial, connector: Connector) -> LastTrial:
    """Enter what came of a trial into the log, whatever it was.

    Raises:
        ValueError: the connector calls its version something that no entry may hold; nothing was entered.
    """
    codes = {verdict: sorted(code for code, one in trial.verdicts.items() if one is verdict) for verdict in Verdict}
    facts = {
        "platform": connector.platform,
        "version": connector.version,
        **{verdict.value: found for verdict, found in codes.items()},
        "runs": [run.run_id for run in trial.runs[-_RUNS:]],
    }
    archive, at = trial.archive, trial.archive.clock.now()
    with archive.database.write() as connection:
        log_event(connection, archive, EventType.CONNECTOR_TRIED, trial.account.id, facts)
    return LastTrial(at, connector.version, frozenset(codes[Verdict.PASSED]), frozenset(codes[Verdict.FAILED]))


def last_trials(connection: Connection) -> dict[str, LastTrial]:
    """The last trial of each platform that was tried."""
    oldest_first = (Event.at, Event.position.asc().nulls_last())
    query = select(Event.body, Event.at).where(Event.type == EventType.CONNECTOR_TRIED.value).order_by(*oldest_first)
    found: dict[str, LastTrial] = {}
    for body, at in connection.execute(query):
        said = read_entry(body).data
        found[said["platform"]] = LastTrial(at, said["version"], frozenset(said["passed"]), frozenset(said["failed"]))
    return found


def standing(connector: Connector, trials: Mapping[str, LastTrial]) -> Standing:
    """Whether a connector is proven: here, by a trial of this very version; or by those who wrote it, as they say."""
    last = trials.get(connector.platform)
    if last is not None and last.version == connector.version and last.failed:
        return Standing(False, f"a trial on {last.at:%Y-%m-%d} failed ({_list(last.failed)})")
    if last is not None and last.version == connector.version and last.proves:
        return Standing(
            True, f"against the live platform, here, on {last.at:%Y-%m-%d}: {_list(last.passed)}{_left(last)}."
        )
    if connector.capabilities.proven is not None:
        return Standing(True, connector.capabilities.proven)
    if last is not None and last.version != connector.version and last.proves:
        return Standing(False, f"version {last.version} was, on {last.at:%Y-%m-%d}; this is {connector.version}")
    return Standing(False)


def offered(archive: Archive) -> list[str]:
    """The platforms, each with a mark where it was not proven."""
    with archive.database.read() as connection:
        trials = last_trials(connection)
    return archive.platforms.offered(lambda connector: standing(connector, trials).proven)


def _list(codes: frozenset[str]) -> str:
    return "; ".join(_NAMES.get(code, code) for code in sorted(codes, key=list(_NAMES).index))


def _left(last: LastTrial) -> str:
    left = _NAMES.keys() - last.passed
    return f". Not shown: {_list(frozenset(left))}" if left else ""
