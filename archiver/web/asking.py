"""What pages say of accounts that wait for their owners."""

from __future__ import annotations

from typing import Any

from archiver.operations.asked import told
from archiver.operations.reconnecting import Waiting
from archiver.web.site import Site


def words_of(site: Site, found: dict[str, Waiting]) -> dict[str, Any]:
    """Values for :file:`reconnect_parts.html`."""
    now = site.archive.clock.now()
    return {
        "waiting": found,
        "asked": {one: told(known.asked, now) for one, known in found.items() if known.asked is not None},
        "mail": bool(site.archive.settings.mail_url),
    }
