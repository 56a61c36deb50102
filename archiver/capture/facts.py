"""The facts stored beside an exchange (WARC profile §2.3), and what its commitment binds (evidence format §1)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from archiver import clock, ids
from archiver.capture import asks
from archiver.capture.codings import decoded_body
from archiver.capture.commitments import Commitment, Commitments
from archiver.capture.to_commit import ToCommit
from archiver.evidence.commitment import usable_cuts
from archiver.storage.segment_reader import MADE
from archiver.wire.exchange import WireExchange
from connectors.contract import Ask, Reading

EMPTY = Reading()


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What every exchange of a run has in common."""

    run: str
    number: int
    account: str
    platform: str
    connector: str
    """Version of the reader."""


@dataclass(frozen=True, slots=True)
class MediumOf:
    """The file an exchange fetched."""

    id: str
    record: str
    key: str


@dataclass(frozen=True, slots=True)
class PictureOf:
    """What a picture was drawn from, and with what (WARC profile §2.5)."""

    record: str
    version: str
    number: int
    """Of the version when it was drawn."""
    drawn_from: tuple[str, int]
    """Exchange and position of the words."""
    source: Literal["response", "resource"]
    """Type of the WARC record that holds them."""
    files: tuple[tuple[str, str, str], ...]
    """Medium, exchange and SHA-256 of each file that is shown."""
    page: str
    page_sha256: str
    beside: Mapping[str, Any]
    """What the page says beside words and links (:meth:`archiver.pictures.page.Post.beside`)."""
    browser: str
    width: int
    height: int
    whole: bool

    def to_json(self) -> dict[str, Any]:
        """As exchange facts have it."""
        return {
            "record": self.record,
            "version": self.version,
            "number": self.number,
            "drawn_from": list(self.drawn_from),
            "files": [list(one) for one in self.files],
            "page": self.page,
            "page_sha256": self.page_sha256,
            "beside": dict(self.beside),
            "browser": self.browser,
            "width": self.width,
            "height": self.height,
            "whole": self.whole,
            "type": "image/png",
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """One exchange that is safe in the spool, and what it was found to mean."""

    ordinal: int
    ask: Ask
    wire: WireExchange
    reading: Reading = EMPTY
    medium: MediumOf | None = None
    follows: int | None = None
    """Ordinal of the exchange whose redirect led here."""
    control_of: int | None = None
    """Ordinal of the exchange for whose *not found* this is the control read."""
    picture: PictureOf | None = None
    """It is no exchange but a picture that we drew."""
    origin: Mapping[str, Any] | None = None
    """Where it comes from, if an import brought it (WARC profile §2.3)."""


@dataclass(frozen=True, slots=True)
class Committed:
    """An exchange's facts with the digests and the commitment they are stored under."""

    exchange: str
    facts: dict[str, Any]
    request_sha256: str | None
    """None where nothing was asked."""
    response_sha256: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Stating:
    """An exchange whose facts are stated and whose commitment is being computed."""

    exchange: str
    facts: dict[str, Any]
    bound: ToCommit
    commitment: Commitment

    def committed(self) -> Committed:
        """Once; waits for the commitment.

        Raises:
            ValueError: see :meth:`archiver.capture.commitments.Commitment.get`.
        """
        bound, commitment = self.bound, self.commitment.get()
        facts = self.facts | {"seed": asks.encode_bytes(bound.seed), "commitment": commitment}
        return Committed(self.exchange, facts, bound.request_sha256, bound.response_sha256, commitment)


def state(run: RunIdentity, taken: Taken, commitments: Commitments) -> Stating:
    """Facts of one exchange, and its commitment begun, under a fresh secret seed."""
    wire = taken.wire
    exchange = ids.exchange_id(run.run, taken.ordinal)
    in_file = wire.body_file is not None
    facts = _facts(run, taken, exchange)
    bound = ToCommit(
        seed=os.urandom(32),
        facts=stored_json(facts),
        request_sha256=None if wire.pushed else sha256(wire.request).hexdigest(),
        response_sha256=_response_sha256(wire),
        body=None if in_file else decoded_body(wire.headers, wire.body),
        cuts=taken.reading.cuts,
        body_sha256=wire.body_sha256 if in_file else None,
    )
    return Stating(exchange, facts, bound, commitments.begin(bound))


def stored_json(fields: Mapping[str, Any]) -> bytes:
    """JSON as facts, run records and warcinfo hold it: sorted, no spaces, ASCII, so that any string can be kept."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _response_sha256(wire: WireExchange) -> str:
    digest = sha256(wire.response)
    if wire.body_file is not None:
        with wire.body_file.path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _source(taken: Taken) -> str:
    """How something came into the archive."""
    if taken.picture:
        return MADE
    if taken.origin is not None:
        return "imported"
    return "deposited" if taken.wire.deposited else "pushed" if taken.wire.pushed else "asked"


def _facts(run: RunIdentity, taken: Taken, exchange: str) -> dict[str, Any]:
    wire, reading = taken.wire, taken.reading
    facts: dict[str, Any] = {
        "v": 1,
        "source": _source(taken),
        "exchange": exchange,
        "run": run.run,
        "run_number": run.number,
        "ordinal": taken.ordinal,
        "account": run.account,
        "connector": {"platform": run.platform, "version": run.connector},
        "ask": asks.to_json(taken.ask),
        "sent_at": clock.to_text(wire.sent_at),
        "received_at": clock.to_text(wire.received_at),
        "status": None if wire.no_answer or wire.pushed else wire.status,
        "url": None if wire.pushed else wire.url,
        "network": _network(wire),
        "body_sha256": wire.body_sha256,
        "body_size": wire.body_size,
    }
    facts |= _understanding(reading, len(decoded_body(wire.headers, wire.body)) if reading.cuts else 0)
    if taken.origin is not None:
        facts["origin"] = dict(taken.origin)
    if wire.truncated is not None:
        facts["truncated"] = wire.truncated
    if wire.masked_request or wire.masked_response:
        facts["masked"] = {"request": wire.masked_request, "response": wire.masked_response}
    if wire.no_answer is not None:
        facts["no_answer"] = wire.no_answer
    if wire.deposited:
        facts["origin"] = dict(wire.deposited)
    if wire.pushed and any(name.lower() != "content-type" for name, _ in wire.headers):
        facts["headers"] = [list(pair) for pair in wire.headers]
    if taken.follows is not None:
        facts["follows"] = ids.exchange_id(run.run, taken.follows)
    if taken.control_of is not None:
        facts["control_of"] = ids.exchange_id(run.run, taken.control_of)
    if taken.medium is not None:
        medium = taken.medium
        facts["medium"] = {"id": medium.id, "record": medium.record, "key": medium.key, "type": _content_type(wire)}
    if taken.picture is not None:
        facts["picture"] = taken.picture.to_json()
    return facts


def _content_type(wire: WireExchange) -> str | None:
    return next((value[:200] for name, value in wire.headers if name.lower() == "content-type"), None)


def _network(wire: WireExchange) -> Mapping[str, Any]:
    network = wire.network
    named = {
        "ip": network.ip,
        "protocols": list(network.protocols),
        "cipher": network.cipher,
        "certificate_sha256": network.certificate_sha256,
    }
    return {name: value for name, value in named.items() if value}


def _understanding(reading: Reading, size: int) -> dict[str, Any]:
    understood: dict[str, Any] = {}
    if reading.records:
        understood["records"] = [[record.key, record.place] for record in reading.records]
    if reading.quarantine:
        understood["quarantine"] = [list(pair) for pair in reading.quarantine]
    if reading.problem is not None:
        understood["problem"] = {"kind": reading.problem.kind.value, "detail": reading.problem.detail}
    if reading.cuts:
        understood["cuts"] = usable_cuts(reading.cuts, size)
    return understood
