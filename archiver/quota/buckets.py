"""Which bucket a question draws on: an allowance, and whose it is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.allowances import Allowance, Renewed, Shared, allowances_of
from connectors.contract import AccountRef, Ask, Problem, ProblemKind

_PLANNED = timedelta(hours=1)
_SHORT = timedelta(minutes=15)
"""A refusal for less than this is no spent day."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One allowance of one application, account or server."""

    platform: str
    allowance: Allowance
    subject: str
    purpose: str = ""

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return " ".join(filter(None, (self.platform, self.allowance.name, self.subject, self.purpose)))

    @property
    def planned(self) -> bool:
        """Whether sweeps are put further apart so that it lasts. What is renewed within the hour is spread question by
        question (:mod:`archiver.capture.pacing`), and needs no more."""
        return self.allowance.every >= _PLANNED


def drawn_on(connector: object, platform: str, account: AccountRef, ask: Ask) -> Iterator[Bucket]:
    """Buckets that a question draws on."""
    for one in allowances_of(connector):
        subject = account.id if one.shared is Shared.ACCOUNT else server_of(ask.url)
        yield Bucket(platform, one, subject, ask.purpose if one.each else "")


def declared(connector: object, limits: Mapping[str, int]) -> dict[str, Allowance]:
    """Allowances of a connector by name, with the limits that the city was granted (``platform.name``)."""
    platform = getattr(connector, "platform", "")
    found = {}
    for one in allowances_of(connector):
        granted = limits.get(f"{platform}.{one.name}")
        found[one.name] = one if granted is None else replace(one, limit=granted)
    return found


def refused_until(problem: Problem | None, at: datetime, drawn: Collection[Bucket]) -> tuple[Bucket, datetime] | None:
    """The bucket that a refusal says is empty, and until when; None where it does not say.

    It is the one with the shortest time that the wait fits into: an answer does not name its allowance.
    """
    if problem is None or problem.kind is not ProblemKind.RATE or problem.retry_at is None:
        return None
    wait = problem.retry_at - at
    for one in sorted(drawn, key=lambda bucket: bucket.allowance.every):
        days = one.allowance.renewed in (Renewed.DAILY, Renewed.MONTHLY)
        if timedelta(0) < wait <= one.allowance.every + _SHORT and (wait > _SHORT or not days):
            return one, problem.retry_at
    return None


def server_of(url: str) -> str:
    """Origin of an address; the address itself where it cannot be read as one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}".lower()
