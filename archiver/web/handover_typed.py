"""What somebody typed into the forms of a hand-over."""

from __future__ import annotations

from datetime import date

from archiver.accounts.permission import LONGEST_NAME
from archiver.accounts.register import handover
from archiver.accounts.register.handover import Step
from archiver.errors import UsageError
from archiver.operations.handover_page import HandoverPage


def name(text: str, what: str) -> str:
    """A name that was typed.

    Raises:
        UsageError: it is none.
    """
    if not text:
        raise UsageError(f"say {what}")
    if len(text) > LONGEST_NAME:
        raise UsageError(f"{what}: a name has at most {LONGEST_NAME} characters")
    return text


def named(text: str, what: str) -> str | None:
    """The same where nobody has to be named."""
    return name(text, what) if text else None


def day(text: str, what: str) -> date:
    """A day that was typed.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{what} is no day of the calendar; say it like 2026-04-21") from None


def checked(page: HandoverPage, values: dict[str, str]) -> tuple[date, str | None]:
    """Day and successor of a change of custody.

    Raises:
        UsageError: it cannot be like this.
    """
    problem = handover.refused(page.says, Step.TRANSFERRED)
    if problem is not None:
        raise UsageError(f"custody cannot change now: {problem}")
    first = day(values["day"], "the first day of the successor")
    if page.old_tokens and values["tokens"] not in ("forget", "keep"):
        raise UsageError("say what becomes of what the accounts were read with before")
    if values["tokens"] == "keep" and not values["why"]:
        raise UsageError("say why what was granted before is kept")
    named(values["owner"], "who is responsible")
    named(values["position"], "their position")
    return first, named(values["incoming"], "who holds the office")
