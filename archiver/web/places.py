"""Places in a list, as they stand in an address."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.clock import from_text
from archiver.errors import NotFound, UsageError
from archiver.operations.history import RunView
from archiver.viewing import Viewer
from archiver.web.site import Site


class BadPlace(UsageError):  # noqa: N818 - named as the cause, like its siblings
    """An address names a place in a list that cannot be."""


def time_of(text: str | None) -> datetime | None:
    """The time a page begins before; None for the newest.

    Raises:
        BadPlace: not a time.
    """
    if text is None:
        return None
    try:
        return from_text(text)
    except ValueError as error:
        raise BadPlace("that page of the list does not exist; begin at the newest") from error


def seen_account(connection: Connection, viewer: Viewer, account_id: str) -> AccountView:
    """An account of the register, for who may see something of it.

    Raises:
        NotFound: there is none, or not for this viewer: the two read the same.
    """
    account = accounts.get(connection, account_id)
    if not viewer.sees(account_id):
        raise NotFound(accounts.NO_SUCH)
    return account


def counted_for(site: Site, connection: Connection, viewer: Viewer) -> frozenset[str]:
    """Accounts of which a viewer may be told what was counted over all of them: those of which they see everything, or
    everything but messages where the platform has none that could be captured."""
    connectors = site.archive.platforms.connectors

    def has_messages(platform: str) -> bool:
        connector = connectors.get(platform)
        return connector is None or connector.capabilities.messages is not None

    return frozenset(
        one.id
        for one in accounts.list_accounts(connection)
        if viewer.sees_all_of(one.id) or (viewer.sees_private_of(one.id) and not has_messages(one.platform))
    )


AfterThread = Annotated[str | None, Query(max_length=100, description="`next` of the page before.")]


def after_thread(text: str | None) -> tuple[int, str] | None:
    """Where the page before ended, as :func:`archiver.operations.completeness.place_of` gives it; None: at the start.

    Raises:
        BadPlace: not such a place.
    """
    if text is None:
        return None
    number, _, thread = text.partition(",")
    if not (number.isascii() and number.isdigit() and len(number) < 12 and thread):
        raise BadPlace("that page of the list does not exist; begin at the first")
    return int(number), thread


RunT = TypeVar("RunT", RunView, RunView | None)


def told(counted: Collection[str], run: RunT) -> RunT:
    """A run as somebody may know it: what it brought is counted over all of its account."""
    if run is None or run.account_id in counted:
        return run
    return replace(run, counts={}, drift=())
