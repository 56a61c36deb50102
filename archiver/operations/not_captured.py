"""Why a known account is not captured, and for whom it waits: the one answer that the Council's list, the register's
pages and the coverage board give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from archiver.accounts import apps
from archiver.accounts.platforms import credential_of
from archiver.accounts.register.capacity import May, may_run
from archiver.accounts.register.statements import is_in
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.gaps import AccountState
from archiver.evidence.register_facts import Capturing, ListingSays
from archiver.operations.board_rules import Waits
from archiver.operations.platform_states import app_name, authorization_of
from connectors.contract import Connector

STOPPED: Final = ("paused", "closed")
"""States in which an account is not tried."""


@dataclass(frozen=True, slots=True)
class NotCaptured:
    """Why an account is not captured."""

    why: str
    waits: Waits | None = None
    """None: somebody stopped it, or it is tried, and nothing comes."""
    of_set_up: bool = False
    """Whether it tells what the City has set up at the platform, or not."""

    @property
    def words(self) -> str:
        """All of it on one line, such as *needs owner: whoever runs it has not let it be read yet*."""
        plainly = self.waits in (None, Waits.DECISION, Waits.NEVER)
        return self.why if plainly else f"{self.waits}: {self.why}"

    def untold(self) -> NotCaptured:
        """The same for whoever may not know what is set up at platforms."""
        return UNTOLD if self.of_set_up else self


#: For whoever may not know what is set up at a platform: the same of every account that could be captured.
UNTOLD: Final = NotCaptured("whoever looks after the archive knows what it waits for", Waits.NOBODY)


class WhyNot:
    """Answers for accounts of one archive, with what is set up at platforms read once."""

    def __init__(self, archive: Archive, connection: Connection, day: str) -> None:
        self._archive, self._day = archive, day
        self._apps = {one.platform for one in apps.listed(connection) if not one.service}

    def of(self, says: ListingSays | None, account: AccountView | None) -> NotCaptured | None:
        """Why an account is not captured; None: it is. One of both is there."""
        may, reason = may_run(says)
        active = account is not None and account.state == AccountState.ACTIVE
        if says is not None and says.closed is not None and not is_in(self._day, None, says.closed) and not active:
            return NotCaptured(f"closed on {says.closed}", Waits.NEVER)
        if may is May.NEVER:
            return NotCaptured(reason, Waits.NEVER)
        by_hand = says is not None and says.capture != Capturing.SERVICE
        if says is not None and by_hand and (account is None or account.state == "paused"):
            how = "taken in by hand" if says.capture == Capturing.MANUAL else "not captured"
            return NotCaptured(f"{how}: {says.not_captured}" if says.not_captured else how, Waits.DECISION)
        if account is not None:
            decided = says is not None and (by_hand or bool(says.not_captured))
            return self._of_account(account, Waits.DECISION if decided else None)
        assert says is not None
        if says.not_captured:
            return NotCaptured(says.not_captured, Waits.DECISION)
        return NotCaptured(reason, Waits.DECISION) if may is May.NOT_BEGIN else self._of_platform(says.platform)

    def _of_account(self, account: AccountView, waits: Waits | None) -> NotCaptured | None:
        if account.state in STOPPED:
            why = f"{account.state}: {account.state_reason}" if account.state_reason else account.state
            return NotCaptured(why, waits)
        if account.state == AccountState.ACTIVE:
            return None
        since = account.state_since.astimezone(self._archive.settings.zone).date()  # it is tried, and nothing comes
        return NotCaptured(f"not since {since}: {account.state_reason or account.state.replace('_', ' ')}")

    def _of_platform(self, platform: str) -> NotCaptured:
        """Of an account that could be captured as far as the register knows."""
        connector = self._archive.platforms.connectors.get(platform)
        if connector is None:
            where = "it" if platform == "other" else platform
            return NotCaptured(f"the archive has no connector for {where}", Waits.PLATFORM)
        waits, why = self._waits_for(connector)
        return NotCaptured(why, waits, of_set_up=True)

    def _waits_for(self, connector: Connector) -> tuple[Waits, str]:
        how, credential = authorization_of(connector), credential_of(connector)
        if credential is None:
            return Waits.NOBODY, "its address has to be added to the archive"
        if how is None:
            return Waits.PLATFORM, f"{connector.title} is read with a key of the City ({credential})"
        if app_name(connector, how) not in self._apps:
            return Waits.PLATFORM, f"the City’s application at {connector.title} is not set up yet"
        return Waits.OWNER, "whoever runs it has not let it be read yet"
