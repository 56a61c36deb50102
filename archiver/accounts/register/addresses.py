"""By which address a listed account may be known. Which account an entry is of follows from the platform's id and never
changes; its address may, as far as it is that account's."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from archiver.accounts.models import Account, Handle
from archiver.archive import Archive
from archiver.errors import UsageError, WrongField
from archiver.evidence.register_facts import ListingSays

_NOT_ITS_OWN = (
    "is none by which the captured account is, or was, known: a new handle is noticed by the next capture by itself,"
    " and another account is an entry of its own"
)
_ANOTHERS = "is that of an account that is captured already: say it at the entry of that account"


def address(url: str) -> str:
    """An address as it is compared: without scheme, ``www.`` and the slash at its end, in lower case."""
    bare = url.strip().casefold().partition("://")[2] or url.strip().casefold()
    return bare.removeprefix("www.").rstrip("/")


def bare(handle: str, service: str) -> str:
    """A handle as it is compared: in lower case, without what says that it is one and whose server's it is
    (``@Clerk@city.example`` of ``https://city.example`` is ``clerk``)."""
    plain, host = handle.casefold().lstrip("@"), urlsplit(service).netloc.casefold()
    return plain.removesuffix(f"@{host}") if host else plain


def check_change(connection: Connection, archive: Archive, before: ListingSays, says: ListingSays) -> None:
    """Refuse another address that is not the listed account's own: what was captured would stand under the name of
    what it is not of.

    Raises:
        WrongField: with what to do.
    """
    if address(before.url) == address(says.url):
        return
    if says.account is None:
        if address(says.url) in {address(url) for url in connection.execute(select(Account.url)).scalars()}:
            raise WrongField("url", _ANOTHERS)
        return
    row = connection.execute(
        select(Account.service, Account.platform, Account.handle, Account.url).where(Account.id == says.account)
    ).one_or_none()
    if row is None:
        return  # (entered from acts before the account itself)
    before_that = connection.execute(select(Handle.handle, Handle.url).where(Handle.account_id == says.account)).all()
    known = [(row.handle, row.url), *((one.handle, one.url) for one in before_that)]
    if address(says.url) in {address(url) for _, url in known}:
        return
    where = (archive, row.platform, row.service)
    named = _handle_at(*where, says.url)
    handles = {bare(handle, row.service) for handle, _ in known} | {_handle_at(*where, url) for _, url in known}
    if named is None or named not in handles:
        raise WrongField("url", _NOT_ITS_OWN)


def _handle_at(archive: Archive, platform: str, service: str, url: str) -> str | None:
    """The handle that an address names on a server; None: none, or on another."""
    try:
        _, claim = archive.platforms.claim(url, platform)
    except UsageError:
        return None
    return bare(claim.handle, service) if claim.service == service and claim.handle else None
