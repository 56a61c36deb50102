"""What is fixed for a run, taken from the register and the settings when it starts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select

from archiver import __version__
from archiver.capture.batch import SegmentTerms
from archiver.capture.facts import stored_json
from archiver.capture.models import Run
from archiver.clock import to_text
from connectors.contract import AccountRef, Connector

if TYPE_CHECKING:
    from archiver.archive import Archive

#: Settings that decide what a run sees; a run is read with these in hand (what was asked, how much, how often).
FROZEN = ("answer_bytes", "media_bytes", "request_attempts", "run_requests", "segment_bytes", "watch_threads")


def about(account: Row[Any]) -> dict[str, Any]:
    """The account as a rebuild needs it."""
    return {
        "id": account.id,
        "platform": account.platform,
        "service": account.service,
        "platform_id": account.platform_id,
        "handle": account.handle,
        "name": account.name,
        "url": account.url,
        "authority": account.authority,
        "settings": account.settings,
        "added_at": to_text(account.added_at),
    }


def segment_terms(archive: Archive, account: Row[Any]) -> SegmentTerms:
    """What every segment of the account says of itself."""
    return SegmentTerms(
        archive=archive.identity.id,
        authority=account.authority,
        software=f"records-archiver/{__version__}",
        account=about(account),
    )


def account_ref(
    account: Row[Any], connector: Connector, *, authorised: bool, as_application: bool = False
) -> AccountRef:
    """The account as far as its connector may know it."""
    return AccountRef(
        id=account.id,
        platform=account.platform,
        service=account.service,
        platform_id=account.platform_id,
        handle=account.handle,
        url=account.url,
        authorised=authorised,
        as_application=as_application,
        settings=connector.settings.model_validate(account.settings or {}),
    )


def frozen_settings(archive: Archive, account: Row[Any]) -> tuple[str, dict[str, Any]]:
    """The settings of a run and their SHA-256."""
    frozen = {name: getattr(archive.settings, name) for name in FROZEN} | {"account": account.settings or {}}
    return hashlib.sha256(stored_json(frozen)).hexdigest(), frozen


def said_before(connection: Connection, account: Row[Any], settings_hash: str) -> tuple[bool, bool]:
    """Whether an earlier run of the account stored these settings, and whether what was last said of the account is
    what the register says now."""
    runs = select(Run.id).where(Run.account_id == account.id)
    used = connection.execute(runs.where(Run.settings_hash == settings_hash).limit(1)).first()
    said = select(Run.about).where(Run.account_id == account.id, Run.about.is_not(None))
    last = connection.execute(said.order_by(Run.number.desc()).limit(1)).scalar()
    return used is not None, last == about(account)
