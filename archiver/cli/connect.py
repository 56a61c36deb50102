"""``archiver account connect`` and what belongs to it: links for owners, and forgetting what they granted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from archiver.accounts import links, service
from archiver.accounts.credentials import READ, SECOND
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, opened, shown
from archiver.operations.connections import ConnectionView, Refilled, connections, refilled
from archiver.settings import is_loopback

Second = Annotated[
    bool, typer.Option("--second", help="Of a second person, whose consent counts should the first one's end.")
]


def connect(
    account: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="Its id, handle or address; also the address of a new account.")
    ],
    platform: Annotated[str | None, typer.Option(help="Only where the address of a new account cannot tell.")] = None,
    authority: Annotated[
        str, typer.Option(help="Of a new account: short name of the office whose record it is.")
    ] = service.UNASSIGNED,
    second: Second = False,
    days: Annotated[int, typer.Option(help="How long the link can be used, days.")] = links.LASTS.days,
    json: AsJson = False,
) -> None:
    """Make a link with which the owner of an account lets the archive read it, without any login here. It is shown
    once: send it to whoever looks after the account. An older link for the same can no longer be used."""
    with opened(create=True) as archive:
        lasts = timedelta(days=days)
        offer = links.offer(archive, account, platform=platform, authority=authority, second=second, lasts=lasts)
        if json:
            output.as_json(asdict(offer))
            return
        output.line(f"Send this to whoever looks after {offer.account} on {offer.platform}:")
        output.line(f"  {offer.address}")
        output.line(f"It can be used once, until {shown(offer.ends_at, archive)}, while `archiver serve` runs.")
        if is_loopback(links.base_url(archive).partition("://")[2].partition(":")[0]):
            output.line("It works on this machine only: ARCHIVER_WEB_URL names the address at which others reach it.")


def withdraw(
    link: Annotated[str, typer.Argument(metavar="LINK", help="Id of the link, as `archiver account show` has it.")],
    json: AsJson = False,
) -> None:
    """Let a link that was sent to an owner no longer be used."""
    with opened() as archive:
        links.withdraw(archive, link)
    output.as_json({"withdrawn": link}) if json else output.line("That link can no longer be used.")


def disconnect(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, handle or address.")],
    second: Second = False,
    json: AsJson = False,
) -> None:
    """Forget the token an account is read with. What was captured with it stays; what only it shows becomes a gap."""
    with opened() as archive:
        with archive.database.read() as connection:
            found = service.find(connection, account)
        service.forget_credential(archive, found.id, SECOND if second else READ)
    if json:
        output.as_json({"account": found.id, "forgotten": True})
        return
    output.line(f"Forgotten. At the platform the consent still stands: its owner takes it back there ({found.handle}).")


def say_connection(archive: Archive, account_id: str) -> None:
    """How an account is connected, in lines of `archiver account show`."""
    with archive.database.read() as connection:
        found = connections(connection, archive, account_id).get(account_id)
        again = refilled(connection, account_id)
    if found is not None:
        _say_tokens(archive, found)
    if again is not None:
        _say_refilled(archive, again)


def _say_tokens(archive: Archive, found: ConnectionView) -> None:
    for token in found.tokens:
        whose = "second owner" if token.second else "connection"
        ends = f", until {shown(token.standing.ends_at, archive)}" if token.standing.ends_at else ""
        how = "" if token.connected else " (given by hand: when it ends may not be known)"
        output.line(f"  {whose}: {token.standing.said}{ends}{how}")
        if token.refused_why or token.standing.remedy:
            output.line(f"    {token.refused_why or ''} {token.standing.remedy}".rstrip())
    for link in found.links:
        output.line(f"  link {link.id}: can be used until {shown(link.ends_at, archive)}")
        if link.said:
            output.line(f"    the last try was not taken: {link.said}")


def _say_refilled(archive: Archive, again: Refilled) -> None:
    for words, gaps in (("made up for", again.filled), ("still missing", again.open)):
        for gap in gaps:
            since = shown(gap.span_from, archive) if gap.span_from else "the beginning"
            output.line(f"  connected again {shown(again.since, archive)}; {words}: {gap.stream}, from {since}")
