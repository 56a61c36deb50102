"""The token with which one run asks: renewed when it runs out, and another owner's where the first is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from archiver import logs
from archiver.accounts.credentials import Held
from archiver.accounts.renewing import Owned, Renewals, facts_of, is_renewable
from archiver.accounts.trades import Denied
from archiver.capture.secret_forms import Secret
from archiver.errors import ArchiverError
from connectors.contract import Problem, ProblemKind

_log = logs.get(__name__)
_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class RunToken:
    """What one run signs with. Not for several threads."""

    renewals: Renewals
    account: Owned
    problem: Problem | None = None
    """Why there is none at the moment, although there could be one."""
    _held: Held | None = None
    _left: list[Held] = field(default_factory=list)
    """Those of other owners, in their order."""
    _seen: list[Secret] = field(default_factory=list)
    _fresh: set[int] = field(default_factory=set)
    """Numbers of tokens that this run got."""
    _denied: bool = False
    """A renewal was: that the token itself is still accepted says nothing then."""

    @classmethod
    def open(cls, renewals: Renewals, account: Row[Any]) -> RunToken:
        """The token to begin with.

        Raises:
            MissingKey, IntegrityError: none of those that are stored can be opened.
        """
        owned = Owned(account.id, account.platform, account.service, account.url)
        renewals.enter_left(account.id)
        found = cls(renewals, owned)
        found._left = sorted(renewals.archive.vault.usable(account.id), key=found._is_doubtful)
        found._next()
        return found

    @property
    def token(self) -> Secret | None:
        return None if self._held is None else self._held.grant.access

    @property
    def waits(self) -> bool:
        """Whether there is a token, which cannot be had at the moment: asking without one would say nothing."""
        return self._held is None and self.problem is not None

    def secrets(self) -> tuple[Secret, ...]:
        """Whatever must not be stored."""
        return tuple(self._seen)

    def replaced(self, problem: Problem, *, renewed_only: bool = False) -> bool:
        """The platform no longer accepts the token: renew it, or take another owner's, but where it may only be
        ``renewed``. Whether there is one now."""
        held = self._held
        if held is None:
            return False
        if problem.kind is ProblemKind.SIGN_IN_EXPIRED and self._helps(held) and self._renew(held):
            return True
        away = self.problem is not None and self.problem.kind is ProblemKind.TRANSIENT
        if not away:  # else it may be renewed the next time
            self.renewals.refuse(self.account.id, held, problem.kind.value, problem.detail)
        self._held = None
        return not renewed_only and self._next()

    def settle(self) -> None:
        """The run came to its end, and the platform took the token."""
        if self._held is not None and self._held.refused is not None and not self._denied:
            self.renewals.accept(self.account.id, self._held)

    def _next(self) -> bool:
        while self._left:
            held = self._left.pop(0)
            self._remember(held)
            if self.renewals.is_due(self.account, held):
                if self._renew(held):
                    return True
                if self._is_over(held):
                    continue
            self._held, self.problem = held, None
            return True
        return False

    def _renew(self, held: Held) -> bool:
        try:
            self._held = self.renewals.renew(self.account, held)
        except Denied as error:
            self._denied = True
            _log.warning("renewal.denied", account=self.account.id, purpose=held.purpose, reason=str(error))
            self.problem = Problem(ProblemKind.SIGN_IN_EXPIRED, f"the sign-in was not renewed: {error}")
        except ArchiverError as error:
            _log.warning("renewal.failed", account=self.account.id, purpose=held.purpose, reason=str(error))
            self.problem = Problem(ProblemKind.TRANSIENT, f"the sign-in could not be renewed: {error}")
        else:
            self.problem = None
            self._fresh.add(self._held.number)
            self._remember(self._held)
            return True
        return False

    def _helps(self, held: Held) -> bool:
        """Whether renewing may. Not where the platform took none that it gave just now, in this run or on this day: it
        would be asked for another at every run, and the account be shown as connected in between."""
        if held.number in self._fresh or not self._can_renew(held):
            return False
        return held.refused is None or self.renewals.archive.clock.now() - held.got_at >= _A_DAY

    def _can_renew(self, held: Held) -> bool:
        return is_renewable(held, self.renewals.how(self.account))

    def _is_doubtful(self, held: Held) -> bool:
        """Whether another owner's is better tried first."""
        return held.refused is not None or (self._is_over(held) and not self._can_renew(held))

    def _is_over(self, held: Held) -> bool:
        ends = facts_of(held, None).expires_at
        return ends is not None and ends <= self.renewals.archive.clock.now()

    def _remember(self, held: Held) -> None:
        self._seen += [one for one in held.secrets if one not in self._seen]
