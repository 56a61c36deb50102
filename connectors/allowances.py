"""What a platform lets be asked, as a connector declares it: how much, in what time, and who shares it. No I/O.

A declaration is what the platform's documentation says. What its answers say (:attr:`Reading.rate`, a refusal) always
comes before it: a declared limit makes sweeps slower, and only the platform's own word stops them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from connectors.contract import Ask, Reading


class Shared(StrEnum):
    """Who draws on one allowance together."""

    APPLICATION = "application"
    """All that the city's application (its project, its key) asks of the platform."""
    ACCOUNT = "account"
    """Each account by itself, or the token that it is read with."""
    SERVER = "server"
    """All that this machine asks of one server."""


class Renewed(StrEnum):
    """When an allowance is whole again."""

    ROLLING = "rolling"
    """What was used so long ago no longer counts."""
    TOLD = "told"
    """At a time that the platform's answers tell."""
    DAILY = "daily"
    """At midnight."""
    MONTHLY = "monthly"
    """When the month begins."""


class Counts(StrEnum):
    """What uses an allowance up."""

    QUESTIONS = "questions"
    RECORDS = "records"
    """What an answer returns."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One of a platform's limits."""

    name: str
    """Short and never changed: use is kept under it."""
    says: str
    """The limit in words, as the platform documents it; one plain sentence."""
    shared: Shared
    renewed: Renewed
    every: timedelta
    """The time in which it is counted; of a month, its longest."""
    limit: int | None = None
    """None: only the platform's answers say."""
    unit: str = "questions"
    """What is counted, for a person, in the plural."""
    zone: str = "UTC"
    """IANA name of the time zone whose midnight renews it."""
    counts: Counts = Counts.QUESTIONS
    costs: Mapping[str, int] = field(default_factory=dict)
    """What a question costs, by its purpose, where that is not 1."""
    most: int = 1
    """What one question may cost at most."""
    told: bool = False
    """:attr:`Reading.rate` speaks of this one."""
    each: bool = False
    """The platform counts every endpoint by itself."""
    percent: bool = False
    """The platform tells the part that is used, and not how many questions that is."""

    def cost(self, ask: Ask, reading: Reading) -> int:
        """What one answered question has used, at least."""
        return len(reading.records) if self.counts is Counts.RECORDS else self.costs.get(ask.purpose, 1)


@runtime_checkable
class Metered(Protocol):
    """A connector of a platform that documents its limits."""

    allowances: ClassVar[tuple[Allowance, ...]]


def allowances_of(connector: object) -> tuple[Allowance, ...]:
    """What a connector declares; nothing where it does not."""
    return connector.allowances if isinstance(connector, Metered) else ()


def counted_each(connector: object) -> bool:
    """Whether the platform's own pacing is told of each endpoint by itself."""
    return any(one.told and one.each for one in allowances_of(connector))
