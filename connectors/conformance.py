"""Whether a connector keeps to the contract: checks that its author runs, in any test framework. No I/O.

They show that it never fails on what strangers send, that what it says can be stored and read again, and that it does
not claim more than it was shown. They do not show that it understands its platform: that takes recorded answers.

:func:`check` runs all of them. Each raises :class:`connectors.invariants.Broken`, an :class:`AssertionError`, with one
sentence that says what does not hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connectors import hostile
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Claim,
    Connector,
    Declines,
    JSONValue,
    LooksBeside,
    Reading,
    RecordRef,
    Sweep,
    SweepKind,
)
from connectors.invariants import (
    Broken,
    check_ask,
    check_declarations,
    check_different,
    check_reading,
    is_line,
    require,
)

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""When every answer of a check was received."""
_SHAPES, _CHANGES, _CUTS = 60, 400, 24


@dataclass(frozen=True, slots=True)
class Example:
    """An answer as the platform sends it."""

    ask: Ask
    body: JSONValue | bytes
    """Bytes as they are; anything else as JSON."""
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200

    @property
    def sent(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else hostile.as_bytes(self.body)


def check(
    connector: Connector,
    account: AccountRef,
    addresses: Sequence[str],
    records: Sequence[RecordRef],
    examples: Sequence[Example],
) -> None:
    """All checks.

    Args:
        addresses: of accounts on the platform, each of which it must recognise.
        records: of every kind that the connector gives, as the archive would know them.
        examples: of every kind of question one good answer.

    Raises:
        Broken: something does not hold.
    """
    check_declarations(connector)
    check_addresses(connector, addresses)
    asks = check_questions(connector, account, records)
    check_examples(connector, examples)
    check_answers(connector, [*asks, *(one.ask for one in examples)], member_names(examples))


# Addresses.


def check_addresses(connector: Connector, own: Iterable[str] = ()) -> None:
    """It recognises its own addresses, always as the same account, and fails on none.

    Raises:
        Broken: it does not.
    """
    for url in own:
        claim = _claim(connector, url)
        require(claim is not None, f"{url!r} is not recognised")
        again = _claim(connector, claim.url) if claim is not None else None
        told = [(one.service, one.handle, one.url) for one in (claim, again) if one is not None]
        require(len(told) == 2 and told[0] == told[1], f"{url!r}: its normal form is another account, or none")
        require(_declined(connector, url) is None, f"{url!r} is declined, though it is one of its own")
    for url in hostile.ADDRESSES:
        _claim(connector, url)
        _declined(connector, url)


def _declined(connector: Connector, url: str) -> str | None:
    try:
        reason = connector.declined(url) if isinstance(connector, Declines) else None
    except Exception as error:
        raise Broken(f"declined() raises {type(error).__name__} on {url[:100]!r}") from error
    require(reason is None or is_line(reason), f"{url[:100]!r} is declined for no reason, or not in one line")
    return reason


def _claim(connector: Connector, url: str) -> Claim | None:
    try:
        claim = connector.claim(url)
    except Exception as error:
        raise Broken(f"claim() raises {type(error).__name__} on {url[:100]!r}") from error
    if claim is not None:
        require(claim.platform == connector.platform, f"{url[:100]!r} is claimed for another platform")
        require(claim.service and claim.handle, f"{url[:100]!r} is claimed for no service or no handle")
        check_ask(connector.identify(claim), connector)
    return claim


# Questions.


def check_questions(connector: Connector, account: AccountRef, records: Sequence[RecordRef]) -> list[Ask]:
    """Every sweep and every look asks what can be asked. The questions, with their controls.

    Raises:
        Broken: one of them does not.
    """
    found = []
    threads = [ref for ref in records if ref.thread is None]
    for kind in SweepKind:
        sweep = Sweep(kind, AT, threads if kind is not SweepKind.NEW else ())
        asks = list(connector.begin(account, sweep, None))
        check_different(asks)
        require(asks or kind is SweepKind.WATCH, f"a {kind.value} sweep asks nothing")
        found += asks
    for ref in records:
        asked = list(connector.look(account, [ref]))
        if isinstance(connector, LooksBeside):
            asked += connector.look_beside(account, [ref], [one for one in records if one.key != ref.key])
        found += asked
        keys = [key for one in asked for key in one.context.get("look", ())]
        require(all(key == ref.key for key in keys), f"a look for {ref.key!r} looks for something else")
    for ask in found:
        check_ask(ask, connector)
    return [*found, *(control for one in found for control in _controls(one))]


def _controls(ask: Ask) -> Iterator[Ask]:
    control = ask.control
    while control is not None:
        yield control
        control = control.control


# Answers.


def check_examples(connector: Connector, examples: Sequence[Example]) -> None:
    """Good answers are read; changed in any place they are read, or said not to be understood; cut off they say
    nothing.

    Raises:
        Broken: one of them is not.
    """
    for one in examples:
        what = f"the good answer to {one.ask.purpose!r}"
        reading = _read(connector, one.ask, Answer(one.status, one.headers, one.sent, AT, one.ask.url))
        require(reading.problem is None and not reading.quarantine, f"{what} is not understood: {reading.quarantine}")
        told = reading.records or reading.asks or reading.present or reading.account or reading.next_page
        require(told, f"{what} says nothing")
        for body in hostile.cut(one.sent, _CUTS):
            reading = _read(connector, one.ask, Answer(one.status, one.headers, body, AT, one.ask.url))
            require(not (reading.records or reading.present), f"{what}, cut off, still says something")
            require(reading.problem or reading.quarantine, f"{what}, cut off, is taken for a good one")
        if not isinstance(one.body, bytes):
            for changed in hostile.changed(one.body, _CHANGES):
                body = hostile.as_bytes(changed)
                _read(connector, one.ask, Answer(one.status, one.headers, body, AT, one.ask.url))


def check_answers(connector: Connector, asks: Iterable[Ask], names: Iterable[str] = ()) -> None:
    """Nothing that may come in answer to these questions makes reading fail, or say what cannot be.

    Args:
        names: member names of the platform's bodies, to make up bodies of.

    Raises:
        Broken: something does.
    """
    made = [hostile.as_bytes(body) for body in hostile.shapes(sorted(names) or ["id"], _SHAPES)]
    asked = list(asks)
    for ask in _once([*asked, *(replace(one, purpose="never asked") for one in asked[:1])]):
        for answer in _answers(made, ask.url):
            _read(connector, ask, answer)


def member_names(examples: Iterable[Example]) -> set[str]:
    """Member names in good answers."""
    return {name for one in examples if not isinstance(one.body, bytes) for name in hostile.names_in(one.body)}


def _answers(made: Sequence[bytes], url: str) -> Iterator[Answer]:
    for status in hostile.STATUSES:
        for body in (b"", b"{}", b"[]", b"<html></html>"):
            for headers in hostile.HEADERS:
                yield Answer(status, headers, body, AT, url)
    for body in (*hostile.BODIES, *made):
        yield Answer(200, (), body, AT, url)
    for body in made[:10]:
        yield Answer(404, (), body, AT, url)


def _read(connector: Connector, ask: Ask, answer: Answer) -> Reading:
    try:
        reading = connector.read(ask, answer)
    except Exception as error:
        shown = answer.body[:200]
        raise Broken(f"read() raises {type(error).__name__} on {ask.purpose!r}, {answer.status}, {shown!r}") from error
    check_reading(reading, ask, answer, connector)
    again = connector.read(ask, Answer(answer.status, answer.headers, answer.body, answer.received_at, answer.url))
    require(again == reading, f"the answer to {ask.purpose!r} is read in two ways")
    return reading


def _once(asks: Iterable[Ask]) -> Iterator[Ask]:
    """Each kind of question once: by its purpose and by what its context says."""
    known = set()
    for ask in asks:
        kind = (ask.purpose, ask.listing is None, json.dumps(sorted(ask.context)), ask.control is None)
        if kind not in known:
            known.add(kind)
            yield ask
