"""What is asked for of each thing of the register, on the one page that says something of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from archiver.accounts.register.statements import Thing
from archiver.evidence.register_facts import AuthorityKind, Capacity, Capturing, Role
from archiver.web.words import plain

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One field. ``kind``: *line*, *words*, *day*, *tick*, *choice*, *names* (one on a line), *department* (of the
    thing's authority), *office* (another authority), *authority* (whose the thing is)."""

    name: str
    label: str
    kind: str = "line"
    help: str = ""
    needed: bool = False
    choices: Choices = ()
    only_new: bool = False
    """It is part of the identity, and never changes."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form about one kind of thing."""

    thing: Thing
    title: str
    inputs: tuple[Input, ...]
    intro: str = ""
    document: str = ""
    """What is kept with it, as the label of the field says; empty: nothing."""


def _codes(codes: type[AuthorityKind] | type[Capacity] | type[Capturing] | type[Role]) -> Choices:
    return tuple((one.value, plain(one.value)) for one in codes)


_SINCE: Final = Input("since", "First day", "day")
_UNTIL: Final = Input("until", "Last day", "day")
_NOTE: Final = Input("note", "Note", "words")
_POSITION: Final = Input("position", "Their position")

SHEETS: Final[Mapping[Thing, Sheet]] = {
    Thing.AUTHORITY: Sheet(
        Thing.AUTHORITY,
        "An authority",
        (
            Input("name", "Name", needed=True),
            Input(
                "short",
                "Short name",
                help="Lower-case letters, digits and hyphens. It stands in keys of what is stored and never changes.",
                needed=True,
                only_new=True,
            ),
            Input("kind", "Kind", "choice", choices=_codes(AuthorityKind), needed=True),
            Input(
                "clerk", "It is the clerk: it keeps the records of vacant offices, and receipts are filed here", "tick"
            ),
            _SINCE,
            _UNTIL,
            Input(
                "merged_into",
                "Merged into",
                "office",
                help="Which has its records after its last day. What is stored stays under the short name.",
            ),
            Input(
                "appointed_by",
                "Appointed by",
                "office",
                help="Of an agency: who appoints it or its members, and may designate its legal custodian (19.33(5)).",
            ),
            Input(
                "attached_to",
                "Attached for administrative purposes to",
                "office",
                help="Of an agency: who has to designate its legal custodian (19.33(5)).",
            ),
            _NOTE,
        ),
        "Each elected official’s office is one, so is each agency, the library too (Wis. Stat. 19.32(1)).",
    ),
    Thing.DEPARTMENT: Sheet(
        Thing.DEPARTMENT,
        "A department",
        (
            Input("name", "Name", needed=True),
            Input("short", "Short name", help="It never changes.", needed=True, only_new=True),
            _SINCE,
            _UNTIL,
        ),
    ),
    Thing.CUSTODIANSHIP: Sheet(
        Thing.CUSTODIANSHIP,
        "Somebody in a role",
        (
            Input("person", "Name", needed=True, only_new=True),
            Input("role", "Role", "choice", choices=_codes(Role), needed=True, only_new=True),
            Input("department", "Only for this department", "department", only_new=True),
            _POSITION,
            Input("contact", "How to reach them", help="At work."),
            _SINCE,
            _UNTIL,
            Input(
                "trained_on",
                "Last trained on",
                "day",
                help="In the rules for personal information (Wis. Stat. 19.62 to 19.80).",
            ),
            Input("ended", "Why it ended", help="term, vacancy, death, removed"),
            Input(
                "designated_by",
                "Designated by another authority",
                "office",
                help="By whoever appoints this one, or administers it (19.33(5)).",
            ),
        ),
        "An agency designates its legal custodian in writing (19.33(4)); an elected official is one by office "
        "(19.33(1)); each names deputies (19.33(6)). Keep the letter with it.",
        document="The signed letter",
    ),
    Thing.LISTING: Sheet(
        Thing.LISTING,
        "An account",
        (
            Input("url", "Address of the account’s page", needed=True),
            Input(
                "authority",
                "Authority",
                "authority",
                help="Whose it is; so is its legal custodian, unless somebody is entered for it alone.",
                needed=True,
            ),
            Input("department", "Department", "department", help="One of that authority."),
            Input("name", "What it calls itself"),
            Input(
                "capacity",
                "As what it is used",
                "choice",
                help="A personal or campaign account is never captured: its capture ends at once, and its tokens go.",
                choices=_codes(Capacity),
                needed=True,
            ),
            Input("decision", "The City Attorney’s decision on mixed use", "words"),
            Input("owner", "The person responsible for it"),
            Input("owner_position", "Their position"),
            Input("owner_mail", "Their mail address", help="At work; links to connect the account are sent there."),
            Input("owner_until", "Their last day", "day"),
            Input("administrators", "Who can change the page", "names", help="One name on a line."),
            Input("purpose", "What it is for", "words"),
            Input("operated_by", "Operated by", help="A contractor, where the City does not do it itself."),
            Input("opened", "Opened on the platform", "day"),
            Input("closed", "Closed on", "day"),
            Input("capture", "How it gets into the archive", "choice", choices=_codes(Capturing), needed=True),
            Input("not_captured", "Why it is not captured", "words"),
            Input("series", "Record series"),
            _NOTE,
        ),
        document="A document to keep with it",
    ),
    Thing.ATTESTATION: Sheet(
        Thing.ATTESTATION,
        "An attestation of control",
        (
            Input("person", "Who signed that the City controls the account", needed=True),
            _POSITION,
            Input("on", "Signed on", "day", needed=True),
            Input("until", "Holds until", "day", help="Left empty: a year."),
        ),
        "It is made again every year (law R6).",
        document="The signed attestation",
    ),
    Thing.EXEMPTION: Sheet(
        Thing.EXEMPTION,
        "An exception",
        (
            Input("rule", "Rule", help="owner, series, attestation, or in words", needed=True),
            Input("reason", "Why it is granted", "words", needed=True),
            Input("approver", "Who grants it", needed=True),
            _SINCE,
            _UNTIL,
        ),
        "Granted by the chief information officer (law R14).",
        document="The decision",
    ),
    Thing.CANDIDACY: Sheet(
        Thing.CANDIDACY,
        "A candidacy",
        (
            Input("person", "Candidate", needed=True),
            Input("office", "Office that is sought", needed=True),
            Input("since", "First day for circulating nomination papers", "day", needed=True),
            Input("until", "Last day, such as that of the election", "day", needed=True),
            _NOTE,
        ),
        "What accounts of the City publish meanwhile is reported (law R7); nothing is judged here.",
    ),
    Thing.NOTICE: Sheet(
        Thing.NOTICE,
        "The public notice",
        (
            Input("organization", "What the authority is and does", "words", needed=True),
            Input("places", "Places and times where the public gets information and records", "words", needed=True),
            Input("methods", "How to ask for records, and for copies", "words", needed=True),
            Input("costs", "What it costs", "words", help="No fee for redaction or review (law R53).", needed=True),
            Input("offices", "Positions that are local public offices", "words"),
            Input("put_up_on", "Put up on", "day"),
            Input("put_up_at", "Where it hangs and is to be had", "words"),
            Input("taken_down_on", "Taken down on", "day"),
        ),
        "Every authority displays one at its offices and has copies of it (Wis. Stat. 19.34(1)). Who is its legal "
        "custodian stands in the register, and is put in from there.",
    ),
}
