"""``docs/connecting.md``: how owners let the archive read their accounts, and what the city sets up at platforms."""

from __future__ import annotations

from collections.abc import Iterator

from archiver.accounts.links import LASTS, RETURN_PATH
from archiver.accounts.platforms import load_platforms
from archiver.mail.trying import MOST
from connectors.authorization import Connects, Versioned
from connectors.contract import Connector

_ANY = "https://example.org/"
_INTRODUCTION = f"""# Connecting accounts

Public accounts on some platforms (Mastodon, Bluesky, feeds) can be read by anyone, so nobody has to connect
them. Others answer nobody who was not let in; and everywhere the owner's consent shows more: what was hidden, messages,
what waits for review.
Nobody gives a password away for that. Whoever looks after an account is sent a link, signs in at the platform itself,
and agrees there (OAuth 2.0, RFC 6749).

## How it goes

1. **Once for each platform:** the city registers an application there. `archiver platform show PLATFORM`, the page
   *Platforms* and this page say how. `archiver platform app PLATFORM --id ID` stores it, and asks for its secret.
2. **For each account:** the [board](board.md#asking-the-owner) has a button that sends its owner a link, also for
   accounts that the register lists and that were never captured. Without mail, or without an address in the
   [register](register.md), it shows the link once, to be handed over; `archiver account connect ACCOUNT` (or the
   address of a new account) does the same by command. A link works once, for {LASTS.days} days unless `--days` says
   otherwise, and only for this account; an older one for the same ends. Whoever looks after the account needs no login
   here. `ARCHIVER_WEB_URL` has to name the address at which they reach the pages; a proxy that asks everybody else who
   they are lets `/connect/` through.
3. The owner reads what is asked and why, goes to the platform, signs in and agrees. A grant of another account is not
   kept; nor is one without what is needed, or one that could also write although nobody asked for that. What is kept is
   encrypted ([settings](settings.md): `ARCHIVER_KEY_FILE`) and capture begins within seconds. Where the platform takes
   longer than `ARCHIVER_CONNECT_SECONDS` in all, the owner's page says so, and nothing is kept; the link stays good.

**A credential that somebody gives by hand** (`archiver account add --token`, `archiver account token`) is held to the
same: on YouTube, Vimeo and Flickr it is asked whose it is before it is kept, and one that speaks for another account,
or for a person who has none there, is refused, as is one of Flickr that can write; on Threads and Mastodon it is
asked with every sweep. An API key, which shows what every stranger sees, is nobody's.

Only accounts of the city, and accounts used both officially and otherwise, are connected: no employee is asked for
access to a personal account (law R5, R6).

## What happens then

- Tokens are renewed when three quarters of their life are over, by the running service also for accounts that are
  paused, and in the middle of a run where one ends there. Of several processes one renews. What came is on the disk
  before the database; a process that dies between the platform's answer and that loses it where the platform takes the
  old one back at once (X), and then says so: the owner connects again.
- The state of each account is on its page, in `archiver account show` and in `archiver doctor`: *connected*, *consent
  ends soon*, *needs sign-in*, *consent taken back*, *permission lost*, *the platform withdrew access*. What lasts
  longer than a month is warned of two weeks before its end; everything on the last working day before it at the latest,
  in Wisconsin (the event log then has `credential.ending`).
- After connecting again, the account's page says what was made up for and what is still missing. What was written and
  deleted while nobody could look stays lost.
- `--second` connects a second person. Their consent counts as soon as the first one's does not.
- `archiver account disconnect` forgets a token here. At the platform the consent stands until its owner takes it back.

## Mail

`ARCHIVER_MAIL_URL` and `ARCHIVER_MAIL_FROM` ([settings](settings.md)) say how mail leaves. A running service looks
every five seconds. The link stands in the mail alone: until it is sent it waits in the database encrypted as tokens
are, and is removed then; neither log nor events have it. Without encryption on the way nothing is sent, unless the
server is this machine or the settings say `?tls=no`; its certificate is checked.

What a server does not take for now is tried again after a minute, then ever later, {MOST} times in about two days; what
it refuses for good is given up at once. Board and `archiver doctor` say so with the reason, and the button can be
pressed again. Two processes never send the same at the same time. One that is killed between the server's answer and
the database may let a mail be sent once more, under the same Message-ID. A mail whose link was replaced, withdrawn or
used is not sent. Nor is one whose owner has left, or is written to elsewhere by now, as the register says: such a link
ends within seconds, also where it was sent already.

Within 24 hours at most `ARCHIVER_MAIL_PER_DAY` mails are asked for (500), and `ARCHIVER_MAIL_PER_RECIPIENT` for one
address (50). One more is refused with its link, and whoever pressed the button is told why and when the next may be;
nothing is dropped in silence.

Nothing leaves while the store's log knows more than the database, as after an older copy of it was put back: what waits
there may have been sent long ago. Once the log was made anew from the store ([recovery](recovery.md)), what it says was
sent, given up or dropped is so noted and not sent again. That a mail was sent is in the store before the next one
leaves: of what waits in an older copy, only what was being sent just when the machine was lost can go a second time,
under the same Message-ID.

`archiver mail list` shows what was asked for and what became of it (`--state waiting`; `--json`), never what it says.
Mail that was asked for after an older copy of the database was made is not in it any more: the list names it from the
log, with what became of it, or that it may have been sent. `archiver doctor` says so for a week; ask such owners again.
`archiver mail again MAIL` lets one that waits be tried at once; of one that has ended the words are gone, so that its
link is made anew. `archiver mail test ADDRESS` sends a test at once: exit code 0 it left, 2 no address or no mail set
up, 4 it did not leave and may another time, 5 the server does not take it.

With `file:///folder` each mail is written there as `ID.eml`, for its owner only, for somebody or something that sends
it on. These files hold links in the clear: remove them when they are sent. In the practice city mail goes to
`practice/mail` in the home.

Nothing of signing in is stored: not the questions, not the answers, not the addresses that come back. Each link is kept
as a hash.
"""


def render() -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for _, connector in sorted(load_platforms(()).connectors.items()):
        parts += ["\n".join(_section(connector))] if isinstance(connector, Connects) else []
    return "\n".join(parts)


def _section(connector: Connector) -> Iterator[str]:
    assert isinstance(connector, Connects)
    how, set_up = connector.authorization(_ANY), connector.set_up
    yield f"## {connector.title}\n"
    if how.register is None:
        yield f"Console: <{set_up.console}>. Return address: `ARCHIVER_WEB_URL`, then `{RETURN_PATH}`.\n"
    yield from (f"{number}. {step}" for number, step in enumerate(set_up.steps, 1))
    yield ""
    yield f"- **Review:** {set_up.review}"
    yield f"- **Cost:** {set_up.cost}"
    yield f"- **Terms:** {set_up.terms}"
    yield from _version(connector)
    yield "\n| permission | what is read with it | |\n|---|---|---|"
    for scope in how.scopes:
        also = f"would also allow to {scope.also}" if scope.also else ""
        optional = "may be left out" if not scope.needed else ""
        yield f"| `{scope.name}` | {scope.why} | {'; '.join(filter(None, (optional, also)))} |"
    yield ""


def _version(connector: Connector) -> Iterator[str]:
    if isinstance(connector, Versioned):
        version = connector.api_version
        yield f"- **Version of the API:** {version.name}: {version.said}; `archiver doctor` warns 90 days before."
