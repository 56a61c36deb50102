"""How a run can end. Documented in ``docs/runs.md``; a test compares."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from archiver.capture.listings import Listing
from connectors.contract import AccessClass, Stream


class RunOutcome(StrEnum):
    """How a run ended. An empty answer is never by itself a success."""

    COMPLETE = "complete"
    """Everything the sweep asked for was answered; something was new or changed and is archived."""
    UNCHANGED = "unchanged"
    """Everything was answered, and all of it is known."""
    SUSPICIOUS = "suspicious"
    """A list that held records came back empty. Nothing was concluded from it; a person should look."""
    PARTIAL = "partial"
    """Some lists were answered, others not: there is a gap, with its reason."""
    FAILED = "failed"
    """Nothing was answered, or the account needs a person (sign-in, permission)."""
    INTERRUPTED = "interrupted"
    """The service stopped in the middle. What was captured is kept; the next run starts where this one began."""


def public_name(listing: Listing) -> str:
    """A listing as the public part of a run record may name it: the name of a private one may hold a record's key."""
    return listing.name if listing.access is AccessClass.PUBLIC else closed_name(listing.stream)


def closed_name(stream: Stream) -> str:
    """What a listing of a stream that is not public is called there."""
    return f"a list of {stream.value} that is not public"


def judge(
    listings: Iterable[Listing], *, stored: int, suspicious: str | None, stopped: bool, fatal: str | None
) -> tuple[RunOutcome, str | None]:
    """Outcome and reason of a finished sweep. Pure."""
    if stopped:
        return RunOutcome.INTERRUPTED, "the service was stopped"
    if fatal is not None:
        return RunOutcome.FAILED, fatal
    everything = [one for one in listings if one.refused is None or one.fault is not None]
    faulty = [listing for listing in everything if listing.fault is not None]
    if faulty and len(faulty) == len(everything) and not any(listing.answered for listing in faulty):
        return RunOutcome.FAILED, faulty[0].fault
    if suspicious is not None:
        return RunOutcome.SUSPICIOUS, suspicious
    if faulty:
        return RunOutcome.PARTIAL, f"{public_name(faulty[0])}: {faulty[0].fault}"
    return (RunOutcome.COMPLETE if stored else RunOutcome.UNCHANGED), None
