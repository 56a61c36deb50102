"""Asking a platform who an address is, before anything is registered."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from archiver.accounts.in_time import Limit
from archiver.archive import Archive
from archiver.capture.asks import answer_of
from archiver.capture.secret_forms import Secret
from archiver.capture.signing import Signing, signing_of
from archiver.errors import ArchiverError, Refused, Unreachable
from archiver.http import Fetcher, TimedOut, redirect_target
from archiver.visible import one_line
from connectors.contract import AccountFacts, Answer, Ask, Claim, Connector, Problem, ProblemKind
from connectors.links import same_origin

_HOPS = 5
_UNREACHABLE = (ProblemKind.RATE, ProblemKind.TRANSIENT)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a platform says an account is."""

    facts: AccountFacts
    """As it said it."""
    url: str
    """The account's address, see :func:`believed`."""


def believed(facts: AccountFacts, claim: Claim, asked: str, answered: str) -> str:
    """The address that an account is registered under: the one that its server tells of it, where that is a server that
    was asked; else the one that was claimed. A server may say any address, also somebody else's.

    One whose id is its address (a feed) is where its answer came from, since that is what is captured.

    Args:
        asked: what was asked who it is.
        answered: what answered, after redirects.
    """
    if any(same_origin(facts.url, url) for url in (claim.url, asked)):
        return facts.url
    return facts.url if facts.url == facts.platform_id and same_origin(facts.url, answered) else claim.url


def ask_platform(
    archive: Archive,
    connector: Connector,
    claim: Claim,
    fetch: Callable[[Ask], Answer] | None = None,
    credential: Secret | None = None,
    limit: Limit | None = None,
) -> Identity:
    """What the platform says the claimed account is. ``credential`` signs the question where the platform answers
    nobody without one. ``limit``: how long all of it may take, however often a server leads elsewhere and however
    slowly it speaks: somebody waits for the page. None: as long as the settings say.

    Raises:
        Unreachable: it does not answer, not in time, or wants us to wait.
        Refused: it answers that there is no such account, that it is not ours to read, or something unexpected.
    """
    ask = connector.identify(claim)
    if fetch is None:
        limit = Limit.of(archive.settings.connect_seconds) if limit is None else limit
        fetch = _fetching(archive, signing_of(connector, claim.url, credential), limit)
    for _ in range(_HOPS):
        answer = fetch(ask)
        reading = connector.read(ask, answer)
        if reading.account is not None or not reading.asks:
            break
        ask = reading.asks[0]  # the address leads to it, as a web page names its feed
    if reading.problem is not None:
        raise _error_of(reading.problem, connector)
    if reading.account is None or not reading.account.platform_id:
        raise Refused(f"this address does not answer like {connector.title}; check it, and which platform it is of")
    return Identity(reading.account, believed(reading.account, claim, ask.url, answer.url or ask.url))


def _fetching(archive: Archive, signing: Signing | None, limit: Limit) -> Callable[[Ask], Answer]:
    """What asks over the network; all that it is given together ends in time."""

    def fetch(ask: Ask) -> Answer:
        try:
            with asking(archive) as fetcher:
                return _follow(fetcher, ask, archive.settings.answer_bytes, signing, limit)
        except TimedOut as error:
            if not limit.left:
                raise limit.over from None
            raise Unreachable(
                f"it takes the server too long to say who this is ({error});"
                " try again later, and where it stays so, ask whoever runs that server; nothing was added"
            ) from None

    return fetch


@contextmanager
def asking(archive: Archive) -> Iterator[Fetcher]:
    """Something to ask a platform with, outside any run; nothing of it is kept."""
    settings = archive.settings
    with tempfile.TemporaryDirectory(prefix="archiver-") as folder:
        fetcher = Fetcher(
            user_agent=settings.user_agent,
            trusted_origins=frozenset(settings.trusted_origins),
            spool_folder=Path(folder),
            read_timeout=settings.request_timeout_seconds,
            total_timeout=settings.request_total_seconds,
            clock=archive.clock,
        )
        try:
            yield fetcher
        finally:
            fetcher.close()


def _follow(fetcher: Fetcher, ask: Ask, most: int, signing: Signing | None, limit: Limit) -> Answer:
    for _ in range(_HOPS):
        wire = fetcher.fetch(
            ask.method,
            ask.url,
            parameters=(*ask.parameters, *(signing.parameters(ask) if signing else ())),
            headers=(*ask.headers, *(signing.headers(ask) if signing else ())),
            body=ask.body,
            secrets=signing.secrets if signing else (),
            authorization=signing.header(ask.url) if signing else None,
            limit=most,
            plain_http=urlsplit(ask.url).scheme == "http",
            within=limit.left,
        )
        target = redirect_target(wire)
        if target is None:
            return answer_of(wire)
        ask = dataclasses.replace(ask, url=urljoin(ask.url, target), parameters=())
    raise Refused("this address redirects in circles; give the one it should end at")


def _error_of(problem: Problem, connector: Connector) -> ArchiverError:
    detail = one_line(problem.detail, 200).rstrip(".")
    if problem.kind in _UNREACHABLE:
        return Unreachable(f"{connector.title} cannot answer just now ({detail}); try again later, nothing was added")
    if problem.kind is ProblemKind.GONE:
        return Refused(f"there is no such account ({detail}); check the address")
    return Refused(f"{connector.title} refused ({detail}); nothing was added")
