"""Accounts, their tokens and how their owners connect them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.events.forms import (
    AccountId,
    Authority,
    Code,
    Codes,
    ConnectorVersion,
    Day,
    EventKind,
    Facts,
    NoFacts,
    Origin,
    RunId,
    Time,
)
from archiver.evidence.events.names import EventType


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


class ConnectionMade(Facts):
    account: Annotated[AccountId, Field(description="the account")]
    purpose: Annotated[Code, Field(description="what the token is for")]


_E = EventType
EVENTS: Final = (
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
)
