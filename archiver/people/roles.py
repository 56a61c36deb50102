"""Roles, what each may do, and which access classes can be opened with it. Pure.

No role opens private messages or what identifies a library's patrons by itself: these are named in the grant (law R4,
R61), for a records officer like for everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from archiver.people.actions import Action


class Role(StrEnum):
    """What somebody is here. Names stand in acts, and are final."""

    CUSTODIAN = "custodian"
    LEGAL_CUSTODIAN = "legal_custodian"
    LEGAL_CUSTODIAN_DEPUTY = "legal_custodian_deputy"
    REVIEWER = "reviewer"
    RELEASER = "releaser"
    RECORDS_OFFICER = "records_officer"
    CITY_ATTORNEY = "city_attorney"
    CIO = "cio"
    AUDITOR = "auditor"
    COMMUNICATIONS = "communications"
    ACCOUNT_OWNER = "account_owner"
    SYSTEM_ADMINISTRATOR = "system_administrator"


class Access(StrEnum):
    """Access classes as people are granted them. Names stand in acts, and are final."""

    PUBLIC = "public"
    """What everybody saw on the platform."""
    PRIVATE = "private"
    """What only an account's owner sees there: hidden comments, what is not published; no messages."""
    MESSAGE = "message"
    """Private messages (law R4)."""
    LIBRARY_PATRON = "library_patron"
    """Accounts whose records tell who uses a library (Wis. Stat. 43.30, law R61)."""


_A = Action
_READS: Final = frozenset({_A.RECORDS_VIEW, _A.RECORDS_SEARCH, _A.SEARCH_KEEP})
_SEES: Final = frozenset({_A.CAPTURE_VIEW, _A.EVIDENCE_VIEW, _A.PLATFORMS_VIEW})
_ROLES: Final = frozenset({_A.PAGE_ROLES_VIEW, _A.PAGE_ROLES_REVIEW})
_MODERATES: Final = frozenset({_A.MODERATION_STATE, _A.CAPTURE_ASK})
_DESK: Final = (
    _READS | _SEES | _MODERATES | _ROLES | {_A.SEARCH_FREEZE, _A.ACCOUNTS_CHANGE, _A.RECORDS_MARK, _A.DEPOSITS_MAKE}
)
_DECIDES: Final = frozenset({_A.RECORDS_RELEASE, _A.REGISTER_CHANGE, _A.CHALLENGES_DECIDE, _A.OFFICIAL_DECIDE})
#: What each role may do.
MAY: Final[Mapping[Role, frozenset[Action]]] = {
    Role.CUSTODIAN: _DESK,
    Role.LEGAL_CUSTODIAN: _DESK | _DECIDES,
    Role.LEGAL_CUSTODIAN_DEPUTY: _DESK | _DECIDES,
    Role.REVIEWER: _READS | {_A.RECORDS_MARK},
    Role.RELEASER: _READS | {_A.EVIDENCE_VIEW, _A.RECORDS_RELEASE},
    Role.RECORDS_OFFICER: _DESK | {_A.REGISTER_CHANGE, _A.PEOPLE_VIEW},
    Role.CITY_ATTORNEY: _READS | {_A.EVIDENCE_VIEW, _A.LITIGATION_HOLDS_LIFT},
    Role.CIO: _SEES | _ROLES | {_A.EXCEPTIONS_DECIDE},
    Role.AUDITOR: _SEES | {_A.PAGE_ROLES_VIEW, _A.PEOPLE_VIEW, _A.ACCESS_LOG_VIEW},
    Role.COMMUNICATIONS: _READS | _MODERATES | {_A.CAPTURE_VIEW},
    Role.ACCOUNT_OWNER: _READS | _MODERATES | {_A.CAPTURE_VIEW},
    Role.SYSTEM_ADMINISTRATOR: _SEES | {_A.PAGE_ROLES_VIEW, _A.PEOPLE_VIEW, _A.PEOPLE_CHANGE, _A.PLATFORMS_CHANGE},
}
_USUAL: Final = frozenset({Access.PUBLIC, Access.PRIVATE})
_ANY: Final = frozenset(Access)
_PUBLIC: Final = frozenset({Access.PUBLIC})
#: Which access classes a grant of a role may open at most.
OPENS: Final[Mapping[Role, frozenset[Access]]] = {
    role: _ANY if may & _READS else frozenset() for role, may in MAY.items()
} | {Role.COMMUNICATIONS: _PUBLIC, Role.ACCOUNT_OWNER: _PUBLIC}


def usual(role: Role) -> frozenset[Access]:
    """What a grant opens where nothing else is said."""
    return OPENS[role] & _USUAL


def roles_with(action: Action) -> frozenset[Role]:
    """Roles that may do something."""
    return frozenset(role for role, may in MAY.items() if action in may)


def complaint(role: Role, access: Collection[Access]) -> str | None:
    """Why a grant of a role cannot open these access classes; None: it can."""
    beyond = sorted(one.value for one in access if one not in OPENS[role])
    if beyond:
        return f"the role {role.value} never opens {', '.join(beyond)}"
    if Access.MESSAGE in access and Access.PRIVATE not in access:
        return "messages are private: whoever is to read them needs the class private too"
    if Access.PRIVATE in access and Access.PUBLIC not in access:
        return "what only an account's owner sees is read beside what everybody saw: name the class public too"
    if Access.LIBRARY_PATRON in access and Access.PUBLIC not in access:
        return "each role is asked by itself: what it opens of a library's accounts has to be named with it"
    return None
