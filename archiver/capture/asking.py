"""Putting an ask to a platform: paced, signed, tried again, followed through redirects. Every answer is spooled before
anybody reads it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from archiver.accounts.app_tokens import AppTokens
from archiver.capture.facts import MediumOf, Taken
from archiver.capture.fetch_errors import AddressRefused, FetchError, MalformedAnswer, TooLarge, UnsendableRequest
from archiver.capture.masking import Secret
from archiver.capture.pacing import Pacer
from archiver.capture.reading import MEDIUM, REDIRECT, understand
from archiver.capture.run_tokens import RunToken
from archiver.capture.sessions import Session
from archiver.capture.signing import Signing, signing_of
from archiver.capture.spool import sync_file
from archiver.faults import crash_point
from archiver.http import Fetcher, redirect_target
from archiver.quota.meter import RunMeter
from archiver.wire.exchange import WireExchange
from connectors.allowances import counted_each
from connectors.contract import SIGN_IN_PROBLEMS, AccountRef, Ask, Connector, Problem, ProblemKind, Reading, Signs

_HOPS = 5
_AGAIN = (ProblemKind.RATE, ProblemKind.TRANSIENT)
#: What a failed exchange means; everything else may go better the next time.
_KIND = {error.code: ProblemKind.CONTRACT for error in (AddressRefused, MalformedAnswer, TooLarge, UnsendableRequest)}


class Stopped(Exception):  # noqa: N818 - a request, not an error
    """The service was asked to stop; the run ends with what it has."""


@dataclass(slots=True)
class Asked:
    """What came of one ask: its exchanges in order, the last one the answer; or the problem that prevented any."""

    ask: Ask
    hops: list[Taken] = field(default_factory=list)
    answer: Taken | None = None
    reading: Reading = field(default_factory=Reading)
    refused: bool = False
    """We do not go to that address, now or later."""
    given_up: bool = False
    """It was not asked at all: the server is left alone for now."""

    @property
    def problem(self) -> Problem | None:
        return self.reading.problem

    @property
    def last(self) -> int | None:
        """Ordinal of its latest redirect."""
        return self.hops[-1].ordinal if self.hops else None


@dataclass(frozen=True, slots=True)
class FileWanted:
    """A file of a record, to be streamed to the disk."""

    medium: MediumOf
    into: Callable[[], Path]
    """Gives a new file for every exchange: a hop or a try that was cut off is in the spool with a file of its own."""
    limit: int


@dataclass(slots=True)
class Asker:
    """Asks on behalf of one run."""

    connector: Connector
    account: AccountRef
    fetcher: Fetcher
    pacer: Pacer
    stop: threading.Event
    spool: Callable[[Taken], None]
    tally: Callable[[str, int | str], None]
    token: Secret | None = None
    attempts: int = 4
    answer_bytes: int = 32 * 2**20
    ordinal: int = 0
    session: Session | None = None
    """How the account signs in, where that is a trade of its own: ``token`` is then the password, and never sent."""
    signing: Signing | None = None
    """How ``token`` goes with a question, where the platform says so itself."""
    tokens: RunToken | None = None
    """Where ``token`` comes from, and what takes its place when it is no longer accepted."""
    meter: RunMeter | None = None
    """Counts what the platform's allowances lose by what is asked."""
    applications: AppTokens | None = None
    """What is asked as the city's application alone is signed with a token of these."""
    _alone: Secret | None = None
    """That token."""
    _were: list[Secret] = field(default_factory=list)
    """All of them: none must be stored."""
    _vouched: bool = False
    """The platform said whose token it is."""

    def ask(self, ask: Ask, *, control_of: int | None = None, wanted: FileWanted | None = None) -> Asked:
        """Ask until there is an answer that means something, or no more sense in asking.

        Raises:
            Stopped: the service is stopping.
            SpoolError, OutOfSpace: the answer could not be kept.
        """
        given_up = self.pacer.gives_up(self._bucket(ask.url))
        if given_up is not None:
            return Asked(ask, reading=Reading(problem=given_up), given_up=True)
        missing = self._why_unsigned(ask) or self._why_not_alone(ask)
        if missing is not None:
            return Asked(ask, reading=Reading(problem=missing))  # asking unsigned would say nothing
        for attempt in range(self.attempts):
            asked = self._once(ask, control_of, wanted)
            if attempt == 0:
                asked = self._with_another_token(ask, asked, control_of, wanted)
            asked.reading = _of_application(ask, asked.reading)
            problem = asked.problem
            if problem is None or problem.kind not in _AGAIN or attempt + 1 == self.attempts:
                break
            if not self.pacer.again(self._bucket(ask.url), problem, attempt, self.stop):
                break
        self._vouched |= bool(ask.context.get("vouches")) and asked.problem is None
        return asked

    def _with_another_token(self, ask: Ask, asked: Asked, control_of: int | None, wanted: FileWanted | None) -> Asked:
        """The same asked again for as long as a token is not accepted and there is another; in a session once."""
        while self._has_run_out(ask, asked.problem):
            asked = self._once(ask, control_of, wanted)
            if self.session is not None or ask.authorise == "application":
                break
        return asked

    def _has_run_out(self, ask: Ask, problem: Problem | None) -> bool:
        """Whether a token had run out, and there is another one now. One that came just now and is not accepted either
        gives way to another owner's, or is said to be refused."""
        if problem is None or problem.kind not in SIGN_IN_PROBLEMS or ask.authorise == "never":
            return False
        if ask.authorise == "application":
            return self._alone is not None and self._why_not_alone(ask, not_this=self._alone) is None
        if self.session is not None:
            expired = problem.kind is ProblemKind.SIGN_IN_EXPIRED
            return expired and self.session.problem is None and self.session.renew()
        # Whose token it is was asked of this one: the next run asks it of another owner's, before anything else.
        vouched = self._vouched and not ask.context.get("vouches")
        if self.tokens is None or self.token is None or not self.tokens.replaced(problem, renewed_only=vouched):
            return False
        self.token = self.tokens.token
        self.signing = signing_of(self.connector, self.account.url, self.token)
        return True

    def _why_unsigned(self, ask: Ask) -> Problem | None:
        """Why a question that is to be signed cannot be at the moment; None where it can, or need not be."""
        if ask.authorise == "required" and self.session is not None and self.session.token() is None:
            return self.session.problem
        by_owner = ask.authorise not in ("never", "application")
        signed = ask.authorise == "required" or (by_owner and isinstance(self.connector, Signs))
        return self.tokens.problem if signed and self.tokens is not None and self.tokens.waits else None

    def _why_not_alone(self, ask: Ask, *, not_this: Secret | None = None) -> Problem | None:
        """Why what is asked as the application cannot be; None where it can, or is not asked so."""
        if ask.authorise != "application":
            return None
        if self.applications is None:
            return Problem(ProblemKind.CONTRACT, "nothing is asked as the application here")
        token = self.applications.token(self.connector, self.account.url, not_this=not_this)
        if isinstance(token, Problem):
            return token
        self._alone = token
        self._were += [token] if token not in self._were else []
        return None

    def _once(self, ask: Ask, control_of: int | None, wanted: FileWanted | None) -> Asked:
        asked = Asked(ask)
        hop = ask
        for _ in range(_HOPS):
            try:
                wire = self._fetch(hop, wanted)
            except (FetchError, UnsendableRequest) as error:
                self.tally(ask.purpose, error.code)
                asked.refused = isinstance(error, AddressRefused)
                problem = Problem(_KIND.get(error.code, ProblemKind.TRANSIENT), str(error))
                asked.reading = Reading(problem=problem)
                self.pacer.note(self._bucket(hop.url), None, problem, None)
                if isinstance(error, FetchError) and error.exchange is not None and wanted is None:
                    self._keep(asked, error.exchange, control_of)
                return asked
            medium = wanted.medium if wanted else None
            taken = Taken(self._next(), ask, wire, medium=medium, follows=asked.last, control_of=control_of)
            target = redirect_target(wire)
            if target is None:
                self._answered(asked, taken)
                return asked
            redirected = dataclasses.replace(taken, ask=dataclasses.replace(ask, purpose=REDIRECT, control=None))
            self.spool(redirected)
            asked.hops.append(redirected)
            hop = dataclasses.replace(ask, url=urljoin(hop.url, target), parameters=())
        asked.reading = Reading(problem=Problem(ProblemKind.CONTRACT, "more redirects than anybody should follow"))
        return asked

    def _keep(self, asked: Asked, wire: WireExchange, control_of: int | None) -> None:
        """What came is no answer, and yet evidence. A file is fetched again instead."""
        taken = Taken(self._next(), asked.ask, wire, asked.reading, follows=asked.last, control_of=control_of)
        self.spool(taken)
        asked.answer = taken

    def _fetch(self, ask: Ask, wanted: FileWanted | None) -> WireExchange:
        self.pacer.wait(self._bucket(ask.url), self.stop)
        if self._counted_each(ask):
            self.pacer.wait(self._endpoint(ask), self.stop)
        if self.stop.is_set():
            raise Stopped
        own = origin(ask.url) == origin(self.account.url)
        alone = ask.authorise == "application"
        signed = ask.authorise != "never" and wanted is None
        signing = self.signing if signed and not alone else None
        wire = self.fetcher.fetch(
            ask.method,
            ask.url,
            parameters=(*ask.parameters, *(signing.parameters(ask) if signing else ())),
            headers=(*ask.headers, *(signing.headers(ask) if signing else ())),
            body=ask.body,
            secrets=self._secrets(),
            authorization=(self._alone_at(ask.url) if alone else self._token_for(ask.url)) if signed else None,
            limit=wanted.limit if wanted else self.answer_bytes,
            into=wanted.into() if wanted else None,
            hosts=self.connector.media_hosts if wanted else None,
            plain_http=own,
        )
        self.tally(ask.purpose, wire.status)
        crash_point("run.fetched")
        if wire.body_file is not None:
            sync_file(wire.body_file.path)
        return wire

    def pushed(self, ask: Ask, wire: WireExchange) -> Taken:
        """What came without being asked for: spooled, then read, as an answer is."""
        self.tally(ask.purpose, wire.status)
        taken = Taken(self._next(), ask, wire)
        self.spool(taken)
        return dataclasses.replace(taken, reading=understand_wire(self.connector, ask, wire))

    def _token_for(self, url: str) -> Secret | None:
        """The token that goes to an address, if one does."""
        if self.session is not None:
            return self.session.token() if origin(url) == self.session.server else None
        if self.signing is not None or isinstance(self.connector, Signs):
            return self.signing.header(url) if self.signing is not None else None
        return self.token if origin(url) == origin(self.account.url) else None

    def _alone_at(self, url: str) -> Secret | None:
        """The application's own token, where it goes to an address: to the platform's server and nowhere else."""
        connector = self.connector
        server = connector.signed_server(self.account.url) if isinstance(connector, Signs) else self.account.url
        return self._alone if origin(url) == origin(server) else None

    def _secrets(self) -> tuple[Secret, ...]:
        return (*self._of_owners(), *self._were)

    def _of_owners(self) -> tuple[Secret, ...]:
        if self.session is not None:
            return self.session.secrets()
        known = self.tokens.secrets() if self.tokens is not None else ()
        known += () if self.signing is None else tuple(one for one in self.signing.secrets if one not in known)
        return known if self.token is None or self.token in known else (*known, self.token)

    def _answered(self, asked: Asked, taken: Taken) -> None:
        self.spool(taken)
        reading = understand_wire(self.connector, taken.ask, taken.wire)
        crash_point("run.read")
        asked.answer = dataclasses.replace(taken, reading=reading)
        asked.reading = reading
        each = self._counted_each(taken.ask)
        self.pacer.note(self._bucket(taken.wire.url), None if each else reading.rate, reading.problem, taken.wire)
        if each and reading.rate is not None:
            self.pacer.note(self._endpoint(taken.ask), reading.rate, None, None)
        if self.meter is not None and taken.medium is None:
            self.meter.answered(self.connector, self.account, taken.ask, reading)

    def _next(self) -> int:
        self.ordinal += 1
        return self.ordinal - 1

    def _bucket(self, url: str) -> str:
        """What shares one allowance on the other side: a server and whoever signs."""
        return f"{origin(url)} {self.account.id if self.token else ''}"

    def _counted_each(self, ask: Ask) -> bool:
        """Whether what the platform tells of its pacing is of this endpoint alone. What is wrong concerns the whole."""
        return ask.purpose != MEDIUM and counted_each(self.connector)

    def _endpoint(self, ask: Ask) -> str:
        return f"{self._bucket(ask.url)} {ask.purpose}"


def _of_application(ask: Ask, reading: Reading) -> Reading:
    """That the application's own token is not taken says nothing of the account's owner."""
    problem = reading.problem
    if ask.authorise != "application" or problem is None or problem.kind not in SIGN_IN_PROBLEMS:
        return reading
    told = Problem(ProblemKind.WITHDRAWN, "the platform does not take the application's own token")
    return dataclasses.replace(reading, problem=told)


def understand_wire(connector: Connector, ask: Ask, wire: WireExchange) -> Reading:
    """:func:`archiver.capture.reading.understand` of an exchange as captured. What is no answer has no words of ours
    with it in the spool, only the code of why."""
    if wire.no_answer is not None:
        kind = _KIND.get(wire.no_answer, ProblemKind.TRANSIENT)
        return Reading(problem=Problem(kind, f"what came is no answer: {wire.no_answer}"))
    return understand(
        connector,
        ask,
        status=wire.status,
        headers=wire.headers,
        body=wire.body,
        received_at=wire.received_at,
        url=wire.url,
        truncated=wire.truncated,
    )


def origin(url: str) -> str:
    """Scheme, host and port of a URL; itself where it cannot be read as one, and then nobody goes there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}".lower()
