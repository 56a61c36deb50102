"""Types of events of this version, and what each may say.

Entries of the log hold ids, digests, counts and codes only. Every text field therefore has a pattern that no sentence
fits; ``docs/events.md`` is generated from here, and ``tests/evidence/test_event_types.py`` holds the rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError


class EventType(StrEnum):
    """What happened. Names are final: they stand in entries that are never changed."""

    ACCOUNT_ADDED = "account.added"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_STATE_CHANGED = "account.state_changed"
    ACCOUNT_PAUSED = "account.paused"
    ACCOUNT_RESUMED = "account.resumed"
    ACCOUNT_CLOSED = "account.closed"
    CONNECTOR_TRIED = "connector.tried"
    CREDENTIAL_STORED = "credential.stored"
    CREDENTIAL_REMOVED = "credential.removed"
    CREDENTIAL_STATE_CHANGED = "credential.state_changed"
    CREDENTIAL_ENDING = "credential.ending"
    APP_STORED = "app.stored"
    CONNECTION_OFFERED = "connection.offered"
    CONNECTION_WITHDRAWN = "connection.withdrawn"
    CONNECTION_REFUSED = "connection.refused"
    CONNECTION_MADE = "connection.made"
    MAIL_ASKED = "mail.asked"
    MAIL_SENT = "mail.sent"
    MAIL_FAILED = "mail.failed"
    MAIL_DROPPED = "mail.dropped"
    PERSON_ADDED = "person.added"
    PERSON_CHANGED = "person.changed"
    PERSON_ENDED = "person.ended"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    ACCOUNT_RESERVED = "account.reserved"
    SIGN_IN_OFFERED = "signin.offered"
    SIGN_IN_SET = "signin.set"
    SESSION_BEGUN = "session.begun"
    SESSION_CONFIRMED = "session.confirmed"
    SESSION_ENDED = "session.ended"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_ENDED = "passkey.ended"
    PASSKEY_REFUSED = "passkey.refused"
    ADDRESS_ASKED = "address.asked"
    ADDRESS_REFUSED = "address.refused"
    TOKEN_MADE = "token.made"  # noqa: S105
    TOKEN_ENDED = "token.ended"  # noqa: S105
    HOOK_MADE = "hook.made"
    HOOK_REMOVED = "hook.removed"
    HOOK_CHANGED = "hook.changed"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    RUN_RECORDED = "run.recorded"
    RUN_FINISHED = "run.finished"
    CAPTURE_ASKED = "capture.asked"
    EXCHANGE_ARCHIVED = "exchange.archived"
    DEPOSIT_MADE = "deposit.made"
    DEPOSIT_DUE = "deposit.due"
    SEGMENT_ARCHIVED = "segment.archived"
    SEGMENT_ADOPTED = "segment.adopted"
    GAP_OPENED = "gap.opened"
    GAP_CLOSED = "gap.closed"
    IMPORT_BEGUN = "import.begun"
    IMPORT_MADE = "import.made"
    SEARCH_FROZEN = "search.frozen"
    FIXITY_PASSED = "fixity.passed"
    FIXITY_SAMPLED = "fixity.sampled"
    FIXITY_FAILED = "fixity.failed"
    INDEX_REBUILT = "index.rebuilt"
    INDEX_SNAPSHOTTED = "index.snapshotted"
    INDEX_RESTORED = "index.restored"
    INDEX_MOVED = "index.moved"
    ARCHIVE_CREATED = "archive.created"
    ACT_RECORDED = "act.recorded"
    REGISTER_CHANGED = "register.changed"
    MODERATION_STATED = "moderation.stated"
    CHALLENGE_STATED = "challenge.stated"
    RECORDS_MARKED = "records.marked"
    LOG_HEARTBEAT = "log.heartbeat"
    LOG_KEY_CREATED = "log.key_created"
    LOG_KEY_ROTATED = "log.key_rotated"
    LOG_CHECKPOINT_REFUSED = "log.checkpoint_refused"
    ANCHOR_RECEIVED = "anchor.received"
    STORAGE_PROBED = "storage.probed"
    STORAGE_LOCKED = "storage.locked"
    EVIDENCE_EXPORTED = "evidence.exported"
    EVIDENCE_CERTIFIED = "evidence.certified"


#: Kinds of subjects with the prefix of their ids. Records are none: their ids could be guessed after their destruction.
SUBJECTS: Final[Mapping[str, str]] = {
    "account": "ac",
    "act": "at",
    "archive": "av",
    "bundle": "bu",
    "connection": "cl",
    "exchange": "ex",
    "grant": "gr",
    "person": "pe",
    "import": "im",
    "mail": "ml",
    "run": "rn",
    "search": "se",
    "segment": "sg",
    "token": "tk",
}
#: Prefixes of ids that are told and are no subject.
_TOLD = ("sn",)

_AUTHORITY = "[a-z0-9][a-z0-9-]{0,62}"
_DIGEST = "[0-9a-f]{64}"


_OF_A_RECORD = re.compile("(?:rc|ve|md)_[a-z2-7]{32}")


def _id(prefix: str) -> str:
    return f"{prefix}_[a-z2-7]{{32}}"


#: Every pattern a text in an entry may have, with the words that explain it. Codes are too short for an id, and no
#: sentence fits any.
PATTERNS: Final[Mapping[str, str]] = {
    **{f"^{_id(prefix)}$": f"id, `{prefix}_…`" for prefix in (*SUBJECTS.values(), *_TOLD)},
    f"^{_DIGEST}$": "SHA-256, hex",
    f"^cra-tree/1:{_DIGEST}$": "commitment with its scheme",
    "^[a-z][a-z0-9_-]{0,29}$": "code",
    f"^{_AUTHORITY}$": "short name of an authority, as in keys",
    "^[a-z][a-z0-9+.-]{0,15}://[A-Za-z0-9._:\\[\\]-]{1,255}$": "origin of a server",
    f"^segments/{_AUTHORITY}/{_id('ac')}/[a-z-]{{1,20}}/[0-9]{{4}}-[0-9]{{2}}/(of-[0-9]{{4}}/)?"
    f"{_id('sg')}-{_DIGEST}\\.warc\\.gz$": "key of a segment",
    f"^snapshots/[0-9]{{8}}T[0-9]{{6}}Z-{_id('sn')}$": "key of a snapshot",
    "^[A-Za-z0-9._~+/=-]{1,1024}$": "version id, as the store gave it",
    "^[0-9a-f]{8}$": "id of a key, hex",
    "^[0-9]{1,4}([.][0-9]{1,4}){0,3}([a-z]{1,4}[0-9]{0,4})?$": "version of a connector",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$": "time, UTC",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "day, by the city's calendar",
}
_BY_WORDS = {words: pattern for pattern, words in PATTERNS.items()}


def _text(words: str) -> StringConstraints:
    return StringConstraints(pattern=_BY_WORDS[words])


def _no_record_id(text: str) -> str:
    if _OF_A_RECORD.search(text):
        raise ValueError("the id of a record, version or medium")
    return text


AccountId = Annotated[str, _text("id, `ac_…`")]
PersonId = Annotated[str, _text("id, `pe_…`")]
ConnectionId = Annotated[str, _text("id, `cl_…`")]
RunId = Annotated[str, _text("id, `rn_…`")]
ExchangeId = Annotated[str, _text("id, `ex_…`")]
SegmentId = Annotated[str, _text("id, `sg_…`")]
SnapshotId = Annotated[str, _text("id, `sn_…`")]
Digest = Annotated[str, _text("SHA-256, hex")]
Commitment = Annotated[str, _text("commitment with its scheme")]
Code = Annotated[str, _text("code")]
Authority = Annotated[str, _text("short name of an authority, as in keys")]
Origin = Annotated[str, _text("origin of a server")]
SegmentKey = Annotated[str, _text("key of a segment")]
SnapshotKey = Annotated[str, _text("key of a snapshot")]
VersionId = Annotated[str, _text("version id, as the store gave it"), AfterValidator(_no_record_id)]
ConnectorVersion = Annotated[str, _text("version of a connector")]
KeyId = Annotated[str, _text("id of a key, hex")]
Time = Annotated[str, _text("time, UTC")]
Day = Annotated[str, _text("day, by the city's calendar")]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Codes = Annotated[list[Code], Field(max_length=100)]
ByClass = Annotated[dict[Code, Commitment], Field(min_length=1, max_length=10)]


class Facts(BaseModel):
    """What an entry says in ``data``. Every field is always there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoFacts(Facts):
    """Type and subject say it all."""


class AccountClosed(Facts):
    closed_on: Annotated[Day, Field(description="last on which the City used it")]
    became: Annotated[Code, Field(description="on the platform: `deleted`, `left` or `given`")]
    last_look: Annotated[
        RunId | None, Field(description="that looked at all of it on that day or later; null: none did")
    ]


class AccountAdded(Facts):
    platform: Annotated[Code, Field(description="platform of the account")]
    service: Annotated[Origin, Field(description="server it is on")]
    authority: Annotated[Authority, Field(description="whose record it is")]


class AccountChanged(Facts):
    fields: Annotated[Codes, Field(description="which fields of the register changed, not what they hold")]


class AccountStateChanged(Facts):
    state: Annotated[Code, Field(description="state from now on")]
    run: Annotated[RunId, Field(description="run whose end led to it")]


class ConnectorTried(Facts):
    platform: Annotated[Code, Field(description="platform of the account")]
    version: Annotated[ConnectorVersion, Field(description="of its connector")]
    passed: Annotated[Codes, Field(description="steps that showed what they were to show")]
    failed: Annotated[Codes, Field(description="steps that did not")]
    skipped: Annotated[Codes, Field(description="steps that were not made")]
    runs: Annotated[list[RunId], Field(max_length=100, description="runs that looked, in their order")]


class CredentialFacts(Facts):
    purpose: Annotated[Code, Field(description="what the token is for")]


class CredentialState(Facts):
    purpose: Annotated[Code, Field(description="what the token is for")]
    state: Annotated[Code, Field(description="problem with which the platform refuses it; `good`: it accepts it again")]


class CredentialEnding(Facts):
    purpose: Annotated[Code, Field(description="what the token is for")]
    ends: Annotated[Time, Field(description="when its owner has to have consented again")]


class AppStored(Facts):
    platform: Annotated[Code, Field(description="where it is registered")]
    service: Annotated[Origin | None, Field(description="server that knows it; null: the whole platform")]


class ConnectionOffered(Facts):
    platform: Annotated[Code, Field(description="platform of the account")]
    account: Annotated[AccountId | None, Field(description="the account; null: it is not registered yet")]
    purpose: Annotated[Code, Field(description="what the token will be for")]


class ConnectionRefused(Facts):
    account: Annotated[AccountId | None, Field(description="the account; null: it is not registered yet")]
    problem: Annotated[Code, Field(description="why what was granted was not taken")]


class MailAsked(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]
    connection: Annotated[ConnectionId, Field(description="the link that it brings")]


class MailFacts(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]


class MailSent(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]
    attempts: Annotated[Count, Field(description="tries, the last of them included")]


class MailFailed(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]
    attempts: Annotated[Count, Field(description="tries that came to nothing")]
    problem: Annotated[Code, Field(description="what the last try failed for")]


class ConnectionMade(Facts):
    account: Annotated[AccountId, Field(description="the account")]
    purpose: Annotated[Code, Field(description="what the token is for")]


class RoleGrantFacts(Facts):
    person: Annotated[PersonId, Field(description="who has the role")]
    role: Annotated[Code, Field(description="the role")]
    scope: Annotated[Code, Field(description="kind of what it reaches; the act says what")]
    access: Annotated[Codes, Field(description="access classes that it opens")]


class ReserveFacts(Facts):
    access: Annotated[Codes, Field(description="access classes that whoever looks at it needs besides")]


class HowFacts(Facts):
    how: Annotated[Code, Field(description="way of signing in")]


class PasskeyRefused(Facts):
    why: Annotated[Code, Field(description="`counter`: it counts as a copy would; `not_verified`: any other reason")]


class SessionsEnded(Facts):
    why: Annotated[Code, Field(description="why")]
    count: Annotated[Count, Field(description="how many")]


class TokenMade(Facts):
    person: Annotated[PersonId, Field(description="whose token it is")]
    ends: Annotated[Time, Field(description="until when it counts")]


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


class SearchFrozen(Facts):
    sha256: Annotated[
        Digest, Field(description="of the statement, which holds a random salt so that no one can guess it")
    ]
    hits: Annotated[Count, Field(description="records that answered")]


class DepositMade(Facts):
    account: Annotated[AccountId, Field(description="account it is kept with")]
    run: Annotated[RunId, Field(description="run that stored it; it looked at nothing")]
    about: Annotated[Code, Field(description="what it is about: `moderation`, `account` or `record`")]
    access: Annotated[Code, Field(description="access class it is kept in")]


class DepositDue(Facts):
    about: Annotated[Code, Field(description="what is to be deposited")]
    since: Annotated[Time, Field(description="when it was due")]


class FixityPassed(Facts):
    segments: Annotated[Count, Field(description="segments that were read and compared")]
    size: Annotated[Count, Field(description="bytes that were read")]
    entries: Annotated[Count, Field(description="entries of the log that were checked")]


class FixitySampled(Facts):
    segments: Annotated[Count, Field(description="segments that were read and compared")]
    known: Annotated[Count, Field(description="segments there are; of the others only the presence was checked")]
    size: Annotated[Count, Field(description="bytes that were read")]
    entries: Annotated[Count, Field(description="entries of the log that were checked, all there are")]
    part: Annotated[Count, Field(description="which part of all segments was to be read, from 0")]
    parts: Annotated[Count, Field(description="of how many")]
    stopped_at: Annotated[
        SegmentKey | None, Field(description="last segment that was read before the time was up; null: it was not")
    ]


class FixityFailed(Facts):
    problem: Annotated[Code, Field(description="what is wrong")]
    expected: Annotated[Digest | None, Field(description="SHA-256 on record")]
    found: Annotated[Digest | None, Field(description="SHA-256 of what is there; null where nothing could be read")]


class IndexRebuilt(Facts):
    segments: Annotated[Count, Field(description="segments that were read")]
    exchanges: Annotated[Count, Field(description="exchanges that were read")]
    damaged: Annotated[Count, Field(description="objects that could not be read whole")]


class IndexSnapshotted(Facts):
    snapshot: Annotated[SnapshotId, Field(description="of the snapshot")]
    key: Annotated[SnapshotKey, Field(description="where it was put in the object store")]
    sha256: Annotated[Digest, Field(description="of the object")]
    size: Annotated[Count, Field(description="of the object, bytes")]
    rows: Annotated[Count, Field(description="rows in it, of all tables")]


class IndexRestored(Facts):
    snapshot: Annotated[SnapshotId, Field(description="that the index was filled from")]
    rows: Annotated[Count, Field(description="rows in it, of all tables")]


class IndexMoved(Facts):
    to: Annotated[Literal["postgresql", "sqlite"], Field(description="kind of database it is in from now on")]
    rows: Annotated[Count, Field(description="rows that were moved, of all tables")]


class ActRecorded(Facts):
    number: Annotated[Count, Field(description="of the act in this archive, from 1, without a gap")]
    commitment: Annotated[Commitment, Field(description="of the act, which is in a file of its own")]


class RegisterChanged(Facts):
    thing: Annotated[Code, Field(description="kind of thing that the act is about")]
    change: Annotated[Code, Field(description="`new`, `changed`, `corrected`, `void` or `kept`")]


class CaptureAsked(Facts):
    sweep: Annotated[Code, Field(description="`new`, or `full`: all of its lists from end to end")]


class ChallengeStated(Facts):
    change: Annotated[Code, Field(description="`new`, `changed` or `void`")]


class RecordsMarked(Facts):
    what: Annotated[Literal["tag", "note"], Field(description="what was written on records, or taken away")]
    done: Annotated[Literal["added", "removed"], Field(description="which of the two")]
    records: Annotated[Count, Field(description="of the account")]


class ModerationStated(Facts):
    change: Annotated[Code, Field(description="`new`, `corrected` or `void`")]


class ArchiveCreated(Facts):
    kind: Annotated[Literal["real", "practice"], Field(description="the two never mix")]
    format: Annotated[Count, Field(description="of the store")]


class LogHeartbeat(Facts):
    stored: Annotated[Count, Field(description="entries that were in the object store by then")]


class KeyCreated(Facts):
    key: Annotated[KeyId, Field(description="id of the key")]
    sha256: Annotated[Digest, Field(description="of the verifier key as it is written")]


class KeyRotated(Facts):
    key: Annotated[KeyId, Field(description="id of the key that signs from now on")]
    sha256: Annotated[Digest, Field(description="of the verifier key as it is written")]
    previous: Annotated[KeyId, Field(description="id of the key before")]
    reason: Annotated[
        Literal["planned", "lost"], Field(description="`planned`: the next checkpoint is signed with both keys")
    ]


class CheckpointRefused(Facts):
    problem: Annotated[Code, Field(description="what does not fit")]
    size: Annotated[Count, Field(description="of the newest checkpoint that counts; 0 where there is none")]


class AnchorReceived(Facts):
    size: Annotated[Count, Field(description="of the checkpoint")]
    checkpoint: Annotated[Digest, Field(description="of the checkpoint as stored, which is what was stamped")]
    service: Annotated[Code, Field(description="name of the service, as in the settings")]
    sha256: Annotated[Digest, Field(description="of its answer as stored")]
    time: Annotated[Time, Field(description="that the time-stamp states")]


class StorageProbed(Facts):
    store: Annotated[Literal["directory", "s3"], Field(description="kind of store")]
    effort: Annotated[Literal["short", "whole"], Field(description="`whole`: what locks was tried too")]
    passed: Annotated[Codes, Field(description="properties that were shown")]
    failed: Annotated[Codes, Field(description="properties that were not")]


class StorageLocked(Facts):
    objects: Annotated[Count, Field(description="objects that were looked at")]
    lengthened: Annotated[Count, Field(description="of them, those locked for longer now")]


class EvidenceExported(Facts):
    manifest: Annotated[Digest, Field(description="of `data/manifest.json`, which holds a random salt")]
    records: Annotated[Count, Field(description="records in it")]
    versions: Annotated[Count, Field(description="versions of them")]
    exchanges: Annotated[Count, Field(description="stored exchanges that it proves parts of")]
    media: Annotated[Count, Field(description="files of records")]
    whole: Annotated[Count, Field(description="stored exchanges handed out whole, with the other records in them")]


class EvidenceCertified(Facts):
    manifest: Annotated[Digest, Field(description="of the bundle's `data/manifest.json`")]
    sha256: Annotated[Digest, Field(description="of the certificate as PDF")]


@dataclass(frozen=True, slots=True)
class EventKind:
    """One type of event: whom it is about, what it means, what it says."""

    name: EventType
    subject: str
    meaning: str
    facts: type[Facts]


_E = EventType
#: Every type of this version, in the order of the documentation.
EVENTS: Final[Mapping[str, EventKind]] = {
    kind.name: kind
    for kind in (
        EventKind(_E.ARCHIVE_CREATED, "archive", "The archive was begun.", ArchiveCreated),
        EventKind(_E.ACCOUNT_ADDED, "account", "An account was entered into the register.", AccountAdded),
        EventKind(_E.ACCOUNT_CHANGED, "account", "What the register says of an account changed.", AccountChanged),
        EventKind(
            _E.ACCOUNT_STATE_CHANGED,
            "account",
            "A run showed that an account can, or can no longer, be captured.",
            AccountStateChanged,
        ),
        EventKind(_E.ACCOUNT_PAUSED, "account", "A person stopped the capture of an account.", NoFacts),
        EventKind(_E.ACCOUNT_RESUMED, "account", "A person started the capture of an account again.", NoFacts),
        EventKind(_E.ACCOUNT_CLOSED, "account", "A person said that the City ended its use of it.", AccountClosed),
        EventKind(
            _E.CONNECTOR_TRIED,
            "account",
            "Its connector was tried against the live platform, by what a person did there.",
            ConnectorTried,
        ),
        EventKind(_E.CREDENTIAL_STORED, "account", "A token was stored, in place of an older one.", CredentialFacts),
        EventKind(_E.CREDENTIAL_REMOVED, "account", "A token was removed.", CredentialFacts),
        EventKind(
            _E.CREDENTIAL_STATE_CHANGED,
            "account",
            "The platform no longer accepts a token, or accepts it again.",
            CredentialState,
        ),
        EventKind(
            _E.CREDENTIAL_ENDING,
            "account",
            "It was warned that a token's owner has to consent.",
            CredentialEnding,
        ),
        EventKind(_E.APP_STORED, "archive", "An application was stored with which owners are asked.", AppStored),
        EventKind(_E.CONNECTION_OFFERED, "connection", "A link for an account's owner was made.", ConnectionOffered),
        EventKind(_E.CONNECTION_WITHDRAWN, "connection", "A link can no longer be used.", NoFacts),
        EventKind(_E.CONNECTION_REFUSED, "connection", "What an owner granted was not taken.", ConnectionRefused),
        EventKind(_E.CONNECTION_MADE, "connection", "An account's owner let it be read.", ConnectionMade),
        EventKind(
            _E.MAIL_ASKED, "mail", "A mail was put into the outbox; its words and address are not told.", MailAsked
        ),
        EventKind(_E.MAIL_SENT, "mail", "A mail was taken by the server, or written into the folder.", MailSent),
        EventKind(_E.MAIL_FAILED, "mail", "A mail was given up.", MailFailed),
        EventKind(_E.MAIL_DROPPED, "mail", "What a mail was about ended before it was sent.", MailFacts),
        EventKind(_E.PERSON_ADDED, "person", "Somebody was added who may be given roles.", NoFacts),
        EventKind(_E.PERSON_CHANGED, "person", "What is kept of a person changed.", AccountChanged),
        EventKind(_E.PERSON_ENDED, "person", "Somebody may do nothing here any more.", NoFacts),
        EventKind(_E.ROLE_GRANTED, "grant", "A person was given a role.", RoleGrantFacts),
        EventKind(_E.ROLE_REVOKED, "grant", "A role was taken back.", NoFacts),
        EventKind(_E.ACCOUNT_RESERVED, "account", "What is needed to look at an account changed.", ReserveFacts),
        EventKind(_E.SIGN_IN_OFFERED, "archive", "A link was made with which somebody sets how they sign in.", NoFacts),
        EventKind(_E.SIGN_IN_SET, "person", "Somebody set how they sign in.", HowFacts),
        EventKind(_E.SESSION_BEGUN, "person", "Somebody signed in.", HowFacts),
        EventKind(_E.SESSION_CONFIRMED, "person", "Somebody who was signed in showed again who it is.", HowFacts),
        EventKind(_E.SESSION_ENDED, "person", "Somebody was signed out.", SessionsEnded),
        EventKind(_E.PASSKEY_ADDED, "person", "Somebody added a passkey.", NoFacts),
        EventKind(_E.PASSKEY_ENDED, "person", "A passkey no longer counts.", NoFacts),
        EventKind(_E.PASSKEY_REFUSED, "person", "A passkey that is known was refused.", PasskeyRefused),
        EventKind(_E.ADDRESS_ASKED, "person", "Another mail address was asked for, for somebody else.", NoFacts),
        EventKind(_E.ADDRESS_REFUSED, "person", "It was refused, or withdrawn.", NoFacts),
        EventKind(_E.TOKEN_MADE, "token", "A token for programs was made.", TokenMade),
        EventKind(_E.TOKEN_ENDED, "token", "A token for programs no longer counts.", NoFacts),
        EventKind(_E.HOOK_MADE, "archive", "An address was made for a platform to send deliveries to.", HookFacts),
        EventKind(_E.HOOK_REMOVED, "archive", "Such an address takes nothing any more.", HookFacts),
        EventKind(_E.HOOK_CHANGED, "archive", "Another secret was stored that signs what is sent there.", HookFacts),
        EventKind(
            _E.SUBSCRIPTION_CHANGED, "account", "A platform was asked to send what concerns it.", SubscriptionChanged
        ),
        EventKind(_E.RUN_RECORDED, "run", "A part of a run record was made and committed to.", RunRecorded),
        EventKind(_E.RUN_FINISHED, "run", "A run ended, and all it brought is archived.", RunFinished),
        EventKind(_E.EXCHANGE_ARCHIVED, "exchange", "An exchange is stored and in the index.", ExchangeArchived),
        EventKind(
            _E.DEPOSIT_MADE,
            "exchange",
            "A person brought a file by hand, which is kept: nothing was captured.",
            DepositMade,
        ),
        EventKind(
            _E.DEPOSIT_DUE, "account", "It was reminded that moderation settings are to be deposited.", DepositDue
        ),
        EventKind(_E.SEGMENT_ARCHIVED, "segment", "A segment is stored and in the index.", SegmentFacts),
        EventKind(
            _E.SEGMENT_ADOPTED, "segment", "A segment that was stored but not in the index was taken in.", SegmentFacts
        ),
        EventKind(_E.GAP_OPENED, "account", "Part of an account was not looked at.", GapFacts),
        EventKind(_E.GAP_CLOSED, "account", "What had not been looked at now was.", GapFacts),
        EventKind(_E.IMPORT_BEGUN, "import", "A person had an export of an account brought in.", ImportBegun),
        EventKind(_E.IMPORT_MADE, "import", "All that was to be stored of an export is, and in the index.", ImportMade),
        EventKind(_E.SEARCH_FROZEN, "search", "A search was frozen into a statement.", SearchFrozen),
        EventKind(_E.FIXITY_PASSED, "archive", "Stored bytes were compared and are what they were.", FixityPassed),
        EventKind(
            _E.FIXITY_SAMPLED, "archive", "Part of the stored bytes was compared and is what it was.", FixitySampled
        ),
        EventKind(_E.FIXITY_FAILED, "segment", "Stored bytes are missing or not what they were.", FixityFailed),
        EventKind(_E.INDEX_REBUILT, "archive", "The index was emptied and filled from the store.", IndexRebuilt),
        EventKind(
            _E.INDEX_SNAPSHOTTED, "archive", "A copy of the index was put into the object store.", IndexSnapshotted
        ),
        EventKind(_E.INDEX_RESTORED, "archive", "An empty index was filled from a snapshot.", IndexRestored),
        EventKind(_E.INDEX_MOVED, "archive", "The index was moved into another database.", IndexMoved),
        EventKind(
            _E.ACT_RECORDED,
            "act",
            "An act whose facts are in the database only was committed to; its file goes into the object store.",
            ActRecorded,
        ),
        EventKind(_E.REGISTER_CHANGED, "act", "The register of accounts changed by this act.", RegisterChanged),
        EventKind(_E.CAPTURE_ASKED, "account", "A person asked to have the account looked at at once.", CaptureAsked),
        EventKind(
            _E.CHALLENGE_STATED,
            "act",
            "Somebody said by this act what is known of a challenge to the accuracy of a record (Wis. Stat. 19.70).",
            ChallengeStated,
        ),
        EventKind(
            _E.RECORDS_MARKED,
            "account",
            "A person wrote a tag or a note on records of the account, or took one away: their own work, whose words"
            " no entry holds.",
            RecordsMarked,
        ),
        EventKind(
            _E.MODERATION_STATED,
            "act",
            "Somebody said by this act what they know of an act of moderation.",
            ModerationStated,
        ),
        EventKind(_E.STORAGE_PROBED, "archive", "The object store was tried out.", StorageProbed),
        EventKind(_E.STORAGE_LOCKED, "archive", "Locks of stored objects were lengthened.", StorageLocked),
        EventKind(_E.EVIDENCE_EXPORTED, "bundle", "Records were handed out with their proofs.", EvidenceExported),
        EventKind(
            _E.EVIDENCE_CERTIFIED, "bundle", "A certificate for a bundle was made, to be signed.", EvidenceCertified
        ),
        EventKind(
            _E.LOG_KEY_CREATED, "archive", "A key that signs checkpoints of the log was made, the first.", KeyCreated
        ),
        EventKind(_E.LOG_KEY_ROTATED, "archive", "A new key signs checkpoints of the log from now on.", KeyRotated),
        EventKind(
            _E.LOG_CHECKPOINT_REFUSED,
            "archive",
            "Nothing was signed, because store, log and checkpoints do not fit together.",
            CheckpointRefused,
        ),
        EventKind(_E.ANCHOR_RECEIVED, "archive", "A time-stamp of a checkpoint arrived and verifies.", AnchorReceived),
        EventKind(_E.LOG_HEARTBEAT, "archive", "Nothing else happened for a while; the log is alive.", LogHeartbeat),
    )
}


def check_facts(name: str, subject_kind: str, data: Mapping[str, Any]) -> None:
    """Check that an event of this type may be about such a subject and say this.

    Raises:
        ValueError: otherwise. The message does not repeat what was said.
    """
    kind = EVENTS.get(name)
    if kind is None:
        raise ValueError(f"no type of event: {name!r}")
    if kind.subject != subject_kind:
        raise ValueError(f"{name} is about a subject of kind {kind.subject}, not {subject_kind!r}")
    try:
        kind.facts.__pydantic_validator__.validate_python(data)
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])): one["type"] for one in error.errors(include_input=False)}
        raise ValueError(f"{name} cannot say this: {wrong}") from None
