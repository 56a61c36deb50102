"""Reading an exchange, live or from the archive: the engine's own purposes aside, the connector says what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from archiver.capture.codings import Undecodable, decoded
from archiver.capture.deposits import DEPOSIT
from connectors.contract import Answer, Ask, Problem, ProblemKind, Reading

REDIRECT = "redirect"
"""Purpose of an exchange that only pointed elsewhere; the answer it led to is an exchange of its own."""
MEDIUM = "medium"
"""Purpose of an exchange that fetched a file."""
PICTURE = "picture"
"""Purpose of what is no exchange: a picture that we drew of a record."""
LINK = "link"
"""Purpose of an exchange that followed a short link: only where it leads is taken from it, and by no reader."""
LISTED = "import-list"
"""Purpose of the list of all files of an import."""
_ENGINE = frozenset({REDIRECT, MEDIUM, PICTURE, LINK, DEPOSIT, LISTED})

_MOST_QUARANTINED = 1000
"""Parts of one answer that are named as not understood; the bytes hold them all. Every one that is named stands in the
facts, which must stay small enough to be read back."""

EMPTY = Reading()
OVERRUN = Reading(problem=Problem(ProblemKind.RATE, "the server asks to wait"))
BROKEN_DOWN = Reading(problem=Problem(ProblemKind.TRANSIENT, "the server failed"))
CUT_OFF = Reading(problem=Problem(ProblemKind.TRANSIENT, "the answer was cut off before its end"))
TOO_LARGE = Reading(problem=Problem(ProblemKind.CONTRACT, "the answer is larger than this archive reads"))

NO_ANSWER = Reading(problem=Problem(ProblemKind.CONTRACT, "what came is no HTTP answer"))
"""Its exchange facts say more."""


class Reads(Protocol):
    """Whatever says what an answer means: a connector, or the reader of a kind of export."""

    def read(self, ask: Ask, answer: Answer) -> Reading: ...


def is_passing(status: int) -> bool:
    """Whether a status says nothing of the file that was asked for, only of the server at that moment."""
    return status == 429 or status >= 500


def understand(
    connector: Reads,
    ask: Ask,
    *,
    status: int,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    received_at: datetime,
    url: str,
    truncated: str | None,
    no_answer: str | None = None,
) -> Reading:
    """What an exchange means. Pure; a reader that fails loses nothing: the bytes are kept and quarantined whole."""
    if no_answer is not None:
        return NO_ANSWER
    if truncated is not None:
        return TOO_LARGE if truncated == "length" else CUT_OFF
    if ask.purpose == MEDIUM and is_passing(status):
        return OVERRUN if status == 429 else BROKEN_DOWN
    if ask.purpose in _ENGINE:
        return EMPTY
    try:
        answer = Answer(status, headers, decoded(headers, body), received_at, url)
        return _bounded(connector.read(ask, answer))
    except Undecodable as error:
        return Reading(quarantine=(("", str(error)),), problem=Problem(ProblemKind.CONTRACT, str(error)))
    except Exception as error:  # noqa: BLE001 - third-party connectors; what failed is recorded, not swallowed
        reason = f"the reader failed: {type(error).__name__}"
        return Reading(quarantine=(("", reason),), problem=Problem(ProblemKind.CONTRACT, reason))


def _bounded(reading: Reading) -> Reading:
    more = len(reading.quarantine) - _MOST_QUARANTINED
    if more <= 0:
        return reading
    named = (*reading.quarantine[:_MOST_QUARANTINED], ("", f"{more} more parts that could not be understood"))
    return replace(reading, quarantine=named)
