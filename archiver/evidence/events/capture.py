"""Capture: what platforms send, runs and what they store, gaps, deposits, imports."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.events.forms import (
    AccountId,
    ByClass,
    Code,
    Commitment,
    Count,
    Digest,
    EventKind,
    ExchangeId,
    Facts,
    RunId,
    SegmentId,
    SegmentKey,
    Time,
    VersionId,
)
from archiver.evidence.events.names import EventType


class HookFacts(Facts):
    platform: Annotated[Code, Field(description="whose application sends there")]
    account: Annotated[AccountId | None, Field(description="the account; null: all of the application")]


class SubscriptionChanged(Facts):
    state: Annotated[Code, Field(description="`subscribed`: the platform says that it sends; `failed`: it does not")]


class RunRecorded(Facts):
    account: Annotated[AccountId, Field(description="account of the run")]
    number: Annotated[Count, Field(description="number of the run in its account")]
    part: Annotated[Count, Field(description="number of the part of its run record, from 1")]
    commitments: Annotated[ByClass, Field(description="of this part, by the access class it stands in")]


class RunFinished(Facts):
    account: Annotated[AccountId, Field(description="account of the run")]
    number: Annotated[Count, Field(description="number of the run in its account")]
    part: Annotated[Count, Field(description="number of the last part of its run record: how many there are")]
    sweep: Annotated[
        Code, Field(description="kind of sweep; `deposit`: nothing was looked at, files were brought by hand")
    ]
    outcome: Annotated[Code, Field(description="how it ended")]
    trigger: Annotated[Code, Field(description="why it was made; entries of earlier versions do not say it")]
    commitments: Annotated[ByClass, Field(description="of the last part, by the access class it stands in")]


class ExchangeArchived(Facts):
    segment: Annotated[SegmentId, Field(description="segment that holds it")]
    run: Annotated[RunId, Field(description="run that made it")]
    account: Annotated[AccountId, Field(description="account it was made for")]
    commitment: Annotated[Commitment, Field(description="of the exchange: facts, request, response, body")]


class SegmentFacts(Facts):
    key: Annotated[SegmentKey, Field(description="where it is in the object store")]
    sha256: Annotated[Digest, Field(description="of the object")]
    size: Annotated[Count, Field(description="of the object, bytes")]
    warc_records: Annotated[Count, Field(description="WARC records in it")]
    version: Annotated[VersionId | None, Field(description="of the object, where the store has versions")]


class GapFacts(Facts):
    stream: Annotated[Code, Field(description="part of the account that was not looked at")]
    run: Annotated[RunId, Field(description="run whose end opened or closed it")]
    opened_by: Annotated[RunId, Field(description="run that could not look; with account and stream it names the gap")]
    cause: Annotated[Code, Field(description="why")]


class ImportBegun(Facts):
    account: Annotated[AccountId, Field(description="account that it is an export of")]
    format: Annotated[Code, Field(description="kind of export")]


class ImportMade(Facts):
    account: Annotated[AccountId, Field(description="account that it is an export of")]
    exchange: Annotated[ExchangeId, Field(description="that holds the list of all its files, stored or left out")]
    files: Annotated[Count, Field(description="files that are stored")]
    left_out: Annotated[Count, Field(description="files that are not, each with its reason in the list")]
    records: Annotated[Count, Field(description="statements about records that were read")]


class DepositMade(Facts):
    account: Annotated[AccountId, Field(description="account it is kept with")]
    run: Annotated[RunId, Field(description="run that stored it; it looked at nothing")]
    about: Annotated[Code, Field(description="what it is about: `moderation`, `account` or `record`")]
    access: Annotated[Code, Field(description="access class it is kept in")]


class DepositDue(Facts):
    about: Annotated[Code, Field(description="what is to be deposited")]
    since: Annotated[Time, Field(description="when it was due")]


class CaptureAsked(Facts):
    sweep: Annotated[Code, Field(description="`new`, or `full`: all of its lists from end to end")]


_E = EventType
SENT: Final = (
    EventKind(_E.HOOK_MADE, "archive", "An address was made for a platform to send deliveries to.", HookFacts),
    EventKind(_E.HOOK_REMOVED, "archive", "Such an address takes nothing any more.", HookFacts),
    EventKind(_E.HOOK_CHANGED, "archive", "Another secret was stored that signs what is sent there.", HookFacts),
    EventKind(
        _E.SUBSCRIPTION_CHANGED, "account", "A platform was asked to send what concerns it.", SubscriptionChanged
    ),
)
STORED: Final = (
    EventKind(_E.RUN_RECORDED, "run", "A part of a run record was made and committed to.", RunRecorded),
    EventKind(_E.RUN_FINISHED, "run", "A run ended, and all it brought is archived.", RunFinished),
    EventKind(_E.EXCHANGE_ARCHIVED, "exchange", "An exchange is stored and in the index.", ExchangeArchived),
    EventKind(
        _E.DEPOSIT_MADE,
        "exchange",
        "A person brought a file by hand, which is kept: nothing was captured.",
        DepositMade,
    ),
    EventKind(_E.DEPOSIT_DUE, "account", "It was reminded that moderation settings are to be deposited.", DepositDue),
    EventKind(_E.SEGMENT_ARCHIVED, "segment", "A segment is stored and in the index.", SegmentFacts),
    EventKind(
        _E.SEGMENT_ADOPTED, "segment", "A segment that was stored but not in the index was taken in.", SegmentFacts
    ),
    EventKind(_E.GAP_OPENED, "account", "Part of an account was not looked at.", GapFacts),
    EventKind(_E.GAP_CLOSED, "account", "What had not been looked at now was.", GapFacts),
)
IMPORTED: Final = (
    EventKind(_E.IMPORT_BEGUN, "import", "A person had an export of an account brought in.", ImportBegun),
    EventKind(_E.IMPORT_MADE, "import", "All that was to be stored of an export is, and in the index.", ImportMade),
)
ASKED: Final = (
    EventKind(_E.CAPTURE_ASKED, "account", "A person asked to have the account looked at at once.", CaptureAsked),
)
