"""Authorities as people know them."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts.register import service as registered
from archiver.web.site import Site


def names(site: Site, connection: Connection) -> dict[str, str]:
    """What authorities of the register are called today, by their short names."""
    register = registered.read(connection, registered.today(site.archive))
    return {says.short: says.name for says in register.authorities.values()}
